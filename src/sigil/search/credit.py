"""Who gets how much of a round? Shares follow what a proposer's evaluations lately gained.

Pure and deterministic: time is not asked for, so what counts is the gain per evaluation.
Every proposer keeps a floor share, so that one that starts slowly is never starved;
fractions that a round cannot give are owed and given in a later one. Before anything is
known, the first of the proposers gets about twice as much as the second, and so on: they
stand in the order in which they are worth trying.

Source: probability matching with a floor and decaying evidence, as in the adaptive choice
of operators (Fialho 2010, chapter 4); improvement, not mere survival, is rewarded.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

FLOOR = 0.1
"""The least share, times the number of proposers where there are more than ten."""
MEMORY = 0.98
"""How much an earlier trial weighs beside the one after it."""
DUPLICATE = 0.25
"""The weight of what cost no evaluation, or was not even proposed, as a trial in vain."""
_WIDENING = 0.2
_FULL = 0.25
_HOPE = 2.0
"""How many trials the hope that a proposer begins with is worth."""
_LATE_HOPE, _SOBER = 0.1, 0.9
"""What hope comes down to, and how much of the rest a trial leaves."""


def gain_of(best: Sequence[float] | None, costs: Sequence[float], *, elite: bool) -> float:
    """Return what a result earns: 0 if it is no elite, up to 1 for a great step.

    Args:
        best: (m,) costs of the best before it; None if nothing had costs, so that this one
            is a repair.
        costs: (m,) its own, lower is better.
        elite: whether it stands on the front.

    Returns:
        0.2 for an elite that only widens the front, rising with the largest fall in any
        objective to 1 at a fall by a quarter.
    """
    if not elite:
        return 0.0
    if best is None:
        return 1.0
    fall = max(map(_fall, best, costs))
    return _WIDENING + (1 - _WIDENING) * min(fall / _FULL, 1.0)


def _fall(before: float, after: float) -> float:
    """Return by which share of ``before`` a cost fell; anything below 0 or inf counts as all."""
    if after >= before:
        return 0.0
    if before == 0 or math.isinf(before):
        return 1.0
    return (before - after) / abs(before)


class Credit:
    """Shares among named proposers.

    Args:
        names: in order of preference.
    """

    def __init__(self, names: Sequence[str]):
        self._hopes = {name: 0.5 * 2.0**-rank for rank, name in enumerate(names)}
        self._trials = dict.fromkeys(names, 0.0)
        self._gains = dict.fromkeys(names, 0.0)
        self._owed = dict.fromkeys(names, 0.0)

    def count(self, name: str, gain: float, *, weight: float = 1.0) -> None:
        """Note a trial of ``name`` that brought ``gain``, 0 to 1. Strangers do not count."""
        if name in self._trials:
            self._trials[name] = self._trials[name] * MEMORY**weight + weight
            self._gains[name] = self._gains[name] * MEMORY**weight + gain * weight
            self._hopes[name] += (_LATE_HOPE - self._hopes[name]) * (1 - _SOBER**weight)

    def shares(self, without: Collection[str] = ()) -> dict[str, float]:
        """Return the share of each proposer; they sum to 1, unless all are left out."""
        names = [name for name in self._trials if name not in without]
        if not names:
            return {}
        floor = min(FLOOR, 1 / len(names))
        rates = {name: self._rate(name) for name in names}
        total = sum(rates.values())
        rest = 1 - floor * len(names)
        return {name: floor + rest * rate / total for name, rate in rates.items()}

    def _rate(self, name: str) -> float:
        """Return the gain per trial, with hope for what was hardly tried."""
        return (self._gains[name] + _HOPE * self._hopes[name]) / (self._trials[name] + _HOPE)

    def split(self, count: int, without: Collection[str] = ()) -> dict[str, int]:
        """Return how many of ``count`` each proposer is asked for; they sum to ``count``.

        What a share leaves over below 1 is owed, and comes first in the next round.
        """
        shares = self.shares(without)
        for name, share in shares.items():
            self._owed[name] += share * count
        given = dict.fromkeys(shares, 0)
        for _ in range(count if shares else 0):
            most = max(shares, key=lambda name: self._owed[name])
            self._owed[most] -= 1
            given[most] += 1
        return given
