"""What to change in an eval that let a cheat through: one line, with its place.

Pure. Not here: whether a cheat came through (`sigil.evaluate.cheats.trying`).
"""

from __future__ import annotations

from collections.abc import Iterator

from sigil.errors import Where
from sigil.evaluate.cheats.catalogue import RECALLS
from sigil.evaluate.cheats.model import Cheat
from sigil.evaluate.consistency import MEASURES
from sigil.evaluate.definition import Eval, Metric

_BUILT_IN = frozenset(MEASURES)
_CALL = (
    "candidate code runs where this is measured; measure with kind: call, whose scorer, clock"
    " and cases are in another process"
)
_APART = (
    "candidate code runs where this is measured; let it print its answers alone, to a program"
    " outside of the pins that starts it, checks them and prints the metric"
)


def remedy(cheat: Cheat, definition: Eval, *, python: bool = True) -> str:
    """Return what to change so that ``cheat`` is stopped, the likeliest first.

    Args:
        cheat: what the eval let through.
        definition: the eval.
        python: whether what is pinned could be called by Sigil.
    """
    recalls = cheat.id in RECALLS
    if recalls and definition.model.holdout is None:
        return f"{_at(definition.where('inputs'))}: {_add_holdout(definition)}"
    for metric, advice in _advice(definition, python=python):
        return f"{_at(definition.where_metric(metric.id))}: {advice}"
    if definition.model.holdout is None:
        return f"{_at(definition.where('inputs'))}: {_add_holdout(definition)}"
    where = definition.where("accept.rule")
    return f"{_at(where)}: demand a metric of kind: call with measure: matches"


def _advice(definition: Eval, *, python: bool) -> Iterator[tuple[Metric, str]]:
    """Yield what is weak in the metrics, the weakest first."""
    metrics = definition.model.metrics
    for metric in metrics:
        if metric.kind != "call":
            yield metric, _CALL if python else _APART
    if all(metric.is_time for metric in metrics):
        yield (
            metrics[0],
            (
                "nothing checks the answers; add a metric of kind: call with measure: matches, and"
                " demand it in subject_to and accept"
            ),
        )
    for metric in metrics:
        if metric.measure not in _BUILT_IN:
            yield (
                metric,
                (
                    f"let {metric.measure} raise for what is no answer: a wrong type or length, a"
                    " number that is not finite, a value out of range"
                ),
            )
    for metric in metrics:
        if metric.measure in {"agreement", "stated", "error"}:
            yield metric, "raise the bar in accept, or demand measure: matches beside it"


def _add_holdout(definition: Eval) -> str:
    if definition.model.inputs.generator:
        return "add holdout: {seed: 2}, so that other inputs of the generator have the last word"
    return "add holdout: with cases (or a generator) of its own, which no candidate has met"


def _at(where: Where) -> str:
    return f"{where.file}:{where.line}" if where.line else str(where)
