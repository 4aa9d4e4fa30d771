"""One figure: ours, what it is held against, and the target."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """A figure.

    Args:
        name: what was measured.
        ours: our figure, in ``unit``.
        other: the peer's or the floor's figure, in ``unit``; None if the target is absolute.
        against: what ``other`` is.
        unit: such as ``µs`` or ``1/s``.
        at_most: the target for ours / other (or for ours); None if there is none.
        at_least: the same, from below.
    """

    name: str
    ours: float
    other: float | None
    against: str
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def figure(self) -> float:
        """Return the ratio, or the plain figure where there is nothing to divide by."""
        return self.ours / self.other if self.other else self.ours

    @property
    def met(self) -> bool | None:
        """Return whether the target is met; None where there is none."""
        if self.at_most is not None:
            return self.figure <= self.at_most
        if self.at_least is not None:
            return self.figure >= self.at_least
        return None

    def __str__(self) -> str:
        text = f"{self.name:<58} {self.ours:>10.4g} {self.unit:<6}"
        if self.other is not None:
            text += f" {self.against} {self.other:.4g} {self.unit}, ratio {self.figure:.3g}"
        if self.at_most is not None:
            text += f" (at most {self.at_most:g})"
        if self.at_least is not None:
            text += f" (at least {self.at_least:g})"
        return text + ("" if self.met is None else "  ok" if self.met else "  MISSED")


def median_seconds(action: Callable[[], object], times: int) -> float:
    """Return the median wall time of ``action`` over ``times`` runs."""
    return statistics.median(seconds(action) for _ in range(times))


def seconds(action: Callable[[], object]) -> float:
    """Return the wall time of one run of ``action``."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began
