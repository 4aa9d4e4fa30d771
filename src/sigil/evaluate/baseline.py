"""Measure the unchanged code, and learn what every later comparison needs.

Everything is read several times. A check that does not always say the same is an error in
the eval (`FlakyCheck`): no candidate could be held to it. A number that varies is measured
in blocks from then on; one that never does is exact and measured once.

Not here: candidates (`sigil.evaluate.evaluator`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import BaselineFailed, FlakyCheck, InvalidValue, SigilError, Where
from sigil.evaluate.answers import require_answers
from sigil.evaluate.blocks import Probe, best_of, least_times, probes, settled
from sigil.evaluate.cases import read_cases
from sigil.evaluate.commands import Tree, layer_files
from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.expressions import Exact, Undefined
from sigil.evaluate.facts import Facts, Inputs
from sigil.evaluate.failure import Failed, error_of
from sigil.evaluate.heldout import learned, readings
from sigil.evaluate.instruments import PER_UNIT, Instruments, Side, Value, ended
from sigil.evaluate.intervals import MedianSequence
from sigil.evaluate.promotion import Stage
from sigil.evaluate.result import Evaluation, Failure, MetricValue
from sigil.evaluate.scoring import Result
from sigil.sandbox.model import CommandResult

T = TypeVar("T")

REPEATS = 3
"""How often everything is read at least."""

SAMPLES = 9
"""How often a time is read at most."""

ENOUGH_NS = 2_000_000_000
"""After this long, `REPEATS` readings of a time are enough."""


@dataclass(slots=True)
class _Learned:
    """What accumulates while metric after metric is read."""

    values: dict[str, MetricValue] = field(default_factory=dict[str, MetricValue])
    samples: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    noisy: set[str] = field(default_factory=set[str])
    matches: dict[str, int] = field(default_factory=dict[str, int])
    exits: dict[str, frozenset[int]] = field(default_factory=dict[str, frozenset[int]])
    best_of: dict[str, int] = field(default_factory=dict[str, int])
    refusals: dict[str, str] = field(default_factory=dict[str, str])


def place_of(definition: Eval, failed: Failed) -> Where:
    """Return the field of the eval that a failure concerns."""
    if failed.metric == "build":
        return definition.where(f"build{failed.key}")
    if failed.metric in {"inputs", "holdout"}:
        return definition.where(f"{failed.metric}.generator")
    return definition.where_metric(failed.metric, failed.key)


def measure_baseline(definition: Eval, instruments: Instruments) -> tuple[Facts, Side]:
    """Return what was learned, and the baseline as a side to compare with.

    Raises:
        FlakyCheck: a check gives different answers for the same code.
        SigilError: something cannot be measured, with the field of the eval.
    """
    try:
        return _Baseline(definition, instruments).measure()
    except Failed as failed:
        raise error_of(failed, place_of(definition, failed)) from failed


class _Baseline:
    """One measurement of the unchanged code."""

    def __init__(self, definition: Eval, instruments: Instruments):
        self._definition = definition
        self._instruments = instruments
        self._learned = _Learned()

    def measure(self) -> tuple[Facts, Side]:
        """Return the facts and the side."""
        start = SYSTEM_CLOCK.monotonic_ns()
        visible = self._visible()
        layers, writes = self._build(Tree({}, visible.layers))
        side = self._instruments.side({}, Tree({}, (*visible.layers, *layers)))
        visible = self._with_expected(visible, side)
        for probe in probes(self._instruments, self._definition.model.metrics):
            self._read(probe, side, visible)
        known = self._learned
        facts = Facts(
            evaluation=self._evaluation(start),
            visible=replace(visible, matches=known.matches, exits=known.exits),
            noisy=frozenset(known.noisy),
            best_of=known.best_of,
            layers=layers,
            writes=writes,
        )
        stages = tuple(self._stage(stage, side, visible) for stage in self._definition.stages)
        facts = replace(facts, stages=stages)
        facts = replace(facts, held_out=self._held_out(side, facts))
        log = self._instruments.log.take()
        evaluation = replace(facts.evaluation, log=log)
        return replace(facts, evaluation=evaluation, longest=self._instruments.longest), side

    # --- inputs and build ---------------------------------------------------------------

    def _visible(self) -> Inputs:
        inputs, cases = self._definition.model.inputs, self._definition.cases
        if inputs.generator is None:
            return Inputs(cases=cases or ())
        return self._generated("inputs", inputs.generator, None)

    def _stage(self, stage: Stage, side: Side, visible: Inputs) -> Facts:
        """Return the unchanged code at a stage, which it has to pass itself.

        Raises:
            BaselineFailed: it does not, or cannot be measured there.
        """
        stage.require_cases(len(visible.cases), self._definition.where)
        inputs = stage.inputs(visible)
        alone = _Baseline(self._definition, self._instruments)
        try:
            for probe in probes(self._instruments, stage.metrics):
                alone._read(probe, side, inputs)
        except Failed as failed:
            raise error_of(failed, self._definition.where(stage.field)) from failed
        known = alone._learned
        same = {name: Exact(found.value, found.value) for name, found in known.values.items()}
        if stage.rule.decide(same) is not True:
            raise BaselineFailed(
                f"the unchanged code is not promoted: {stage.refusal(known.values, {})}",
                where=self._definition.where(f"{stage.field}.promote"),
                remedy="leave room for it, as in error <= 1.5 * baseline.error",
            )
        return Facts(
            evaluation=Evaluation("measured", metrics=known.values),
            visible=replace(inputs, matches=known.matches, exits=known.exits),
            noisy=frozenset(known.noisy),
            best_of=known.best_of,
        )

    def _held_out(self, side: Side, facts: Facts) -> Inputs | None:
        holdout, cases = self._definition.model.holdout, self._definition.holdout_cases
        if holdout is None:
            return None
        self._instruments.log.hidden = True
        if cases is not None:
            found = Inputs(cases=cases, commands=False)
        else:
            generator = holdout.generator or self._definition.model.inputs.generator or ""
            found = self._generated("holdout", generator, holdout.seed)
        self._require_others(found, facts.visible)
        found = self._with_expected(found, side, "held-out case")
        metrics = self._definition.model.metrics
        exact = [metric for metric in metrics if metric.id not in facts.noisy]
        return learned(found, list(readings(self._instruments, exact, side, found)))

    def _require_others(self, held_out: Inputs, visible: Inputs) -> None:
        """Refuse held-out inputs that are the visible ones: they would say the same twice.

        Raises:
            InvalidValue: they are, for example because a generator does not read its seed.
        """
        if held_out.cases == visible.cases and _written(held_out) == _written(visible):
            raise InvalidValue(
                "the held-out inputs are the visible ones",
                where=self._definition.where("holdout"),
                remedy="give other cases, or let the generator read SIGIL_SEED",
            )

    def _generated(self, name: str, command: str, seed: int | None) -> Inputs:
        """Run a generator; what it prints are the cases of call metrics."""
        commands = self._instruments.commands
        layer = commands.new_layer(name)
        said = commands.write_layer(name, [command], Tree({}), layer, seed=seed)
        if not self._instruments.called:
            return Inputs(layers=(layer,))
        where = self._definition.where(f"{name}.generator")
        try:
            cases = read_cases(said, "what the generator printed", layout="jsonl")
        except SigilError as error:
            line = f", line {error.where.line}" if error.where and error.where.line else ""
            raise InvalidValue(
                f"what it printed{line}: {error.problem}",
                where=where,
                remedy=error.remedy or "print one case a line, as JSON",
            ) from error
        return Inputs(cases=cases, layers=(layer,))

    def _build(self, tree: Tree) -> tuple[tuple[Path, ...], frozenset[str]]:
        build = self._definition.model.build
        if not build:
            return (), frozenset()
        layer = self._instruments.commands.new_layer("baseline")
        self._instruments.commands.write_layer("build", build, tree, layer)
        return (layer,), layer_files(layer)

    def _with_expected(self, inputs: Inputs, side: Side, kind: str = "case") -> Inputs:
        """Return the inputs with what the baseline does with each case."""
        expected: dict[str, tuple[Result, ...]] = {}
        for metric, function in _one_metric_each(self._instruments.called):
            results = self._instruments.batch(metric, side, inputs).results
            require_answers(inputs.cases, results, self._definition.where_metric(metric), kind=kind)
            expected[function] = results
        return replace(inputs, expected=expected)

    # --- reading ------------------------------------------------------------------------

    def _read(self, probe: Probe, side: Side, inputs: Inputs) -> None:
        if probe.first.kind == "call":
            self._read_calls(probe, side, inputs)
        else:
            self._read_command(probe, side, inputs)

    def _read_calls(self, probe: Probe, side: Side, inputs: Inputs) -> None:
        name = probe.first.id
        function = self._instruments.called[name]
        warm_up = [self._instruments.batch(name, side, inputs) for _ in range(REPEATS)]
        count = best_of(min(batch.phases.call for batch in warm_up))
        self._learned.best_of[function] = count
        timed = [metric for metric in probe.metrics if metric.measure == "time"]
        scored = [metric for metric in probe.metrics if metric.measure != "time"]
        for _ in _turns(SAMPLES if timed else REPEATS):
            batches = _until_settled(
                lambda: self._instruments.batch(name, side, inputs),
                count if timed else 1,
                lambda batch: batch.phases.call,
            )
            quickest = min(batch.phases.call for batch in batches)
            for metric in timed:
                self._sample(metric, quickest / PER_UNIT[metric.time_unit])
            for metric in scored:
                self._refuse_moody(metric, batches[0].results, inputs)
                value = self._instruments.scored(metric, batches[0].results, inputs)
                self._sample(metric, value)
                if value is False:
                    self._learned.refusals[metric.id] = self._differ(
                        metric, batches[0].results, inputs
                    )
        self._settle(probe)

    def _read_command(self, probe: Probe, side: Side, inputs: Inputs) -> None:
        command = probe.first.command or ""
        exits: set[int] = set()

        def run() -> dict[str, Value]:
            result = self._instruments.command(probe.first, side)
            exits.add(result.exit_code or 0)
            return {metric.id: self._parsed(metric, result, inputs) for metric in probe.metrics}

        count = 1
        clock = probe.clock.id
        if probe.timed:
            count = best_of(self._instruments.command(probe.first, side).elapsed_ns)
        self._learned.best_of[command] = count
        for _ in _turns(SAMPLES if probe.timed else REPEATS):
            turns = _until_settled(run, count, lambda parsed: parsed[clock])
            sample = least_times(probe, turns)
            for metric in probe.metrics:
                self._sample(metric, sample[metric.id])
        self._learned.exits[command] = frozenset(exits)
        self._settle(probe)

    def _parsed(self, metric: Metric, result: CommandResult, inputs: Inputs) -> Value:
        parsed = self._instruments.parsed(metric, result, inputs)
        known = self._learned.matches.get(metric.id, 0)
        self._learned.matches[metric.id] = max(known, parsed.matches)
        if parsed.value is False:
            self._learned.refusals[metric.id] = ended(result)
        return parsed.value

    def _differ(self, metric: Metric, results: Sequence[Result], inputs: Inputs) -> str:
        count, first = self._instruments.first_difference(metric, results, inputs)
        return f"{first}; {count} of {len(inputs.cases)} cases differ"

    def _sample(self, metric: Metric, value: Value) -> None:
        self._learned.samples.setdefault(metric.id, []).append(value)

    def _settle(self, probe: Probe) -> None:
        """Turn samples into values, and tell exact metrics from noisy ones."""
        for metric in probe.metrics:
            samples = self._learned.samples[metric.id]
            if isinstance(samples[0], bool):
                self._refuse_flaky(metric, samples)
                self._learned.values[metric.id] = MetricValue(samples[0], len(samples))
                continue
            sequence = MedianSequence(samples)
            noisy = metric.is_time or not sequence.all_equal
            if noisy:
                self._learned.noisy.add(metric.id)
            confidence = self._definition.model.budgets.confidence
            self._learned.values[metric.id] = MetricValue(
                sequence.median,
                sequence.n,
                sequence.bounds(confidence) if noisy else None,
                unit=self._definition.unit(metric.id),
            )

    def _refuse_flaky(self, metric: Metric, samples: Sequence[float]) -> None:
        yes = sum(map(bool, samples))
        if 0 < yes < len(samples):
            raise FlakyCheck(
                f"{metric.id} said yes {yes} times and no {len(samples) - yes} times"
                " about the same unchanged code",
                where=self._definition.where_metric(metric.id),
                remedy="make the check deterministic, for example by a fixed seed",
            )

    def _refuse_moody(self, metric: Metric, results: Sequence[Result], inputs: Inputs) -> None:
        """Refuse a check that compares with the baseline if the baseline varies itself."""
        if metric.measure != "matches":
            return
        for index in self._instruments.differing(metric, results, inputs):
            if inputs.cases[index].asks_baseline:
                raise FlakyCheck(
                    f"{metric.id}: the unchanged code gives another result each time for case"
                    f" {index + 1}, and nothing else is expected there",
                    where=self._definition.where_metric(metric.id),
                    remedy="say what is expected, or allow a tolerance",
                )

    # --- the verdict --------------------------------------------------------------------

    def _evaluation(self, start: int) -> Evaluation:
        objective = self._definition.objective
        values = self._learned.values
        plain = {name: found.value for name, found in values.items()}
        samples = {name: Exact(value, value) for name, value in plain.items()}
        feasible = objective.feasible(samples)
        try:
            costs = objective.costs(plain)
            ties = tuple(
                breaker.cost(self._learned.samples[breaker.metric])
                for breaker in self._definition.tie_breakers
            )
        except Undefined as problem:
            raise BaselineFailed(
                f"the objective has no value for the unchanged code: {problem}",
                where=self._definition.where("aggregate.objective"),
                remedy="write an objective that is defined there",
            ) from problem
        failed = feasible.value is False
        return Evaluation(
            status="failed" if failed else "measured",
            metrics=dict(values),
            costs=() if failed else costs,
            ties=() if failed else ties,
            failure=Failure("objective", "constraint", feasible.reason) if failed else None,
            elapsed_s=(SYSTEM_CLOCK.monotonic_ns() - start) / 1e9,
            refusals=dict(self._learned.refusals),
        )


def _until_settled(run: Callable[[], T], most: int, time: Callable[[T], float]) -> list[T]:
    """Run as often as one sample takes; see `sigil.evaluate.blocks`."""
    runs: list[T] = []
    while len(runs) < most and not settled(list(map(time, runs))):
        runs.append(run())
    return runs


def _turns(most: int) -> Iterator[int]:
    """Count up to ``most``, or to `REPEATS` if that alone takes long."""
    start = SYSTEM_CLOCK.monotonic_ns()
    for turn in range(most):
        if turn >= REPEATS and SYSTEM_CLOCK.monotonic_ns() - start > ENOUGH_NS:
            return
        yield turn


def _one_metric_each(called: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return one metric for each function that is called."""
    first: dict[str, str] = {}
    for metric, function in called.items():
        first.setdefault(function, metric)
    return [(metric, function) for function, metric in first.items()]


def _written(inputs: Inputs) -> dict[str, bytes]:
    """Return what a generator wrote: the content of each file, the target of each link."""
    found: dict[str, bytes] = {}
    for layer in inputs.layers:
        for name in layer_files(layer):
            path = layer / name
            linked = path.is_symlink()
            found[name] = bytes(path.readlink()) if linked else path.read_bytes()
    return found
