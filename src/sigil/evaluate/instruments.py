"""What can be read from one side, candidate or baseline, with both faces of the sandbox.

Each reading takes a fresh worker or a fresh checkout. Metrics that come from the same
function share its calls; metrics of the same command share its run.

Not here: which readings to take and what follows (`sigil.evaluate.evaluator`), pairing
(`sigil.evaluate.blocks`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from sigil.errors import InvalidValue, Where
from sigil.evaluate.calls import Batch, CallFace, Sources
from sigil.evaluate.cases import EXACT, Tolerance
from sigil.evaluate.commands import CommandFace, Tree, words
from sigil.evaluate.consistency import COMPARING
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.facts import Inputs
from sigil.evaluate.failure import Failed
from sigil.evaluate.parsing import Parsed
from sigil.evaluate.scoring import (
    Result,
    compared,
    differing,
    disagreement,
    mean_error,
    mean_score,
    new_errors,
    printable,
    scorer_cases,
)
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.sandbox.model import CandidateFailed, CommandResult

Value = float | bool

PER_UNIT = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
"""Nanoseconds in a unit of time."""

LOG_CHARACTERS = 16_000


@dataclass(frozen=True, slots=True)
class Side:
    """The candidate or the baseline, ready to be measured.

    Args:
        tree: what its commands find.
        sources: what is loaded before a function is called, by function.
    """

    tree: Tree
    sources: Mapping[str, Sources]


@dataclass(slots=True)
class Log:
    """What commands printed, for a person: escaped and capped."""

    lines: list[str] = field(default_factory=list[str])
    noted: set[str] = field(default_factory=set[str])
    hidden: bool = False

    def note(self, command: str, result: CommandResult) -> None:
        """Take what a command printed when it first ended in this way.

        Nothing of what runs while held-out inputs are there is taken.
        """
        title = f"$ {command} -> {result.ending} {result.exit_code}"
        if self.hidden or title in self.noted:
            return
        self.noted.add(title)
        self.say(title)
        for raw in (result.stdout, result.stderr):
            for line in raw[: LOG_CHARACTERS // 4].decode("utf-8", "replace").splitlines():
                self.say(line)

    def say(self, line: str) -> None:
        """Take one line."""
        self.lines.append(printable(line, 500))

    def take(self) -> str:
        """Return what was said so far, and forget it."""
        text = "\n".join(self.lines)[:LOG_CHARACTERS]
        self.lines.clear()
        self.noted.clear()
        self.hidden = False
        return text


PATIENCE = 50
"""A batch of calls may take so many times what the unchanged code took at most."""
LEAST_PATIENCE_S = 2.0


class Instruments:
    """Both faces, opened for one eval and one target. A context manager.

    Attributes:
        longest: nanoseconds that a batch of the unchanged code took at most, by function.
    """

    def __init__(self, definition: Eval, target: Target, settings: Settings):
        self.log = Log()
        self.longest: dict[str, int] = {}
        self._definition = definition
        self._target = target
        metrics = definition.model.metrics
        self._check_preload()
        self.called: dict[str, str] = {
            metric.id: self._function(metric) for metric in metrics if metric.kind == "call"
        }
        self.calls = CallFace(
            target, self._functions(), settings, definition.limits(), definition.model.preload
        )
        self.commands = CommandFace(definition, target, settings, self.log.note)
        self._stack = ExitStack()

    def open(self) -> None:
        """Start whatever the eval needs.

        Raises:
            SandboxUnavailable, BaselineFailed: see the faces.
        """
        model = self._definition.model
        self.calls.open()
        generators = (model.inputs.generator, model.holdout and model.holdout.generator)
        if model.build or any(generators) or any(metric.command for metric in model.metrics):
            self.commands.open()

    def __enter__(self) -> Self:
        """Return itself."""
        self._stack.enter_context(self.calls)
        self._stack.enter_context(self.commands)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every process."""
        self._stack.close()

    # --- sides --------------------------------------------------------------------------

    def side(self, files: Mapping[str, str], tree: Tree) -> Side:
        """Return a side whose modules are found and whose build has been done."""
        functions = dict.fromkeys(self.called.values())
        return Side(tree, {name: self.calls.sources(name, files) for name in functions})

    # --- calls --------------------------------------------------------------------------

    def batch(self, metric: str, side: Side, inputs: Inputs) -> Batch:
        """Return what the function of a metric does with all cases, in a fresh worker.

        Raises:
            Failed: it could not be called.
        """
        function = self.called[metric]
        try:
            cases = [given.case for given in inputs.cases]
            unchanged = not side.tree.files
            within_s = None if unchanged else self._patience_s(function)
            found = self.calls.batch(function, side.sources[function], cases, within_s)
        except CandidateFailed as failed:
            raise Failed(metric, failed.kind, failed.detail, key="function") from failed
        if unchanged:
            self.longest[function] = max(found.phases.call, self.longest.get(function, 0))
        return found

    def _patience_s(self, function: str) -> float | None:
        """Return how long to wait for a candidate: a loop that never ends shall cost little."""
        longest = self.longest.get(function)
        return None if longest is None else max(LEAST_PATIENCE_S, PATIENCE * longest / 1e9)

    def scored(self, metric: Metric, results: Sequence[Result], inputs: Inputs) -> Value:
        """Return the value of a call metric that is no time.

        Raises:
            Failed: a case raised, or a result has no value.
        """
        expected = self._expected(metric.id, inputs, results)
        if metric.measure in COMPARING:
            differ = self.differing(metric, results, inputs)
            return compared(metric, differ, inputs.cases)
        if metric.measure == "error":
            return mean_error(metric.id, inputs.cases, results, expected)
        return self._scorer(metric, results, inputs)

    def differing(self, metric: Metric, results: Sequence[Result], inputs: Inputs) -> list[int]:
        """Return the indices of the cases whose result is not what is expected."""
        expected = self._expected(metric.id, inputs, results)
        return differing(inputs.cases, results, expected, _tolerance(metric))

    def first_difference(
        self, metric: Metric, results: Sequence[Result], inputs: Inputs
    ) -> tuple[int, str]:
        """Return how many cases differ, and the first of them for a person."""
        differ = self.differing(metric, results, inputs)
        if not differ:
            return 0, ""
        expected = self._expected(metric.id, inputs, results)
        shown = disagreement(inputs.cases, results, expected, differ[0], _tolerance(metric))
        return len(differ), shown

    def verify(self, metric: str, results: Sequence[Result], inputs: Inputs) -> None:
        """Check the answers that a candidate gives while it is timed.

        Raises:
            Failed: a case raises where the baseline's did not, or a check on the same
                function, which it passed before, now says no.
        """
        expected = self._expected(metric, inputs, results)
        raised = new_errors(inputs.cases, results, expected)
        if raised:
            detail = disagreement(inputs.cases, results, expected, raised[0])
            raise Failed(metric, "raised", f"while being timed, {detail}")
        for check in self._definition.model.metrics:
            if check.measure != "matches" or self.called[check.id] != self.called[metric]:
                continue
            count, shown = self.first_difference(check, results, inputs)
            if count:
                raise Failed(check.id, "check", f"while being timed, {shown}")

    # --- commands -----------------------------------------------------------------------

    def command(self, metric: Metric, side: Side) -> CommandResult:
        """Run the command of a metric.

        Raises:
            Failed: it did not exit by itself.
        """
        return self.commands.run(metric.id, metric.command or "", side.tree)

    def parsed(self, metric: Metric, result: CommandResult, inputs: Inputs) -> Parsed:
        """Return what a command's output says about a metric.

        Raises:
            Failed: it says nothing, or in more places than the baseline's; or, unless the
                metric is a checker, the command exited with a code that is neither 0 nor
                one that the baseline's had.
        """
        code, known = result.exit_code or 0, inputs.exits.get(metric.command or "")
        if metric.kind != "checker" and code and known is not None and code not in known:
            raise Failed(metric.id, "exited", ended(result), key="command")
        return self.commands.value(metric.id, result, allowed=inputs.matches.get(metric.id))

    # --- inside -------------------------------------------------------------------------

    def _expected(self, metric: str, inputs: Inputs, results: Sequence[Result]) -> Sequence[Result]:
        """Return what the baseline did; while the baseline itself is measured, its own results."""
        return inputs.expected.get(self.called[metric], results)

    def _scorer(self, metric: Metric, results: Sequence[Result], inputs: Inputs) -> float:
        """Let the repository's scorer judge the results, away from the candidate's code."""
        scorer = metric.measure or ""
        cases = scorer_cases(metric.id, inputs.cases, results)
        try:
            batch = self.calls.batch(scorer, self.calls.sources(scorer, {}), cases)
        except CandidateFailed as failed:
            raise Failed(
                metric.id, failed.kind, f"the scorer: {failed.detail}", key="measure"
            ) from failed
        return mean_score(metric.id, batch.results)

    def _functions(self) -> dict[str, Where]:
        found: dict[str, Where] = {}
        for metric in self._definition.model.metrics:
            if metric.kind == "call":
                found[self.called[metric.id]] = self._definition.where_metric(metric.id, "function")
            if metric.measure and ":" in metric.measure:
                found[metric.measure] = self._definition.where_metric(metric.id, "measure")
        return found

    def _check_preload(self) -> None:
        for index, name in enumerate(self._definition.model.preload):
            if not self._target.interpreter.has(name):
                raise InvalidValue(
                    f"{self._target.interpreter.python} has no module {name}",
                    where=self._definition.where(f"preload[{index}]"),
                    remedy="install it there, or remove it",
                )

    def _function(self, metric: Metric) -> str:
        function = metric.function or self._target.symbol
        if function is None:
            raise InvalidValue(
                "no function to call, and the spec has not exactly one pinned symbol",
                where=self._definition.where_metric(metric.id),
                remedy="add function: path.py:name",
            )
        return function


def _tolerance(metric: Metric) -> Tolerance:
    given = metric.tolerance
    return EXACT if given is None else Tolerance(given.relative, given.absolute)


def ended(result: CommandResult) -> str:
    """Return one line on how a command exited and what it said last."""
    said = words(result)
    return f"exit status {result.exit_code}{said and f': {said}'}"
