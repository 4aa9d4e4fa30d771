"""Backends that plugins bring, found by `sigil.gate.deploy.names`.

The object is called with an `Order` and returns a `Deployment`; `sigil.testing.deployers` checks
one. What is broken, or tries to end the process while it is loaded or called, is an error with its
name (`sigil.foreign`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Final, cast

from sigil import foreign
from sigil.errors import DependencyMissing
from sigil.gate.deploy.model import Deployment, Order
from sigil.gate.deploy.names import plugins

_METHODS: Final = ("start", "stop", "connect")
_OF_ITS_CLASS: Final = ("__enter__", "__exit__")
"""Methods that ``with`` looks for nowhere but in the class."""
_PROPERTIES: Final = ("authority", "origins", "alive")
_ABSENT: Final = object()


def from_plugin(name: str, order: Order) -> Deployment:
    """Return a deployment of a plugin.

    Raises:
        DependencyMissing: the plugin does not work here, or what it makes is none.
    """
    point = plugins()[name]

    def make() -> tuple[Deployment, list[str]]:
        made = cast("Callable[[Order], Deployment]", point.load())(order)
        return made, lacking(made)

    answer, failure = foreign.guarded(make)
    if failure is not None:
        raise DependencyMissing(
            f"the backend {name!r} cannot be loaded: {failure}",
            remedy=f"repair or remove {point.value}",
        )
    made, parts = answer
    if parts:
        raise DependencyMissing(
            f"the plugin {name!r} is no deployer: it has no {', '.join(parts)}",
            remedy=f"repair or remove {point.value}",
        )
    return made


def lacking(made: object) -> list[str]:
    """Return the parts of a `Deployment` that an object has not, though it need not be started.

    No property is asked: what it says may be known only later.
    """
    methods = [part for part in _METHODS if not callable(getattr(made, part, None))]
    methods += [part for part in _OF_ITS_CLASS if not callable(getattr(type(made), part, None))]
    return methods + [part for part in _PROPERTIES if not _has(made, part)]


def _has(made: object, part: str) -> bool:
    is_declared = inspect.getattr_static(made, part, _ABSENT) is not _ABSENT
    return is_declared or hasattr(made, part)  # or somebody else answers for it
