"""A candidate at the stages of its eval: which is not promoted goes no further.

What is exact decides at once. A time, or whatever else varies, decides only against noise:
a candidate is promoted at the first block that fulfils the rule, and refused only if the
interval of as many blocks as can decide anything excludes it. What the rule leaves open, a
division by zero for instance, is promoted: the full evaluation has the last word.

Not here: what a stage asks (`sigil.evaluate.promotion`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from sigil.evaluate.blocks import BlockSampler
from sigil.evaluate.definition import Eval
from sigil.evaluate.exacts import Exacts
from sigil.evaluate.expressions import Exact, Samples
from sigil.evaluate.facts import Facts
from sigil.evaluate.failure import Failed
from sigil.evaluate.findings import Findings
from sigil.evaluate.instruments import Instruments, Side
from sigil.evaluate.intervals import least_count
from sigil.evaluate.measure import Block, BlockSeries, Plan, measure
from sigil.evaluate.promotion import Stage
from sigil.evaluate.tree import metrics_of


class Trials:
    """The stages of an eval, for one candidate after the other.

    Args:
        definition: the eval.
        instruments: what reads.
        facts: of the baseline, its values at each stage included.
    """

    def __init__(self, definition: Eval, instruments: Instruments, facts: Facts):
        self._definition = definition
        self._instruments = instruments
        self._facts = facts

    def meet(
        self,
        candidate: Side,
        baseline: Callable[[], Side],
        *,
        order: Callable[[str], Random],
        is_late: Callable[[], bool],
    ) -> None:
        """Take a candidate through all stages, in their order.

        Args:
            candidate: one side.
            baseline: gives the other; asked for only where something varies.
            order: a stream of chance for the stage of that id.
            is_late: whether the time of a candidate is spent; sampling ends then.

        Raises:
            Failed: kind ``stage``, filed under the stage, where it is not promoted; another
                kind where a check says no or it cannot be measured.
        """
        for stage, known in zip(self._definition.stages, self._facts.stages, strict=True):
            findings = Findings(self._definition, known)
            try:
                noisy = self._read(stage, known, candidate, findings)
                if noisy and self._verdict(stage, findings.samples()) is None:
                    sampler = BlockSampler(
                        self._definition,
                        self._instruments,
                        known,
                        noisy=[metric for metric in stage.metrics if metric.id in noisy],
                        candidate=candidate,
                        baseline=baseline(),
                        order=order(stage.id),
                    )
                    findings.series = self._sample(stage, sampler, findings, order, is_late)
            except Failed as failed:
                detail = f"at stage {stage.id}, {failed.detail}"
                raise Failed(failed.metric, failed.kind, detail, key=failed.key) from failed
            if self._verdict(stage, findings.samples()) is False:
                why = stage.refusal(findings.values(), known.evaluation.metrics)
                raise Failed(stage.id, "stage", f"not promoted: {why}")

    def _read(self, stage: Stage, known: Facts, side: Side, findings: Findings) -> set[str]:
        """Read what is exact; return the ids of what has to be sampled."""
        exacts = Exacts(self._definition, self._instruments, self._facts, stage=known)
        exacts.read(stage.metrics, side, findings)
        return exacts.noisy

    def _sample(
        self,
        stage: Stage,
        sampler: BlockSampler,
        findings: Findings,
        order: Callable[[str], Random],
        is_late: Callable[[], bool],
    ) -> BlockSeries:
        def promising(series: BlockSeries) -> bool:
            return self._verdict(stage, findings.samples(_alone(series.blocks[-1]))) is not False

        confidence = self._definition.model.budgets.confidence
        return measure(
            sampler,
            Plan(self._most(stage), least=1, warm_up=0, confidence=confidence),
            decide=lambda blocks: self._verdict(stage, findings.samples(blocks)),
            hopeless=promising,
            order=order(f"{stage.id}.sides"),
            is_late=is_late,
        ).series

    def _verdict(self, stage: Stage, samples: Samples) -> bool | None:
        return stage.rule.decide(samples, self._definition.model.budgets.confidence)

    def _most(self, stage: Stage) -> int:
        """Return how many blocks can decide, however the comparisons share the confidence."""
        doubt = 1 - self._definition.model.budgets.confidence
        return least_count(1 - doubt / len(list(metrics_of(stage.rule.node))))


def _alone(block: Block) -> Mapping[str, Exact]:
    """Return one block as if it were without noise."""
    return {name: Exact(value, block.baseline[name]) for name, value in block.candidate.items()}
