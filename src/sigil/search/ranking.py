"""How good is a candidate among others, as a number without a unit?

Costs of several objectives are never added together; what can be compared across them is
the rank: the Pareto front is the first, the front of what is left without it the second,
and so on. With one objective it is the place in the order.

Pure. Not here: what is kept of those that are ranked (`sigil.search.archive`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate

from sigil.search.archive import Costs, Entry, dominates


def ranks(costs: Sequence[Sequence[float]]) -> list[int]:
    """Return the number of the front that each row stands on, counted from 0.

    Args:
        costs: (n, m) rows, lower is better, without NaN. Equal rows share a front.

    Source: Zhang, Tian, Cheng and Jin 2015 (ENS-BS): in lexicographic order a row is
    dominated by earlier ones alone, and by some row of every front before its own, so that
    the front can be searched by halving.
    """
    if all(len(row) == 1 for row in costs):  # one objective is its own order
        places = {value: place for place, value in enumerate(sorted({row[0] for row in costs}))}
        return [places[row[0]] for row in costs]
    found = [0] * len(costs)
    fronts: list[list[int]] = []
    for index in sorted(range(len(costs)), key=lambda i: tuple(costs[i])):
        low, high = 0, len(fronts)
        while low < high:
            middle = (low + high) // 2
            # The latest of a front are the nearest in order, and so the likeliest to dominate.
            if any(dominates(costs[other], costs[index]) for other in reversed(fronts[middle])):
                low = middle + 1
            else:
                high = middle
        if low == len(fronts):
            fronts.append([])
        fronts[low].append(index)
        found[index] = low
    return found


def worths(entries: Sequence[Entry]) -> dict[str, float]:
    """Return by id which share of the others stands on a worse front: 0 to 1, 1 if alone."""
    found = ranks([entry.costs for entry in entries])
    sizes = [0] * (max(found, default=0) + 1)
    for rank in found:
        sizes[rank] += 1
    worse = [len(entries) - better for better in accumulate(sizes)]
    others = len(entries) - 1
    return {
        entry.id: worse[rank] / others if others else 1.0
        for entry, rank in zip(entries, found, strict=True)
    }


class Pool:
    """The best of what was added, by rank; among equals the younger stay.

    Args:
        size: how many; up to twice as many are held between two clearances, so that adding
            costs little.
    """

    def __init__(self, size: int):
        self._size = size
        self._entries: dict[str, Entry] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> list[Entry]:
        """Return what is held, in order of adding."""
        return list(self._entries.values())

    @property
    def costs(self) -> dict[str, Costs]:
        """Return the costs of what is held, by id."""
        return {entry.id: entry.costs for entry in self._entries.values()}

    def add(self, entry: Entry) -> None:
        """Hold an entry, or its new costs if one of this id is held."""
        self._entries[entry.id] = entry
        if len(self._entries) > 2 * self._size:
            worth = worths(self.entries)
            order = sorted(self._entries.values(), key=lambda e: (-worth[e.id], -e.age))
            self._keep(entry.id for entry in order[: self._size])

    def remove(self, name: str) -> None:
        """Hold an entry no more; a stranger does not matter."""
        self._entries.pop(name, None)

    def _keep(self, names: Iterable[str]) -> None:
        kept = set(names)
        self._entries = {name: e for name, e in self._entries.items() if name in kept}
