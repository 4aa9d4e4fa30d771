"""From the names in a plan to proposers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sigil.llm.provider import make_provider
from sigil.llm.recorded import Recorded
from sigil.optimize.plan import Plan
from sigil.search.absent import Absent
from sigil.search.model import Proposer
from sigil.search.model_proposer import ModelProposer
from sigil.search.mutate import Mutate
from sigil.search.tune import Tune


def make_proposers(
    plan: Plan,
    exchanges: Iterable[Mapping[str, Any]],
    record: Callable[[Mapping[str, Any]], None],
) -> list[Proposer]:
    """Return the proposers of ``plan``, new and untold.

    Args:
        plan: names a provider, or none for the offline proposers.
        exchanges: what a model was asked and said in this run so far, in order.
        record: takes each new exchange.
    """
    if plan.provider is None:
        return [_rewrite(), Mutate(), Tune()]
    provider = Recorded(make_provider(plan.provider), exchanges, record)
    return [ModelProposer(provider, task=_task(plan))]


def _rewrite() -> Proposer:
    """Return `rewrite`, which an installation without its library has only by name."""
    try:
        from sigil.search.rewrite.proposer import Rewrite  # noqa: PLC0415 - an extra
    except ImportError:
        return Absent("rewrite", "libcst", "rewrite")
    return Rewrite()


def _task(plan: Plan) -> str:
    """Return what is aimed at, in words; nothing of any input, visible or held out."""
    model = plan.definition.model
    lines = (
        plan.spec.model.description,
        model.description,
        f"objective: {model.aggregate.objective}",
        f"accepted if: {model.accept.rule}",
    )
    return "\n".join(line for line in lines if line)
