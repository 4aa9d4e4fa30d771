"""Take one block: the candidate and the baseline, afresh, directly after each other.

A call that takes a millisecond is timed in several fresh workers a side, alternating, and
the least of them counts: what else runs on a machine only ever adds time, and the least of
a few is disturbed far less often than each (Chen and Revels 2016, "Robust benchmarking in
noisy environments"). Both sides have equally many, and what a worker does outside of its
calls is charged to that worker.

Not here: when to stop taking blocks (`sigil.evaluate.measure`).
"""

from __future__ import annotations

import random
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sigil.evaluate.calls import Batch
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.facts import Facts, Inputs
from sigil.evaluate.failure import Failed, error_of
from sigil.evaluate.instruments import PER_UNIT, Instruments, Side
from sigil.evaluate.measure import Block, Phases, charged_ns
from sigil.sandbox.model import CommandResult

SAMPLE_NS = 6_000_000
"""Short calls are repeated in fresh workers until a sample takes about this long."""

MOST_WORKERS = 5


def best_of(call_ns: int) -> int:
    """Return how many fresh workers make one timed sample of calls of this length."""
    return max(1, min(MOST_WORKERS, round(SAMPLE_NS / max(call_ns, 1))))


@dataclass(frozen=True, slots=True)
class Probe:
    """Metrics that come from one and the same run of a side.

    Args:
        metrics: of one function or of one command; never empty.
    """

    metrics: tuple[Metric, ...]

    @property
    def first(self) -> Metric:
        """Return the metric on whose behalf it runs."""
        return self.metrics[0]


def probes(instruments: Instruments, metrics: Iterable[Metric]) -> list[Probe]:
    """Return the runs that the metrics take, in the order of their first metrics."""
    found: dict[tuple[str, str], tuple[Metric, ...]] = {}
    for metric in metrics:
        call = metric.kind == "call"
        source = instruments.called[metric.id] if call else metric.command or ""
        key = ("call" if call else "command", source)
        found[key] = (*found.get(key, ()), metric)
    return [Probe(members) for members in found.values()]


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
            take = self._calls if probe.first.kind == "call" else self._command
            candidate, baseline = take(probe, candidate_first=candidate_first)
            ours |= candidate
            theirs |= baseline
        return Block(ours, theirs)

    def _calls(
        self, probe: Probe, *, candidate_first: bool
    ) -> tuple[dict[str, float], dict[str, float]]:
        name = probe.first.id
        count = self._facts.best_of.get(self._instruments.called[name], 1)
        ours: list[Batch] = []
        theirs: list[Batch] = []
        for turn in range(count):
            first = candidate_first if turn == 0 else bool(self._order.getrandbits(1))
            if first:
                ours.append(self._timed(name))
            theirs.append(self._of_baseline(name))
            if not first:
                ours.append(self._timed(name))
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
        inputs = self._facts.visible
        try:
            return self._instruments.batch(metric, self._baseline, inputs)
        except Failed:
            return self._again(metric, inputs)

    def _again(self, metric: str, inputs: Inputs) -> Batch:
        """Try the baseline once more: a machine that is short of memory is no finding."""
        try:
            return self._instruments.batch(metric, self._baseline, inputs)
        except Failed as failed:
            raise error_of(failed, self._definition.where_metric(metric)) from failed

    def _readings(self, probe: Probe, nanoseconds: int, batch: Batch) -> dict[str, float]:
        found: dict[str, float] = {}
        for metric in probe.metrics:
            if metric.measure == "time":
                found[metric.id] = nanoseconds / PER_UNIT[metric.time_unit]
            else:
                inputs = self._facts.visible
                found[metric.id] = float(self._instruments.scored(metric, batch.results, inputs))
        return found

    def _command(
        self, probe: Probe, *, candidate_first: bool
    ) -> tuple[dict[str, float], dict[str, float]]:
        ours: dict[str, float] = {}
        if candidate_first:
            ours = self._parsed(probe, self._candidate)
        try:
            theirs = self._parsed(probe, self._baseline)
        except Failed:
            theirs = self._parsed_again(probe)
        return ours or self._parsed(probe, self._candidate), theirs

    def _parsed_again(self, probe: Probe) -> dict[str, float]:
        try:
            return self._parsed(probe, self._baseline)
        except Failed as failed:
            where = self._definition.where_metric(failed.metric, failed.key)
            raise error_of(failed, where) from failed

    def _parsed(self, probe: Probe, side: Side) -> dict[str, float]:
        result = run_command(self._instruments, probe.first, side, self._facts.exits)
        return {
            metric.id: float(
                self._instruments.parsed(
                    metric.id, result, allowed=self._facts.matches.get(metric.id)
                ).value
            )
            for metric in probe.metrics
        }


def run_command(
    instruments: Instruments, metric: Metric, side: Side, exits: Mapping[str, frozenset[int]]
) -> CommandResult:
    """Run the command of a metric; a number beside an unknown exit code does not count.

    Raises:
        Failed: it did not exit, or, unless the metric is a checker, with a code that is
            neither 0 nor one that the baseline's had.
    """
    result = instruments.command(metric, side)
    code = result.exit_code or 0
    if metric.kind != "checker" and code and code not in exits.get(metric.command or "", ()):
        raise Failed(metric.id, "exited", f"exit status {code}", key="command")
    return result


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
