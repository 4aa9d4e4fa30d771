"""The Markdown of a clause as pieces: prose, and code spans by what they look like.

Pure. Not here: what pieces mean together (`sigil.gate.generate.clauses`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, cast

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
_TICKS = re.compile(r"`+")
_REQUEST = re.compile(rf"({'|'.join(METHODS)})\s+(/\S*)(?:\s+HTTP/[0-9.]+)?(?:\s+(\{{.*\}}))?")
_HEADER = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*):\s+(\S.*)")
_HEADER_NAME = re.compile(r"[A-Z][A-Za-z0-9]*(?:-[A-Z][A-Za-z0-9]*)+|ETag|Location|Allow|Vary")
_STATUS = re.compile(r"([1-5][0-9]{2})(?: [A-Z][A-Za-z' -]+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]*\])*")
_FORMULA = re.compile(r"[A-Za-z0-9_.\s+*/%()-]*(?:==|<=|>=|<|>|=)[A-Za-z0-9_.\s+*/%()-]*")


class Shape(Enum):
    """What a piece looks like."""

    PROSE = "prose"
    REQUEST = "request"
    PATH = "path"
    JSON = "json"
    HEADER = "header"
    HEADER_NAME = "header name"
    STATUS = "status"
    NAME = "name"
    FORMULA = "formula"
    ADDRESS = "address"
    SLOT = "slot"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some text of a clause.

    Args:
        shape: what it looks like.
        text: without backticks.
        value: what it says: of JSON the value, of a request method, path and JSON or None, of a
            header name and value, of a status the number.
    """

    shape: Shape
    text: str
    value: Any = None


_WORD_FOR_WORD = re.compile(r"\s*[A-Za-z_.]+\s*=\s*[A-Za-z_.]+\s*")
"""``plan=pro`` compares with a text that is not quoted, or two fields: nobody can tell."""
_PLAIN = (
    (Shape.PATH, re.compile(r"/.*")),
    (Shape.HEADER_NAME, _HEADER_NAME),
    (Shape.NAME, _NAME),
    (Shape.OTHER, _WORD_FOR_WORD),
    (Shape.FORMULA, _FORMULA),
    (Shape.ADDRESS, re.compile(r"https?://\S+")),
    (Shape.SLOT, re.compile(r"<[A-Za-z][^<>]*>")),
)


def pieces(markdown: str) -> list[Piece]:
    """Return the pieces of a clause, in order; prose is without emphasis."""
    return list(_pieces(markdown))


def _pieces(markdown: str) -> Iterator[Piece]:
    at = 0
    for opening, closing in _spans(markdown):
        if opening.start() > at:
            yield Piece(Shape.PROSE, _unmarked(markdown[at : opening.start()]))
        yield _code(markdown[opening.end() : closing.start()].strip())
        at = closing.end()
    if at < len(markdown):
        yield Piece(Shape.PROSE, _unmarked(markdown[at:]))


def _spans(markdown: str) -> Iterator[tuple[re.Match[str], re.Match[str]]]:
    """Yield what opens and what closes each code span: as many backticks, the next time."""
    ticks = list(_TICKS.finditer(markdown))
    closing: dict[int, int] = {}
    seen: dict[str, int] = {}
    for place in reversed(range(len(ticks))):
        run = ticks[place][0]
        if run in seen:
            closing[place] = seen[run]
        seen[run] = place
    place = 0
    while place < len(ticks):
        if place in closing:
            yield ticks[place], ticks[closing[place]]
        place = closing.get(place, place) + 1


def _unmarked(prose: str) -> str:
    return re.sub(r"\*\*|__|(?<!\w)[*_](?=\w)|(?<=\w)[*_](?!\w)", "", prose)


def _code(text: str) -> Piece:
    request = _REQUEST.fullmatch(text)
    if request is not None:
        found, value = _json(request[3]) if request[3] else (True, None)
        if found:
            return Piece(Shape.REQUEST, text, (request[1], request[2], value))
    status = _STATUS.fullmatch(text)
    if status is not None:
        return Piece(Shape.STATUS, text, int(status[1]))
    found, value = _json(text)
    if found:
        return Piece(Shape.JSON, text, value)
    header = _HEADER.fullmatch(text)
    if header is not None:
        return Piece(Shape.HEADER, text, (header[1], header[2]))
    return Piece(_plain_shape(text), text)


def _plain_shape(text: str) -> Shape:
    """Return what a span looks like that says no more than its text."""
    for shape, pattern in _PLAIN:
        if pattern.fullmatch(text):
            return shape
    return Shape.OTHER


def _json(text: str) -> tuple[bool, Any]:
    """Say whether ``text`` is strict JSON, and what it says."""
    try:
        return True, json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False, None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("a name stands twice")
    return value


def _refuse(name: str) -> Any:
    raise ValueError(name)


def objects_in(found: Iterable[Piece]) -> list[dict[str, Any]]:
    """Return the JSON objects among pieces, in order."""
    values = (piece.value for piece in found if piece.shape is Shape.JSON)
    return [cast("dict[str, Any]", value) for value in values if type(value) is dict]


def path_of(name: str) -> tuple[str | int, ...]:
    """Return the path that ``items[0].price`` writes; ``[]`` is left out, for whoever asks."""
    parts: list[str | int] = []
    for word, place in re.findall(r"([A-Za-z_][A-Za-z0-9_]*)|\[([0-9]+)\]", name):
        parts.append(word or int(place))
    return tuple(parts)
