"""Which names an exchange gives values to, and which it needs.

Pure. Not here: where the values come from (`compiler`), the Lua that holds them (`lua`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from sigil.gate.generate.model import (
    Exchange,
    Expectation,
    HeaderIs,
    Holds,
    IsA,
    Json,
    Path,
    Property,
    Step,
)
from sigil.gate.generate.slots import RANGED, drawing
from sigil.gate.intent.slots import SLOT, slots_in

_MISNAMED = re.compile(r"<[A-Za-z][A-Za-z0-9_ -]*>")
"""Text that is meant as a slot. ``<https://…>`` in a ``Link`` header is none."""


def exchange_in(step: Step) -> Exchange:
    """Return what a step asks."""
    return step.exchange if isinstance(step, Property) else step


# --- what an exchange gives -----------------------------------------------------------------


def captures(exchange: Exchange) -> Iterator[tuple[str, Path]]:
    """Yield the values of an answer that later requests can name, with their paths."""
    for one in exchange.expected:
        if isinstance(one, IsA) and one.path and isinstance(one.path[-1], str):
            yield one.path[-1], one.path
        elif isinstance(one, Holds):
            yield from _named_inside(one.value, one.path)


def _named_inside(value: Json, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(value, dict):
        for key, inner in cast("dict[str, Json]", value).items():
            yield from _named_inside(inner, (*path, key))
    elif path and isinstance(path[-1], str) and isinstance(value, str) and value.startswith("<"):
        yield path[-1], path


def offered(exchange: Exchange) -> Iterator[str]:
    """Yield the names that stand for a value once an exchange is over."""
    yield from (name for name, _ in captures(exchange))
    yield from _sent_names(exchange)


def _sent_names(exchange: Exchange) -> Iterator[str]:
    """Yield the names of fields of a body in which one value is drawn."""
    body = exchange.request.body
    if isinstance(body, dict):
        for key, inner in cast("dict[str, Json]", body).items():
            drawn = [slot for _, slot in slots_in(inner) if drawing(slot) is not None]
            if isinstance(inner, str) and len(drawn) == 1:
                yield key


# --- what an exchange needs -----------------------------------------------------------------


def wanted(exchange: Exchange) -> Iterator[str]:
    """Yield the names of the slots of a request that are not drawn."""
    request = exchange.request
    for name, slot in slots_in([request.path, dict(request.headers), request.body]):
        if drawing(slot) is None:
            yield name


def compared(exchange: Exchange) -> Iterator[str]:
    """Yield the names of slots that an answer cannot be compared with unless they have a value.

    A field that is expected under its own name is none: ``"id": "<id>"`` receives it.
    """
    for one in exchange.expected:
        yield from (name for name, _ in slots_in(list(_compared_texts(one))))


def _compared_texts(one: Expectation) -> Iterator[str]:
    if isinstance(one, HeaderIs) and one.value is not None:
        yield one.value
    elif isinstance(one, Holds):
        for field, text in _fields(one.value, one.path):
            if one.exactly or text != f"<{field}>":
                yield text


def names_used(exchange: Exchange) -> Iterator[str]:
    """Yield the names that an exchange is better off with: it sends them, or compares with them."""
    yield from wanted(exchange)
    yield from compared(exchange)
    for one in exchange.expected:
        if isinstance(one, Holds):
            yield from (name for name, _ in slots_in(one.value))


def misnamed(exchange: Exchange) -> str | None:
    """Return text that is meant as a slot and is none, such as ``<short-code>``; None for none.

    A range is for numbers: ``<plan 1..3>`` is none either.
    """
    request = exchange.request
    compared_with = [one.value for one in exchange.expected if isinstance(one, HeaderIs)]
    joined = [request.path, *(value for _, value in request.headers), *filter(None, compared_with)]
    held = [one.value for one in exchange.expected if isinstance(one, Holds)]
    whole = [text for _, text in _fields([request.body, *held]) if _MISNAMED.fullmatch(text)]
    found = [match[0] for text in (*joined, *whole) for match in _MISNAMED.finditer(text)]
    ranges = [
        slot
        for name, slot in slots_in([*joined, request.body, *held])
        if name not in RANGED and slot != f"<{name}>"
    ]
    return next((text for text in found if not SLOT.fullmatch(text)), next(iter(ranges), None))


def _fields(value: Any, path: Path = ()) -> Iterator[tuple[str | int, str]]:
    """Yield the texts inside of JSON, each with the name or the place that it has."""
    if isinstance(value, str):
        yield (path[-1] if path else ""), value
    elif isinstance(value, dict):
        for key, inner in cast("dict[str, Any]", value).items():
            yield from _fields(inner, (key,))
    elif isinstance(value, list):
        for place, item in enumerate(cast("list[Any]", value)):
            yield from _fields(item, (place,))
