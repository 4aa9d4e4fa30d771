"""What tools return: small, typed, and nothing in it of any held-out input.

A held-out measurement decides whether a candidate is accepted, and that much is said. Its
values are not: whoever may propose as often as they like would search by them.

Without slots: the SDK would take the descriptor of a slot for the default of its field.

Pure. Not here: where the facts come from (`sigil.cli.serving.reading`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.optimize import present
from sigil.optimize.history import Candidate

HELD_OUT = "it does not hold on held-out inputs"


@dataclass(frozen=True)
class Metric:
    """One metric, with its interval and how it stands against the unchanged code.

    Args:
        name: of the metric.
        value: in ``unit``, or a check's answer; None if it is not finite.
        unit: such as ``ms``; empty without one.
        low: lower end of the interval; None for an exact value, or too few samples.
        high: upper end of it.
        confidence: of the interval.
        ratio: to the baseline, of paired samples.
        ratio_low: lower end of its interval.
        ratio_high: upper end of it.
        text: value and gain as a person reads them.
    """

    name: str
    value: float | bool | None
    unit: str
    low: float | None
    high: float | None
    confidence: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    text: str


@dataclass(frozen=True)
class Found:
    """One candidate, without its change.

    Args:
        candidate: its id; every tool takes the beginning of one.
        parent: the id of the candidate that it changes, or ``BASELINE``.
        proposer: who proposed it.
        verdict: ``accepted``, ``not accepted``, ``undecided``, ``screened``, ``cut short``,
            ``proposed``, or in which way it failed.
        what: what it tries, or why it failed.
        metrics: measured on the visible inputs.
    """

    candidate: str
    parent: str
    proposer: str
    verdict: str
    what: str
    metrics: list[Metric]


@dataclass(frozen=True)
class SpecLine:
    """A spec: what may change.

    Args:
        name: that other tools take.
        description: what it is about.
        evals: names of what it is measured by.
        workspaces: that hold runs of it.
        problem: why it cannot be used; None if it can.
    """

    name: str
    description: str
    evals: list[str]
    workspaces: list[str]
    problem: str | None


@dataclass(frozen=True)
class Specs:
    """The specs of a repository."""

    specs: list[SpecLine]


@dataclass(frozen=True)
class RunLine:
    """A run.

    Args:
        run: its name; every tool takes the beginning of one.
        evaluated: how many candidates were measured.
        waiting: requests that wait for a model's reply.
        ended: why it ended; None while it goes on, or if it was killed.
        winner: id of the accepted best; None if there is none.
    """

    run: str
    evaluated: int
    waiting: int
    ended: str | None
    winner: str | None


@dataclass(frozen=True)
class Runs:
    """The latest runs of a workspace, latest first, and how many there are in all."""

    runs: list[RunLine]
    total: int


@dataclass(frozen=True)
class RunReport:
    """A run: baseline, ranking, front, lineage.

    Args:
        run: its name.
        ended: why it ended; None while it goes on, or if it was killed.
        winner: id of the accepted best; None if there is none.
        evaluated: how many candidates were measured.
        baseline: metrics of the unchanged code.
        ranking: the best candidates, best first.
        front: ids of candidates that no other one dominates.
        lineage: of the best candidate, from the first change down to it.
        failures: how often candidates failed in which way.
        refusals: how often proposals were not worth measuring, and why.
    """

    run: str
    ended: str | None
    winner: str | None
    evaluated: int
    baseline: list[Metric]
    ranking: list[Found]
    front: list[str]
    lineage: list[str]
    failures: dict[str, int]
    refusals: list[str]


@dataclass(frozen=True)
class CandidateReport:
    """One candidate with its change.

    Args:
        found: what is known of it.
        lineage: ids from the first change down to it.
        patch: against its parent.
        baseline_diff: against the unchanged code.
    """

    found: Found
    lineage: list[str]
    patch: str
    baseline_diff: str


@dataclass(frozen=True)
class Valid:
    """A diff that may be applied, and the files that it changes."""

    files: list[str]


@dataclass(frozen=True)
class Added:
    """A diff that was measured in full and recorded.

    Args:
        run: that it stands in.
        found: what came of it.
    """

    run: str
    found: Found


@dataclass(frozen=True)
class Verified:
    """Whether a record is what was written.

    Args:
        intact: whether nothing is corrupt.
        files: how many were hashed.
        frames: how many frames of journals were checked.
        findings: one line for each thing that is not as it should be.
    """

    intact: bool
    files: int
    frames: int
    findings: list[str]


@dataclass(frozen=True)
class Rung:
    """One level of isolation.

    Args:
        face: ``calls`` or ``commands``.
        level: ``L3``, the best, to ``L0``, none.
        holds: whether it can be had here.
        reason: why not; empty if it can.
    """

    face: str
    level: str
    holds: bool
    reason: str


@dataclass(frozen=True)
class Machine:
    """What this machine can isolate, and what is installed.

    Args:
        rungs: of both faces, best first.
        extras: which optional parts are installed.
        warnings: what candidates of a spec could cheat by; empty if none was named.
    """

    rungs: list[Rung]
    extras: dict[str, bool]
    warnings: list[str]


@dataclass(frozen=True)
class RequestLine:
    """A request to a model.

    Args:
        request: its name.
        answered: whether it has a reply.
        characters: how long it is.
    """

    request: str
    answered: bool
    characters: int


@dataclass(frozen=True)
class Requests:
    """Requests of a run, oldest first.

    Args:
        run: that asks them.
        ended: why it ended; None while it goes on, or if it was killed.
        waiting: how many have no reply.
        requests: those that wait, and on wish those that do not.
    """

    run: str
    ended: str | None
    waiting: int
    requests: list[RequestLine]


@dataclass(frozen=True)
class Answered:
    """A reply that the run will take.

    Args:
        request: that it answers.
        waiting: how many requests have no reply yet.
    """

    request: str
    waiting: int


def found(candidate: Candidate) -> Found:
    """Return what may be told of a candidate."""
    return Found(
        candidate.id,
        candidate.parent,
        candidate.proposer,
        present.verdict(candidate),
        _what(candidate),
        metrics(candidate.verdict),
    )


def metrics(evaluation: Evaluation | None) -> list[Metric]:
    """Return the metrics of an evaluation on visible inputs."""
    return [_metric(n, v) for n, v in evaluation.metrics.items()] if evaluation else []


def failures(candidates: Iterable[Candidate]) -> dict[str, int]:
    """Return how often candidates failed by ``metric: kind``, most frequent first."""
    counts: dict[str, int] = {}
    for candidate in candidates:
        failure = candidate.verdict.failure if candidate.verdict else None
        if failure:
            name = f"{failure.metric}: {failure.kind}"
            counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _what(candidate: Candidate) -> str:
    failure = candidate.verdict.failure if candidate.verdict else None
    if failure and failure.kind == "holdout":
        return HELD_OUT  # not in how many cases: that could be searched by
    return present.why(candidate)


def _metric(name: str, value: MetricValue) -> Metric:
    low, high = _ends(value.interval)
    ratio_low, ratio_high = _ends(value.ratio_interval)
    gain = present.gain(value)
    return Metric(
        name,
        value.value if isinstance(value.value, bool) else _finite(value.value),
        value.unit,
        low,
        high,
        value.interval.confidence if value.interval else None,
        None if value.ratio is None else _finite(value.ratio),
        ratio_low,
        ratio_high,
        f"{present.measured(value)}{f', {gain}' if gain else ''}",
    )


def _ends(interval: Interval | None) -> tuple[float | None, float | None]:
    return (_finite(interval.low), _finite(interval.high)) if interval else (None, None)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
