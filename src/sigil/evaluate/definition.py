"""What is measured: an eval (`*.eval.yaml`, docs/evals.md), checked as a whole.

Loading an eval finds everything that can be wrong with it before anything runs: keys,
types, expressions, parse forms, commands and cases. Each error names file, line and field.

Beyond the open format 0.1: metrics of kind ``call``, ``inputs.cases``, ``holdout``,
``stages``, ``build``, ``python``, ``preload``, ``network``, ``warm``, ``goal``, and five more
budgets; see the models for each.

Not here: the shape of the file (`sigil.evaluate.schema`), running any of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from sigil.errors import InvalidValue, MalformedDocument, NotYet, Where
from sigil.evaluate.cases import MAX_BYTES, GivenCase, inline_cases, read_cases
from sigil.evaluate.consistency import check, check_seed, kinds_of
from sigil.evaluate.expressions import (
    Objective,
    Rule,
    TieBreaker,
    parse_objective,
    parse_rule,
    parse_tie_breaker,
)
from sigil.evaluate.parsing import Form, WallTime, parse_form
from sigil.evaluate.promotion import Stage, parse_stages
from sigil.evaluate.result import Evaluation, MetricValue
from sigil.evaluate.schema import Budgets, EvalModel, Metric
from sigil.sandbox.model import Limits
from sigil.store.documents import Document, read_document, validate

__all__ = ["Budgets", "Eval", "EvalModel", "Metric", "eval_of", "load_eval"]

HOME = ".sigil"
VERSIONS = ("0.1",)
"""Of the format; text or a number in the document."""


@dataclass(frozen=True, slots=True)
class Eval:
    """An eval: its keys, their places, and everything in it parsed. Plain data, picklable.

    Args:
        document: where each key stands.
        model: the keys.
        objective: ``aggregate.objective``.
        tie_breakers: ``aggregate.tie_breakers``, in order.
        rule: ``accept.rule``.
        forms: how each command metric's value is read, by metric id.
        cases: the inputs of call metrics; None where a generator prints them.
        holdout_cases: the same of ``holdout``; None where it gives none itself.
        attachments: the bytes of the case files, by path as the eval names them.
        stages: what comes before the full evaluation, in order.
    """

    document: Document
    model: EvalModel
    objective: Objective
    tie_breakers: tuple[TieBreaker, ...]
    rule: Rule
    forms: Mapping[str, Form]
    cases: tuple[GivenCase, ...] | None = None
    holdout_cases: tuple[GivenCase, ...] | None = None
    attachments: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    stages: tuple[Stage, ...] = ()

    def check_seed(self, seed: int) -> None:
        """Check that a run under ``seed`` does not see the inputs that are held out.

        Raises:
            InvalidValue: it would.
        """
        check_seed(self.model, seed, self.where)

    def where(self, name: str = "") -> Where:
        """Return the place of a field, such as ``metrics[1].parse``."""
        return self.document.where(name)

    def where_metric(self, metric_id: str, key: str = "") -> Where:
        """Return the place of a metric, or of one of its keys."""
        ids = [metric.id for metric in self.model.metrics]
        name = f"metrics[{ids.index(metric_id)}]"
        return self.where(f"{name}.{key}" if key else name)

    def metric(self, metric_id: str) -> Metric:
        """Return the metric of that id.

        Raises:
            KeyError: there is none.
        """
        return {metric.id: metric for metric in self.model.metrics}[metric_id]

    @property
    def timed(self) -> bool:
        """Return whether some metric may be a time, so that lanes would disturb each other.

        A ``numeric`` counts: what its command prints may well be a time.
        """
        return any(
            metric.kind in {"timer", "numeric"} or metric.measure == "time"
            for metric in self.model.metrics
        )

    @property
    def runs_commands(self) -> bool:
        """Return whether anything of it is a program that runs in a checkout."""
        model = self.model
        generators = (model.inputs.generator, model.holdout and model.holdout.generator)
        return bool(model.build or any(generators) or any(one.command for one in model.metrics))

    @property
    def hidden_files(self) -> tuple[str, ...]:
        """Return the files, relative to the root, that no candidate may ever see."""
        holdout = self.model.holdout
        return (holdout.cases,) if holdout and isinstance(holdout.cases, str) else ()

    def unit(self, metric_id: str) -> str:
        """Return the unit of a metric as far as it is known, such as ``ms``, else nothing."""
        metric = self.metric(metric_id)
        if metric.measure == "time":
            return metric.time_unit
        return "ms" if isinstance(self.forms.get(metric_id), WallTime) else ""

    def limits(self) -> Limits:
        """Return what one command, load or batch of calls may take, by the eval's budgets."""
        budgets, default = self.model.budgets, Limits()
        memory = budgets.memory_mb
        return Limits(
            wall_s=budgets.candidate_timeout_s,
            memory_bytes=memory * 2**20 if memory else default.memory_bytes,
            output_bytes=int(budgets.output_mb * 2**20)
            if budgets.output_mb
            else default.output_bytes,
        )

    def goal_reached(self, evaluation: Evaluation) -> bool:
        """Return whether every ``goal`` is reached, a noisy one by its whole interval.

        False where no metric has a goal, and for what could not be measured.
        """
        goals = {metric.id: metric.goal for metric in self.model.metrics if metric.goal is not None}
        if not goals or evaluation.status != "measured":
            return False
        return all(
            self._reached(name, goal, evaluation.metrics.get(name)) for name, goal in goals.items()
        )

    def _reached(self, name: str, goal: float, found: MetricValue | None) -> bool:
        if found is None:
            return False
        ends = found.interval
        if self.objective.minimised[name]:
            return (ends.high if ends else found.value) <= goal
        return (ends.low if ends else found.value) >= goal


def load_eval(path: Path, *, root: Path | None = None, shown_as: str | None = None) -> Eval:
    """Read an eval and the case files that it names.

    Args:
        path: of the ``*.eval.yaml``.
        root: what paths in it are relative to; by default the folder that holds its
            ``.sigil``, or its own folder.
        shown_as: how errors name the file.

    Raises:
        SigilError: the first thing that is wrong, in one line with file, line and field.
    """
    folder = path.parent
    base = root or (folder.parent if folder.name == HOME else folder)
    return eval_of(read_document(path, shown_as), lambda name: _read(base / name))


def eval_of(document: Document, read: Callable[[str], bytes]) -> Eval:
    """Return the eval in a document that has been read, such as the snapshot of a run.

    Args:
        document: the eval's.
        read: gives the bytes of a case file by its path in the eval, or raises OSError.

    Raises:
        SigilError: see `load_eval`.
    """
    model = validate(document, EvalModel)
    _check_version(model, document)
    check(model, document.where)
    known = kinds_of(model)
    objective = parse_objective(
        model.aggregate.objective, known, where=document.where("aggregate.objective")
    )
    _check_goals(model, objective, document)
    breakers = tuple(
        parse_tie_breaker(
            text, known, objective=objective, where=document.where(f"aggregate.tie_breakers[{i}]")
        )
        for i, text in enumerate(model.aggregate.tie_breakers)
    )
    rule = parse_rule(model.accept.rule, known, where=document.where("accept.rule"))
    attachments: dict[str, bytes] = {}
    holdout = model.holdout.cases if model.holdout else None
    cases = _cases(model.inputs.cases, "inputs.cases", document, read, attachments)
    return Eval(
        document,
        model,
        objective,
        breakers,
        rule,
        _forms(model, document),
        cases,
        _cases(holdout, "holdout.cases", document, read, attachments),
        attachments,
        parse_stages(model, known, None if cases is None else len(cases), document.where),
    )


def _check_version(model: EvalModel, document: Document) -> None:
    if str(model.version) not in VERSIONS:
        raise NotYet(
            f"there is no version {model.version} of evals; known: {', '.join(VERSIONS)}",
            where=document.where("version"),
            remedy=f"write version: {VERSIONS[-1]}",
        )


def _forms(model: EvalModel, document: Document) -> dict[str, Form]:
    return {
        metric.id: parse_form(
            metric.parse, metric.kind, where=document.where(f"metrics[{i}].parse")
        )
        for i, metric in enumerate(model.metrics)
        if metric.kind != "call"
    }


def _check_goals(model: EvalModel, objective: Objective, document: Document) -> None:
    for i, metric in enumerate(model.metrics):
        if metric.goal is not None and metric.id not in objective.minimised:
            raise InvalidValue(
                f"the objective does not say whether {metric.id} should be low or high",
                where=document.where(f"metrics[{i}].goal"),
                remedy=f"add min({metric.id}) or max({metric.id}) to aggregate.objective",
            )


def _cases(
    given: str | list[object] | None,
    name: str,
    document: Document,
    read: Callable[[str], bytes],
    attachments: dict[str, bytes],
) -> tuple[GivenCase, ...] | None:
    if given is None:
        return None
    where = document.where(name)
    if not isinstance(given, str):
        return inline_cases(given, name, document.where)
    try:
        raw = read(given)
    except OSError as error:
        raise MalformedDocument(
            f"{given} cannot be read ({error.strerror})",
            where=where,
            remedy="the path is relative to the repository's root",
        ) from error
    attachments[given] = raw
    lines = PurePosixPath(given).suffix in {".jsonl", ".ndjson"}
    return read_cases(raw, given, layout="jsonl" if lines else "json")


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)
