"""A population that is led from candidate to candidate, with the Pareto front kept beside.

The guide decides from which candidates a round starts; the front, what is reported as best
and what a result is worth do not depend on it, so that no guide can lose the best. The
guides are `sigil.search.tree`, `anneal`, `mads` and `bandit`.

Pure, as every population is: a guide draws from the streams that it is given.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sigil.search.archive import Archive, Costs, Entry, Stream
from sigil.search.credit import gain_of
from sigil.search.model import BASELINE
from sigil.search.population import Placed


class Guide(Protocol):
    """What leads a search. What it remembers is bounded."""

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all that it may still choose, by id."""
        ...

    def begin(self, front: Sequence[Entry]) -> None:
        """Make ready for the next round.

        Args:
            front: the Pareto front of all, best first; empty where nothing has costs.
        """
        ...

    def parents(self, stream: Stream, front: Sequence[Entry]) -> list[Entry]:
        """Return distinct entries to start from, in any order; each is in ``front`` or `kept`."""
        ...

    def add(self, entry: Entry, parent: str, placed: Placed) -> None:
        """Learn of a result, and what it was made from."""
        ...

    def revise(self, name: str, costs: Costs, ties: Costs) -> None:
        """Correct the costs of one that was measured again; none take it out.

        A stranger does not matter.
        """
        ...


class Guided:
    """A guide and an archive. Implements `Population`.

    Args:
        guide: new and empty.
    """

    def __init__(self, guide: Guide):
        self._guide = guide
        self._archive = Archive(novelty=0)
        self._age = 0

    @property
    def best(self) -> Entry | None:
        """Return the best of all."""
        return self._archive.best

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front of all, best first."""
        return self._archive.front

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of the front, the runners-up and all that the guide remembers."""
        return self._guide.kept | self._archive.kept

    def begin(self, turn: int) -> None:
        """Make the guide ready."""
        del turn
        self._guide.begin(self._archive.front)

    def parents(self, turn: int, stream: Stream) -> list[str]:
        """Return those that the guide chooses, best first."""
        del turn
        front = self._archive.front
        if not front:
            return []
        return [entry.id for entry in sorted(self._guide.parents(stream, front) or front[:1])]

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
        """Remember a result, and tell the guide."""
        before = self._archive.best
        elite = self._archive.add(name, costs, ties=ties, behaviour=behaviour).elite
        gain = gain_of(before.costs if before else None, costs, elite=elite) if turn else 0.0
        placed = Placed(elite, elite, gain)
        entry = Entry(tuple(costs), tuple(ties), self._age, name, tuple(behaviour))
        self._age += 1
        self._guide.add(entry, parent, placed)
        return placed

    def revise(self, name: str, costs: Sequence[float], *, ties: Sequence[float]) -> None:
        """Correct a result; one that is remembered no more stays forgotten."""
        if name in self._archive.kept:
            self._archive.revise(name, costs, ties=ties)
        self._guide.revise(name, tuple(costs), tuple(ties))
