"""What an eval asks of a candidate before it is worth a full evaluation: its stages.

Pure. A stage measures some metrics on the first of the visible cases, or by cheaper commands,
and promotes by a rule that compares with the unchanged code measured in the same way. So the
answer depends on neither other candidates nor the number of workers.

Not here: measuring at a stage (`sigil.evaluate.trials`), the unchanged code's own values there
(`sigil.evaluate.baseline`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from msgspec import structs

from sigil.errors import InvalidValue, Where
from sigil.evaluate.expressions import Rule, parse_rule
from sigil.evaluate.facts import Inputs
from sigil.evaluate.result import MetricValue
from sigil.evaluate.schema import EvalModel, Metric, StageModel
from sigil.evaluate.tree import Kind

Place = Callable[[str], Where]
"""The place of a field by its dotted path."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHARE = re.compile(r"(\d{1,3}(?:\.\d{1,6})?) ?%")
_TAKEN = frozenset({"build", "lane", "load", "objective"})
"""What failures are filed under besides metrics and stages."""


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage, parsed.

    Args:
        id: its name.
        field: where it stands in the eval, such as ``stages[0]``.
        metrics: what is measured, each with the command of this stage.
        rule: what has to hold.
        cases: how many of the visible cases, or which share of them; None for all.
    """

    id: str
    field: str
    metrics: tuple[Metric, ...]
    rule: Rule
    cases: int | Fraction | None = None

    def inputs(self, visible: Inputs) -> Inputs:
        """Return the part of the inputs that this stage uses, in the same order.

        Nothing is known of its commands' output yet.
        """
        count = self.count(len(visible.cases))
        return replace(
            visible,
            cases=visible.cases[:count],
            expected={name: results[:count] for name, results in visible.expected.items()},
            matches={},
            exits={},
        )

    def count(self, available: int) -> int:
        """Return how many of so many cases are used; a share is rounded up."""
        if self.cases is None:
            return available
        if isinstance(self.cases, Fraction):
            return math.ceil(self.cases * available)
        return self.cases

    def require_cases(self, available: int, place: Place) -> None:
        """Raise if there are fewer cases than the stage asks for.

        Raises:
            InvalidValue: with the place of ``cases``.
        """
        if self.count(available) > available:
            raise InvalidValue(
                f"{self.cases} cases of {available}",
                where=place(f"{self.field}.cases"),
                remedy="ask for fewer, or for a share such as 10 %",
            )

    def refusal(self, found: Mapping[str, MetricValue], baseline: Mapping[str, MetricValue]) -> str:
        """Return one line on why these values are not promoted."""
        shown = [
            f"{metric.id} {_shown(found[metric.id])}"
            + (f" (baseline {_shown(baseline[metric.id])})" if metric.id in baseline else "")
            for metric in self.metrics
            if metric.id in self.rule.metrics and metric.id in found
        ]
        return f"{', '.join(shown)}, needs {' '.join(self.rule.text.split())}"


def parse_stages(
    model: EvalModel, known: Mapping[str, Kind], cases: int | None, place: Place
) -> tuple[Stage, ...]:
    """Return the stages of an eval, in order.

    Args:
        model: the eval.
        known: what each metric stands for in an expression.
        cases: how many visible cases there are; None where a generator prints them.
        place: of a field.

    Raises:
        SigilError: for the first field that does not fit.
    """
    found: list[Stage] = []
    for index, given in enumerate(model.stages):
        field = f"stages[{index}]"
        _check_id(given, [stage.id for stage in found], model, place(f"{field}.id"))
        stage = _parse(given, field, model, known, place)
        if cases is not None:
            stage.require_cases(cases, place)
        found.append(stage)
    return tuple(found)


def _parse(
    given: StageModel, field: str, model: EvalModel, known: Mapping[str, Kind], place: Place
) -> Stage:
    where = place(f"{field}.promote")
    rule = parse_rule(given.promote, known, where=where)
    _require(rule.metrics, "it asks nothing of any metric", where, "compare a metric")
    names = sorted(rule.metrics) if given.metrics is None else given.metrics
    _check_names(names, known, place(f"{field}.metrics"))
    missing = sorted(rule.metrics.difference(names))
    _require(
        not missing,
        f"{', '.join(missing)} is not measured in this stage",
        where,
        "add it to the metrics of the stage, or leave them out",
    )
    metrics = tuple(metric for metric in model.metrics if metric.id in names)
    _check_commands(given, metrics, field, place)
    if given.cases is not None:
        calls = any(metric.kind == "call" for metric in metrics)
        where = place(f"{field}.cases")
        _require(calls, "no metric of this stage is called with cases", where, "remove it")
    return Stage(
        given.id,
        field,
        tuple(
            structs.replace(metric, command=given.commands[metric.id])
            if metric.id in given.commands
            else metric
            for metric in metrics
        ),
        rule,
        _cases(given.cases, place(f"{field}.cases")),
    )


def _check_id(given: StageModel, before: Sequence[str], model: EvalModel, where: Where) -> None:
    taken = {*before, *_TAKEN, *(metric.id for metric in model.metrics)}
    _require(
        _IDENTIFIER.fullmatch(given.id),
        f"{given.id!r} is no identifier",
        where,
        "use letters, digits and _, as in few_cases",
    )
    _require(given.id not in taken, f"the id {given.id!r} is taken", where, "choose another id")


def _check_names(names: Sequence[str], known: Mapping[str, Kind], where: Where) -> None:
    strange = next((name for name in names if name not in known), None)
    remedy = f"there are: {', '.join(known)}"
    _require(strange is None, f"there is no metric {strange!r}", where, remedy)
    _require(len(set(names)) == len(names), "a metric stands twice", where, "name it once")


def _check_commands(given: StageModel, metrics: Sequence[Metric], field: str, place: Place) -> None:
    run = [metric.id for metric in metrics if metric.kind != "call"]
    for name in given.commands:
        _require(
            name in run,
            f"no metric {name!r} of this stage runs a command",
            place(f"{field}.commands.{name}"),
            "remove it",
        )
    costly = next((name for name in run if name not in given.commands), None)
    _require(
        costly is None,
        f"{costly} runs a command, and this stage names no cheaper one",
        place(f"{field}.promote"),
        f"add commands: {{{costly}: …}} to the stage, or use metrics of kind call",
    )


def _cases(given: int | str | None, where: Where) -> int | Fraction | None:
    if given is None:
        return None
    remedy = "write a number such as 20, or a share such as 10 %"
    if isinstance(given, int):
        _require(given >= 1, f"{given} cases", where, remedy)
        return given
    found = _SHARE.fullmatch(given.strip())
    share = Fraction(found[1]) / 100 if found else Fraction(0)
    _require(0 < share <= 1, f"{given!r} is no share of the cases", where, remedy)
    return share


def _require(holds: object, problem: str, where: Where, remedy: str) -> None:
    if not holds:
        raise InvalidValue(problem, where=where, remedy=remedy)


def _shown(found: MetricValue) -> str:
    if isinstance(found.value, bool):
        return "yes" if found.value else "no"
    return f"{found.value:.6g}{found.unit and f' {found.unit}'}"
