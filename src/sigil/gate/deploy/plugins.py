"""Backends that plugins bring, by the entry point group ``sigil.deployers``.

The object is called with an `Order` and returns a `Deployment`; `sigil.testing.deployers` checks
one. What is broken, or tries to end the process while it is loaded, is an error with its name.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import Final, cast

from sigil.errors import DependencyMissing
from sigil.gate.deploy.model import Deployment, Order

GROUP: Final = "sigil.deployers"
BUILT_IN: Final = ("compose", "external", "process")
_NEEDED: Final = ("start", "stop", "connect")


def names() -> list[str]:
    """Return every backend there is, sorted. Plugins are not loaded."""
    return sorted({*BUILT_IN, *_points()})


def from_plugin(name: str, order: Order) -> Deployment:
    """Return a deployment of a plugin.

    Raises:
        DependencyMissing: the plugin does not work here, or what it makes is none.
    """
    point = _points()[name]
    try:
        made = cast("Callable[[Order], Deployment]", point.load())(order)
    except (Exception, SystemExit) as error:
        raise DependencyMissing(
            f"the backend {name!r} cannot be loaded: {type(error).__name__}: {error}",
            remedy=f"repair or remove {point.value}",
        ) from error
    lacking = [part for part in _NEEDED if not callable(getattr(made, part, None))]
    if lacking:
        raise DependencyMissing(
            f"the plugin {name!r} is no deployer: it has no {lacking[0]}",
            remedy=f"repair or remove {point.value}",
        )
    return made


def _points() -> dict[str, EntryPoint]:
    """Return plugins by name; ours cannot be replaced by one."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in BUILT_IN}
