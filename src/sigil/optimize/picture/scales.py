"""From values to places in a chart, and the round numbers beside it. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = (1.0, 2.0, 5.0, 10.0)
_LOG_FROM, _LOG_UP_TO = 4.0, 1e100
_EDGE = 0.06


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of values that fills a length.

    Args:
        low: the value at 0.
        high: the value at 1; more than ``low``.
        log: whether equal ratios, not equal differences, are equally long. ``low`` is then
            positive.
    """

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float:
        """Return where ``value`` stands, from 0 to 1; what lies beyond stands at the edge."""
        inside = min(max(value, self.low), self.high)
        if self.log:
            return math.log(inside / self.low) / math.log(self.high / self.low)
        return (inside - self.low) / (self.high - self.low)

    def holds(self, value: float) -> bool:
        """Return whether ``value`` lies within the range."""
        return self.low <= value <= self.high

    def ticks(self, count: int) -> list[float]:
        """Return round values within the range, about ``count`` of them, ascending."""
        return _log_ticks(self, count) if self.log else _linear_ticks(self, count)


def fit(values: Sequence[float]) -> Scale:
    """Return a scale with all ``values`` and some room; logarithmic where they span much.

    Args:
        values: finite, at least one.
    """
    low, high = min(values), max(values)
    if low > 0 and _LOG_FROM <= high / low < _LOG_UP_TO:
        room = (high / low) ** _EDGE
        return Scale(low / room, high * room, log=True)
    room = (high - low) * _EDGE or abs(high) * _EDGE or 1.0
    return Scale(low - room, high + room)


def _linear_ticks(scale: Scale, count: int) -> list[float]:
    rough = (scale.high - scale.low) / max(count, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in _STEPS if power * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(scale.low / step), math.floor(scale.high / step)
    return [index * step for index in range(first, last + 1)]


def _log_ticks(scale: Scale, count: int) -> list[float]:
    """Return values of the form 1, 2, 5 · 10ⁿ, fewer leading digits where they are many."""
    lowest = math.floor(math.log10(scale.low))
    highest = math.ceil(math.log10(scale.high))
    found: list[float] = []
    for leading in ((1.0, 2.0, 5.0), (1.0, 3.0), (1.0,)):
        found = [
            value
            for exponent in range(lowest, highest + 1)
            for factor in leading
            if scale.holds(value := factor * 10.0**exponent)
        ]
        if len(found) <= count + 1:
            break
    stride = max(1, math.ceil(len(found) / (count + 1)))
    return found[::stride] if len(found) > 1 else _linear_ticks(scale, count)
