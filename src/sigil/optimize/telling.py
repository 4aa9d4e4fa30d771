"""What a model is told of an eval: what is measured and how, and what a candidate came to.

A line for each metric, and no word of any input: neither the cases nor what makes them, seen or
held out. Of a command only its program and its script are named, for what follows may be an
input; of ``parse`` nothing, for it may be an answer. Values are those on visible inputs.

Pure. Not here: the rest of a prompt (`sigil.search.prompting`), how a person is shown a
finding (`sigil.optimize.present`).
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from sigil.evaluate.definition import Eval, Metric
from sigil.evaluate.parsing import WallTime
from sigil.evaluate.tree import metrics_of
from sigil.optimize.history import History
from sigil.search.model import BASELINE

_FILE = re.compile(r"(?=.*[./])[A-Za-z_./][\w./-]*")
_CALLS = {
    "matches": "whether every call of {} gives what is expected",
    "agreement": "the share of the calls of {} that give what is expected, 0 to 1",
    "stated": "the share of the calls of {} with a stated answer that give it, 0 to 1",
    "changed": "how many calls of {} without a stated answer differ from the unchanged code",
    "error": "the mean absolute difference of what {} returns from what is expected",
    "time": "the time of the calls of {}",
}


@dataclass(frozen=True, slots=True)
class Besides:
    """Finds what was measured of a candidate that is no cost by itself.

    Args:
        definition: the eval.
        history: of the run, which grows meanwhile.
    """

    definition: Eval
    history: History

    def __call__(self, candidate: str) -> dict[str, float | bool]:
        """Return the values by metric, in the order of the eval.

        They are those of the first measurement, which no later one replaces: when a second one
        arrives depends on the lanes, and a resumed run would not ask what it asked before.
        """
        if candidate == BASELINE:
            found = self.history.baseline
        else:
            known = self.history.candidates.get(candidate)
            found = known.evaluation if known else None
        if found is None:
            return {}
        told = self.definition.objective.minimised if found.costs else {}
        ids = (metric.id for metric in self.definition.model.metrics)
        return {i: found.metrics[i].value for i in ids if i in found.metrics and i not in told}


def eval_in_words(definition: Eval) -> str:
    """Return a line for each metric and stage of an eval, and one for its tie breakers."""
    lines = [_metric(definition, metric) for metric in definition.model.metrics]
    breakers = [
        f"{one.statistic}({one.metric}), {_better(one.sign == 1)}"
        for one in definition.tie_breakers
    ]
    if breakers:
        lines.append(f"of equals the better one by: {'; then '.join(breakers)}")
    lines += [
        f"before all of it, the stage {stage.id}, passed if: {stage.rule.text}"
        for stage in definition.stages
    ]
    return "\n".join(lines)


def _metric(definition: Eval, metric: Metric) -> str:
    unit = definition.unit(metric.id)
    subject = f"{_subject(definition, metric)}{f', in {unit}' if unit else ''}"
    enough = [] if metric.goal is None else [f"enough at {metric.goal:g}"]
    parts = (subject, *_tolerance(metric), *_roles(definition, metric.id), *enough)
    return f"{metric.id}: {'; '.join(parts)}"


def _tolerance(metric: Metric) -> Iterator[str]:
    allowed = metric.tolerance
    kinds = {"relative": allowed.relative, "absolute": allowed.absolute} if allowed else {}
    given = " or ".join(f"{size:g} {kind}" for kind, size in kinds.items() if size)
    if given:
        yield f"tolerance {given}"


def _subject(definition: Eval, metric: Metric) -> str:
    if metric.kind == "call":
        called, measure = metric.function or "the pinned function", metric.measure or ""
        if measure in _CALLS:
            return _CALLS[measure].format(called)
        return f"the mean of {measure} over the calls of {called}"
    command = f"the command {_program(metric.command or '')}"
    if metric.kind == "checker":
        return f"whether {command} succeeds"
    if isinstance(definition.forms.get(metric.id), WallTime):
        return f"the wall time of {command}"
    return f"{'a time' if metric.kind == 'timer' else 'a number'} that {command} prints"


def _program(command: str) -> str:
    """Return the program of a command and the script that it is given, without arguments."""
    try:
        words = shlex.split(command)
    except ValueError:
        return "…"
    bare = len(words) > 1 and "/" not in words[0]
    shown = words[: 2 if bare and _FILE.fullmatch(words[1]) else 1]
    return " ".join([*shown, *(["…"] if len(words) > len(shown) else [])])


def _roles(definition: Eval, metric: str) -> Iterator[str]:
    objective = definition.objective
    if metric in objective.minimised:
        yield _better(objective.minimised[metric])
    elif any(metric == part.id for goal in objective.goals for part in metrics_of(goal.node)):
        yield "part of the objective"
    elif metric in definition.rule.metrics or (
        objective.constraint is not None and metric in objective.constraint.metrics
    ):
        yield "a condition"


def _better(low: bool) -> str:
    return f"{'lower' if low else 'higher'} is better"
