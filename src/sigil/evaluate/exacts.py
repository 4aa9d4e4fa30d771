"""What is read without noise: checks first, then exact numbers.

Not here: times (`sigil.evaluate.blocks`), held-out inputs (`sigil.evaluate.heldout`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from sigil.evaluate.blocks import Probe, probes
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.facts import Facts
from sigil.evaluate.failure import Failed
from sigil.evaluate.findings import Findings
from sigil.evaluate.instruments import Instruments, Side, Value, ended
from sigil.evaluate.scoring import Result


class Exacts:
    """The exact metrics of one candidate.

    Args:
        definition: the eval.
        instruments: what reads.
        facts: of the baseline.
        stage: the same at a stage of the eval, where its inputs are those to read on.

    Attributes:
        noisy: ids of the metrics that have to be sampled in blocks: those that vary on the
            baseline, and, after `measure`, those that turned out to vary here.
    """

    def __init__(
        self,
        definition: Eval,
        instruments: Instruments,
        facts: Facts,
        *,
        stage: Facts | None = None,
    ):
        self._definition = definition
        self._instruments = instruments
        self._facts = facts
        self._stage = stage
        self._visible = (stage or facts).visible
        self.noisy = set((stage or facts).noisy)

    def measure(self, side: Side, findings: Findings, *, repeat: bool) -> None:
        """Measure every metric of the eval; the first that says no ends the candidate.

        Args:
            side: the candidate.
            findings: takes the values.
            repeat: read everything but command checks a second time, and take what
                differs for noisy.

        Raises:
            Failed: a check says no, a constraint is broken, or something has no value.
        """
        self.read(self._definition.model.metrics, side, findings, repeat=repeat)
        findings.require_feasible()

    def read(
        self,
        metrics: Iterable[Metric],
        side: Side,
        findings: Findings,
        *,
        repeat: bool = False,
    ) -> None:
        """Measure those of ``metrics`` that are not noisy; see `measure`."""
        metrics = [metric for metric in metrics if metric.id not in self.noisy]
        calls = [metric for metric in metrics if metric.kind == "call"]
        commands = probes(self._instruments, (m for m in metrics if m.kind != "call"))
        self._calls(calls, side, findings)
        for probe in sorted(commands, key=lambda probe: not _has_check(probe)):
            self._command(probe, side, findings)
        if repeat:
            self._calls(calls, side, findings)
            for probe in commands:
                if not _has_check(probe):
                    self._command(probe, side, findings)

    def gates(self, metric: Metric) -> bool:
        """Return whether a candidate that fails this check is done for.

        It is if the objective demands the check, or the unchanged code passes it. A check
        that even the baseline fails and nothing demands is a finding and no more: to mend
        it may be what the search is for. At a stage the unchanged code must pass it, too.
        """
        constraint = self._definition.objective.constraint
        demanded = constraint is not None and metric.id in constraint.metrics
        passed_here = self._stage is None or self._stage.passes(metric.id)
        return passed_here and (demanded or self._facts.passes(metric.id))

    # --- visible inputs -----------------------------------------------------------------

    def _calls(self, metrics: Sequence[Metric], side: Side, findings: Findings) -> None:
        inputs = self._visible
        for probe in probes(self._instruments, metrics):
            results = self._instruments.batch(probe.first.id, side, inputs).results
            for metric in sorted(probe.metrics, key=lambda metric: metric.measure != "matches"):
                value = self._instruments.scored(metric, results, inputs)
                self._take(metric, value, findings, partial(self._differ, metric, results))

    def _differ(self, metric: Metric, results: Sequence[Result]) -> str:
        inputs = self._visible
        count, first = self._instruments.first_difference(metric, results, inputs)
        return f"{count} of {len(inputs.cases)} cases differ: {first}"

    def _command(self, probe: Probe, side: Side, findings: Findings) -> None:
        result = self._instruments.command(probe.first, side)
        for metric in sorted(probe.metrics, key=lambda metric: metric.kind != "checker"):
            parsed = self._instruments.parsed(metric, result, self._visible)
            self._take(metric, parsed.value, findings, partial(ended, result))

    def _take(
        self, metric: Metric, value: Value, findings: Findings, shown: Callable[[], str]
    ) -> None:
        if value is False and self.gates(metric):
            raise Failed(metric.id, "check", shown())
        known = findings.exact.get(metric.id)
        if known is not None and known != value:
            if isinstance(value, bool):
                raise Failed(metric.id, "check", "it gives different answers when asked again")
            self.noisy.add(metric.id)
            self._instruments.log.say(
                f"{metric.id} is exact on the baseline and varies here ({known}, {value}):"
                " sampled as noisy"
            )
            del findings.exact[metric.id]
        elif metric.id not in self.noisy:
            findings.exact[metric.id] = value
            findings.repeats[metric.id] = findings.repeats.get(metric.id, 0) + 1


def _has_check(probe: Probe) -> bool:
    return any(metric.kind == "checker" for metric in probe.metrics)
