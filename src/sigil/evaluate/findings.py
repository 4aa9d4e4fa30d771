"""What has been found about one candidate so far, and what it comes to.

Pure. Not here: finding it (`sigil.evaluate.exacts`, `sigil.evaluate.measure`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.expressions import Exact, Goal, Samples, TieBreaker, Undefined
from sigil.evaluate.facts import Facts
from sigil.evaluate.failure import Failed
from sigil.evaluate.intervals import MedianSequence, least_count
from sigil.evaluate.measure import BlockSeries
from sigil.evaluate.result import Evaluation, Failure, MetricValue, Status

CLEARLY = 0.25
"""A screening ends when each of n blocks is worse than the baseline's by this share / n²:
at once for what is hopeless, and soon for what is merely no better."""

DOUBT = 0.9
"""A confirmation that could be decided by now is given up once the rule is refuted at this
confidence. One that does fulfil a rule of one comparison is given up in at most 5 of 100 runs."""

Value = float | bool


class Findings:
    """The values of one candidate, beside those of the baseline.

    Args:
        definition: the eval.
        facts: of the baseline.
        bar: costs that are reached already; empty for those of the baseline.
    """

    def __init__(self, definition: Eval, facts: Facts, bar: Sequence[float] = ()):
        self._bar = tuple(bar)
        self._definition = definition
        self._facts = facts
        self._confidence = definition.model.budgets.confidence
        self.exact: dict[str, Value] = {}
        self.repeats: dict[str, int] = {}
        self.series: BlockSeries | None = None
        self.held_out: dict[str, Value] = {}
        self.held_out_verdict: bool | None = True
        self.cut = False

    @property
    def metrics(self) -> list[Metric]:
        """The metrics of the eval, in its order."""
        return self._definition.model.metrics

    def samples(self, blocks: Samples | None = None) -> Samples:
        """Return everything known, as rules read it; ``blocks`` stands for the noisy part."""
        baseline = self._facts.evaluation.metrics
        exact = {name: Exact(value, baseline[name].value) for name, value in self.exact.items()}
        if blocks is None:
            blocks = self.series.samples() if self.series else {}
        return {**exact, **blocks}

    def decide(self, blocks: Samples | None = None) -> bool | None:
        """Return whether rule and constraint hold: True, False or undecided."""
        return self.verdict(self.samples(blocks))

    def verdict(self, samples: Samples) -> bool | None:
        """Return whether rule and constraint hold of ``samples``."""
        rule = self._definition.rule.decide(samples, self._confidence)
        constraint = self._definition.objective.feasible(samples, self._confidence).value
        if rule is False or constraint is False:
            return False
        return True if rule and constraint else None

    def hopeless(self, series: BlockSeries) -> bool:
        """Return whether going on is of no use.

        That is where the candidate is worse than the baseline in every goal, surely, or where
        the rule is refuted at the lower confidence `DOUBT`. Nothing is accepted by that.
        """
        late = len(series.blocks) >= least_count(self._confidence)
        samples = self.samples(series.samples())
        if late and self._definition.rule.decide(samples, min(DOUBT, self._confidence)) is False:
            return True

        def surely(worse: Sequence[float], _: Sequence[float]) -> bool:
            span = MedianSequence(worse).interval(self._confidence)
            return span is not None and span.low > 0

        return self._worse(series, surely)

    def clearly_worse(self, series: BlockSeries) -> bool:
        """Return whether every block is worse by a margin: enough to end a screening.

        Worse than the baseline, or than the bar.
        """

        def clearly(worse: Sequence[float], baseline: Sequence[float]) -> bool:
            margin = CLEARLY / len(worse) ** 2
            pairs = zip(worse, baseline, strict=True)
            return all(gap > margin * abs(value) for gap, value in pairs)

        return self._worse(series, clearly) or self._out_of_reach(series)

    def _out_of_reach(self, series: BlockSeries) -> bool:
        """Return whether every block misses the bar by a margin.

        Nothing does where there are several goals, of which each may be worth something, or
        where costs change sign.
        """
        bar = self._bar
        before, goals = self._facts.evaluation.costs, self._definition.objective.goals
        if not len(bar) == len(before) == len(goals) == 1 or bar[0] * before[0] <= 0:
            return False
        share = bar[0] / before[0]
        try:
            worse, baseline = _gap(goals[0], self.samples(series.samples()))
        except Undefined:
            return False
        margin = CLEARLY / len(worse) ** 2
        aims = (share * goals[0].cost(value) for value in baseline)
        pairs = zip(worse, baseline, aims, strict=True)
        return all(
            gap + goals[0].cost(value) - aim > margin * abs(aim) for gap, value, aim in pairs
        )

    def require_feasible(self) -> None:
        """Raise if the constraint is broken by what is known.

        Raises:
            Failed: kind ``constraint``.
        """
        found = self._definition.objective.feasible(self.samples(), self._confidence)
        if found.value is False:
            raise Failed("objective", "constraint", found.reason)

    def evaluation(self) -> Evaluation:
        """Return the evaluation of a candidate that passed every stage.

        Raises:
            Failed: the constraint does not hold, or the objective is undefined.
        """
        self.require_feasible()
        metrics = self.values()
        plain = {name: found.value for name, found in metrics.items()}
        baseline = {name: found.value for name, found in self._facts.evaluation.metrics.items()}
        try:
            costs = self._definition.objective.costs(plain, baseline)
            ties = tuple(map(self._tie, self._definition.tie_breakers))
        except Undefined as problem:
            raise Failed("objective", "number", str(problem)) from problem
        return Evaluation(
            "measured",
            metrics=metrics,
            holdout=self._held_out_values(),
            costs=costs,
            ties=ties,
            accepted=self._accepted(),
            cut=self.cut,
        )

    def _accepted(self) -> bool | None:
        """Return the verdict on visible inputs, unless the held-out ones leave it open."""
        decided = self.decide()
        return None if decided and self.held_out_verdict is None else decided

    def failed(self, status: Status, failure: Failure) -> Evaluation:
        """Return the evaluation of a candidate that ended early."""
        return Evaluation(
            status,
            metrics=self.values(),
            holdout=self._held_out_values(),
            accepted=False,
            failure=failure,
        )

    def values(self) -> dict[str, MetricValue]:
        """Return every value so far, in the order of the eval."""
        found: dict[str, MetricValue] = {}
        sampled = self.series.metrics if self.series else frozenset[str]()
        for metric in self._definition.model.metrics:
            name, unit = metric.id, self._definition.unit(metric.id)
            if name in sampled and self.series is not None:
                found[name] = self.series.value(name, self._reference(name), unit)
            elif name in self.exact:
                found[name] = MetricValue(
                    self.exact[name],
                    self.repeats.get(name, 1),
                    ratio=self._ratio(name),
                    unit=unit,
                )
        return found

    # --- inside -------------------------------------------------------------------------

    def _worse(
        self, series: BlockSeries, by: Callable[[Sequence[float], Sequence[float]], bool]
    ) -> bool:
        samples = self.samples(series.samples())
        try:
            gaps = [_gap(goal, samples) for goal in self._definition.objective.goals]
        except Undefined:
            return False
        bad = [by(worse, baseline) for worse, baseline in gaps]
        no_gain = all(
            is_bad or not any(worse) for is_bad, (worse, _) in zip(bad, gaps, strict=True)
        )
        return no_gain and any(bad)

    def _reference(self, metric: str) -> float:
        return float(self._facts.evaluation.metrics[metric].value)

    def _ratio(self, metric: str) -> float | None:
        value, baseline = self.exact[metric], self._facts.evaluation.metrics[metric].value
        if isinstance(value, bool) or isinstance(baseline, bool) or not baseline:
            return None
        return value / baseline

    def _tie(self, breaker: TieBreaker) -> float:
        if breaker.metric in self.exact:
            return breaker.cost([self.exact[breaker.metric]])
        if self.series is None:
            raise Undefined(f"{breaker.text}: no samples")
        return breaker.cost(self.series.corrected(breaker.metric, self._reference(breaker.metric)))

    def _held_out_values(self) -> Mapping[str, MetricValue]:
        return {
            name: MetricValue(value, 1, unit=self._definition.unit(name))
            for name, value in self.held_out.items()
        }


def _gap(goal: Goal, samples: Samples) -> tuple[list[float], list[float]]:
    """Return how much worse the candidate is in each block, and the baseline's values."""
    paired = goal.paired(samples)
    baseline = [float(value) for value in paired.baseline]
    worse = [
        goal.cost(float(ours)) - goal.cost(theirs)
        for ours, theirs in zip(paired.candidate, baseline, strict=True)
    ]
    return worse, baseline
