"""From names and flags to a plan: the one place where settings meet spec and eval."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sigil.cli.settings import resolve
from sigil.errors import NotYet, UsageError
from sigil.llm.provider import make_provider
from sigil.optimize.plan import Limits, Plan
from sigil.optimize.spec import load_spec, read_eval

OPTIMIZERS = ("simple",)


def make_plan(
    repository: Path,
    spec_name: str,
    eval_name: str | None,
    flags: Mapping[str, Any],
    *,
    unsafe: bool,
) -> Plan:
    """Return a plan whose every part has been checked.

    Raises:
        SigilError: a document, a setting or a name is wrong.
    """
    chosen = {name: setting.value for name, setting in resolve(repository, flags).items()}
    _check_names(chosen)
    spec = load_spec(repository, spec_name)
    definition = read_eval(spec, eval_name)
    budgets = definition.model.budgets
    own_limit = chosen["budget_time"]
    eval_limit = budgets.total_wall_clock_h * 3600
    return Plan(
        spec=spec,
        definition=definition,
        optimizer=chosen["optimizer"],
        provider=chosen["provider"],
        num=chosen["num"],
        seed=definition.model.replay.seed if chosen["seed"] is None else chosen["seed"],
        limits=Limits(
            evals=chosen["budget_evals"],
            wall_clock_s=min(own_limit or eval_limit, eval_limit),
            patience=chosen["patience"],
        ),
        lanes=chosen["lanes"],
        level=chosen["sandbox"],
        unsafe=unsafe,
    )


def _check_names(chosen: Mapping[str, Any]) -> None:
    if chosen["optimizer"] not in OPTIMIZERS:
        raise UsageError(
            f"no optimizer {chosen['optimizer']!r}", remedy=f"there is: {', '.join(OPTIMIZERS)}"
        )
    if chosen["backend"] != "local":
        raise NotYet(f"the backend {chosen['backend']!r} is still to come", remedy="use local")
    if chosen["provider"] is not None:
        make_provider(chosen["provider"])  # an unknown name is found before anything starts
