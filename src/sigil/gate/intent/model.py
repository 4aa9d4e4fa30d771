"""The words of an intent: its clauses and tables, each with a name that stays and a line.

Pure. Not here: reading (`sigil.gate.intent.read`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from sigil.gate.model import Priority


class Kind(StrEnum):
    """Which part of an intent a clause belongs to."""

    CRITERION = "criterion"
    INVARIANT = "invariant"
    EDGE = "edge"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing that is asked for.

    Args:
        id: such as ``criterion-2``: its kind and its place among those, from 1.
        kind: which part it belongs to.
        text: its Markdown on one line.
        line: 1-based, where it begins.
    """

    id: str
    kind: Kind
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one cell of a table.

    Args:
        text: without backticks and emphasis.
        number: of an amount or a count; None for other text.
        unit: what surrounds the number, such as ``$`` or ``$/mo``; empty for none.
        empty: whether it is blank, or a dash.
    """

    text: str
    number: Fraction | None = None
    unit: str = ""
    empty: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, below its heads.

    Args:
        id: such as ``table-1.row-seats-5``: its table, and what it asks; see `intent.rows`.
        line: 1-based.
        cells: as many as the table has heads.
    """

    id: str
    line: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of values.

    Args:
        id: such as ``table-1``.
        line: 1-based, of its heads.
        heads: Markdown of each column's head.
        rows: in order.
        before: the paragraph or item right above it, on one line; empty for none.
        section: the heading that it stands under.
    """

    id: str
    line: int
    heads: tuple[str, ...]
    rows: tuple[Row, ...]
    before: str = ""
    section: str = ""


@dataclass(frozen=True, slots=True)
class Intent:
    """All that an intent says.

    Args:
        path: relative to the repository.
        title: from its front matter, as are the next two.
        owner: such as ``@team-billing``.
        priority: of all scenarios that stem from it.
        clauses: in order.
        tables: in order.
        prose: paragraphs that are no clauses, with their lines; rules of thumb may stand there.
    """

    path: str
    title: str
    owner: str
    priority: Priority
    clauses: tuple[Clause, ...]
    tables: tuple[Table, ...]
    prose: tuple[tuple[int, str], ...] = ()

    @property
    def slug(self) -> str:
        """The name of the file, without folder and suffix."""
        return self.path.rpartition("/")[2].removesuffix(".md")

    def of(self, kind: Kind) -> Iterator[Clause]:
        """Yield the clauses of one kind, in order."""
        return (clause for clause in self.clauses if clause.kind is kind)
