"""Which of several models is asked next? The one that improves most for what it costs.

Thompson sampling: improvements arrive at some rate per unit spent; for each model a rate is
drawn from what its answers so far make plausible, and the model with the highest one is
asked. Evidence fades, for a model that helped with the first easy steps may be of no use
later. A trial costs an evaluation besides the answer, so that a free model that never
helps is no bargain.

Pure and deterministic. Before anything is known, models are drawn by their weights (in exact
proportion where there are two); a tenth of all draws stays by weights, so that no model is
ever starved.

Source: Thompson sampling on reward per cost (Xia et al. 2015, "Thompson Sampling for
Budgeted Multi-armed Bandits"), evidence discounted for change over time (Raj and Kalyani
2017, "Taming Non-stationary Bandits"); the posterior is that of a Poisson rate, a Gamma.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass

from sigil.errors import InvalidValue

FLOOR = 0.1
"""The share of draws that goes by weights alone."""
MEMORY = 0.98
"""How much an earlier trial, of whichever model, weighs beside the one after it."""
_HOPED_RATE = 0.2
"""The gain per trial that a model of average weight begins with, worth one trial."""
_OF_EVALUATION = 0.5
"""The part of a trial's cost that is not the answer's."""


@dataclass(slots=True)
class _Evidence:
    """Sums over the trials of one model, fading."""

    trials: float = 0.0
    gain: float = 0.0
    usd: float = 0.0
    unpriced: float = 0.0
    tokens: float = 0.0

    def fade(self) -> None:
        self.trials *= MEMORY
        self.gain *= MEMORY
        self.usd *= MEMORY
        self.unpriced *= MEMORY
        self.tokens *= MEMORY


class Ensemble:
    """A choice among entries of ``models`` in the configuration.

    Args:
        entries: a weight above 0 for each, by name.

    Raises:
        InvalidValue: there is none, or a weight is not a number above 0.
    """

    def __init__(self, entries: Mapping[str, float]):
        if not entries:
            raise InvalidValue("no model is named", remedy="name at least one under `models`")
        for name, weight in entries.items():
            if not (math.isfinite(weight) and weight > 0):
                raise InvalidValue(
                    f"the weight of model {name!r} is {weight}", remedy="use a number above 0"
                )
        total = math.fsum(entries.values())
        self._weights = {name: weight / total for name, weight in entries.items()}
        self._evidence = {name: _Evidence() for name in entries}

    def choose(self, stream: random.Random) -> str:
        """Return the entry to ask, drawn from ``stream``."""
        names = list(self._weights)
        if len(names) == 1:
            return names[0]
        if stream.random() < FLOOR:
            return stream.choices(names, list(self._weights.values()))[0]
        spent = self._spent()
        drawn = {name: self._draw(name, spent[name], stream) for name in names}
        return max(names, key=lambda name: drawn[name])

    def tell(self, name: str, gain: float, cost_usd: float | None, tokens: int) -> None:
        """Note what became of an answer.

        Args:
            name: the entry; strangers do not count.
            gain: 0 for none to 1 for a great step; see `sigil.search.credit.gain_of`.
            cost_usd: of the exchange; None if its price is not known.
            tokens: in and out.
        """
        if name not in self._evidence:
            return
        for evidence in self._evidence.values():
            evidence.fade()
        own = self._evidence[name]
        own.trials += 1
        own.gain += gain
        own.usd += cost_usd or 0.0
        own.unpriced += cost_usd is None
        own.tokens += tokens

    def _draw(self, name: str, spent: float, stream: random.Random) -> float:
        hoped = _HOPED_RATE * self._weights[name] * len(self._weights)
        rate = 1 / hoped + spent
        return stream.gammavariate(1 + self._evidence[name].gain, 1 / rate)

    def _spent(self) -> dict[str, float]:
        """Return what went into each entry, in units of an average trial.

        Answers are compared in dollars if all have a price, else in tokens.
        """
        everything = self._evidence.values()
        priced = not any(evidence.unpriced for evidence in everything)
        prices = {n: e.usd if priced else e.tokens for n, e in self._evidence.items()}
        trials = math.fsum(evidence.trials for evidence in everything)
        average = math.fsum(prices.values()) / trials if trials else 0.0
        return {
            name: _OF_EVALUATION * evidence.trials
            + (1 - _OF_EVALUATION) * (prices[name] / average if average else evidence.trials)
            for name, evidence in self._evidence.items()
        }
