"""What an evaluation found: values with intervals, costs, and whether it may be accepted.

An error or a timeout is never a score: a candidate that did not pass its checks has no
costs at all, so nothing can rank it.

`to_json` and `from_json` are each other's inverse, bit for bit: a float is written in its
shortest exact form, and an unbounded end of an interval as ``"inf"`` or ``"-inf"``.

Not here: how a value is measured (`sigil.evaluate.measure`), what counts as better
(`sigil.evaluate.expressions`).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sigil.errors import Corrupt

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
        metric: id of the metric or stage (or ``build``, ``load``) that ended it.
        kind: ``check``, ``constraint``, ``stage``, ``holdout``, or a `sigil.sandbox.FailureKind`.
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
        refusals: of the unchanged code: why each check that says no says so, by metric id. To
            mend that may be what the search is for; if it is not, the eval is wrong.
        cut: whether a screening ended early because the candidate was clearly worse; its
            costs then rest on fewer blocks and say little more than that.
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
    refusals: Mapping[str, str] = field(default_factory=dict[str, str])
    cut: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-like mapping from which `from_json` restores an equal evaluation."""
        body: dict[str, Any] = {
            "status": self.status,
            "metrics": {name: _value_out(value) for name, value in self.metrics.items()},
            "holdout": {name: _value_out(value) for name, value in self.holdout.items()},
            "costs": [_number_out(cost) for cost in self.costs],
            "ties": [_number_out(tie) for tie in self.ties],
            "accepted": self.accepted,
            "failure": self.failure and _failure_out(self.failure),
            "elapsed_s": self.elapsed_s,
            "log": self.log,
            "refusals": dict(self.refusals),
        }
        return {**body, "cut": True} if self.cut else body

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Evaluation:
        """Return the evaluation that `to_json` wrote.

        Raises:
            Corrupt: ``data`` is not of that form.
        """
        try:
            return cls(
                status=_one_of_statuses(data["status"]),
                metrics=_values_in(data["metrics"]),
                holdout=_values_in(data["holdout"]),
                costs=tuple(_number_in(cost) for cost in data["costs"]),
                ties=tuple(_number_in(tie) for tie in data["ties"]),
                accepted=_optional_bool(data["accepted"]),
                failure=None if data["failure"] is None else Failure(**data["failure"]),
                elapsed_s=_number_in(data["elapsed_s"]),
                log=str(data["log"]),
                refusals={str(k): str(v) for k, v in data.get("refusals", {}).items()} or _NONE,
                cut=data.get("cut") is True,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise Corrupt(
                f"not a recorded evaluation ({type(error).__name__}: {error})",
                remedy="restore the record from a copy",
            ) from error


_NONE: Mapping[str, Any] = {}
_STATUSES: tuple[Status, ...] = ("measured", "failed", "error", "timeout")


def _one_of_statuses(name: object) -> Status:
    for status in _STATUSES:
        if status == name:
            return status
    raise ValueError(f"unknown status {name!r}")


def _optional_bool(value: object) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise ValueError(f"neither true, false nor null: {value!r}")


def _failure_out(failure: Failure) -> dict[str, str]:
    return {"metric": failure.metric, "kind": failure.kind, "detail": failure.detail}


def _value_out(value: MetricValue) -> dict[str, Any]:
    return {
        "value": value.value if isinstance(value.value, bool) else _number_out(value.value),
        "n": value.n,
        "interval": _interval_out(value.interval),
        "ratio": None if value.ratio is None else _number_out(value.ratio),
        "ratio_interval": _interval_out(value.ratio_interval),
        "unit": value.unit,
    }


def _values_in(data: Mapping[str, Any]) -> Mapping[str, MetricValue]:
    """Return values by metric id; thousands of evaluations share the names and the emptiness."""
    return {sys.intern(name): _value_in(value) for name, value in data.items()} or _NONE


def _value_in(data: Mapping[str, Any]) -> MetricValue:
    value = data["value"]
    return MetricValue(
        value=value if isinstance(value, bool) else _number_in(value),
        n=int(data["n"]),
        interval=_interval_in(data["interval"]),
        ratio=None if data["ratio"] is None else _number_in(data["ratio"]),
        ratio_interval=_interval_in(data["ratio_interval"]),
        unit=sys.intern(str(data["unit"])),
    )


def _interval_out(interval: Interval | None) -> list[float | str] | None:
    if interval is None:
        return None
    return [_number_out(part) for part in (interval.low, interval.high, interval.confidence)]


def _interval_in(data: Sequence[object] | None) -> Interval | None:
    if data is None:
        return None
    low, high, confidence = data
    return Interval(_number_in(low), _number_in(high), _number_in(confidence))


def _number_out(number: float) -> float | str:
    """Return ``number`` for JSON, which has no infinity; NaN is never a result."""
    number = float(number)
    if math.isnan(number):
        raise ValueError("NaN is not a result")
    return number if math.isfinite(number) else str(number)


def _number_in(data: object) -> float:
    if type(data) is float and not math.isnan(data):
        return data  # most of a long record
    if isinstance(data, bool) or not isinstance(data, int | float | str):
        raise TypeError(f"not a number: {data!r}")
    number = float(cast("float | str", data))
    if math.isnan(number):
        raise ValueError("NaN is not a result")
    return number
