"""Which request a table is about, and which of its columns are sent.

The head of a column says it, such as `` `GET /api/quote?seats=` ``: each of its cells goes behind
the last parameter. Or the one request right above the table does, such as
`` `GET /api/quote?seats=<seats>` returns: ``. A column is sent if it is that head, if its head is a
slot of the request as it is written, or if it is written `` `?seats` ``.

Promises: there is no other reading of this, so that a row is called by what is sent of it; time
grows as what is read does.

Pure. Not here: what the other columns are (`sigil.gate.generate.tables`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sigil.gate.intent.cells import plain
from sigil.gate.intent.pieces import METHODS, Shape, objects_in, pieces
from sigil.gate.intent.slots import braces_as_slots, slots_in, with_slots

_NAME = r"[^\s?&=<>{}/#]+"
_APPENDED = re.compile(rf"({'|'.join(METHODS)})\s+(/[^\s?]*\?(?:\S*&)?({_NAME}))=")
_PARAMETER = re.compile(rf"\?({_NAME})")
_OF_A_SLOT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_NOT_OF_A_SLOT = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a table asks.

    Args:
        method: of the request.
        path: with a slot for each column that is sent.
        body: JSON with slots; None for none.
        sent: of each column, the name of the slot that it fills; empty if it is not sent.
        is_by_head: whether the head of a column says it.
    """

    method: str
    path: str
    body: Any
    sent: tuple[str, ...]
    is_by_head: bool


def asked_by(heads: Sequence[str], before: str) -> Asked | None:
    """Return what a table asks; None if nothing ties it to one request.

    Args:
        heads: Markdown of each column's head.
        before: the paragraph or item right above the table.
    """
    texts = [plain(head) for head in heads]
    appended = [_APPENDED.fullmatch(text) for text in texts]
    ties = [match for match in appended if match is not None]
    if ties:
        written = (ties[0][1], ties[0][2], None) if len(ties) == 1 else None
    else:
        written = _request_in(before)
    if written is None:
        return None
    method, path, body = written
    path = braces_as_slots(path)
    own = [
        match[3] if match is not None else _parameter(text)
        for text, match in zip(texts, appended, strict=True)
    ]
    parameters = {name: slot for name in own if (slot := _slot(name))}
    slots = {name for name, _ in slots_in([path, body])}
    sent = tuple(
        parameters.get(name) or (text if text in slots else "")
        for text, name in zip(texts, own, strict=True)
    )
    return Asked(method, with_slots(path, parameters), body, sent, bool(ties))


def _request_in(before: str) -> tuple[str, str, Any] | None:
    """Return method, path and body of the one request that a text names."""
    found = pieces(before)
    requests = [piece for piece in found if piece.shape is Shape.REQUEST]
    if len(requests) != 1:
        return None
    method, path, body = requests[0].value
    bodies = objects_in(found)
    return method, path, bodies[0] if body is None and bodies else body


def _parameter(head: str) -> str:
    match = _PARAMETER.fullmatch(head)
    return match[1] if match is not None else ""


def _slot(parameter: str) -> str:
    """Return the name of a parameter's slot: of ``page[size]``, ``page_size``; empty for none."""
    if _OF_A_SLOT.fullmatch(parameter):
        return parameter
    name = _NOT_OF_A_SLOT.sub("_", parameter).strip("_")
    return name if _OF_A_SLOT.fullmatch(name) else ""
