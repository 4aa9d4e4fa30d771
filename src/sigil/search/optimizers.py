"""Which optimizers are there, and what parameters does each take?

Ours, and those of the entry point group ``sigil.optimizers``: the object is called with a
`Problem` and a mapping of parameters and returns an `Optimizer`; what it says of wrong
parameters it says as ``ValueError`` or `SigilError`.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import cast

from sigil.errors import DependencyMissing, InvalidValue, SigilError, UsageError, Where
from sigil.search import plugins
from sigil.search.alphaevolve import Islands
from sigil.search.anneal import Anneal
from sigil.search.bandit import Bandit
from sigil.search.grid import FEATURES_AT_MOST
from sigil.search.guided import Guide, Guided
from sigil.search.mads import Mads
from sigil.search.optimizer import Optimizer, Problem
from sigil.search.population import BestFirst, Population
from sigil.search.rounds import Rounds
from sigil.search.tree import Tree

GROUP = "sigil.optimizers"


@dataclass(frozen=True, slots=True)
class Param:
    """A whole number that an optimizer takes.

    Args:
        least: inclusive.
        most: inclusive.
    """

    least: int
    most: int


@dataclass(frozen=True, slots=True)
class _Kind:
    populate: Callable[..., Population]
    params: Mapping[str, Param]


def _independent() -> Population:
    return BestFirst(parents=0)


def _guided(make: Callable[..., Guide], params: Mapping[str, Param]) -> _Kind:
    def populate(**given: int) -> Population:
        return Guided(make(**given))

    return _Kind(populate, params)


_BUILT_IN: Mapping[str, _Kind] = {
    "simple": _Kind(BestFirst, {"parents": Param(1, 64)}),
    "best-of-n": _Kind(_independent, {}),
    "alphaevolve": _Kind(
        Islands,
        {
            "islands": Param(1, 64),
            "migration_interval": Param(1, 10**6),
            "migrants": Param(1, 64),
            "features": Param(0, FEATURES_AT_MOST),
            "bins": Param(2, 16),
        },
    ),
    "tree": _guided(
        Tree,
        {
            "parents": Param(1, 64),
            "nodes": Param(8, 4096),
            "exploration": Param(0, 1000),
            "widening": Param(1, 1000),
        },
    ),
    "anneal": _guided(
        Anneal, {"chains": Param(1, 64), "cooling": Param(10, 10**6), "hot": Param(1, 99)}
    ),
    "mads": _guided(Mads, {"poll": Param(1, 64), "pool": Param(8, 1024)}),
    "bandit-rl": _guided(
        Bandit, {"parents": Param(1, 64), "pool": Param(8, 1024), "step": Param(0, 100)}
    ),
}


def optimizer_names() -> list[str]:
    """Return the names that can be chosen: ours first, then plugins, which are not loaded."""
    return [*_BUILT_IN, *(name for name in plugins.names(GROUP) if name not in _BUILT_IN)]


def built_in_names() -> list[str]:
    """Return the names of ours."""
    return [*_BUILT_IN]


def check_name(name: str) -> None:
    """Refuse a name that no optimizer has, and a plugin that is broken.

    Raises:
        UsageError: with the names there are.
        DependencyMissing: the plugin cannot be loaded.
    """
    if name in _BUILT_IN:
        return  # and nobody looks for plugins, which is reading a file of each installed package
    known = optimizer_names()
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
        raise UsageError(f"no optimizer {name!r}", remedy=remedy)
    plugins.load(GROUP, name)


def check_params(name: str, params: Mapping[str, object], where: Where | None = None) -> None:
    """Refuse parameters that an optimizer of ours does not take; those of plugins pass.

    Raises:
        InvalidValue: an unknown key, or a value out of its range; what is allowed is named.
    """
    if name not in _BUILT_IN:
        return
    allowed = _BUILT_IN[name].params
    for key, value in params.items():
        if key not in allowed:
            listed = f"{name} takes {', '.join(allowed)}" if allowed else f"{name} takes none"
            raise InvalidValue(f"no parameter {key!r}", where=where, remedy=listed)
        known = allowed[key]
        whole = value if isinstance(value, int) and not isinstance(value, bool) else None
        if whole is None or not known.least <= whole <= known.most:
            raise InvalidValue(
                f"{key}: {value!r} does not fit",
                where=where,
                remedy=f"give a whole number from {known.least} to {known.most}",
            )


def make_optimizer(name: str, problem: Problem, params: Mapping[str, object]) -> Optimizer:
    """Return a new optimizer.

    Raises:
        UsageError: no optimizer has this name.
        InvalidValue: a parameter does not fit.
        DependencyMissing: the plugin of this name does not work here.
    """
    check_name(name)
    check_params(name, params)
    if name in _BUILT_IN:
        return Rounds(problem, _BUILT_IN[name].populate(**params), name=name)
    make = plugins.load(GROUP, name)
    try:
        return cast("Optimizer", make(problem, dict(params)))
    except SigilError:
        raise
    except ValueError as error:
        raise InvalidValue(f"the optimizer {name!r} refuses its parameters: {error}") from error
    except Exception as error:
        problem_of_it = f"the plugin {name!r} of {GROUP} is broken: {type(error).__name__}: {error}"
        raise DependencyMissing(problem_of_it, remedy="repair or remove its package") from error
