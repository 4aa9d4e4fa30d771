"""The population of the optimizer ``alphaevolve``: islands that seldom meet.

Each island has an archive of its own and its turn in a ring; what a round finds stays on
the island that it began on. Every so many rounds the best of each island visit the next
one. Front and novelty of the whole search are kept beside, so that what is reported does
not depend on where it was found.

Isolation keeps several ways to solve a problem alive that one archive would give up for
the first that is ahead. With ``features`` each island has a grid of MAP-Elites too, the best
of every kind of program, from which half of the parents are drawn (`sigil.search.grid`).

Source: Novikov et al. 2025 (AlphaEvolve), section 2.5; Romera-Paredes et al. 2024 (FunSearch),
islands; Tanese 1989 for migration in a ring; Mouret and Clune 2015 for the grid.
"""

from __future__ import annotations

from collections.abc import Sequence

from sigil.search.archive import Archive, Costs, Entry, Stream
from sigil.search.credit import gain_of
from sigil.search.grid import Grid
from sigil.search.model import BASELINE
from sigil.search.population import Placed

_PARENTS = 8
_NOVELTY, _RESERVE = 8, 16
_ABROAD = 1
"""Of the parents, how many are drawn from the unlike ones of the whole search."""


class Islands:
    """Archives in a ring, and one of the whole search. Implements `Population`.

    Args:
        islands: how many.
        migration_interval: after how many rounds the best of each visit the next.
        migrants: how many of an island's front, best first, visit the next.
        features: dimensions of the grid of each island; 0 is none.
        bins: of the grid, along each dimension.
    """

    def __init__(
        self,
        *,
        islands: int = 4,
        migration_interval: int = 12,
        migrants: int = 2,
        features: int = 0,
        bins: int = 8,
    ):
        self._islands = [Archive(novelty=_NOVELTY, reserve=_RESERVE) for _ in range(islands)]
        self._world = Archive(reserve=_RESERVE)
        self._interval = migration_interval
        self._migrants = migrants
        grids = islands if features else 0
        self._grids = [Grid(dimensions=features, bins=bins) for _ in range(grids)]
        self._age = 0

    @property
    def best(self) -> Entry | None:
        """Return the best of all islands."""
        return self._world.best

    @property
    def front(self) -> list[Entry]:
        """Return the Pareto front of all islands, best first."""
        return self._world.front

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all that an island or the whole search remembers."""
        everywhere = (*self._grids, *self._islands, self._world)
        return {name: c for one in everywhere for name, c in one.kept.items()}

    def begin(self, turn: int) -> None:
        """Let the best migrate, if it is time to."""
        if turn == 1 or (turn - 1) % self._interval:
            return
        leaving = [island.front[: self._migrants] for island in self._islands]
        for index, visitors in enumerate(leaving):
            island = self._islands[(index + 1) % len(self._islands)]
            known = island.kept
            for entry in visitors:
                if entry.id not in known:
                    island.add(entry.id, entry.costs, ties=entry.ties, behaviour=entry.behaviour)
                    self._into_grid(index + 1, entry)

    def parents(self, turn: int, stream: Stream) -> list[str]:
        """Return parents from the island whose turn it is, and one unlike them from anywhere."""
        cells = _PARENTS // 2 if self._grids else 0
        chosen = self._of(turn).parents(stream, _PARENTS - _ABROAD - cells)
        abroad = self._world.unlike(stream, _ABROAD)
        if self._grids:
            grid = self._grids[(turn - 1) % len(self._grids)]
            abroad += [entry.id for entry in grid.parents(stream, cells)]
        costs = self.kept
        return sorted(dict.fromkeys((*chosen, *abroad)), key=lambda name: costs[name])

    def tops(self, turn: int) -> list[str]:
        """Return the best of all and the best of the island whose turn it is."""
        best = (self._world.best, self._of(turn).best)
        return list(dict.fromkeys(entry.id for entry in best if entry))

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
        """Remember a result on the island that it was found on; the baseline lives on all."""
        del parent
        entry = Entry(tuple(costs), tuple(ties), self._age, name, tuple(behaviour))
        self._age += 1
        if turn == 0:
            for index, island in enumerate(self._islands):
                island.add(name, costs, ties=ties, behaviour=behaviour)
                self._into_grid(index, entry)
            world = self._world.add(name, costs, ties=ties, behaviour=behaviour)
            return Placed(world.elite, world.elite, 0.0)
        island = self._of(turn)
        before = island.best
        elite = island.add(name, costs, ties=ties, behaviour=behaviour).elite
        world = self._world.add(name, costs, ties=ties, behaviour=behaviour)
        self._into_grid(turn - 1, entry)
        gain = gain_of(before.costs if before else None, costs, elite=elite)
        return Placed(elite, world.elite, gain)

    def revise(self, name: str, costs: Sequence[float], *, ties: Sequence[float]) -> None:
        """Correct a result wherever it is remembered."""
        for archive in (*self._islands, self._world):
            if name in archive.kept:
                archive.revise(name, costs, ties=ties)
        for grid in self._grids:
            grid.revise(name, tuple(costs), tuple(ties))

    def _into_grid(self, index: int, entry: Entry) -> None:
        if self._grids:
            self._grids[index % len(self._grids)].add(entry)

    def _of(self, turn: int) -> Archive:
        return self._islands[(turn - 1) % len(self._islands)]
