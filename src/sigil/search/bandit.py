"""The guide of the optimizer ``bandit-rl``: a learned policy chooses the parents.

Every remembered candidate is an arm. The policy is a softmax over preferences that are linear
in a few features of an arm, so that what is learned of one carries over to those that come
later; it is learned by policy gradient from what a result made from an arm gained
(`sigil.search.credit.gain_of`), against the mean of all gains. What fails to run is not told
to a population: it shows in how often an arm was chosen, which is a feature.

Source: Sutton and Barto 2018, section 2.8 (gradient bandit) and 13.3 (REINFORCE, with
preferences linear in features as in 13.1).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sigil.search.archive import Costs, Entry, Stream
from sigil.search.population import Placed
from sigil.search.ranking import Pool, worths

_YOUTH = 64.0
"""After how many results an arm is no longer young: its youth is down to 1/e."""
_FIRST = (4.0, 1.0, 0.5, 0.5, -0.5)
"""The weights to start with: worth, front, youth, own gain, choices."""
_STEEPEST = 12.0
"""No weight is larger, so that no arm is ever beyond reach."""
_TRACES = 256
_SLOWEST = 0.01
"""The least step of the mean of gains, so that it follows what is gained later."""


@dataclass(slots=True)
class _Arm:
    """What is known of a remembered candidate besides its costs."""

    gain: float
    chosen: int = 0


class Bandit:
    """Arms, and the policy over them. Implements `Guide`.

    Args:
        parents: how many a round starts from at most.
        pool: how many candidates are arms.
        step: of the gradient, in hundredths.
    """

    def __init__(self, *, parents: int = 8, pool: int = 64, step: int = 20):
        self._parents = parents
        self._pool = Pool(pool)
        self._step = step / 100
        self._arms: dict[str, _Arm] = {}
        self._weights = list(_FIRST)
        self._traces: dict[str, tuple[float, ...]] = {}
        self._mean = 0.0
        self._results = 0

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all arms."""
        return self._pool.costs

    @property
    def weights(self) -> tuple[float, ...]:
        """Return what was learned: of worth, front, youth, own gain and choices."""
        return tuple(self._weights)

    def begin(self, front: Sequence[Entry]) -> None:
        """Forget what is known of arms that are gone."""
        del front
        self._arms = {name: arm for name, arm in self._arms.items() if name in self._pool}

    def parents(self, stream: Stream, front: Sequence[Entry]) -> list[Entry]:
        """Return arms drawn from the policy, without replacement."""
        arms = {entry.id: entry for entry in self._pool.entries}
        features = self._features(arms, {entry.id for entry in front})
        chances = _softmax({name: self._preference(row) for name, row in features.items()})
        mean = [
            sum(chances[name] * row[k] for name, row in features.items())
            for k in range(len(_FIRST))
        ]
        found: list[Entry] = []
        for _ in range(min(self._parents, len(arms))):
            name = _drawn(stream, chances)
            del chances[name]
            found.append(arms[name])
            self._arms[name].chosen += 1
            trace = tuple(x - m for x, m in zip(features[name], mean, strict=True))
            self._remember(name, trace)
        return found

    def add(self, entry: Entry, parent: str, placed: Placed) -> None:
        """Remember an arm, and learn from what it gained its parent."""
        self._pool.add(entry)
        self._arms[entry.id] = _Arm(placed.gain)
        trace = self._traces.get(parent)
        if trace is None:
            return
        self._results += 1
        advantage = placed.gain - self._mean
        self._mean += advantage * max(1 / self._results, _SLOWEST)
        self._weights = [
            max(-_STEEPEST, min(weight + self._step * advantage * x, _STEEPEST))
            for weight, x in zip(self._weights, trace, strict=True)
        ]

    def revise(self, name: str, costs: Costs, ties: Costs) -> None:
        """Correct an arm; one that is remembered no more stays forgotten."""
        known = next((entry for entry in self._pool.entries if entry.id == name), None)
        if known is not None and costs:
            self._pool.add(replace(known, costs=costs, ties=ties))
        elif known is not None:
            self._pool.remove(name)

    def _features(self, arms: Mapping[str, Entry], front: set[str]) -> dict[str, tuple[float, ...]]:
        worth = worths(list(arms.values()))
        youngest = max((entry.age for entry in arms.values()), default=0)
        return {
            name: (
                worth[name],
                float(name in front),
                math.exp((entry.age - youngest) / _YOUTH),
                self._arms[name].gain,
                math.log1p(self._arms[name].chosen) / 2,
            )
            for name, entry in arms.items()
        }

    def _preference(self, features: Sequence[float]) -> float:
        return sum(weight * x for weight, x in zip(self._weights, features, strict=True))

    def _remember(self, name: str, trace: tuple[float, ...]) -> None:
        self._traces.pop(name, None)
        self._traces[name] = trace
        if len(self._traces) > _TRACES:
            del self._traces[next(iter(self._traces))]


def _softmax(preferences: Mapping[str, float]) -> dict[str, float]:
    """Return chances, which sum to 1."""
    top = max(preferences.values(), default=0.0)
    powers = {name: math.exp(value - top) for name, value in preferences.items()}
    total = sum(powers.values())
    return {name: power / total for name, power in powers.items()}


def _drawn(stream: Stream, chances: Mapping[str, float]) -> str:
    """Return a name, each as likely as its share of what the chances sum to."""
    left = stream.random() * sum(chances.values())
    for name, chance in chances.items():
        left -= chance
        if left < 0:
            return name
    return next(reversed(list(chances)))  # only by rounding
