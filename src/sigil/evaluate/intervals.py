"""How sure is the median of paired samples, however often one looks?

Pure. A confidence *sequence*: with probability at least ``confidence`` the true median is
inside every interval of the whole run at once, so sampling may stop at any look.

The test behind it is a bet. Under "the true median is m or less" a sample lies strictly
above m with probability at most 1/2, whatever its distribution. Betting on "above" with a
mixture of odds gives a wealth E(n, above) that is a supermartingale under that claim, so
by Ville's inequality it ever reaches 2 / alpha with probability at most alpha / 2. The
same bet is made downwards; together the two sides spend alpha. The interval holds every m
that neither bet has ruined, which are the values between two order statistics.

The mixture puts `ATOM` on "always above" and spreads the rest uniformly over the chances
from 1/2 to 1. The uniform part alone is the mixture of Robbins 1970 (see also Howard and
Ramdas 2022, "Sequential estimation of quantiles", and Waudby-Smith and Ramdas 2024 on
betting); at 99 % it speaks first at n = 11, with the atom at n = 9, and from n = 12 up to
200 both need the same count (one more at n = 25). Any weights are valid; these are tuned
for 10 to 50 samples.

Ties are counted against the bet: a sample equal to m is neither above nor below it. If all
samples are equal, then from n = 9 on the interval is that single point, which is what the
data say: at least half of all samples would be exactly that number. It is a statement about the
number *as measured*: a coarse clock that always says 3 ms has a median reading of 3 ms.

What is assumed: samples of one sequence are drawn independently from one distribution, or,
weaker, each lies above the median with chance 1/2 given the past. Pairing and randomising the order
within a block is what makes that fair; it is the caller's part.

Not here: what is sampled and when to stop (`sigil.evaluate.evaluator`).
"""

from __future__ import annotations

import itertools
import math
import sys
from bisect import insort
from collections.abc import Iterable, Sequence
from functools import lru_cache

from sigil.evaluate.result import Interval

ATOM = 0.3
"""The share of the stake on "every sample lies above"."""

_LARGEST = math.log(sys.float_info.max) - 1e-9


def e_value(n: int, above: int) -> float:
    """Return the wealth of the bet against "the median is at most m".

    Args:
        n: how many samples.
        above: how many of them lie strictly above m, 0 to ``n``.

    Returns:
        A non-negative number, 1 before any sample; infinity if it exceeds a float. It
        reaches ``x`` with probability at most 1/x, at any time, if the claim is true.
    """
    if not 0 <= above <= n:
        raise ValueError(f"{above} of {n} samples cannot lie above")
    uniform = math.log(2 * (1 - ATOM)) + n * math.log(2) - math.log(n + 1) - _log_choose(n, above)
    share = _at_most(above, n + 1)  # underflows to 0 only where the bet is long lost
    spread = _exp(uniform + math.log(share)) if share else 0.0
    return spread + (_exp(math.log(ATOM) + n * math.log(2)) if above == n else 0.0)


@lru_cache(maxsize=65536)
def decisive_count(n: int, confidence: float) -> int | None:
    """Return how many of ``n`` samples must lie above m to exclude m, or None if none suffice.

    Args:
        n: how many samples.
        confidence: of the two-sided interval, between 0 and 1, such as 0.99.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence of {confidence} is not between 0 and 1")
    threshold = 2 / (1 - confidence) * (1 + 1e-9)  # the margin covers rounding in e_value
    if e_value(n, n) < threshold:
        return None
    low, high = n // 2, n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if e_value(n, middle) >= threshold else (middle, high)
    return high


def least_count(confidence: float) -> int:
    """Return the least number of samples that can decide anything, if all of them agree."""
    return next(n for n in itertools.count(1) if decisive_count(n, confidence) is not None)


class MedianSequence:
    """A growing sample and the interval of its median.

    Adding costs a binary search and one memory move; an interval costs a table look-up.
    The result does not depend on the order of the samples.
    """

    __slots__ = ("_sorted",)

    def __init__(self, samples: Iterable[float] = ()):
        self._sorted = sorted(map(_finite, samples))

    def add(self, sample: float) -> None:
        """Take one more sample.

        Raises:
            ValueError: it is NaN or infinite; such a sample is a failure, not a number.
        """
        insort(self._sorted, _finite(sample))

    @property
    def n(self) -> int:
        """Return how many samples there are."""
        return len(self._sorted)

    @property
    def all_equal(self) -> bool:
        """Return whether no sample differs from another; True when there are none."""
        return not self._sorted or self._sorted[0] == self._sorted[-1]

    @property
    def median(self) -> float:
        """Return the sample median, the mean of the middle two if ``n`` is even.

        Raises:
            ValueError: there is no sample.
        """
        if not self._sorted:
            raise ValueError("no sample, no median")
        low, high = self._sorted[(self.n - 1) // 2], self._sorted[self.n // 2]
        return low + (high - low) / 2

    def interval(self, confidence: float) -> Interval | None:
        """Return the interval of the true median, or None while there are too few samples.

        Its ends are samples; it is closed, and holds the sample median.
        """
        count = decisive_count(self.n, confidence)
        if count is None:
            return None
        return Interval(self._sorted[-count], self._sorted[count - 1], confidence)

    def bounds(self, confidence: float) -> Interval:
        """Return the interval of the true median: all numbers while there are too few samples."""
        return self.interval(confidence) or Interval(-math.inf, math.inf, confidence)


def ratios(candidate: Sequence[float], baseline: Sequence[float]) -> list[float] | None:
    """Return candidate / baseline block by block, or None where a ratio says nothing.

    Args:
        candidate: (n,) samples.
        baseline: (n,) samples of the same blocks, in the same unit.

    Returns:
        (n,) numbers without a unit. None if a baseline is zero, if their signs differ, or
        if a ratio overflows: then only differences can be compared.

    Raises:
        ValueError: the two differ in length.
    """
    pairs = list(zip(candidate, baseline, strict=True))
    below_zero = {value < 0 for value in baseline}
    if len(below_zero) != 1 or 0 in baseline:
        return None
    found = [above / below for above, below in pairs]
    return found if all(map(math.isfinite, found)) else None


def relative_half_width(interval: Interval | None, median: float) -> float:
    """Return half of the interval's width relative to ``median``; infinity if unknown."""
    if interval is None:
        return math.inf
    half = (interval.high - interval.low) / 2
    if half == 0:
        return 0.0
    return half / abs(median) if median else math.inf


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def _at_most(k: int, n: int) -> float:
    """Return the chance of at most ``k`` heads in ``n`` throws of a fair coin."""
    if 2 * k < n:  # sum the shorter tail: 1 - x would lose what is left
        return _tail(k, n)
    return 1 - _tail(n - k - 1, n)


def _tail(k: int, n: int) -> float:
    """Return the chance of at most ``k`` heads for ``k`` below the middle."""
    if k < 0:
        return 0.0
    term = math.exp(_log_choose(n, k) - n * math.log(2))
    total = 0.0
    while term > total * 1e-17 and k >= 0:
        total += term
        term *= k / (n - k + 1)
        k -= 1
    return total


def _exp(power: float) -> float:
    return math.exp(power) if power < _LARGEST else math.inf


def _finite(sample: float) -> float:
    if not math.isfinite(sample):
        raise ValueError(f"{sample} is not a finite number")
    return float(sample)
