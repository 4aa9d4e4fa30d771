"""What gives a slot its value: it is drawn, or it stands for an earlier one.

Pure. Not here: how slots are written (`sigil.gate.intent.slots`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from sigil.gate.generate.model import Request
from sigil.gate.intent.slots import SLOT

DRAWN = {
    "email": "sigil.gen.email()",
    "uuid": "sigil.gen.uuid()",
    "string": "sigil.gen.string({ min = 4, max = 12 })",
    "password": "sigil.gen.string({ min = 12, max = 20 })",
    "int": "sigil.gen.int(1, 1000)",
    "number": "sigil.gen.int(1, 1000)",
    "integer": "sigil.gen.int(1, 1000)",
    "date": "sigil.gen.date()",
    "bool": "sigil.gen.bool()",
    "boolean": "sigil.gen.bool()",
}
"""What draws the value of a slot that is sent."""

RANGED = frozenset({"int", "integer", "number"})
"""What may be written with a range, such as ``<int 1..50>``."""

SHARED = frozenset({"email", "password"})
"""Drawn once in a scenario: who signs in is who signed up. Any other slot is drawn at each use."""

TYPES = frozenset({
    "string", "number", "integer", "int", "bool", "boolean", "list", "array", "object", "uuid",
    "email", "date", "any",
})  # fmt: skip
"""What a slot can ask of a value that is received."""


class Unresolved(Exception):
    """A slot that cannot be written: nothing gives it a value.

    Args:
        reason: why, as a clause.
    """

    def __init__(self, reason: str):
        super().__init__(reason)
        self.reason = reason


def valued(slot: str, scope: Mapping[str, str]) -> str:
    """Return the Lua of a slot that stands for an earlier value.

    Args:
        slot: its whole text.
        scope: Lua of each name.

    Raises:
        Unresolved: there is no such value.
    """
    lua = scope.get(slot[1:-1])
    if lua is not None:
        return lua
    if slot[1:-1] in TYPES:
        raise Unresolved(f"{slot} is a type, and here it takes a value to compare with")
    raise Unresolved(f"nothing says what {slot} is")


def drawing(slot: str) -> str | None:
    """Return the Lua that draws the value of a slot; None if it stands for an earlier value."""
    match = SLOT.fullmatch(slot)
    if match is None:
        return None
    name, low, high = match.groups()
    if low is not None and name in RANGED:
        return f"sigil.gen.int({int(low)}, {int(high)})"
    return DRAWN.get(name) if low is None else None


def with_texts(request: Request, texts: Mapping[str, str]) -> Request:
    """Return a request with other texts in place of slots."""
    if not texts:
        return request
    headers = tuple((name, _other(value, texts)) for name, value in request.headers)
    return replace(
        request,
        path=_other(request.path, texts),
        headers=headers,
        body=_other(request.body, texts),
    )


def _other(value: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return SLOT.sub(lambda match: texts.get(match[0], match[0]), value)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _other(inner, texts) for key, inner in entries.items()}
    if isinstance(value, list):
        return [_other(inner, texts) for inner in cast("list[Any]", value)]
    return value
