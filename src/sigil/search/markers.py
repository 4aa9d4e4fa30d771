"""Comment markers around code: ``sigil: begin NAME`` and ``sigil: end NAME``, in any language.

Not here: which pin they mean (`sigil.search.pins`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn

from sigil.errors import InvalidValue, Where

_MARKER = re.compile(
    r"^[^\n]*?(?P<leader>#|//|--|/\*|<!--|;|%|\(\*)[ \t]*"
    r"sigil:[ \t]*(?P<verb>begin|end)\b(?P<rest>[^\n]*)",
    re.MULTILINE,
)
_MARKER_REST = re.compile(r"[ \t]+(?P<id>[\w.-]+?)[ \t]*(?:\*/|-->|\*\))?[ \t\r]*")


@lru_cache(maxsize=512)
def marked(path: str, text: str) -> tuple[tuple[str, int, int], ...]:
    """Return (name, first line, last line) between each pair of markers of ``text``.

    Args:
        path: for messages.
        text: in any language.

    Raises:
        InvalidValue: a marker is malformed, stands twice, or has no partner.
    """
    opened: dict[str, int] = {}
    closed: list[tuple[str, int, int]] = []
    for found in _MARKER.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        name = _marker_name(found, path, line)
        if found["verb"] == "begin":
            if name in opened:
                _bad_marker(path, line, f"{name!r} begins here and in line {opened[name]}")
            opened[name] = line
        elif name not in opened:
            _bad_marker(path, line, f"{name!r} ends before it begins")
        else:
            closed.append((name, opened.pop(name) + 1, line - 1))
    for name, line in opened.items():
        _bad_marker(path, line, f"{name!r} never ends")
    return tuple(closed)


def _marker_name(found: re.Match[str], path: str, line: int) -> str:
    if found.group()[: found.start("leader") - found.start()].strip():
        _bad_marker(path, line, "the marker shares its line with code")
    rest = _MARKER_REST.fullmatch(found["rest"])
    if rest is None:
        _bad_marker(path, line, f"`sigil: {found['verb']}` needs one name after it, and no more")
    return rest["id"]


def _bad_marker(path: str, line: int, problem: str) -> NoReturn:
    raise InvalidValue(
        problem,
        where=Where(path, line),
        remedy="write `sigil: begin NAME` and `sigil: end NAME`, once each, on lines of their own",
    )
