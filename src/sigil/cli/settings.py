"""Settings of a run: defaults, `sigil.yaml`, `SIGIL_*` variables, flags, in rising order.

One table holds every setting with its type and default, so that the YAML key, the
variable, the flag and `sigil config show` cannot disagree. Secrets are not settings: they
come from the environment or a key file and are never printed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from sigil.errors import InvalidValue, Where
from sigil.llm.settings import ModelSettings, read_settings
from sigil.store.documents import Document, is_blank, read_document, validate
from sigil.store.files import read_file

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h)?")
_AMOUNT = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,6})?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
MOST_LANES = 64
LEVELS = ("L0", "L1", "L2", "L3")
FILES = (".sigil/sigil.yaml", "sigil.yaml")
"""Where the settings of a repository are; the first that is there counts."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and where it comes from.

    Args:
        value: in the setting's own type.
        source: ``default``, a file with its line, a variable, or ``flag``.
    """

    value: Any
    source: str


class _Config(BaseModel):
    """The keys of ``sigil.yaml`` (docs/commands.md): those of the format, and our ``defaults``."""

    model_config = ConfigDict(extra="forbid")

    version: str | float | int = "0.1"
    backend_profiles: dict[str, dict[str, Any]] = {}
    optimizer_params: dict[str, dict[str, Any]] = {}
    registry: str | None = None
    defaults: dict[str, Any] = {}


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
class _Kind:
    parse: Callable[[str], Any]
    default: Any
    help: str


SETTINGS: Mapping[str, _Kind] = {
    "optimizer": _Kind(
        word,
        "simple",
        "how the search proceeds: simple, alphaevolve, tree … (sigil plugins lists them)",
    ),
    "provider": _Kind(
        word, None, "who answers, if a model is to propose: openai, anthropic, inbox …; or none"
    ),
    "model": _Kind(word, None, "the model's name, as its provider calls it"),
    "base_url": _Kind(url, None, "where the named provider is; no key is sent there unasked"),
    "backend": _Kind(word, "local", "where evaluations run: local"),
    "exchanges": _Kind(word, None, "for the provider replay: a file of recorded exchanges"),
    "num": _Kind(positive, 16, "candidates proposed per round; of a model, those under way"),
    "lanes": _Kind(few, None, "evaluations at once; by default the cores, less one if timed"),
    "seed": _Kind(natural, None, "seed of the search; by default the eval's replay.seed"),
    "budget_evals": _Kind(positive, None, "end after so many evaluations"),
    "budget_time": _Kind(
        duration, None, "end after so long, such as 90s or 2h; its end is kept for confirming"
    ),
    "budget_usd": _Kind(amount, None, "end before models cost more than so many US dollars"),
    "budget_tokens": _Kind(positive, None, "end before models take more than so many tokens"),
    "in_flight": _Kind(few, 8, "requests to models under way at once"),
    "patience": _Kind(positive, 300, "end after so many evaluations without progress"),
    "sandbox": _Kind(level, None, "demand exactly this rung; by default the best that holds"),
}


def resolve(
    repository: Path | None,
    flags: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] = os.environ,
) -> dict[str, Setting]:
    """Return every setting with its source.

    Args:
        repository: where to look for ``.sigil/sigil.yaml``, then ``sigil.yaml``.
        flags: parsed values from the command line; None means not given.
        environment: the variables to read ``SIGIL_<NAME>`` from.

    Raises:
        SigilError: a value does not fit; the message names its source.
    """
    document = _find_document(repository) if repository else None
    defaults: dict[str, Any] = validate(document, _Config).defaults if document else {}
    if document:
        _refuse_unknown(defaults, document)
    return {
        name: _resolve_one(name, kind, document, defaults, flags or {}, environment)
        for name, kind in SETTINGS.items()
    }


def optimizer_params(repository: Path) -> dict[str, tuple[dict[str, Any], Where]]:
    """Return ``optimizer_params`` of ``sigil.yaml`` by optimizer, each with its place.

    The models among them are those of `configured_models`.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    if document is None:
        return {}
    listed = validate(document, _Config).optimizer_params
    return {
        name: (
            {key: value for key, value in params.items() if key != "models"},
            document.where(f"optimizer_params.{name}"),
        )
        for name, params in listed.items()
    }


def configured_models(repository: Path, optimizer: str) -> list[ModelSettings]:
    """Return ``optimizer_params.<optimizer>.models`` of ``sigil.yaml``, in its order.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    return [] if document is None else models_in(document, optimizer)


def all_models(repository: Path) -> list[tuple[str, ModelSettings, str]]:
    """Return the models of every optimizer: its name, the entry, and ``file:line`` of that.

    Raises:
        SigilError: the document is wrong.
    """
    document = _find_document(repository)
    if document is None:
        return []
    found: list[tuple[str, ModelSettings, str]] = []
    for optimizer in validate(document, _Config).optimizer_params:
        for model in models_in(document, optimizer):
            where = document.where(f"optimizer_params.{optimizer}.models.{model.name}")
            found.append((optimizer, model, f"{where.file}:{where.line}"))
    return found


def models_in(document: Document, optimizer: str) -> list[ModelSettings]:
    """Return ``optimizer_params.<optimizer>.models`` of a ``sigil.yaml`` that was read.

    Raises:
        SigilError: it is wrong.
    """
    field = f"optimizer_params.{optimizer}.models"
    params = validate(document, _Config).optimizer_params.get(optimizer, {})
    try:
        listed = TypeAdapter(dict[str, dict[str, Any]]).validate_python(params.get("models", {}))
    except ValidationError as error:
        raise InvalidValue(
            "not a mapping of names to models",
            where=document.where(field),
            remedy="write a name, and below it provider: and model:",
        ) from error
    return [
        read_settings(name, entry, document.where(f"{field}.{name}"))
        for name, entry in listed.items()
    ]


def _resolve_one(
    name: str,
    kind: _Kind,
    document: Document | None,
    defaults: Mapping[str, Any],
    flags: Mapping[str, Any],
    environment: Mapping[str, str],
) -> Setting:
    variable = f"SIGIL_{name.upper()}"
    if flags.get(name) is not None:
        return Setting(flags[name], f"flag --{name.replace('_', '-')}")
    if environment.get(variable):
        value = _parse(kind, environment[variable], Where(field=variable))
        return Setting(value, f"variable {variable}")
    if document and defaults.get(name) is not None:
        where = document.where(f"defaults.{name}")
        return Setting(_parse(kind, str(defaults[name]), where), f"{where.file}:{where.line}")
    return Setting(kind.default, "default")


def _parse(kind: _Kind, text: str, where: Where) -> Any:
    try:
        return kind.parse(text)
    except ValueError as error:
        raise InvalidValue(f"{text!r} does not fit", where=where, remedy=f"give {error}") from error


def config_file(repository: Path) -> str:
    """Return which file of a repository holds its settings, or would."""
    return next((shown for shown in FILES if (repository / shown).is_file()), FILES[0])


def _find_document(repository: Path) -> Document | None:
    """Return the settings of a repository; None without any, such as in comments alone."""
    shown = config_file(repository)
    path = repository / shown
    if not path.is_file() or is_blank(read_file(path)):
        return None
    return read_document(path, shown)


def _refuse_unknown(defaults: Mapping[str, Any], document: Document) -> None:
    for name in defaults:
        if name not in SETTINGS:
            raise InvalidValue(
                "no such setting",
                where=document.where(f"defaults.{name}"),
                remedy=f"settings: {', '.join(SETTINGS)}",
            )
