"""The guide of the optimizer ``anneal``: simulated annealing over candidates.

Each chain has one current candidate, from which it starts. A result made from it becomes
the current one if it is no worse, and otherwise with the probability exp(-rise / T). The
rise is the mean, over the objectives, of the difference in units of what a difference in
that objective usually is: the median of the first ones that the chain sees, so that no
objective's unit counts and the temperature fits the problem.

Schedule: T falls by a constant factor a result, to a hundredth after ``cooling`` results; it
starts where a usual worsening is accepted with the probability ``hot``. After that the chain
begins anew, hot and with new units, from a candidate of the Pareto front. It counts results
and not time, which would differ from machine to machine.

Sources: Kirkpatrick, Gelatt and Vecchi 1983; Cerny 1985; Ben-Ameur 2004, for the temperature
to start with.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sigil.effects import random_stream
from sigil.search.archive import Costs, Entry, Stream
from sigil.search.population import Placed

_COLD = 0.01
"""The share of the first temperature that is left at the end."""
_SAMPLE = 32
"""From how many differences of an objective its unit is taken."""
_LONGEST = 1000.0
"""No difference counts for more units than that, so that infinite ones can be weighed."""
_HANDED = 256
"""Of how many parents it is known which chains they were handed out for."""


@dataclass(slots=True)
class _Chain:
    """One walk.

    Args:
        current: where it is; None before anything has costs.
        results: since it began.
        differences: (m, up to `_SAMPLE`) the first ones of each objective, without zeros.
    """

    current: Entry | None = None
    results: int = 0
    differences: list[list[float]] = field(default_factory=list[list[float]])

    def restart(self, at: Entry) -> None:
        self.current, self.results, self.differences = at, 0, []

    def rise(self, entry: Entry, since: Entry) -> float:
        """Return how much worse ``entry`` is, in usual differences; learn what is usual."""
        if not self.differences:
            self.differences = [[] for _ in entry.costs]
        total = 0.0
        for after, before, seen in zip(entry.costs, since.costs, self.differences, strict=True):
            step = 0.0 if after == before else after - before  # so that inf - inf is none
            if step and math.isfinite(step) and len(seen) < _SAMPLE:
                seen.append(abs(step))
            unit = statistics.median(seen) if seen else 1.0
            total += max(-_LONGEST, min(step / unit, _LONGEST))
        return total / len(entry.costs)


class Anneal:
    """Chains that cool down and begin anew. Implements `Guide`.

    Args:
        chains: how many; each is a parent of every round.
        cooling: after how many of its results a chain begins anew.
        hot: with which probability a usual worsening is accepted at first, in hundredths.
    """

    def __init__(self, *, chains: int = 2, cooling: int = 100, hot: int = 30):
        self._chains = [_Chain() for _ in range(chains)]
        self._cooling = cooling
        self._hottest = 1 / math.log(100 / hot)
        self._salt: int | None = None
        self._handed: dict[str, list[int]] = {}

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of the current candidates."""
        return {c.current.id: c.current.costs for c in self._chains if c.current}

    def begin(self, front: Sequence[Entry]) -> None:
        """Do nothing: a chain begins anew when it is asked for its parent."""

    def parents(self, stream: Stream, front: Sequence[Entry]) -> list[Entry]:
        """Return the current candidate of each chain."""
        if self._salt is None:
            self._salt = int(stream.random() * 2**53)
        found: dict[str, Entry] = {}
        for index, chain in enumerate(self._chains):
            if chain.current is None or chain.results >= self._cooling:
                chain.restart(front[int(stream.random() * len(front))])
            assert chain.current is not None  # it was just started
            found[chain.current.id] = chain.current
            self._hand_out(chain.current.id, index)
        return list(found.values())

    def add(self, entry: Entry, parent: str, placed: Placed) -> None:
        """Have each chain that the parent was handed out for move, or stay."""
        del placed
        for index in self._handed.get(parent, ()):
            chain = self._chains[index]
            if chain.current is None:
                chain.restart(entry)
                continue
            chain.results += 1
            rise = chain.rise(entry, chain.current)
            # The coin is drawn under the candidate's name, so that it needs no order.
            coin = random_stream(self._salt or 0, index, entry.id).random()
            if rise <= 0 or coin < math.exp(-rise / self._temperature(chain)):
                chain.current = entry

    def revise(self, name: str, costs: Costs, ties: Costs) -> None:
        """Correct the current candidates; a chain whose own failed begins anew."""
        for chain in self._chains:
            if chain.current is not None and chain.current.id == name:
                chain.current = replace(chain.current, costs=costs, ties=ties) if costs else None

    def _temperature(self, chain: _Chain) -> float:
        return self._hottest * _COLD ** (chain.results / self._cooling)

    def _hand_out(self, name: str, index: int) -> None:
        chains = self._handed.pop(name, [])
        self._handed[name] = chains if index in chains else [*chains, index]
        if len(self._handed) > _HANDED:
            del self._handed[next(iter(self._handed))]
