"""Evaluate a candidate in stages, cheap ones first, and stop at the first that says no.

    patched files -> build -> stages -> call checks -> command checks -> numbers -> times

A candidate that fails a check, breaks a constraint or cannot be measured has no costs, so
nothing can rank it. ``screen`` begins with the stages of the eval and measures enough to
rank; ``confirm`` measures afresh until the accept rule is decided, and meets the held-out
inputs before it times anything.

Not here: the baseline (`sigil.evaluate.baseline`), when to stop sampling
(`sigil.evaluate.measure`), several evaluators at once (`sigil.evaluate.lanes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

from sigil.canonical import digest_files
from sigil.effects import SYSTEM_CLOCK, random_stream
from sigil.evaluate.baseline import measure_baseline
from sigil.evaluate.blocks import BlockSampler, source_of
from sigil.evaluate.commands import Tree
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.exacts import Exacts
from sigil.evaluate.facts import Facts
from sigil.evaluate.failure import Failed, failure_of, status_of
from sigil.evaluate.findings import Findings
from sigil.evaluate.heldout import judge_held_out, read_held_out
from sigil.evaluate.instruments import Instruments, Side
from sigil.evaluate.interpreter import distributions, machine
from sigil.evaluate.intervals import least_count
from sigil.evaluate.measure import Outcome, Plan, measure
from sigil.evaluate.result import Evaluation
from sigil.evaluate.settings import Effort, Settings
from sigil.evaluate.target import Target
from sigil.evaluate.trials import Trials

SCREEN_BLOCKS = 7
SCREEN_BLOCKS_BEST_OF = 3
"""Blocks of a screening; fewer where a block is the best of several workers anyway."""


class Evaluator:
    """Evaluates candidates of one target under one eval. A context manager; one per lane.

    Args:
        definition: the eval.
        target: the frozen tree and what may change in it.
        settings: scratch folder, seed, rung.
    """

    def __init__(self, definition: Eval, target: Target, *, settings: Settings):
        self._definition = definition
        self._target = target
        self._settings = settings
        self._instruments = Instruments(definition, target, settings)
        self._facts: Facts | None = None
        self._baseline_side: Side | None = None

    def open(self) -> None:
        """Start the sandboxes now instead of at the first measurement.

        Raises:
            SandboxUnavailable: the rung does not hold.
            BaselineFailed: a module that no candidate changes cannot be imported.
        """
        self._instruments.open()

    def baseline(self) -> Evaluation:
        """Return the values of the unchanged code; measured at the first call.

        A baseline that breaks its own constraint has status ``failed`` and no costs: mending
        it may be what the search is for.

        Raises:
            FlakyCheck: a check gives different answers for the same code.
            BaselineFailed, CommandMissing, CommandTimedOut, OutputFlood,
            ParseMatchedNothing, NotANumber: a metric cannot be measured, with its field.
        """
        return self.facts.evaluation

    @property
    def facts(self) -> Facts:
        """What the baseline taught; plain data that another evaluator can `adopt`."""
        if self._facts is None:
            self._facts, self._baseline_side = measure_baseline(self._definition, self._instruments)
        return self._facts

    def adopt(self, facts: Facts) -> None:
        """Rely on what another evaluator of the same eval and target has measured."""
        self._facts = facts
        self._instruments.longest |= facts.longest
        self._baseline_side = None

    def evaluate(
        self, files: Mapping[str, str], *, effort: Effort, bar: Sequence[float] = ()
    ) -> Evaluation:
        """Evaluate one candidate.

        Args:
            files: whole texts of the changed files, by path relative to the root.
            effort: see `Effort`.
            bar: costs that are reached already: a screening ends as soon as it is clear that
                the candidate does not come near them. Empty for those of the baseline.

        Raises:
            SigilError: it could not be tried; never for what the candidate did.
        """
        facts = self.facts
        log = self._instruments.log
        log.take()
        start = SYSTEM_CLOCK.monotonic_ns()
        findings = Findings(self._definition, facts, bar)
        try:
            self._measure(files, effort, findings, start)
            found = findings.evaluation()
        except Failed as failed:
            found = findings.failed(status_of(failed), failure_of(failed))
        elapsed = (SYSTEM_CLOCK.monotonic_ns() - start) / 1e9
        return replace(found, elapsed_s=elapsed, log=log.take())

    def describe_environment(self) -> dict[str, Any]:
        """Return what the values depend on besides the code, for ``env.lock``."""
        interpreter = self._target.interpreter
        calls, commands = self._instruments.calls, self._instruments.commands
        return {
            "python": interpreter.version,
            "implementation": interpreter.implementation,
            "packages": distributions(interpreter),
            **machine(),
            "isolation": {
                "calls": calls.isolation and calls.isolation.as_dict(),
                "commands": commands.isolation and commands.isolation.as_dict(),
            },
        }

    def __enter__(self) -> Self:
        """Return itself; nothing is started yet."""
        self._instruments.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process."""
        self._instruments.__exit__(kind, error, trace)

    # --- one candidate ------------------------------------------------------------------

    def _measure(
        self,
        files: Mapping[str, str],
        effort: Effort,
        findings: Findings,
        start: int,
    ) -> None:
        facts = self.facts
        commands = self._instruments.commands
        with commands.built(Tree(files, facts.visible.layers), facts.writes) as tree:
            side = self._instruments.side(files, tree)
            if effort == "screen":
                start = self._promote(side, start)
            exacts = Exacts(self._definition, self._instruments, facts)
            exacts.measure(side, findings, repeat=effort == "confirm")
            if effort == "confirm":
                read_held_out(self._instruments, side, findings, facts, gates=exacts.gates)
            noisy = [
                metric for metric in self._definition.model.metrics if metric.id in exacts.noisy
            ]
            if noisy:
                sampled = self._sample(side, noisy, effort, findings, start)
                findings.series = sampled.series
                findings.cut = effort == "screen" and sampled.stop == "worse"
            if effort == "confirm":
                judge_held_out(findings, facts)

    def _promote(self, side: Side, start: int) -> int:
        """Take a candidate through the stages of the eval.

        Returns:
            When its clock began, as if the stages had taken no time: they take nothing from
            the full evaluation.
        """
        before = SYSTEM_CLOCK.monotonic_ns()
        digest = digest_files(side.tree.files)
        Trials(self._definition, self._instruments, self.facts).meet(
            side,
            self._of_baseline,
            order=lambda stage: random_stream(self._settings.seed, "stage", stage, digest),
            is_late=self._deadline(start, self._definition.model.budgets.candidate_timeout_s),
        )
        return start + SYSTEM_CLOCK.monotonic_ns() - before

    def _sample(
        self,
        side: Side,
        noisy: list[Metric],
        effort: Effort,
        findings: Findings,
        start: int,
    ) -> Outcome:
        order = random_stream(self._settings.seed, "blocks", effort, digest_files(side.tree.files))
        sampler = BlockSampler(
            self._definition,
            self._instruments,
            self.facts,
            noisy=noisy,
            candidate=side,
            baseline=self._of_baseline(),
            order=order,
        )
        seconds = self._definition.model.budgets.candidate_timeout_s
        if effort == "confirm":
            seconds, start = self._settings.confirm_s, SYSTEM_CLOCK.monotonic_ns()
        return measure(
            sampler,
            self._plan(effort, noisy),
            decide=findings.decide,
            hopeless=findings.hopeless if effort == "confirm" else findings.clearly_worse,
            order=order,
            is_late=self._deadline(start, seconds),
        )

    @staticmethod
    def _deadline(start: int, seconds: float) -> Callable[[], bool]:
        budget_ns = int(seconds * 1e9)
        return lambda: SYSTEM_CLOCK.monotonic_ns() - start > budget_ns

    def _plan(self, effort: Effort, noisy: list[Metric]) -> Plan:
        budgets = self._definition.model.budgets
        full = Plan(budgets.max_blocks, precision=budgets.precision, confidence=budgets.confidence)
        if effort == "confirm":
            return replace(full, sure=least_count(budgets.confidence))
        called, best_of = self._instruments.called, self.facts.best_of
        several = all(best_of.get(source_of(metric, called), 1) > 1 for metric in noisy)
        if several:
            most = min(SCREEN_BLOCKS_BEST_OF, budgets.max_blocks)
            return replace(full, most=most, least=1, warm_up=0)
        return replace(full, most=min(SCREEN_BLOCKS, budgets.max_blocks), least=2)

    def _of_baseline(self) -> Side:
        if self._baseline_side is None:
            facts = self.facts
            tree = Tree({}, (*facts.visible.layers, *facts.layers))
            self._baseline_side = self._instruments.side({}, tree)
        return self._baseline_side
