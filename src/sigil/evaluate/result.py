"""What an evaluation found: values with intervals, costs, and whether it may be accepted.

An error or a timeout is never a score: a candidate that did not pass its checks has no
costs at all, so nothing can rank it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Status = Literal["measured", "failed", "error", "timeout"]
"""measured: has values. failed: a check said no. error, timeout: it could not be measured."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval that stays valid however often one looks at it.

    Args:
        low: lower end, in the unit of the value.
        high: upper end.
        confidence: such as 0.99.
    """

    low: float
    high: float
    confidence: float


@dataclass(frozen=True, slots=True)
class MetricValue:
    """One metric of one candidate.

    Args:
        value: the median over samples, or a check's answer.
        n: how many samples.
        interval: of ``value``; None where every sample was equal (an exact metric).
        ratio: median of candidate / baseline over paired samples; None if not a number.
        ratio_interval: of ``ratio``; None where it is exact.
        unit: such as ``ms``; empty where the metric has none.
    """

    value: float | bool
    n: int
    interval: Interval | None = None
    ratio: float | None = None
    ratio_interval: Interval | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a candidate has no costs.

    Args:
        metric: id of the metric (or ``build``, ``load``) that ended it.
        kind: ``check``, ``constraint``, ``holdout``, or a `sigil.sandbox.FailureKind`.
        detail: one escaped line for a person.
    """

    metric: str
    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The whole finding about one candidate.

    Args:
        status: see `Status`.
        metrics: values by metric id, as far as they were reached.
        holdout: the same on held-out inputs, which no proposer sees.
        costs: one number per objective, lower is better; empty unless ``measured``.
        ties: tie breakers in order, lower is better.
        accepted: True only where the accept rule clears the intervals; False where its
            opposite does; None where the budget ended before either.
        failure: None if ``measured``.
        elapsed_s: what measuring took.
        log: what its commands printed, escaped and capped.
    """

    status: Status
    metrics: Mapping[str, MetricValue] = field(default_factory=dict[str, MetricValue])
    holdout: Mapping[str, MetricValue] = field(default_factory=dict[str, MetricValue])
    costs: tuple[float, ...] = ()
    ties: tuple[float, ...] = ()
    accepted: bool | None = None
    failure: Failure | None = None
    elapsed_s: float = 0.0
    log: str = ""
