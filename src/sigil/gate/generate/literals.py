"""Values of JSON as Lua, and paths into answers.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from sigil.gate.generate.model import Path
from sigil.gate.intent.slots import SLOT

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_KEYWORDS = frozenset(
    "and break do else elseif end false for function goto if in local nil not or repeat return "
    "then true until while".split()
)
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
_MOST_INTEGER = 2**63

Resolve = Callable[[str, str], str]
"""Returns the Lua of a slot: takes its whole text, and the name of the field that it stands in."""


def is_name(text: str) -> bool:
    """Say whether Lua takes ``text`` for a name."""
    return _PLAIN.fullmatch(text) is not None and text not in _KEYWORDS


def quoted(text: str) -> str:
    """Return text as a string of Lua on one line."""
    return '"' + "".join(_escaped(letter) for letter in text) + '"'


def _escaped(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    if letter < " " or letter == "\x7f":
        return f"\\x{ord(letter):02x}"
    return letter


def text_with_slots(text: str, resolve: Resolve, field: str = "") -> str:
    """Return a text with slots as a Lua expression that joins its parts."""
    parts: list[str] = []
    at = 0
    for match in SLOT.finditer(text):
        if match.start() > at:
            parts.append(quoted(text[at : match.start()]))
        parts.append(resolve(match[0], field))
        at = match.end()
    if at < len(text) or not parts:
        parts.append(quoted(text[at:]))
    return " .. ".join(parts)


def literal(value: Any, resolve: Resolve, field: str = "") -> str:
    """Return JSON with slots as a Lua expression on one line.

    Raises:
        ValueError: a number that Lua does not have.
    """
    if value is None:
        return "sigil.json.null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return text_with_slots(value, resolve, field)
    if isinstance(value, list):
        items = [literal(item, resolve, field) for item in cast("list[Any]", value)]
        return f"{{ {', '.join(items)} }}" if items else "sigil.json.array({})"
    entries = cast("dict[str, Any]", value)
    fields = [f"{_key(key)} = {literal(entries[key], resolve, key)}" for key in entries]
    return f"{{ {', '.join(fields)} }}" if fields else "{}"


def _number(value: float) -> str:
    if isinstance(value, int) and not -_MOST_INTEGER < value < _MOST_INTEGER:
        raise ValueError(f"{value} is outside of 64 bits")
    text = repr(value)
    if text in {"inf", "-inf", "nan"}:
        raise ValueError("a number that is too large")
    return text


def _key(name: str) -> str:
    return name if is_name(name) else f"[{quoted(name)}]"


def indexed(base: str, path: Path) -> str:
    """Return the Lua that goes from ``base`` along a path; places count from 1 there."""
    for part in path:
        if isinstance(part, int):
            base += f"[{part + 1}]"
        else:
            base += f".{part}" if is_name(part) else f"[{quoted(part)}]"
    return base


def table_of_headers(headers: list[tuple[str, str]]) -> list[str]:
    """Return the options of a request with these headers, their values Lua already.

    As lines that are one line if they are joined by blanks.
    """
    fields = [f"{_key(name)} = {value}" for name, value in headers]
    return ["{ headers = {", *(f"  {one}," for one in fields[:-1]), f"  {fields[-1]}", "} }"]
