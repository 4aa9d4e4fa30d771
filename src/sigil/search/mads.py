"""The guide of the optimizer ``mads``: direct search with a mesh that adapts, over programs.

Mesh adaptive direct search polls points around an incumbent on a mesh, widens the mesh
after a success and shrinks it after a failure. Programs have no coordinates to step along:
steps are the proposers'. What is taken over is the scheme, and the size of the mesh is how far
from the incumbent a parent may lie, as distance between counts of syntax
(`sigil.search.identity`). A poll is a round: the incumbent, and others drawn from within the
radius. On the finest mesh the incumbent is alone; if that fails too, the mesh is as wide as at
first, and the next incumbent is the member of the Pareto front that was polled least.

None of the method's convergence results carries over: they need a mesh in the space of
the variables.

Sources: Audet and Dennis 2006; Audet, Savard and Zghal 2008 (BiMADS), for incumbents along
a front.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from sigil.search.archive import Costs, Entry, Stream
from sigil.search.population import Placed
from sigil.search.ranking import Pool

_FINEST = 4
"""How often the mesh is halved before the incumbent is alone."""


class Mads:
    """An incumbent, and how far around it is polled. Implements `Guide`.

    Args:
        poll: how many a round starts from at most.
        pool: how many candidates are remembered.
    """

    def __init__(self, *, poll: int = 8, pool: int = 64):
        self._poll = poll
        self._pool = Pool(pool)
        self._halvings = 0
        self._incumbent: str | None = None
        self._polls: dict[str, int] = {}
        self._success = False
        self._begun = False

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of the pool."""
        return self._pool.costs

    def begin(self, front: Sequence[Entry]) -> None:
        """Judge the poll before, by what was told since it began, and choose an incumbent."""
        if self._begun:
            self._adapt()
        self._begun = bool(front)
        self._success = False
        self._polls = {entry.id: self._polls.get(entry.id, 0) for entry in front}
        if front and self._incumbent not in self._polls:
            self._incumbent = min(front, key=lambda entry: self._polls[entry.id]).id
        if self._incumbent in self._polls:
            self._polls[self._incumbent] += 1

    def parents(self, stream: Stream, front: Sequence[Entry]) -> list[Entry]:
        """Return the incumbent, and others within the radius."""
        incumbent = next((entry for entry in front if entry.id == self._incumbent), front[0])
        if self._halvings > _FINEST:
            return [incumbent]
        others = [entry for entry in self._pool.entries if entry.id != incumbent.id]
        apart = {entry.id: _distance(entry, incumbent) for entry in others}
        radius = max(apart.values(), default=0.0) * 0.5**self._halvings
        near = [entry for entry in others if apart[entry.id] <= radius]
        count = min(self._poll - 1, len(near))
        return [incumbent, *(near.pop(int(stream.random() * len(near))) for _ in range(count))]

    def add(self, entry: Entry, parent: str, placed: Placed) -> None:
        """Remember a result; on the front it makes the poll a success."""
        del parent
        self._pool.add(entry)
        if placed.elite:
            self._success = True
            self._incumbent = entry.id

    def revise(self, name: str, costs: Costs, ties: Costs) -> None:
        """Correct a result; one that is remembered no more stays forgotten."""
        known = next((entry for entry in self._pool.entries if entry.id == name), None)
        if known is not None and costs:
            self._pool.add(replace(known, costs=costs, ties=ties))
        elif known is not None:
            self._pool.remove(name)

    def _adapt(self) -> None:
        if self._success:
            self._halvings = max(self._halvings - 1, 0)
        elif self._halvings <= _FINEST:
            self._halvings += 1
        else:
            self._halvings = 0
            self._incumbent = None


def _distance(one: Entry, other: Entry) -> float:
    return math.dist(one.behaviour, other.behaviour)
