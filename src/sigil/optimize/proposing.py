"""From the names in a plan to proposers: ours, a model's, and those that plugins bring.

Plugins join by the entry point group ``sigil.proposers``: the object is called without
arguments and returns a `Proposer`. They come after ours, and a run records their names.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from sigil.errors import DependencyMissing
from sigil.llm import provider
from sigil.llm.asking import Asking
from sigil.optimize.history import History
from sigil.optimize.plan import Plan
from sigil.optimize.telling import Besides, eval_in_words
from sigil.search import plugins
from sigil.search.absent import Absent
from sigil.search.model import BASELINE, Inquirer, Proposer

GROUP = "sigil.proposers"
MODEL, INBOX = "model", "inbox"


def _rewrite() -> Proposer:
    """Return `rewrite`, which an installation without its library has only by name."""
    try:
        from sigil.search.rewrite.proposer import Rewrite  # noqa: PLC0415 - an extra
    except ImportError:
        return Absent("rewrite", "libcst", "rewrite")
    return Rewrite()


def _mutate() -> Proposer:
    from sigil.search.mutate.proposer import Mutate  # noqa: PLC0415 - only where no model proposes

    return Mutate()


def _tune() -> Proposer:
    from sigil.search.tune import Tune  # noqa: PLC0415 - only where no model proposes

    return Tune()


def _model(plan: Plan, baseline: Mapping[str, str], history: History) -> Inquirer:
    from sigil.search.ensemble import Ensemble  # noqa: PLC0415 - only where a model proposes
    from sigil.search.model_proposer import ModelProposer  # noqa: PLC0415
    from sigil.search.prompting.templates import load_templates  # noqa: PLC0415

    return ModelProposer(
        MODEL,
        task=_task(plan),
        objectives=_cost_names(plan),
        metrics=_metrics(plan, history),
        besides=Besides(plan.definition, history),
        baseline=baseline,
        ensemble=Ensemble({model.name: model.weight for model in plan.models}),
        templates=plan.templates or load_templates(None),
    )


_OF_MODELS = ("sigil.search.ensemble", "sigil.search.model_proposer")

OFFLINE: Mapping[str, Callable[[], Proposer]] = {
    # In the order in which they are worth trying: the first has most of the first rounds.
    "rewrite": _rewrite,
    "mutate": _mutate,
    "tune": _tune,
}


def make_proposers(
    plan: Plan, baseline: Mapping[str, str], history: History
) -> list[Proposer | Inquirer]:
    """Return the proposers of ``plan``, new and untold.

    Args:
        plan: names models, or none for the offline proposers.
        baseline: the pinned files' text, by path.
        history: of the run, which grows meanwhile; the baseline is measured.

    Raises:
        DependencyMissing: a plugin that the plan names does not work here.
    """
    if plan.models:
        return [_model(plan, baseline, history)]
    ours = [make() for make in OFFLINE.values()]
    return [*ours, *(_from_plugin(name) for name in plan.proposers)]


def make_asking(
    plan: Plan,
    run: Path,
    exchanges: Iterable[Mapping[str, Any]],
    record: Callable[[Mapping[str, Any]], None],
) -> Asking | None:
    """Return what asks the models of ``plan``; None if it has none.

    Args:
        plan: names them, and what they may take.
        run: the run's folder, where an inbox is if it is nowhere else.
        exchanges: what models were asked and said in this run so far, in order.
        record: makes a new exchange durable; called from any thread.

    Raises:
        DependencyMissing: a library is missing.
    """
    if not plan.models:
        return None
    models = {
        model.name: replace(model, path=str(run / INBOX))
        if model.provider == INBOX and not model.path
        else model
        for model in plan.models
    }
    return Asking(
        models,
        known=list(exchanges),
        record=record,
        budget=plan.limits.budget,
        in_flight=plan.in_flight,
    )


def check_models(plan: Plan) -> None:
    """Find out, before anything is recorded, whether the plan's models can be asked.

    Raises:
        SigilError: a key, a library, a model's name or a price is missing, or a file.
    """
    asking = make_asking(plan, Path(), (), lambda _: None)
    if asking is None:
        return
    try:
        asking.ready()
    finally:
        asking.close()


def load_ahead(plan: Plan) -> None:
    """Begin to import what the plan's models need, in a thread, unless something is to be timed.

    Whoever then needs any of it waits for the rest.
    """
    if plan.models and not plan.definition.timed:
        threading.Thread(target=_load, args=(plan,), name="libraries", daemon=True).start()


def _load(plan: Plan) -> None:
    for module in _OF_MODELS:  # in the order in which a run needs them
        import_module(module)
    provider.load(model.provider for model in plan.models)


def plugin_proposers() -> tuple[list[str], list[str]]:
    """Return the names of the proposers that plugins bring, and a line for each broken one."""
    return plugins.working(GROUP, taken=OFFLINE)


def _from_plugin(name: str) -> Proposer:
    try:
        proposer: Any = plugins.load(GROUP, name)()
    except DependencyMissing:
        raise
    except Exception as error:
        raise DependencyMissing(
            f"the plugin {name!r} of {GROUP} is broken: {type(error).__name__}: {error}",
            remedy="repair or remove its package",
        ) from error
    if getattr(proposer, "name", None) != name:
        raise DependencyMissing(
            f"the proposer of the plugin {name!r} calls itself otherwise",
            remedy="its `name` has to be that of its entry point",
        )
    return proposer


def _cost_names(plan: Plan) -> list[str]:
    """Return a name for each cost; less is better in all of them."""
    goals = plan.definition.objective.goals
    named = [goal.metric or f"goal {number}" for number, goal in enumerate(goals, 1)]
    return [
        name if goal.direction == "min" else f"-{name}"
        for name, goal in zip(named, goals, strict=True)
    ]


def _task(plan: Plan) -> str:
    """Return what is aimed at, in words, without any input."""
    model = plan.definition.model
    lines = (
        plan.spec.model.description,
        model.description,
        f"objective: {model.aggregate.objective}",
        f"accepted if: {model.accept.rule}",
    )
    return "\n".join(line for line in lines if line)


def _metrics(plan: Plan, history: History) -> str:
    """Return what is measured, and what the unchanged code comes to, which rules compare with."""
    from sigil.search.prompting.prompt import measured_in_words  # noqa: PLC0415 - as in _model

    costs = history.baseline.costs if history.baseline else ()
    besides = Besides(plan.definition, history)(BASELINE)
    unchanged = measured_in_words(_cost_names(plan), costs, besides)
    return f"{eval_in_words(plan.definition)}\n{BASELINE}, the unchanged code. {unchanged}"
