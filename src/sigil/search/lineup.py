"""The rounds of a search that still count: in which order, and which of them the next waits for.

A round waits for all that stand more than ``lag`` places before it. One that takes very long can
be taken out of the line: nobody waits for it, and it counts once it is put back, behind those
that were asked for meanwhile.

Pure. Not here: what counts, and for what (`sigil.search.rounds`); who takes very long
(`sigil.optimize.overtaking`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from sigil.search.model import Proposal


@dataclass(frozen=True, slots=True)
class Result:
    """What was told: of an idea, or of an elite that was measured again."""

    costs: tuple[float, ...] = ()
    ties: tuple[float, ...] = ()
    failure: str | None = None
    noisy: bool = False


@dataclass(slots=True)
class Pending:
    """A proposal of a round, in order of asking, and its result once it is told."""

    proposal: Proposal
    candidate: str | None
    features: tuple[float, ...] = ()
    duplicate_of: str | None = None
    result: Result | None = None
    elite: bool = False


@dataclass(slots=True)
class Again:
    """An elite that is measured a second time."""

    candidate: str
    result: Result | None = None


@dataclass(slots=True)
class Unanswered:
    """The place of a proposal that a model is still asked for."""

    result: None = None


Item = Pending | Again | Unanswered


@dataclass(slots=True, eq=False)
class Round:
    """What was asked for at once.

    Args:
        number: from 1, in order of asking.
        place: the last round that it stands behind, or its own number.
        items: in order of counting.
        applied: how many of them have counted.
        doubts: whether they are elites to be measured again, which come first and stay.
    """

    number: int
    place: int
    items: list[Item] = field(default_factory=list[Item])
    applied: int = 0
    doubts: bool = False

    @property
    def missing(self) -> Item | None:
        """Return the first item without a result; None if there is none."""
        return next((item for item in self.items[self.applied :] if item.result is None), None)


class Lineup:
    """Rounds in the order in which they count.

    Args:
        lag: how many may be under way while the next is asked for.
    """

    def __init__(self, lag: int):
        self._lag = lag
        self._line: deque[Round] = deque()
        self._out: dict[int, Round] = {}

    def __iter__(self) -> Iterator[Round]:
        return iter(self._line)

    def everybody(self) -> Iterator[Round]:
        """Yield all rounds, also those that were taken out."""
        yield from self._line
        yield from self._out.values()

    @property
    def out(self) -> list[Round]:
        """Return the rounds that were taken out, in order of asking."""
        return [self._out[number] for number in sorted(self._out)]

    def append(self, one: Round) -> None:
        """Add a round behind all others."""
        self._line.append(one)

    def due(self, number: int) -> Iterator[Round]:
        """Yield the rounds that round ``number`` waits for and that are not dropped yet."""
        return (one for one in self._line if one.place < number - self._lag)

    def first_missing(self, number: int) -> Round | None:
        """Return the first round without all its results that round ``number`` waits for."""
        return next((one for one in self.due(number) if one.missing is not None), None)

    def drop(self, number: int) -> None:
        """Forget the rounds that round ``number`` waited for."""
        while self._line and self._line[0].place < number - self._lag:
            self._line.popleft()

    def take_out(self, number: int) -> None:
        """Let nobody wait for round ``number``.

        Raises:
            ValueError: it does not stand in the line.
        """
        found = [one for one in self._line if one.number == number and not one.doubts]
        if not found:
            raise ValueError(f"round {number} is not waited for")
        self._line.remove(found[0])
        self._out[number] = found[0]

    def put_back(self, number: int, place: int) -> None:
        """Have round ``number`` count behind round ``place``, the last one there is.

        Raises:
            ValueError: it was not taken out.
        """
        one = self._out.pop(number, None)
        if one is None:
            raise ValueError(f"round {number} was not passed over")
        one.place = place
        self._line.append(one)
