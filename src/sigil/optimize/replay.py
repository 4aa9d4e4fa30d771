"""Measure a recorded candidate again, from the record alone, and compare.

The tree, the spec, the eval and the lineage are those of the record; if any of them is not
what it was, that is said before anything is measured. Exact metrics have to come out equal.
Noisy ones have to agree in what was claimed of them: the new interval of the ratio to the
baseline has to overlap the recorded one, and what was accepted has to be accepted again.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sigil.errors import NotFound
from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.optimize.differing import check_inputs
from sigil.optimize.history import Candidate
from sigil.optimize.plan import Plan
from sigil.optimize.session import frozen_inputs
from sigil.optimize.workbench import open_workbench
from sigil.optimize.workspace import candidate_files, load_history
from sigil.store.records import RunRecord


@dataclass(frozen=True, slots=True)
class Comparison:
    """One metric then and now.

    Args:
        metric: its id.
        recorded: the value in the record.
        now: the value measured anew.
        agrees: whether the two say the same, within stated tolerances.
    """

    metric: str
    recorded: MetricValue
    now: MetricValue
    agrees: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """A candidate's record beside its fresh measurement.

    Args:
        candidate: as recorded.
        now: measured anew.
        comparisons: one per metric that was recorded.
        same_verdict: whether the status is the same, and what was accepted still is.
    """

    candidate: Candidate
    now: Evaluation
    comparisons: tuple[Comparison, ...]
    same_verdict: bool

    @property
    def agrees(self) -> bool:
        """Return whether the record is reproduced."""
        return self.same_verdict and all(c.agrees for c in self.comparisons)


def replay(plan: Plan, run: Path, prefix: str | None = None) -> Replay:
    """Measure a candidate of ``run`` again.

    Args:
        plan: the `recorded_plan` of ``run``.
        run: the run's folder.
        prefix: the beginning of the candidate's id; None for the winner.

    Raises:
        NotFound: there is no such candidate, it was never measured, or the run has no winner.
        InvalidValue: spec, eval, tree, cases or seed are not those of the record.
        Corrupt: the record is not what was written.
    """
    history = load_history(run)
    candidate = history.chosen(prefix)
    recorded = candidate.verdict
    if recorded is None:
        raise NotFound(f"candidate {candidate.id[:12]} was never measured")
    with open_workbench(plan) as bench:
        record = RunRecord.open(run)
        check_inputs(record, frozen_inputs(plan, bench), plan, bench.target.base)
        files = candidate_files(history, candidate, bench.files)
        now = bench.lanes.submit(files, "confirm").result()
    return compare(candidate, recorded, now)


def compare(candidate: Candidate, recorded: Evaluation, now: Evaluation) -> Replay:
    """Hold two measurements of one candidate against each other."""
    comparisons = tuple(
        Comparison(name, value, now.metrics[name], _agree(value, now.metrics[name]))
        for name, value in recorded.metrics.items()
        if name in now.metrics
    )
    complete = len(comparisons) == len(recorded.metrics)
    still = now.accepted is True or candidate.accepted is not True
    return Replay(candidate, now, comparisons, complete and still and now.status == recorded.status)


def _agree(then: MetricValue, now: MetricValue) -> bool:
    if then.interval is None and now.interval is None:
        return then.value == now.value
    if then.interval is None or now.interval is None:
        exact, noisy = (then, now) if then.interval is None else (now, then)
        assert noisy.interval is not None  # one of the two has one
        return noisy.interval.low <= exact.value <= noisy.interval.high
    if then.ratio_interval is None or now.ratio_interval is None:
        return True  # noisy, and never compared with the baseline: nothing was claimed
    return _overlap(then.ratio_interval, now.ratio_interval)


def _overlap(one: Interval, other: Interval) -> bool:
    return one.low <= other.high and other.low <= one.high
