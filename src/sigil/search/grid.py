"""A MAP-Elites grid: of every kind of program, the best one.

Cells are axis-parallel boxes in a space of up to three features of a program: how large it
is, how much it branches, how much it calculates; each is ln(1 + count), so that a cell covers
a ratio and not a difference. Bounds adapt to what was seen: the width of a cell is a power of
two, the least under which all that was ever added spans no more than the wanted number of
bins. When it doubles, cells merge whole, two by two in each direction, so that an elite gives
way to a better one in its own cell and to nothing else: after any sequence of additions each
cell holds the best of all that were ever added within it, whenever the bounds were adapted.

Pure. Source: Mouret and Clune 2015, section 3, with parents drawn evenly from the filled cells.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sigil.search.archive import Costs, Entry, Stream
from sigil.search.identity import FEATURES

FEATURES_AT_MOST = 3
_FINEST = 1 / 64
"""The width of a cell before any widening; exact in binary."""
_BRANCHES = ("If", "For", "While", "IfExp", "BoolOp", "ListComp", "GeneratorExp", "Try")
_ARITHMETIC = ("Add", "Sub", "Mult", "Div", "Pow", "Mod", "FloorDiv", "USub")
_BRANCHING, _CALCULATING = (
    tuple(FEATURES.index(kind) for kind in kinds) for kinds in (_BRANCHES, _ARITHMETIC)
)


def features_of(behaviour: Sequence[float]) -> tuple[float, float, float]:
    """Return size, branching and arithmetic of a program, each as ln(1 + count).

    Args:
        behaviour: see `sigil.search.identity.Identity.features`; what is missing counts as 0.
    """
    counts = [math.expm1(value) for value in behaviour]
    kinds = (range(len(counts)), _BRANCHING, _CALCULATING)
    branching, calculating = (sum(counts[k] for k in kind if k < len(counts)) for kind in kinds[1:])
    return math.log1p(sum(counts)), math.log1p(branching), math.log1p(calculating)


class Grid:
    """The best entry of each cell.

    Args:
        dimensions: how many of the features, in the order of `features_of`, 1 to 3.
        bins: along each; there are at most ``bins ** dimensions`` cells.
    """

    def __init__(self, *, dimensions: int, bins: int):
        self._dimensions = dimensions
        self._bins = bins
        self._cells: dict[tuple[int, ...], Entry] = {}
        self._least: list[int] = []
        self._most: list[int] = []
        self._shifts = [0] * dimensions
        """By how many powers of two cells are wider than the finest, along each dimension."""

    def __len__(self) -> int:
        return len(self._cells)

    @property
    def entries(self) -> list[Entry]:
        """Return the elites, best first."""
        return sorted(self._cells.values())

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of the elites, by id."""
        return {entry.id: entry.costs for entry in self._cells.values()}

    def add(self, entry: Entry) -> bool:
        """Put an entry into its cell, if it sorts before the one that is there.

        Returns:
            Whether it is the elite of its cell.
        """
        place = self._place(entry)
        self._widen(place)
        return self._settle(entry, place)

    def revise(self, name: str, costs: Costs, ties: Costs) -> None:
        """Correct an elite; without costs its cell is empty until another is found.

        Those that it kept out before are not remembered, so that worse costs leave it in place.
        """
        for cell, entry in self._cells.items():
            if entry.id == name:
                if costs:
                    self._cells[cell] = replace(entry, costs=costs, ties=ties)
                else:
                    del self._cells[cell]
                return

    def parents(self, stream: Stream, count: int) -> list[Entry]:
        """Return up to ``count`` different elites, each cell as likely as any other."""
        rest = self.entries
        count = min(count, len(rest))
        return [rest.pop(int(stream.random() * len(rest))) for _ in range(count)]

    def _place(self, entry: Entry) -> list[int]:
        """Return where an entry lies, in cells of the finest width."""
        described = features_of(entry.behaviour)[: self._dimensions]
        return [math.floor(value / _FINEST) for value in described]

    def _settle(self, entry: Entry, place: Iterable[int]) -> bool:
        cell = tuple(index >> shift for index, shift in zip(place, self._shifts, strict=True))
        there = self._cells.get(cell)
        if there is not None and there < entry:
            return False
        self._cells[cell] = entry
        return True

    def _widen(self, place: Sequence[int]) -> None:
        """Let the bounds include ``place``, and merge cells until there are few enough."""
        self._least = list(map(min, self._least or place, place))
        self._most = list(map(max, self._most or place, place))
        shifts = list(map(self._shift, self._least, self._most))
        if shifts != self._shifts:
            self._shifts = shifts
            elites, self._cells = self.entries, {}
            for elite in elites:
                self._settle(elite, self._place(elite))

    def _shift(self, least: int, most: int) -> int:
        shift = 0
        while (most >> shift) - (least >> shift) >= self._bins:
            shift += 1
        return shift
