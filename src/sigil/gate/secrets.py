"""Values of the vault, taken out of whatever is kept or shown: their names stand in their place.

One redactor for recordings, for evidence and for what models were asked. It finds a value as it
is, and as it is spelled inside of JSON that is inside of JSON up to `NESTED` times, in a URL, in
HTML and as bytes that were read as latin-1, in hexadecimal of either case.

A name is written so that none of these spellings changes it. So what was redacted inside of a text
is what is read out of it later, and a recording repeats with names where there were values.

Pure. Not here: a value that was changed otherwise, as by base64; shapes of keys that nobody told us
(`sigil.llm.redaction`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from html.entities import codepoint2name
from typing import Any, Final

from sigil.gate.effects import Answered, Call, Json

LEAST: Final = 4
"""Characters of a value that is hidden. A shorter one is a setting and no secret, and taking it out
would blank half of what is kept."""
NESTED: Final = 3
"""How often JSON may stand in JSON."""
_UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]")
_LETTERS: Final = {"\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t"}


def mark(name: str) -> str:
    """Return what stands in the place of a value."""
    return f"__{name}__"


class Redactor:
    """Takes values out of text.

    Args:
        secrets: value by name; one of fewer than `LEAST` characters stays.
        also: name by further text that stands for it, such as a line of a value.
    """

    def __init__(self, secrets: Mapping[str, str], also: Mapping[str, str] | None = None):
        values = {value: name for name, value in sorted(secrets.items(), reverse=True)}
        known = {**(also or {}), **values}
        hidden = sorted((value for value in known if len(value) >= LEAST), key=_longest_first)
        self._marks = [mark(known[value]) for value in hidden]
        self._pattern = _pattern(tuple(hidden)) if hidden else None

    def text(self, text: str) -> str:
        """Return a text with names in the place of values."""
        if self._pattern is None:
            return text
        return self._pattern.sub(self._named, text)

    def json(self, value: Json) -> Any:
        """Return what JSON can hold, redacted in each text and each name of a field."""
        if self._pattern is None:
            return value
        return _each_text(value, self.text)

    def answered(self, one: Answered) -> Answered:
        """Return a call with its reply, redacted."""
        if self._pattern is None:
            return one
        return Answered(
            Call(one.call.kind, self.json(one.call.request)),
            self.json(one.reply),
            self.json(one.failure),
        )

    def _named(self, found: re.Match[str]) -> str:
        assert found.lastindex is not None
        return self._marks[found.lastindex - 1]


def restored(one: Answered, secrets: Mapping[str, str]) -> Answered:
    """Return a redacted call with its reply, in which values stand in the place of names again.

    A text that is JSON has them as JSON spells them, any other one as they are. The call stays
    redacted: how it spelled a value is not on record.

    Args:
        one: redacted.
        secrets: value by name; a name that is not among them stays.
    """

    def text(found: str) -> str:
        named = [name for name in secrets if mark(name) in found]
        in_json = bool(named) and _is_json(found)
        for name in named:
            value = secrets[name]
            spelled = json.dumps(value, ensure_ascii=False)[1:-1] if in_json else value
            found = found.replace(mark(name), spelled)
        return found

    return Answered(one.call, _each_text(one.reply, text), _each_text(one.failure, text))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _each_text(value: Json, change: Callable[[str], str]) -> Any:
    """Return what JSON can hold, with each text and each name of a field changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {
            _each_text(key, change): _each_text(inner, change)
            for key, inner in value.items()  # pyright: ignore[reportUnknownVariableType]
        }
    if isinstance(value, list | tuple):
        return [_each_text(inner, change) for inner in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _longest_first(value: str) -> tuple[int, str]:
    return (-len(value), value)


@lru_cache(maxsize=16)
def _pattern(values: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches any of the values, in a group for each."""
    return re.compile("|".join(f"({_spelled(value)})" for value in values))


def _spelled(value: str) -> str:
    """Return a pattern of a value in all its spellings.

    How many backslashes stand before a character is a matter of how deep in JSON the whole value
    is, so there is one branch for each depth, and in none of them can two parts match the same
    backslash: time grows with the length of the text, whatever it holds.
    """
    branches = ("".join(_at_depth(letter, depth) for letter in value) for depth in _DEPTHS)
    return "|".join(dict.fromkeys(branches))


_DEPTHS: Final = range(NESTED, -1, -1)
"""The deepest first: what is escaped twice begins like what is escaped once."""


@lru_cache(maxsize=4096)
def _at_depth(letter: str, depth: int) -> str:
    """Return a pattern of a character that is so deep in JSON."""
    if _UNRESERVED.fullmatch(letter):
        return re.escape(letter)
    ways = [*_escapes(letter, depth), *_references(letter)]
    if letter == "\\":
        ways.append(_backslashes(2**depth))
    elif letter == '"':
        ways.append(_backslashes(2**depth - 1) + _raw(letter))
    elif letter == "/":
        ways.append(f"{_backslashes(0, 2**depth - 1)}{_raw(letter)}")  # any depth may escape it
    else:
        ways.append(_raw(letter))
    return f"(?:{'|'.join(ways)})"


def _escapes(letter: str, depth: int) -> Iterator[str]:
    """Yield how JSON escapes a character, as it is once that was put into JSON again."""
    units = letter.encode("utf-16-be", "surrogatepass").hex()
    for count in _counts(depth):
        slashes = _backslashes(count)
        yield "".join(f"{slashes}u{_hex(units[at : at + 4])}" for at in range(0, len(units), 4))
        if letter in _LETTERS:
            yield slashes + _LETTERS[letter]


def _counts(depth: int) -> list[int]:
    """Return how many backslashes one is that any of so many depths has added."""
    return [2**below for below in range(depth)]


def _backslashes(least: int, most: int | None = None) -> str:
    """Return a pattern of so many backslashes; of none but so many, unless more are allowed."""
    most = least if most is None else most
    return f"(?:{_raw(chr(92))}){{{least},{most}}}" if most else ""


def _raw(letter: str) -> str:
    """Return a pattern of a character as it is, as bytes taken for latin-1, or in a URL."""
    data = letter.encode("utf-8", "surrogatepass")
    in_url = "".join(f"%(?:25){{0,{NESTED}}}{_hex(f'{one:02x}')}" for one in data)
    ways = [in_url, re.escape(letter)]  # the longer first: a percent sign begins "%25"
    if letter == " ":
        ways.append(rf"\+|%(?:25){{0,{NESTED}}}{_hex('2b')}")  # a plus, quoted again
    if len(data) > 1:
        ways.insert(0, re.escape(data.decode("latin-1")))
    return f"(?:{'|'.join(ways)})"


def _references(letter: str) -> Iterator[str]:
    """Yield how HTML refers to a character."""
    number = ord(letter)
    yield f"&(?:amp;)?#(?:0{{0,3}}{number}|[xX]0{{0,3}}{_hex(f'{number:x}')});"
    if number in codepoint2name:
        yield f"&(?:amp;)?{codepoint2name[number]};"


def _hex(digits: str) -> str:
    return f"(?i:{digits})"
