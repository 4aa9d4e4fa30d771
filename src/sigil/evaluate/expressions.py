"""Objectives, tie breakers and accept rules: what an eval asks of its metrics.

Pure. Parsed once, when the eval is loaded, so that every misspelling is found before
anything runs.

Not here: the grammar (`sigil.evaluate.syntax`), and when a comparison of noisy samples is
true (`sigil.evaluate.judgement`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sigil.errors import Where
from sigil.evaluate.intervals import MedianSequence
from sigil.evaluate.judgement import (
    Exact,
    Paired,
    Samples,
    Truth,
    Undefined,
    Verdict,
    column,
    judge,
)
from sigil.evaluate.syntax import Parser
from sigil.evaluate.tree import Direction, Kind, Metric, Node, metrics_of, of_baseline

__all__ = [
    "DEFAULT_CONFIDENCE", "Exact", "Goal", "Known", "Objective", "Paired", "Rule", "Samples",
    "TieBreaker", "Truth", "Undefined", "Verdict", "parse_objective", "parse_rule",
    "parse_tie_breaker",
]  # fmt: skip

DEFAULT_CONFIDENCE = 0.99
Known = Mapping[str, Kind] | Collection[str]
"""The ids that an expression may name, and what each stands for where that is known."""


# --- rules ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition over metrics.

    Args:
        text: as its author wrote it.
        node: its tree.
    """

    text: str
    node: Node

    @property
    def metrics(self) -> frozenset[str]:
        """Return the ids of the metrics that it needs."""
        return frozenset(metric.id for metric in metrics_of(self.node))

    def judge(self, samples: Samples, confidence: float = DEFAULT_CONFIDENCE) -> Verdict:
        """Return the answer and its reason; a metric without samples leaves it undecided."""
        return judge(self.node, samples, confidence)

    def decide(self, samples: Samples, confidence: float = DEFAULT_CONFIDENCE) -> Truth:
        """Return True, False, or None for undecided."""
        return self.judge(samples, confidence).value


def parse_rule(text: str, metrics: Known, *, where: Where | None = None) -> Rule:
    """Parse an accept rule, such as ``latency <= 0.95 * baseline.latency and correct==true``.

    Args:
        text: at most `sigil.evaluate.syntax.MAX_LENGTH` characters.
        metrics: what may be named; with a mapping, truth and numbers are told apart.
        where: the place of the rule in its document.

    Raises:
        InvalidExpression: with the column and what was expected there.
    """
    parser = Parser(text, metrics, where)
    node = parser.truth()
    parser.end("and", "or")
    return Rule(text, node)


# --- objectives -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Goal:
    """One quantity to minimise or maximise."""

    direction: Direction
    node: Node

    def __str__(self) -> str:
        """Render as it is written."""
        return f"{self.direction}({self.node})"

    @property
    def metric(self) -> str | None:
        """Return the id of the metric if the goal is a metric and nothing else."""
        plain = isinstance(self.node, Metric) and not self.node.baseline
        return self.node.id if plain and isinstance(self.node, Metric) else None

    def cost(self, value: float) -> float:
        """Return ``value`` so that lower is better."""
        return -value if self.direction == "max" else value

    def paired(self, samples: Samples) -> Paired:
        """Return the goal's value in every block, for the candidate and for the baseline.

        Raises:
            Undefined: a metric has no samples, or the arithmetic has no number somewhere.
        """
        return Paired(column(self.node, samples), column(of_baseline(self.node), samples))


@dataclass(frozen=True, slots=True)
class Objective:
    """What a search aims at.

    Args:
        text: as its author wrote it.
        goals: one or more; several make a Pareto front, in this order.
        constraint: what must hold besides, or None.
    """

    text: str
    goals: tuple[Goal, ...]
    constraint: Rule | None = None

    @property
    def metrics(self) -> frozenset[str]:
        """Return the ids of the metrics that it needs, the constraint's included."""
        named = frozenset(metric.id for goal in self.goals for metric in metrics_of(goal.node))
        return named | self.constraint.metrics if self.constraint else named

    @property
    def minimised(self) -> dict[str, bool]:
        """Return whether less is better, of each metric that is a goal by itself."""
        return {goal.metric: goal.direction == "min" for goal in self.goals if goal.metric}

    def costs(
        self,
        values: Mapping[str, float | bool],
        baseline: Mapping[str, float | bool] | None = None,
    ) -> tuple[float, ...]:
        """Return one finite number per goal, lower is better.

        Args:
            values: the candidate's value of each metric; a truth counts as 1 or 0.
            baseline: the same of the baseline, where a goal names ``baseline.x``.

        Raises:
            Undefined: a value is missing, or the arithmetic has no finite number.
        """
        reference = values if baseline is None else baseline
        shared = values.keys() & reference.keys()
        samples = {name: Exact(values[name], reference[name]) for name in shared}
        return tuple(goal.cost(column(goal.node, samples)[0]) for goal in self.goals)

    def feasible(self, samples: Samples, confidence: float = DEFAULT_CONFIDENCE) -> Verdict:
        """Return whether the constraint holds; without one everything is feasible."""
        if self.constraint is None:
            return Verdict(True, "no constraint")
        return self.constraint.judge(samples, confidence)


def parse_objective(text: str, metrics: Known, *, where: Where | None = None) -> Objective:
    """Parse an objective, such as ``min(a), max(b) subject_to ok==true and c<=3``.

    Args:
        text: at most `sigil.evaluate.syntax.MAX_LENGTH` characters.
        metrics: what may be named; with a mapping, truth and numbers are told apart.
        where: the place of the objective in its document.

    Raises:
        InvalidExpression: with the column and what was expected there.
    """
    parser = Parser(text, metrics, where)
    goals = [_parse_goal(parser)]
    while parser.take(",", ";"):
        goals.append(_parse_goal(parser))
    constraint = None
    if parser.take("subject_to"):
        start = parser.token.column - 1
        constraint = Rule(text[start:].strip(), parser.truth())
        parser.end("and", "or")
    parser.end(",", "subject_to")
    return Objective(text, tuple(goals), constraint)


def _parse_goal(parser: Parser) -> Goal:
    word = parser.word("min or max", ("min", "max"))
    parser.expect("(")
    node = parser.quantity()
    parser.expect(")", also="an operator")
    return Goal("min" if word.text == "min" else "max", node)


# --- tie breakers -----------------------------------------------------------------------

_STATISTICS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "mean": lambda samples: math.fsum(samples) / len(samples),
    "median": lambda samples: MedianSequence(samples).median,
    "min": min,
    "max": max,
}
_PERCENTILE = re.compile(r"p([1-9][0-9]?)")


@dataclass(frozen=True, slots=True)
class TieBreaker:
    """A statistic of one metric that ranks candidates of equal costs.

    Args:
        text: as its author wrote it.
        statistic: ``mean``, ``median``, ``min``, ``max`` or ``p1`` to ``p99``.
        metric: the id of the metric.
        sign: 1 if lower is better, -1 if higher is.
    """

    text: str
    statistic: str
    metric: str
    sign: Literal[1, -1] = 1

    def cost(self, samples: Sequence[float | bool]) -> float:
        """Return the statistic of the candidate's ``samples``, so that lower is better.

        Percentiles are nearest-rank: p95 of 20 samples is the 19th smallest.

        Raises:
            Undefined: there is no sample, or the statistic is not finite.
        """
        if not samples:
            raise Undefined(f"{self.text}: no samples")
        found = self._statistic(list(map(float, samples)))
        if not math.isfinite(found):
            raise Undefined(f"{self.text}: not a finite number")
        return self.sign * found

    def _statistic(self, samples: Sequence[float]) -> float:
        if self.statistic in _STATISTICS:
            return _STATISTICS[self.statistic](samples)
        percent = int(self.statistic[1:])
        return sorted(samples)[math.ceil(percent * len(samples) / 100) - 1]


def parse_tie_breaker(
    text: str,
    metrics: Known,
    *,
    objective: Objective | None = None,
    where: Where | None = None,
) -> TieBreaker:
    """Parse a tie breaker, such as ``mean(latency_ms)``, ``p95(latency_ms)`` or ``-mean(score)``.

    Lower is better, unless ``objective`` maximises that very metric; a minus sign says
    higher is better in any case.

    Raises:
        InvalidExpression: with the column and what was expected there.
    """
    parser = Parser(text, metrics, where)
    negative = parser.take("-") is not None
    statistics = (*_STATISTICS, *(f"p{percent}" for percent in range(1, 100)))
    shown = (*_STATISTICS, "p50", "p90", "p95", "p99")
    known = statistics if _PERCENTILE.fullmatch(parser.token.text) else shown
    statistic = parser.word("a statistic", known).text
    parser.expect("(")
    metric = parser.word("a metric", parser.metrics).text
    parser.expect(")")
    parser.end()
    goals = objective.goals if objective else ()
    maximised = any(goal.metric == metric and goal.direction == "max" for goal in goals)
    return TieBreaker(text, statistic, metric, -1 if negative or maximised else 1)
