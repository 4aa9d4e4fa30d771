"""How much better is the candidate, on a machine that is never quiet?

A timed sample is a *block*: the candidate and the baseline, each afresh, one directly after
the other in random order, so that both see the same machine. Only what differs within a
block counts; a drift over minutes cancels out. After every block the rule of the eval is
asked, on intervals that stay valid at every look (`sigil.evaluate.intervals`); sampling
ends when the rule is decided and the ratio known closely enough, or far from where the
rule would change, when going on is hopeless, or when the budget is spent. A budget that
ends first leaves the rule undecided, which is not accepted.

Pure but for the sampler that it is given, and its clock. Not here: what a sample is
(`sigil.evaluate.calls`, `sigil.evaluate.commands`).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from sigil.evaluate.intervals import MedianSequence, ratios, relative_half_width
from sigil.evaluate.judgement import Paired, Samples
from sigil.evaluate.result import Interval, MetricValue

Readings = Mapping[str, float]
"""One number per noisy metric, from one sample of one side."""

Stop = Literal["decided", "worse", "blocks", "time"]

ALLOWED_SHARE = 0.05
ALLOWED_NS = 50_000
ALLOWED_OF_CALLS = 0.02
"""What loading and replying may take beyond the baseline's before it is charged: a share of
the baseline's and a constant, but never more than this share of the baseline's calls, so
that for short calls, too, moving work gains next to nothing."""

FAR = 10
"""The ratio is known closely enough, too, where it could be this many widths of its interval
off and the rule would say the same."""

LOOKS = 16
"""A look costs time as well: after n blocks the next is n / 16 blocks later."""


@dataclass(frozen=True, slots=True)
class Phases:
    """Where the time of one worker went, on the parent's clock, in nanoseconds.

    Args:
        load: compiling and executing the sources.
        call: the batch of calls.
        reply: from the last call's end until the results were here.
    """

    load: int
    call: int
    reply: int

    @property
    def aside(self) -> int:
        """What is not the calls themselves."""
        return self.load + self.reply


def charged_ns(candidate: Phases, baseline: Phases) -> int:
    """Return the candidate's time with what it did outside of the calls.

    Work that is moved to import time, or put off until the results are sent, is work. A
    small allowance keeps a longer source and the jitter of a process's start from counting
    as such.
    """
    jitter = baseline.aside * ALLOWED_SHARE + ALLOWED_NS
    allowed = int(min(jitter, baseline.call * ALLOWED_OF_CALLS))
    return candidate.call + max(0, candidate.aside - baseline.aside - allowed)


@dataclass(frozen=True, slots=True)
class Block:
    """A sample of either side, taken directly after each other."""

    candidate: Readings
    baseline: Readings


class Sampler(Protocol):
    """Whoever can take a block."""

    def __call__(self, *, candidate_first: bool) -> Block:
        """Return a block of fresh samples; what the candidate does wrong is raised."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to go on.

    Args:
        most: blocks at most.
        least: blocks before the first look.
        sure: blocks that are taken even if time is up.
        warm_up: blocks that are taken and thrown away.
        precision: half the width of the ratio's interval, relative to it, that is enough.
        confidence: of every interval.
    """

    most: int
    least: int = 3
    sure: int = 1
    warm_up: int = 1
    precision: float = 0.02
    confidence: float = 0.99


class BlockSeries:
    """The blocks of one candidate so far, with the running medians of each metric."""

    def __init__(self, confidence: float):
        self.confidence = confidence
        self.blocks: list[Block] = []
        self._ratios: dict[str, MedianSequence | None] = {}
        self._values: dict[str, MedianSequence] = {}

    def add(self, block: Block) -> None:
        """Take one more block; every block has the same metrics."""
        self.blocks.append(block)
        for metric, value in block.candidate.items():
            self._values.setdefault(metric, MedianSequence()).add(value)
            known = self._ratios.setdefault(metric, MedianSequence())
            ratio = ratios([value], [block.baseline[metric]])
            if known is None or ratio is None:
                self._ratios[metric] = None
            else:
                known.add(ratio[0])

    @property
    def metrics(self) -> frozenset[str]:
        """The ids of what was sampled."""
        return frozenset(self._values)

    def samples(self) -> Samples:
        """Return the blocks column by column, as a rule reads them."""
        return {
            metric: Paired(
                [block.candidate[metric] for block in self.blocks],
                [block.baseline[metric] for block in self.blocks],
            )
            for metric in self._values
        }

    def corrected(self, metric: str, reference: float) -> list[float]:
        """Return the candidate's samples as if the baseline had always been ``reference``."""
        if self._ratios[metric] is None:
            return [block.candidate[metric] for block in self.blocks]
        return [
            block.candidate[metric] / block.baseline[metric] * reference for block in self.blocks
        ]

    def ratio_interval(self, metric: str, confidence: float | None = None) -> Interval | None:
        """Return the interval of candidate / baseline; None if unknown or not a number."""
        known = self._ratios.get(metric)
        return None if known is None else known.interval(confidence or self.confidence)

    def shifted(self, widths: float) -> Samples | None:
        """Return the blocks as if every ratio lay that many widths beyond its interval.

        Args:
            widths: of the interval; negative for below it.

        Returns:
            None if a ratio is not a number, or nothing is known of it.
        """
        found: dict[str, Paired] = {}
        for metric, sequence in self._ratios.items():
            span = sequence and sequence.interval(self.confidence)
            if span is None:
                return None
            end = span.high if widths > 0 else span.low
            ratio = end + widths * (span.high - span.low)
            baseline = [block.baseline[metric] for block in self.blocks]
            found[metric] = Paired([ratio * value for value in baseline], baseline)
        return found

    def precision(self) -> float:
        """Return the widest relative half-width of any metric's interval."""
        return max(map(self._precision, self._values), default=0.0)

    def value(self, metric: str, reference: float, unit: str = "") -> MetricValue:
        """Return the finding about one metric.

        Args:
            metric: its id.
            reference: the baseline's own value. The candidate's is the median ratio times
                it, so that values taken hours apart compare, also of a single block; where no
                ratio is a number, or nothing varies, it is the candidate's own median.
            unit: of the value.
        """
        own, known = self._values[metric], self._ratios[metric]
        if known is None or _is_exact(own, known, reference):
            return MetricValue(
                own.median, own.n, self._interval(own), known and known.median, unit=unit
            )
        span = self._interval(known)
        return MetricValue(
            value=known.median * reference,
            n=known.n,
            interval=span and _scaled(span, reference),
            ratio=known.median,
            ratio_interval=span,
            unit=unit,
        )

    def _interval(self, sequence: MedianSequence) -> Interval | None:
        """Return an interval; unbounded while there are too few samples, None if exact."""
        return None if sequence.all_equal else sequence.bounds(self.confidence)

    def _precision(self, metric: str) -> float:
        sequence = self._ratios[metric] or self._values[metric]
        if sequence.all_equal:
            return 0.0
        return relative_half_width(sequence.interval(self.confidence), sequence.median)


def _is_exact(own: MedianSequence, known: MedianSequence, reference: float) -> bool:
    """Return whether a metric is no noise: a single block tells by the baseline in it."""
    if not (own.all_equal and known.all_equal):
        return False
    return own.n > 1 or math.isclose(known.median * reference, own.median)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What sampling came to.

    Args:
        series: the blocks that count.
        verdict: of the rule; None if undecided.
        stop: why sampling ended.
    """

    series: BlockSeries
    verdict: bool | None
    stop: Stop


def measure(
    sample: Sampler,
    plan: Plan,
    *,
    decide: Callable[[Samples], bool | None],
    hopeless: Callable[[BlockSeries], bool],
    order: random.Random,
    is_late: Callable[[], bool],
) -> Outcome:
    """Take blocks until enough is known.

    Args:
        sample: takes a block.
        plan: how long to go on.
        decide: the rule, True or False once the blocks clear it either way.
        hopeless: whether going on is of no use: the candidate is clearly worse, or will
            hardly come to fulfil the rule.
        order: the stream that decides which side goes first.
        is_late: whether the time is spent; asked before each block beyond `Plan.sure`.

    Raises:
        Whatever ``sample`` raises: a candidate that fails once has failed.
    """
    for _ in range(plan.warm_up):
        sample(candidate_first=bool(order.getrandbits(1)))
    series = BlockSeries(plan.confidence)
    verdict: bool | None = None
    next_look = plan.least
    while len(series.blocks) < plan.most:
        if len(series.blocks) >= plan.sure and is_late():
            return Outcome(series, decide(series.samples()), "time")
        series.add(sample(candidate_first=bool(order.getrandbits(1))))
        if len(series.blocks) < next_look:
            continue
        next_look += max(1, len(series.blocks) // LOOKS)
        verdict = decide(series.samples())
        if verdict is False or hopeless(series):
            return Outcome(series, verdict, "decided" if verdict is False else "worse")
        if verdict is True and _close(series, plan, decide):
            return Outcome(series, verdict, "decided")
    return Outcome(series, decide(series.samples()), "blocks")


def _close(series: BlockSeries, plan: Plan, decide: Callable[[Samples], bool | None]) -> bool:
    """Return whether more blocks would tell nothing more that matters."""
    if series.precision() <= plan.precision:
        return True
    beyond = [series.shifted(widths) for widths in (FAR, -FAR)]
    return all(samples is not None and decide(samples) is True for samples in beyond)


def _scaled(interval: Interval, factor: float) -> Interval:
    ends = sorted((interval.low * factor, interval.high * factor))
    return Interval(ends[0], ends[1], interval.confidence)
