"""Who is remembered, and who is a parent: what tells one optimizer from another.

A population is told every result in order of asking and is asked for parents; the rounds
themselves are the same for all (`sigil.search.rounds`). Here are those of one archive; the
islands are in `sigil.search.alphaevolve`, and those that are led from candidate to candidate
in `sigil.search.guided`. Conformance suite: `sigil.testing.populations`.

Pure, as the archive is: the same calls in the same order make the same population.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sigil.search.archive import Archive, Costs, Entry, Stream
from sigil.search.credit import gain_of
from sigil.search.model import BASELINE


@dataclass(frozen=True, slots=True)
class Placed:
    """What a result is worth.

    Args:
        elite: it stands on the front that it competes for; its proposer is told so.
        progress: it stands on the front of the whole search.
        gain: what it earns its proposer, 0 to 1 (`sigil.search.credit.gain_of`).
    """

    elite: bool
    progress: bool
    gain: float


class Population(Protocol):
    """The memory of an optimizer."""

    @property
    def best(self) -> Entry | None:
        """Return the best of all; None where nothing has costs."""
        ...

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front of all, best first."""
        ...

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all that may still be chosen as parents, by id."""
        ...

    def begin(self, turn: int) -> None:
        """Make ready for round ``turn``, counted from 1."""
        ...

    def parents(self, turn: int, stream: Stream) -> list[str]:
        """Return distinct ids to start round ``turn`` from, best first; none is the baseline."""
        ...

    def tops(self, turn: int) -> list[str]:
        """Return the ids whose place matters most now: what is lucky among them misleads."""
        ...

    def add(
        self,
        turn: int,
        name: str,
        costs: Sequence[float],
        *,
        ties: Sequence[float],
        behaviour: Sequence[float],
        parent: str = BASELINE,
    ) -> Placed:
        """Remember a result of round ``turn``; 0 is the baseline's.

        Args:
            turn: the round that it was asked for in.
            name: id of the candidate.
            costs: (m,) with the same m in every call, lower is better.
            ties: (t,) tie breakers, lower is better.
            behaviour: (d,) where it lies among other programs; () if that is not known.
            parent: id of what it was made from, which may be forgotten by now.

        Raises:
            ShapeError: costs of another length than before, or NaN.
        """
        ...

    def revise(self, name: str, costs: Sequence[float], *, ties: Sequence[float]) -> None:
        """Correct the costs of one that was measured again; none take it out."""
        ...


class BestFirst:
    """One archive: parents are the best, some of the front and some unlike all others.

    Args:
        parents: how many a round starts from at most; with 0 every proposal starts from the
            baseline, and the archive is there to know the best of.
    """

    def __init__(self, *, parents: int = 8):
        self._archive = Archive()
        self._parents = parents

    @property
    def best(self) -> Entry | None:
        """Return the best of all."""
        return self._archive.best

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front, best first."""
        return self._archive.front

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all that are remembered."""
        return self._archive.kept

    def begin(self, turn: int) -> None:
        """Do nothing: rounds are all alike."""

    def parents(self, turn: int, stream: Stream) -> list[str]:
        """Return the best one and others of the archive."""
        del turn
        return self._archive.parents(stream, self._parents) if self._parents else []

    def tops(self, turn: int) -> list[str]:
        """Return the best one."""
        del turn
        best = self._archive.best
        return [best.id] if best else []

    def add(
        self,
        turn: int,
        name: str,
        costs: Sequence[float],
        *,
        ties: Sequence[float],
        behaviour: Sequence[float],
        parent: str = BASELINE,
    ) -> Placed:
        """Remember a result."""
        del turn, parent
        before = self._archive.best
        elite = self._archive.add(name, costs, ties=ties, behaviour=behaviour).elite
        return Placed(elite, elite, gain_of(before.costs if before else None, costs, elite=elite))

    def revise(self, name: str, costs: Sequence[float], *, ties: Sequence[float]) -> None:
        """Correct a result; one that is remembered no more stays forgotten."""
        if name in self._archive.kept:
            self._archive.revise(name, costs, ties=ties)
