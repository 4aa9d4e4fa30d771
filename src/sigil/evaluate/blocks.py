"""Take one block: the candidate and the baseline, afresh, directly after each other.

What is timed and short runs several times a side, afresh and alternating, and the least of
the times counts: what else runs on a machine only ever adds time, and the least of a few is
disturbed far less often than each (Chen and Revels 2016, "Robust benchmarking in noisy
environments"). On a quiet machine few runs do; on a busy one it goes on until the two least
of either side agree, so that the least is no accident. Both sides run equally often, and
what a worker does outside of its calls is charged to that worker.

Not here: when to stop taking blocks (`sigil.evaluate.measure`).
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sigil.evaluate.calls import Batch
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.facts import Facts
from sigil.evaluate.failure import Failed, error_of
from sigil.evaluate.instruments import PER_UNIT, Instruments, Side
from sigil.evaluate.measure import Block, Phases, charged_ns

T = TypeVar("T")

SHORT_NS, SHORT_TURNS = 2_000_000, 15
MIDDLE_NS, MIDDLE_TURNS = 100_000_000, 6

LEAST_TURNS = 3

SETTLED = 0.02
"""The least is believed once the next is at most this share above it."""


def best_of(elapsed_ns: int) -> int:
    """Return how many runs of this length make one timed sample at most."""
    if elapsed_ns <= SHORT_NS:
        return SHORT_TURNS
    return MIDDLE_TURNS if elapsed_ns <= MIDDLE_NS else 1


def settled(times: Sequence[float]) -> bool:
    """Return whether enough runs were made: `LEAST_TURNS`, and the two least agree."""
    if len(times) < LEAST_TURNS:
        return False
    least, second = sorted(times)[:2]
    return second - least <= SETTLED * abs(least)


@dataclass(frozen=True, slots=True)
class Probe:
    """Metrics that come from one and the same run of a side.

    Args:
        metrics: of one function or of one command; never empty.
    """

    metrics: tuple[Metric, ...]

    @property
    def timed(self) -> bool:
        """Return whether any of them is a time."""
        return any(metric.is_time for metric in self.metrics)

    @property
    def first(self) -> Metric:
        """Return the metric on whose behalf it runs."""
        return self.metrics[0]

    @property
    def clock(self) -> Metric:
        """Return the metric that says how long it ran: the first time, else the first."""
        return next((metric for metric in self.metrics if metric.is_time), self.first)


def probes(instruments: Instruments, metrics: Iterable[Metric]) -> list[Probe]:
    """Return the runs that the metrics take, in the order of their first metrics."""
    found: dict[tuple[str, str], tuple[Metric, ...]] = {}
    for metric in metrics:
        call = metric.kind == "call"
        key = ("call" if call else "command", source_of(metric, instruments.called))
        found[key] = (*found.get(key, ()), metric)
    return [Probe(members) for members in found.values()]


@dataclass(frozen=True, slots=True)
class _Sides(Generic[T]):
    """How to run either side once, and what time a run says it took."""

    candidate: Callable[[], T]
    baseline: Callable[[], T]
    time: Callable[[T], float]


class BlockSampler:
    """Takes blocks of the noisy metrics of one candidate.

    Args:
        definition: the eval.
        instruments: what reads.
        facts: of the baseline.
        noisy: the metrics to sample.
        candidate: one side.
        baseline: the other.
        order: the stream that decides which worker goes first within a sample.
    """

    def __init__(
        self,
        definition: Eval,
        instruments: Instruments,
        facts: Facts,
        *,
        noisy: Sequence[Metric],
        candidate: Side,
        baseline: Side,
        order: random.Random,
    ):
        self._definition = definition
        self._instruments = instruments
        self._called = instruments.called
        self._facts = facts
        self._probes = probes(instruments, noisy)
        self._candidate = candidate
        self._baseline = baseline
        self._order = order

    def __call__(self, *, candidate_first: bool) -> Block:
        """Return a block.

        Raises:
            Failed: the candidate failed.
            SigilError: the baseline did, twice.
        """
        ours: dict[str, float] = {}
        theirs: dict[str, float] = {}
        for probe in self._probes:
            take = self._calls if probe.first.kind == "call" else self._commands
            candidate, baseline = take(probe, candidate_first)
            ours |= candidate
            theirs |= baseline
        return Block(ours, theirs)

    def _in_turns(
        self, probe: Probe, candidate_first: bool, sides: _Sides[T]
    ) -> tuple[list[T], list[T]]:
        """Run both sides as often as one sample takes, in random order each time."""
        ours: list[T] = []
        theirs: list[T] = []
        for turn in range(self._facts.best_of.get(source_of(probe.first, self._called), 1)):
            first = candidate_first if turn == 0 else bool(self._order.getrandbits(1))
            if first:
                ours.append(sides.candidate())
            theirs.append(sides.baseline())
            if not first:
                ours.append(sides.candidate())
            if all(settled([sides.time(run) for run in side]) for side in (ours, theirs)):
                break
        return ours, theirs

    # --- calls --------------------------------------------------------------------------

    def _calls(
        self, probe: Probe, candidate_first: bool
    ) -> tuple[dict[str, float], dict[str, float]]:
        name = probe.first.id
        sides = _Sides(
            lambda: self._timed(name),
            lambda: self._of_baseline(name),
            lambda batch: batch.phases.call,
        )
        ours, theirs = self._in_turns(probe, candidate_first, sides)
        typical = _typical([batch.phases for batch in theirs])
        return (
            self._readings(probe, _least(ours, typical), ours[0]),
            self._readings(probe, _least(theirs, typical), theirs[0]),
        )

    def _timed(self, metric: str) -> Batch:
        inputs = self._facts.visible
        batch = self._instruments.batch(metric, self._candidate, inputs)
        self._instruments.verify(metric, batch.results, inputs)
        return batch

    def _of_baseline(self, metric: str) -> Batch:
        return self._surely(
            lambda: self._instruments.batch(metric, self._baseline, self._facts.visible)
        )

    def _surely(self, read: Callable[[], T]) -> T:
        """Read the baseline, twice if need be: a machine short of memory is no finding."""
        try:
            return read()
        except Failed:
            pass
        try:
            return read()
        except Failed as failed:
            where = self._definition.where_metric(failed.metric, failed.key)
            raise error_of(failed, where) from failed

    def _readings(self, probe: Probe, nanoseconds: int, batch: Batch) -> dict[str, float]:
        found: dict[str, float] = {}
        for metric in probe.metrics:
            if metric.measure == "time":
                found[metric.id] = nanoseconds / PER_UNIT[metric.time_unit]
            else:
                inputs = self._facts.visible
                found[metric.id] = float(self._instruments.scored(metric, batch.results, inputs))
        return found

    # --- commands -----------------------------------------------------------------------

    def _commands(
        self, probe: Probe, candidate_first: bool
    ) -> tuple[dict[str, float], dict[str, float]]:
        timed = probe.clock.id
        sides = _Sides(
            lambda: self._parsed(probe, self._candidate),
            lambda: self._surely(lambda: self._parsed(probe, self._baseline)),
            lambda parsed: parsed[timed],
        )
        ours, theirs = self._in_turns(probe, candidate_first, sides)
        return least_times(probe, ours), least_times(probe, theirs)

    def _parsed(self, probe: Probe, side: Side) -> dict[str, float]:
        result = self._instruments.command(probe.first, side)
        inputs = self._facts.visible
        return {
            metric.id: float(self._instruments.parsed(metric, result, inputs).value)
            for metric in probe.metrics
        }


def least_times(probe: Probe, turns: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return one sample of several runs: the least of each time, the first of all else."""
    return {
        metric.id: min(turn[metric.id] for turn in turns) if metric.is_time else turns[0][metric.id]
        for metric in probe.metrics
    }


def source_of(metric: Metric, called: Mapping[str, str]) -> str:
    """Return the function or the command that a metric comes from."""
    return called[metric.id] if metric.kind == "call" else metric.command or ""


def _least(batches: Sequence[Batch], typical: Phases) -> int:
    """Return the least time of some workers, each charged with what it did aside.

    The same for both sides: what jitter costs the one it costs the other.
    """
    return min(charged_ns(batch.phases, typical) for batch in batches)


def _typical(phases: Sequence[Phases]) -> Phases:
    """Return the medians of what the baseline's workers did in and outside of their calls."""
    aside = statistics.median(phase.aside for phase in phases)
    call = statistics.median(phase.call for phase in phases)
    return Phases(load=int(aside), call=int(call), reply=0)
