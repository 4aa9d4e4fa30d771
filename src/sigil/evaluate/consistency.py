"""What no single key of an eval can say: do they fit together?

Pure. Each check raises for the first field that does not fit, with its place.

Not here: types and ranges (`sigil.evaluate.schema`), expressions and parse forms, which
are checked by being parsed (`sigil.evaluate.definition`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath

from sigil.errors import InvalidValue, Where
from sigil.evaluate.intervals import least_count
from sigil.evaluate.schema import EvalModel, Metric
from sigil.evaluate.syntax import RESERVED
from sigil.evaluate.tree import Kind

Place = Callable[[str], Where]
"""The place of a field by its dotted path."""

MEASURES = ("matches", "agreement", "stated", "changed", "error", "time")
COMPARING = frozenset({"matches", "agreement", "stated", "changed"})
"""Measures that ask of each answer whether it is what is expected, within a tolerance."""
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_FUNCTION = re.compile(r"(?P<path>.+\.py):(?P<name>[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_OF_COMMANDS = ("command", "parse")
_OF_CALLS = ("function", "measure", "tolerance", "unit")
_SHELL_WORDS = frozenset({"|", "||", "&&", "&", ";", ">", ">>", "<", "2>", "2>&1"})


def check(model: EvalModel, place: Place) -> None:
    """Check everything that concerns more than one key.

    Raises:
        InvalidValue: for the first field that does not fit.
    """
    _check_ids(model, place)
    for i, metric in enumerate(model.metrics):
        _check_metric(metric, f"metrics[{i}]", place)
    _check_inputs(model, place)
    _check_holdout(model, place)
    for name, command in commands_of(model):
        _check_command(command, place(name))
    for i, module in enumerate(model.preload):
        _require(_MODULE.fullmatch(module), f"{module!r} is no module", place(f"preload[{i}]"))
    _check_budgets(model, place)


def kinds_of(model: EvalModel) -> dict[str, Kind]:
    """Return what each metric stands for in an expression."""
    return {
        metric.id: "truth" if metric.kind == "checker" or metric.measure == "matches" else "number"
        for metric in model.metrics
    }


def _require(holds: object, problem: str, where: Where, remedy: str | None = None) -> None:
    if not holds:
        raise InvalidValue(problem, where=where, remedy=remedy)


def _check_ids(model: EvalModel, place: Place) -> None:
    seen: dict[str, int] = {}
    for i, metric in enumerate(model.metrics):
        where = place(f"metrics[{i}].id")
        _require(
            _IDENTIFIER.fullmatch(metric.id),
            f"{metric.id!r} is no identifier",
            where,
            "use letters, digits and _, as in latency_ms",
        )
        _require(
            metric.id.lower() not in RESERVED,
            f"{metric.id!r} is a word of the expressions",
            where,
            "choose another id",
        )
        _require(
            metric.id not in seen,
            f"the id {metric.id!r} stands twice, first in metrics[{seen.get(metric.id)}]",
            where,
            "choose another id",
        )
        seen[metric.id] = i


def _check_metric(metric: Metric, name: str, place: Place) -> None:
    call = metric.kind == "call"
    for key in _OF_COMMANDS if call else _OF_CALLS:
        _require(
            getattr(metric, key) is None,
            f"kind {metric.kind} has no {key}",
            place(f"{name}.{key}"),
            "remove it, or "
            + ("use kind: timer, checker or numeric" if call else "use kind: call"),
        )
    _require(
        metric.goal is None or (metric.kind != "checker" and metric.measure != "matches"),
        "the answer of a check has no goal",
        place(f"{name}.goal"),
        "demand it in aggregate.objective or accept.rule",
    )
    if call:
        _check_call(metric, name, place)
    else:
        _require(
            metric.command,
            f"kind {metric.kind} needs a command",
            place(f"{name}.command"),
            "add what to run",
        )


def _check_call(metric: Metric, name: str, place: Place) -> None:
    measure, where = metric.measure, place(f"{name}.measure")
    _require(measure, "kind call needs measure", where, f"add one of {', '.join(MEASURES)}")
    known = measure in MEASURES
    _require(
        known or _is_function(measure or ""),
        f"{measure!r} is no measure",
        where,
        f"write {', '.join(MEASURES)} or path.py:scorer",
    )
    if metric.function is not None:
        _require(
            _is_function(metric.function),
            f"{metric.function!r} is no function of the repository",
            place(f"{name}.function"),
            "write path.py:name, relative to the root",
        )
    _require(
        metric.tolerance is None or measure in COMPARING,
        f"measure {measure} has no tolerance",
        place(f"{name}.tolerance"),
        "remove it",
    )
    _require(
        metric.unit is None or measure == "time",
        f"measure {measure} has no unit",
        place(f"{name}.unit"),
        "remove it",
    )


def _is_function(text: str) -> bool:
    found = _FUNCTION.fullmatch(text)
    return found is not None and _is_inside(found["path"])


def _is_inside(path: str) -> bool:
    parts = PurePosixPath(path)
    return not parts.is_absolute() and ".." not in parts.parts and "\0" not in path


def _check_inputs(model: EvalModel, place: Place) -> None:
    inputs = model.inputs
    _require(
        inputs.generator is None or inputs.cases is None,
        "both a generator and cases",
        place("inputs.cases"),
        "keep one of them",
    )
    _check_path(inputs.cases, place("inputs.cases"))
    calls = [metric.id for metric in model.metrics if metric.kind == "call"]
    _require(
        not calls or inputs.generator is not None or inputs.cases is not None,
        f"{calls[0] if calls else ''} is called with nothing",
        place("inputs"),
        "give inputs.cases or inputs.generator",
    )


def _check_holdout(model: EvalModel, place: Place) -> None:
    holdout, inputs = model.holdout, model.inputs
    if holdout is None:
        return
    _require(
        holdout.generator is None or holdout.cases is None,
        "both a generator and cases",
        place("holdout.cases"),
        "keep one of them",
    )
    _check_path(holdout.cases, place("holdout.cases"))
    if holdout.cases is not None:
        calls = any(metric.kind == "call" for metric in model.metrics)
        _require(calls, "no metric of kind call uses cases", place("holdout.cases"), "remove it")
        same = holdout.cases == inputs.cases
        _require(not same, "the same as the inputs", place("holdout.cases"), "use other cases")
        return
    generator = holdout.generator or inputs.generator
    _require(
        generator and (holdout.generator is not None or holdout.seed is not None),
        "nothing to hold out",
        place("holdout"),
        "give cases, a generator, or a seed for inputs.generator",
    )
    check_seed(model, model.replay.seed, place, "replay.seed")


def check_seed(model: EvalModel, seed: int, place: Place, named: str = "the run's seed") -> None:
    """Check that held-out inputs are others than those which a run under ``seed`` sees.

    Args:
        model: whose inputs.
        seed: of the run; by default it is the eval's ``replay.seed``.
        place: of a field.
        named: what the seed is called in the message.

    Raises:
        InvalidValue: both are made by the same generator from the same seed.
    """
    holdout = model.holdout
    if holdout is None or holdout.cases is not None:
        return
    generator = holdout.generator or model.inputs.generator
    held_out = seed if holdout.seed is None else holdout.seed
    _require(
        (generator, held_out) != (model.inputs.generator, seed),
        "the same generator under the same seed gives the same inputs",
        place("holdout.seed"),
        f"choose another seed than {seed}, which is {named}",
    )


def _check_path(cases: object, where: Where) -> None:
    _require(
        not isinstance(cases, str) or _is_inside(cases),
        f"{cases!r} is outside of the repository",
        where,
        "write a path relative to the root",
    )


def commands_of(model: EvalModel) -> Iterator[tuple[str, str]]:
    """Yield the field and the text of every command, in an order in which they may run."""
    if model.inputs.generator is not None:
        yield "inputs.generator", model.inputs.generator
    if model.holdout is not None and model.holdout.generator is not None:
        yield "holdout.generator", model.holdout.generator
    for i, command in enumerate(model.build):
        yield f"build[{i}]", command
    for i, metric in enumerate(model.metrics):
        if metric.command is not None:
            yield f"metrics[{i}].command", metric.command
    for i, stage in enumerate(model.stages):
        for metric_id, command in stage.commands.items():
            yield f"stages[{i}].commands.{metric_id}", command


def _check_command(command: str, where: Where) -> None:
    try:
        words = shlex.split(command)
    except ValueError as error:
        problem = f"not a command: {str(error).lower()}"
        raise InvalidValue(problem, where=where, remedy="balance the quotes") from error
    _require(words, "an empty command", where, "add what to run")
    _require("\0" not in command, "a NUL in the command", where)
    shell = next((word for word in _unquoted(command) if word in _SHELL_WORDS), None)
    _require(
        shell is None,
        f"{shell!r} is for a shell, and there is none",
        where,
        "put it in a script, or write sh -c '...'",
    )


def _unquoted(command: str) -> list[str]:
    """Return the words with their quotes, so that a quoted sign is no word of a shell."""
    try:
        return shlex.split(command, posix=False)
    except ValueError:  # an escaped quote, which only the other mode knows
        return []


def _check_budgets(model: EvalModel, place: Place) -> None:
    budgets = model.budgets
    timed = any(metric.kind == "timer" or metric.measure == "time" for metric in model.metrics)
    confidence = budgets.confidence
    least = least_count(confidence)
    _require(
        not timed or budgets.max_blocks >= least,
        f"{budgets.max_blocks} blocks can decide nothing at a confidence of {confidence:g}",
        place("budgets.max_blocks"),
        f"allow at least {least}",
    )
