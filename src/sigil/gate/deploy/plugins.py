"""Backends that plugins bring, found by `sigil.gate.deploy.names`.

The object is called with an `Order` and returns a `Deployment`; `sigil.testing.deployers` checks
one. What is broken, or tries to end the process while it is loaded or called, is an error with its
name (`sigil.foreign`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from sigil import foreign
from sigil.errors import DependencyMissing
from sigil.gate.deploy.model import Deployment, Order
from sigil.gate.deploy.names import plugins

_NEEDED: Final = ("start", "stop", "connect")


def from_plugin(name: str, order: Order) -> Deployment:
    """Return a deployment of a plugin.

    Raises:
        DependencyMissing: the plugin does not work here, or what it makes is none.
    """
    point = plugins()[name]
    made, failure = foreign.guarded(
        lambda: cast("Callable[[Order], Deployment]", point.load())(order)
    )
    if failure is not None:
        raise DependencyMissing(
            f"the backend {name!r} cannot be loaded: {failure}",
            remedy=f"repair or remove {point.value}",
        )
    lacking = [part for part in _NEEDED if not callable(getattr(made, part, None))]
    if lacking:
        raise DependencyMissing(
            f"the plugin {name!r} is no deployer: it has no {lacking[0]}",
            remedy=f"repair or remove {point.value}",
        )
    return made
