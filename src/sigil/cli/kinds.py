"""Which settings there are: name, type, default and help of each.

The YAML key, the variable, the flag and `sigil config show` are all made of this one table, so
that they cannot disagree. What is read from files is checked elsewhere: a command line needs
none of the libraries for that.

Not here: where a value comes from (`sigil.cli.settings`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sigil.errors import InvalidValue
from sigil.llm.settings import read_settings

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)?")
_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
MOST_LANES = 64
LEVELS = ("L0", "L1", "L2", "L3")


def duration(text: str) -> float:
    """Return seconds from ``90``, ``90s``, ``1.5m`` or ``2h``.

    Raises:
        ValueError: it is none of these, or not above zero.
    """
    match = _DURATION.fullmatch(text.strip())
    seconds = float(match[1]) * _SECONDS[match[2]] if match else 0.0
    if seconds <= 0:
        raise ValueError("a duration such as 90s, 5m or 2h")
    return seconds


def positive(text: str) -> int:
    """Return a whole number from 1 to a billion.

    Raises:
        ValueError: it is none.
    """
    if not text.isdigit() or not 1 <= int(text) <= 10**9:
        raise ValueError("a whole number from 1 to 1000000000")
    return int(text)


def few(text: str) -> int:
    """Return a whole number from 1 to 64.

    Raises:
        ValueError: it is none.
    """
    if not text.isdigit() or not 1 <= int(text) <= MOST_LANES:
        raise ValueError(f"a whole number from 1 to {MOST_LANES}")
    return int(text)


def amount(text: str) -> float:
    """Return a number of US dollars, such as 0.50 or 20.

    Raises:
        ValueError: it is none, or not above zero.
    """
    if not _AMOUNT.fullmatch(text.strip()) or float(text) <= 0:
        raise ValueError("an amount such as 0.50 or 20")
    return float(text)


def natural(text: str) -> int:
    """Return a whole number from 0 to 2**63.

    Raises:
        ValueError: it is none.
    """
    if not text.isdigit() or int(text) > 2**63:
        raise ValueError("a whole number, 0 or above")
    return int(text)


def level(text: str) -> str:
    """Return a rung of the sandbox's ladder.

    Raises:
        ValueError: it is none.
    """
    if text not in LEVELS:
        raise ValueError(f"one of {', '.join(LEVELS)}")
    return text


def word(text: str) -> str:
    """Return the text as it is."""
    return text


def url(text: str) -> str:
    """Return the URL of a model's provider.

    Raises:
        ValueError: it is none, or holds a secret.
    """
    try:
        return read_settings("model", {"provider": "openai-compatible", "base_url": text}).base_url
    except InvalidValue as error:
        raise ValueError("a URL such as http://127.0.0.1:11434/v1") from error


@dataclass(frozen=True, slots=True)
class Kind:
    """What one setting is: how its text is read, what it is otherwise, and its help."""

    parse: Callable[[str], Any]
    default: Any
    help: str


SETTINGS: Mapping[str, Kind] = {
    "optimizer": Kind(
        word,
        "simple",
        "how the search proceeds: simple, alphaevolve, tree … (sigil plugins lists them)",
    ),
    "provider": Kind(
        word, None, "who answers, if a model is to propose: openai, anthropic, inbox …; or none"
    ),
    "model": Kind(word, None, "the model's name, as its provider calls it"),
    "base_url": Kind(url, None, "where the named provider is; no key is sent there unasked"),
    "backend": Kind(
        word, "local", "where evaluations run: local, or one of a plugin or of backend_profiles"
    ),
    "exchanges": Kind(word, None, "for the provider replay: a file of recorded exchanges"),
    "num": Kind(positive, 16, "candidates proposed per round; of a model, those under way"),
    "lanes": Kind(few, None, "evaluations at once; by default the cores, less one if timed"),
    "seed": Kind(natural, None, "seed of the search; by default the eval's replay.seed"),
    "budget_evals": Kind(positive, None, "end after so many evaluations"),
    "budget_time": Kind(
        duration, None, "end after so long, such as 90s or 2h; its end is kept for confirming"
    ),
    "budget_usd": Kind(amount, None, "end before models cost more than so many US dollars"),
    "budget_tokens": Kind(positive, None, "end before models take more than so many tokens"),
    "in_flight": Kind(few, 8, "requests to models under way at once"),
    "patience": Kind(positive, 300, "end after so many evaluations without progress"),
    "sandbox": Kind(level, None, "demand exactly this rung; by default the best that holds"),
}
