"""Guess how far a formula is from the target, from the costs of formulas that were measured.

Where the cost of a formula is its mean distance to unknown wanted values, costs obey the
triangle inequality: a formula that *is* the target is as far from every measured formula as
that one cost. How far two formulas are from each other needs no evaluation: only points
like those of the eval. Where these lie is guessed too: in the interval under which the costs
contradict the triangle inequality least.

A guess decides only what is tried first. Under a cost of another kind it is a poor guess,
`Surmise.trusted` is False, and nothing else follows from it.

Source: pivots in metric spaces, after Vidal 1986 (AESA), with the target as the query.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from operator import sub

from sigil.search.mutate.terms import LARGEST, Columns, Term, Values, moved

POINTS = 16
_ENDS = (-100, -10, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 10, 100)
_INTERVALS = tuple(combinations(_ENDS, 2))
_FIRST = (-1, 1)
_NEAREST, _SPREAD = 20, 8
_GLANCE = 5
_FITTED = 24
_MOST_REMEMBERED = 300
_LARGEST_DOUBT = 0.15
_FEWEST = 10
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True, slots=True)
class Measured:
    """A formula and what it cost."""

    cost: float
    term: Term


class Surmise:
    """What the costs of formulas say about formulas that were never measured.

    Args:
        names: the variables of all formulas.
    """

    def __init__(self, names: Sequence[str]):
        self._names = tuple(names)
        self._measured: list[Measured] = []
        self._told = 0
        self._next_fit = _FEWEST
        self._doubt = math.inf
        self._pivots: list[tuple[float, Values]] = []
        self._stale = True
        self._interval = _FIRST
        self.columns: Columns = columns_over(_FIRST, self._names)

    @property
    def trusted(self) -> bool:
        """Return whether the costs look like distances."""
        return self._doubt <= _LARGEST_DOUBT

    @property
    def best(self) -> list[Term]:
        """Return the measured formulas, best first."""
        return [measured.term for measured in self._measured]

    @property
    def nearest(self) -> tuple[Term, float]:
        """Return the best formula that has values everywhere, and its cost."""
        if self._stale:
            self._choose_pivots()
        return next((m.term, m.cost) for m in self._measured if m.term.finite)

    def tell(self, term: Term, cost: float) -> None:
        """Learn the cost of a formula; it is at the points of `columns`."""
        self._told += 1
        if not 0 <= cost < LARGEST:
            return
        self._measured.append(Measured(cost, term))
        self._stale = True
        if len(self._measured) > 2 * _MOST_REMEMBERED:
            self._forget()

    def refit(self) -> bool:
        """Guess the interval anew if enough was told since; return whether it changed.

        All terms given before are then at the wrong points (see `moved`).
        """
        if self._told < self._next_fit:
            return False
        self._next_fit = 2 * self._told
        self._sort()
        sample = self._sample(_FITTED)
        doubts = {interval: self._doubt_of(interval, sample) for interval in _INTERVALS}
        # Of intervals that fit alike, the one before stays.
        chosen = min(doubts, key=lambda interval: (doubts[interval], interval != self._interval))
        self._doubt = doubts[chosen]
        if chosen == self._interval:
            return False
        self._interval = chosen
        self.columns = columns_over(chosen, self._names)
        self._measured = [
            Measured(m.cost, moved(m.term, self.columns, POINTS)) for m in self._measured
        ]
        self._stale = True
        return True

    def score(self, term: Term, most: float = math.inf) -> float:
        """Return how badly ``term`` would do as the target: 0 fits all costs, 1 none.

        Args:
            term: at the points of `columns`, finite.
            most: give up, with infinity, on what is likely to be more than that.
        """
        if self._stale:
            self._choose_pivots()
        total, values = 0.0, term.values
        bound = 2 * most * _GLANCE
        for position, (cost, others) in enumerate(self._pivots):
            if position == _GLANCE:
                if total > bound:
                    return math.inf
                bound = most * len(self._pivots)
            gap = sum(map(abs, map(sub, values, others))) / POINTS
            total += abs(gap - cost) / (gap + cost + 1e-12)
            if total > bound:
                return math.inf
        return total / max(len(self._pivots), 1)

    def _choose_pivots(self) -> None:
        self._sort()
        self._pivots = [(m.cost, m.term.values) for m in self._sample(_NEAREST + _SPREAD)]
        self._stale = False

    def _sample(self, count: int) -> list[Measured]:
        """Return the best ones, and some from all over the rest."""
        usable = [measured for measured in self._measured if measured.term.finite]
        near = usable[: count * _NEAREST // (_NEAREST + _SPREAD)]
        rest = usable[len(near) :]
        wanted = count - len(near)
        step = max(len(rest) // wanted, 1) if wanted else 1
        return near + rest[::step][:wanted]

    def _sort(self) -> None:
        self._measured.sort(key=lambda measured: measured.cost)

    def _forget(self) -> None:
        self._sort()
        del self._measured[_MOST_REMEMBERED:]

    def _doubt_of(self, interval: tuple[float, float], sample: Sequence[Measured]) -> float:
        """Return by how much the costs break the triangle inequality there, 0 to 1."""
        columns = columns_over(interval, self._names)
        there = [(m.cost, moved(m.term, columns, POINTS)) for m in sample]
        finite = [(cost, term.values) for cost, term in there if term.finite]
        if len(finite) < _FEWEST // 2:
            return 1.0
        broken, pairs = 0.0, 0
        for (cost, values), (other_cost, others) in combinations(finite, 2):
            gap = sum(map(abs, map(sub, values, others))) / POINTS
            least, most = abs(cost - other_cost), cost + other_cost
            excess = max(least - gap, gap - most, 0.0)
            broken += excess / (gap + most + 1e-12)
            pairs += 1
        # A formula that was measured has values wherever the eval looks.
        impossible = 1 - len(finite) / len(there)
        return broken / pairs + impossible


def columns_over(interval: tuple[float, float], names: Sequence[str]) -> Columns:
    """Return `POINTS` values of each name, spread evenly over ``interval``."""
    low, high = interval
    found: dict[str, Values] = {}
    for position, name in enumerate(names):
        step = (1 / POINTS, _GOLDEN, _GOLDEN**2, _GOLDEN**3)[position % 4]
        shares = [((index + 0.5) * step + 0.37 * (position // 4)) % 1 for index in range(POINTS)]
        found[name] = tuple(low + share * (high - low) for share in shares)
    return found
