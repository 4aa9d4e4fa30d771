"""The words of a compiled intent: what is sent, what has to come back, in which order.

Values in a request or in an answer are JSON. A text ``<name>`` in it is a *slot*: a value that is
drawn (``<email>``, ``<int 1..50>``), one that was sent or received earlier (``<session_token>``),
or in an answer a type (``<string>``).

Pure. Not here: recognising them in prose (`clauses`), writing them as Lua (`lua`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Json = Any
Path = tuple[str | int, ...]
"""Names and 0-based places that lead to a value inside of JSON."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent.

    Args:
        method: in capitals.
        path: with its query; slots stand in it as ``<name>``.
        headers: value by name, with slots.
        body: JSON with slots; None for none.
        anonymous: whether it goes without the session that the intent's other requests have.
    """

    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: Json = None
    anonymous: bool = False

    @property
    def endpoint(self) -> str:
        """The request without its query, such as ``GET /api/quote``."""
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def safe(self) -> bool:
        """Whether HTTP promises that it changes nothing."""
        return self.method in {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class StatusIs:
    """The status is this one."""

    code: int


@dataclass(frozen=True, slots=True)
class StatusClass:
    """The status begins with this digit."""

    digit: int


@dataclass(frozen=True, slots=True)
class Below5xx:
    """The status is no failure of the service."""


@dataclass(frozen=True, slots=True)
class Holds:
    """The answer has this value, with every field that it names; more are allowed.

    Args:
        path: where.
        value: JSON with slots.
        exactly: whether other fields are wrong.
    """

    path: Path
    value: Json
    exactly: bool = False


@dataclass(frozen=True, slots=True)
class IsA:
    """The answer has a value of this type there: ``string``, ``number``, ``any``, …."""

    path: Path
    type: str


@dataclass(frozen=True, slots=True)
class Absent:
    """The answer has nothing there."""

    path: Path


@dataclass(frozen=True, slots=True)
class Length:
    """The list there has so many items."""

    path: Path
    count: int


@dataclass(frozen=True, slots=True)
class Sorted:
    """The list there is in order.

    Args:
        path: of the list.
        by: of the value in each item; empty for the item itself.
        descending: from high to low.
    """

    path: Path
    by: Path
    descending: bool = False


@dataclass(frozen=True, slots=True)
class SumsTo:
    """The values in the items of a list come to another value of the answer."""

    path: Path
    of: Path
    total: Path


@dataclass(frozen=True, slots=True)
class HeaderIs:
    """The answer has a header; ``value`` None for any value."""

    name: str
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Formula:
    """A comparison of numbers in which names are fields of the answer or what was drawn.

    Args:
        text: such as ``total_cents == seats * 1200``; only names, numbers, ``+ - * / // % ( )``
            and comparisons.
        names: in it.
    """

    text: str
    names: tuple[str, ...]


Expectation = (
    StatusIs | StatusClass | Below5xx | Holds | IsA | Absent | Length | Sorted | SumsTo
    | HeaderIs | Formula
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and what its answer has to be.

    Args:
        request: what is sent.
        expected: of the answer, in order.
        captured: path of each value of the answer that later requests use, by name.
        clause: id of the clause that asks for it.
        gist: what the comment above it says.
        actor: whose session it is in, and whose values its slots stand for.
        follows: the actor whose session and values this one begins with; None for nobody.
    """

    request: Request
    expected: tuple[Expectation, ...]
    captured: tuple[tuple[str, Path], ...] = ()
    clause: str = ""
    gist: str = ""
    actor: int = 0
    follows: int | None = None


@dataclass(frozen=True, slots=True)
class Property:
    """A claim about every case that can be drawn.

    Args:
        name: of the invariant.
        drawn: slot by name of what is drawn for each case.
        exchange: what is asked in each case.
        same: paths that have to be as in a first answer; the whole body for an empty path.
        first: whether there is such a first answer.
        cases: how many.
        clause: id of the clause that asks for it.
    """

    name: str
    drawn: Mapping[str, str]
    exchange: Exchange
    same: tuple[Path, ...] = ()
    first: bool = False
    cases: int = 20
    clause: str = ""


Step = Exchange | Property


@dataclass(frozen=True, slots=True)
class Sketch:
    """A scenario, before it is Lua.

    Args:
        name: of the visible scenario that it could be.
        title: on one line.
        clauses: ids of the clauses that it holds the service to.
        steps: in order.
    """

    name: str
    title: str
    clauses: tuple[str, ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Uncompiled:
    """What the compiler could not turn into a scenario, or not all of it.

    Args:
        clause: id of a clause, a table or a row.
        line: 1-based.
        reason: why, as a clause.
        whole: whether nothing of it was compiled.
    """

    clause: str
    line: int
    reason: str
    whole: bool = True
