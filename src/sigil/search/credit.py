"""Who gets how much of a round? Shares follow what a proposer achieved lately.

Pure and deterministic. Every proposer keeps a floor share, so that one that starts slowly
is never starved; fractions that a round cannot give are owed and given in a later one.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

FLOOR = 0.1
"""The least share, times the number of proposers where there are more than ten."""
MEMORY = 0.98
"""How much an earlier trial weighs beside the one after it."""


class Credit:
    """Shares among named proposers.

    Args:
        names: in order of preference where shares are equal.
    """

    def __init__(self, names: Sequence[str]):
        self._trials = dict.fromkeys(names, 0.0)
        self._gains = dict.fromkeys(names, 0.0)
        self._owed = dict.fromkeys(names, 0.0)

    def count(self, name: str, gain: float) -> None:
        """Note one trial of ``name`` that brought ``gain``, 0 to 1. Strangers do not count."""
        if name in self._trials:
            self._trials[name] = self._trials[name] * MEMORY + 1
            self._gains[name] = self._gains[name] * MEMORY + gain

    def shares(self, without: Collection[str] = ()) -> dict[str, float]:
        """Return the share of each proposer; they sum to 1, unless all are left out."""
        names = [name for name in self._trials if name not in without]
        if not names:
            return {}
        floor = min(FLOOR, 1 / len(names))
        # Laplace's rule of succession: hopeful about what was hardly tried.
        rates = {name: (self._gains[name] + 1) / (self._trials[name] + 2) for name in names}
        total = sum(rates.values())
        rest = 1 - floor * len(names)
        return {name: floor + rest * rate / total for name, rate in rates.items()}

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
