"""From the names in a plan to proposers."""

from __future__ import annotations

from sigil.llm.provider import make_provider
from sigil.optimize.plan import Plan
from sigil.search.model import Proposer
from sigil.search.model_proposer import ModelProposer
from sigil.search.mutate import Mutate
from sigil.search.tune import Tune


def make_proposers(plan: Plan) -> list[Proposer]:
    """Return the proposers of ``plan``, new and untold.

    Args:
        plan: names a provider, or none for the offline proposers.
    """
    if plan.provider is not None:
        return [ModelProposer(make_provider(plan.provider))]
    return [Mutate(), Tune()]
