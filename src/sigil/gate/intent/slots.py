"""Slots: ``<name>`` in a request or an answer, for a value that is not written out.

Pure. Not here: what gives a slot its value (`sigil.gate.generate.slots`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

SLOT = re.compile(r"<([A-Za-z][A-Za-z0-9_]*)(?: (-?[0-9]+)\.\.(-?[0-9]+))?>")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}|(?<=/):([A-Za-z_][A-Za-z0-9_]*)")


def braces_as_slots(path: str) -> str:
    """Return a path with ``{id}`` and ``:id`` written as ``<id>``."""
    return _BRACED.sub(lambda match: f"<{match[1] or match[2]}>", path)


def slots_in(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the name and the whole text of each slot in JSON, in order, repeats too."""
    left = [value]
    while left:
        one: Any = left.pop()
        if isinstance(one, str):
            yield from ((match[1], match[0]) for match in SLOT.finditer(one))
        elif isinstance(one, dict):
            left += reversed(cast("dict[str, Any]", one).values())
        elif isinstance(one, list):
            left += reversed(cast("list[Any]", one))


def with_slots(path: str, slots: Mapping[str, str]) -> str:
    """Return a path in whose query parameters are slots.

    Args:
        path: of a request.
        slots: the name of each one's slot, by the parameter.
    """
    bare, _, query = path.partition("?")
    given = [(part.partition("=")[0], part) for part in query.split("&") if part]
    parts = [f"{name}=<{slots[name]}>" if name in slots else part for name, part in given]
    there = {name for name, _ in given}
    parts += [f"{name}=<{slot}>" for name, slot in slots.items() if name not in there]
    return f"{bare}?{'&'.join(parts)}" if parts else path
