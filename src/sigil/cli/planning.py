"""From names and flags to a plan: the one place where settings meet spec, eval and record.

Lanes begin to open once there is a plan, so what only some plans need is imported for these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sigil.cli.settings import (
    all_models,
    backend_profiles,
    configured_models,
    optimizer_params,
    resolve,
)
from sigil.errors import DependencyMissing, InvalidValue, UsageError
from sigil.llm.budget import Budget
from sigil.llm.prices import PRICED, unpriced
from sigil.llm.provider import built_in_names, provider_names, unknown
from sigil.llm.settings import ModelSettings, named
from sigil.optimize.backends import Chosen, Profiles, choose
from sigil.optimize.plan import Limits, Plan
from sigil.optimize.spec import Spec, read_eval
from sigil.search.optimizers import check_name, check_params
from sigil.search.prompting.templates import load_templates

NO_MODEL, REPLAY = "none", "replay"
PROMPTS = "prompts"


def make_plan(
    spec: Spec,
    eval_name: str | None,
    flags: Mapping[str, Any],
    *,
    unsafe: bool = False,
    recorded: Path | None = None,
) -> Plan:
    """Return a plan whose every part has been checked.

    Args:
        spec: what may change.
        eval_name: which eval; None for the recorded run's, or the spec's only one.
        flags: settings from the command line; None means not given.
        unsafe: whether no isolation at all is acceptable.
        recorded: an existing run, which then decides who proposes, how many, the seed, and
            the backend and every limit that ``flags`` do not name.

    Raises:
        SigilError: a document, a setting or a name is wrong.
    """
    chosen = {name: found.value for name, found in resolve(spec.home.parent, flags).items()}
    if recorded is not None:
        from sigil.optimize.session import recorded_eval, recorded_settings

        known = recorded_settings(recorded)
        chosen |= {name: value for name, value in known.items() if flags.get(name) is None}
        eval_name = eval_name or recorded_eval(recorded)
    profiles = backend_profiles(spec.home.parent)
    named_now = recorded is None or flags.get("backend") is not None
    backend = (choose if named_now else _recorded_backend)(chosen["backend"], profiles)
    # What a recorded run asks, and under which optimizer, is its own: today's do not matter.
    models = chosen_models(spec.home.parent, chosen) if recorded is None else ()
    params: Mapping[str, object] = {} if recorded else _params(spec, chosen["optimizer"])
    proposers, warnings = ([], []) if models else _plugin_proposers()
    definition = read_eval(spec, eval_name)
    budgets = definition.model.budgets
    eval_limit = budgets.total_wall_clock_h * 3600
    plan = Plan(
        spec=spec,
        definition=definition,
        optimizer=chosen["optimizer"],
        provider=", ".join(dict.fromkeys(model.provider for model in models)) or None,
        num=chosen["num"],
        seed=definition.model.replay.seed if chosen["seed"] is None else chosen["seed"],
        limits=Limits(
            evals=chosen["budget_evals"],
            wall_clock_s=min(chosen["budget_time"] or eval_limit, eval_limit),
            patience=chosen["patience"],
            budget=Budget(chosen["budget_usd"], chosen["budget_tokens"]),
        ),
        backend=backend,
        lanes=chosen["lanes"],
        level=chosen["sandbox"],
        unsafe=unsafe,
        params=params,
        proposers=tuple(proposers),
        models=models,
        in_flight=chosen["in_flight"],
        templates=load_templates(spec.home / PROMPTS) if models else None,
    )
    unasked = _unasked(spec.home.parent, chosen) if recorded is None else ()
    if recorded is not None:
        from sigil.optimize.session import recorded_plan

        plan = recorded_plan(plan, recorded)
    check_name(plan.optimizer)
    definition.check_seed(plan.seed)
    return replace(plan, warnings=(*warnings, *unasked, *_unpriced(plan.models)))


def _plugin_proposers() -> tuple[list[str], list[str]]:
    """Look for them, which is reading a file of each package that is installed."""
    from sigil.optimize.proposing import plugin_proposers

    return plugin_proposers()


def chosen_models(repository: Path, chosen: Mapping[str, Any]) -> tuple[ModelSettings, ...]:
    """Return the models to be asked: those of ``sigil.yaml``, or the one that is named.

    Args:
        repository: that has a ``sigil.yaml``, perhaps.
        chosen: value by setting.

    Raises:
        UsageError: there is no such provider, or --model could mean several.
        SigilError: the document is wrong.
    """
    configured = configured_models(repository, chosen["optimizer"])
    wanted = chosen["provider"]
    if wanted == NO_MODEL:
        return ()
    url = chosen["base_url"]
    if wanted is not None:
        known = [one for one in configured if wanted in {one.name, one.provider}]
        if not known and url is None:
            _refuse_url_elsewhere(repository, chosen["optimizer"], wanted)
        configured = known or [named(wanted, url or "")]
    if url is not None:
        configured = [_at(_only(configured, "--base-url"), url)]
    for model in configured:
        check_provider(model.provider)
    # A path of sigil.yaml begins at the repository, one of the command line where it is typed.
    configured = [replace(m, path=str(repository / m.path)) if m.path else m for m in configured]
    if chosen["exchanges"] is not None:
        path = str(Path(chosen["exchanges"]).absolute())
        configured = [replace(m, path=path) if m.provider == REPLAY else m for m in configured]
    if chosen["model"] is None:
        return tuple(configured)
    return (replace(_only(configured, "--model"), model=chosen["model"]),)


def _only(models: Sequence[ModelSettings], flag: str) -> ModelSettings:
    if len(models) != 1:
        raise UsageError(f"{flag} is about one provider", remedy="add --provider with its name")
    return models[0]


def _at(model: ModelSettings, url: str) -> ModelSettings:
    """Return an entry at another URL, to which no key of the old one goes."""
    return model if model.base_url == url else replace(model, base_url=url, key_variable="")


def _refuse_url_elsewhere(repository: Path, optimizer: str, wanted: str) -> None:
    """Refuse a provider whose URL only another optimizer knows: it would be asked elsewhere."""
    for other, model, where in all_models(repository):
        meant = wanted == model.name or wanted == model.provider == "openai-compatible"
        if model.base_url and other != optimizer and meant:
            raise UsageError(
                f"{wanted} has a base_url under {other} ({where}), and none under {optimizer}",
                remedy=f"add --base-url {model.base_url}, or --optimizer {other}, or write the "
                f"entry under optimizer_params.{optimizer}.models",
            )


def _unasked(repository: Path, chosen: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line if models are configured, but not for the optimizer that was chosen."""
    if chosen["provider"] is not None:
        return
    others = list(dict.fromkeys(other for other, _, _ in all_models(repository)))
    if others and chosen["optimizer"] not in others:
        yield (
            f"warning: no model is asked: they are configured for {', '.join(others)}, and not "
            f"for {chosen['optimizer']}; write them under "
            f"optimizer_params.{chosen['optimizer']}.models, or say --optimizer {others[0]}"
        )


def _unpriced(models: Iterable[ModelSettings]) -> Iterator[str]:
    """Yield a line for each model whose answers cannot be counted in dollars."""
    for model in models:
        problem = unpriced(model)
        if problem is not None:
            yield f"warning: {problem}, so what it costs is not counted; {PRICED}"


def check_provider(name: str) -> None:
    """Raise unless there is such a provider, or it is `NO_MODEL`.

    Raises:
        UsageError: there is none; the remedy lists those that there are.
    """
    if name in {*built_in_names(), NO_MODEL}:
        return
    known = [*provider_names(), NO_MODEL]
    if name not in known:
        raise unknown(name, known)


def _recorded_backend(name: str, profiles: Profiles) -> Chosen:
    """Return the backend that a recorded run was measured by."""
    try:
        return choose(name, profiles)
    except UsageError as error:
        raise DependencyMissing(
            f"the run was measured by the backend {name!r}, which is not here",
            remedy="install its package, or go on elsewhere: sigil run --resume --backend local",
        ) from error


def _params(spec: Spec, optimizer: str) -> Mapping[str, object]:
    """Return the parameters of ``optimizer``; those of all others are checked as well."""
    listed = optimizer_params(spec.home.parent)
    for name, (params, where) in listed.items():
        try:
            check_name(name)
        except UsageError as error:
            raise InvalidValue(error.problem, where=where, remedy=error.remedy) from error
        check_params(name, params, where)
    return listed[optimizer][0] if optimizer in listed else {}
