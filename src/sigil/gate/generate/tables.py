"""Tables of values: a row for each answer that is known beforehand.

Of the columns that are not sent, one that is called ``status`` is the status, and every other one
is a field of the answer.

Amounts: a field whose name ends in ``_cents`` is compared in cents with a cell that says ``$12``.

Pure. Not here: which request a table is about and which columns are sent
(`sigil.gate.intent.heads`), rules that give further rows (`rules`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast
from urllib.parse import quote

from sigil.gate.generate.clauses import NotUnderstood, names_in
from sigil.gate.generate.expects import marked
from sigil.gate.generate.model import Exchange, Expectation, Holds, Path, Request, StatusIs
from sigil.gate.generate.prose import SENTENCE_END
from sigil.gate.generate.words import TAKEN, unused_of_request
from sigil.gate.intent import Cell, Row, Table
from sigil.gate.intent.cells import plain
from sigil.gate.intent.heads import asked_by
from sigil.gate.intent.pieces import Shape, path_of, pieces
from sigil.gate.intent.slots import SLOT, slots_in

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*|\[[0-9]+\])*")
_CENTS = 100
_GIVES_ROWS = re.compile(
    r"\b(?:HTTP |status )?200\b(?: OK\b)?|\b(?:as follows|(?:the )?following"
    r"|(?:the )?(?:table|rows?)|below|in (?:the|this) table)\b",
    re.IGNORECASE,
)
"""What may be said of all rows: their status, and that they come next."""


@dataclass(frozen=True, slots=True)
class Column:
    """What a column says.

    Args:
        use: ``sent``, ``status``, ``field`` or ``none``.
        name: of the slot that it fills, or of the field.
    """

    use: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tied:
    """A table with the request that it is about.

    Args:
        table: which.
        request: with a slot for each column that is sent.
        columns: as many as there are heads.
        unused: what the sentence with the request says besides, which nothing is made of.
    """

    table: Table
    request: Request
    columns: tuple[Column, ...]
    unused: tuple[str, ...] = ()

    def inputs(self, row: Row) -> dict[str, Cell]:
        """Return the cell of each slot that a row fills."""
        pairs = zip(self.columns, row.cells, strict=True)
        return {column.name: cell for column, cell in pairs if column.use == "sent"}

    def outputs(self, row: Row) -> dict[str, Cell]:
        """Return the cell of each field that a row gives a value to."""
        pairs = zip(self.columns, row.cells, strict=True)
        return {c.name: cell for c, cell in pairs if c.use == "field" and not cell.empty}


def tie(table: Table) -> Tied:
    """Return what a table is about.

    Raises:
        NotUnderstood: nothing ties it to a request, or a column is not understood.
    """
    asked = asked_by(table.heads, table.before)
    if asked is None:
        raise NotUnderstood(
            "no sentence right above it and no head of a column ties it to one request"
        )
    columns = [
        Column("sent", name) if name else _column(plain(head))
        for head, name in zip(table.heads, asked.sent, strict=True)
    ]
    request = Request(asked.method, asked.path, body=asked.body)
    unused = () if asked.is_by_head else _unused(table.before)
    return _checked(Tied(table, request, tuple(columns), unused))


def _unused(before: str) -> tuple[str, ...]:
    """Return what is said besides in the sentence that ties a table to its request."""
    left: list[str] = []
    for sentence in map(pieces, SENTENCE_END.split(before)):
        if any(piece.shape is Shape.REQUEST for piece in sentence):
            said = _GIVES_ROWS.sub(TAKEN, marked(sentence))
            left += unused_of_request(said, names_in(sentence))
    return tuple(left)


def _column(head: str) -> Column:
    """Return what a column that is not sent says."""
    if head.lower() == "status":
        return Column("status")
    return Column("field" if _NAME.fullmatch(head) else "none", head)


def _checked(tied: Tied) -> Tied:
    sent = Counter(column.name for column in tied.columns if column.use == "sent")
    twice = next((name for name, many in sent.items() if many > 1), None)
    if twice is not None:
        raise NotUnderstood(f"two columns give a value to <{twice}>")
    for name, slot in slots_in([tied.request.path, tied.request.body]):
        if name not in sent:
            raise NotUnderstood(f"no column gives a value to {slot}")
    if not any(column.use in {"status", "field"} for column in tied.columns):
        raise NotUnderstood("no column says what comes back")
    odd = [column.name for column in tied.columns if column.use == "none"]
    if odd:
        raise NotUnderstood(f'the column "{odd[0]}" is neither sent nor a field of the answer')
    return tied


def exchange_of(tied: Tied, row: Row) -> Exchange:
    """Return the request of one row, and what comes back.

    Raises:
        NotUnderstood: a cell has no form that the request or the answer can have.
    """
    values: dict[str, Any] = {}
    expected: list[Expectation] = []
    for column, cell in zip(tied.columns, row.cells, strict=True):
        if column.use == "sent":
            values[column.name] = sent_value(cell)
        elif column.use == "status" and not cell.empty:
            if cell.number is None or not cell.text.isdigit():
                raise NotUnderstood(f'"{cell.text}" is no status')
            expected.insert(0, StatusIs(int(cell.text)))
        elif column.use == "field" and not cell.empty:
            path: Path = path_of(column.name)
            expected.append(Holds(path, received_value(column.name, cell)))
    if not expected:
        raise NotUnderstood("the row does not say what comes back")
    if not isinstance(expected[0], StatusIs):
        expected.insert(0, StatusIs(200))
    request = filled(tied.request, values)
    said = ", ".join(f"{name} = {value}" for name, value in values.items())
    return Exchange(
        request,
        tuple(expected),
        clause=row.id,
        gist=f"{tied.request.endpoint} with {said} ({row.id})",
    )


def filled(request: Request, values: dict[str, Any]) -> Request:
    """Return a request with values in place of slots; those of its path are encoded."""

    def in_path(match: re.Match[str]) -> str:
        value = values.get(match[1])
        return match[0] if value is None else quote(_as_text(value), safe="")

    return Request(
        request.method,
        SLOT.sub(in_path, request.path),
        request.headers,
        _filled(request.body, values),
        anonymous=request.anonymous,
    )


def _filled(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, str):
        match = SLOT.fullmatch(value)
        if match is not None and match[1] in values:
            return values[match[1]]
        return SLOT.sub(lambda found: _as_text(values.get(found[1], found[0])), value)
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        return {key: _filled(inner, values) for key, inner in entries.items()}
    if isinstance(value, list):
        return [_filled(inner, values) for inner in cast("list[Any]", value)]
    return value


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def sent_value(cell: Cell) -> Any:
    """Return a cell as what is sent: a number without a unit, or text."""
    if cell.empty:
        return ""
    if cell.number is not None and not cell.unit:
        return as_number(cell.number)
    return _word(cell.text)


def received_value(name: str, cell: Cell) -> Any:
    """Return a cell as the value that a field of the answer has to have."""
    if cell.number is not None and cell.unit in {"", "%"} | _money(cell):
        return as_number(cell.number * scale_of(name, cell))
    return _word(cell.text)


def scale_of(name: str, cell: Cell) -> int:
    """Return how many units of a field make one of a cell's."""
    return _CENTS if _money(cell) and name.endswith("_cents") else 1


def _money(cell: Cell) -> set[str]:
    """Return the cell's unit if it is an amount of money, for a time or not."""
    return {cell.unit} if cell.unit[:1] in {"$", "€", "£"} else set()


def _word(text: str) -> Any:
    if text in {"true", "false", "null"} or text[:1] in {"{", "[", '"'}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def as_number(number: Fraction) -> int | float:
    """Return a number as JSON has it."""
    return number.numerator if number.denominator == 1 else float(number)
