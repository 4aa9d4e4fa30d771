"""Parts that other packages bring, by entry point. A broken one is a warning with its name.

Not here: which groups there are (`sigil.search.optimizers`, `sigil.optimize.proposing`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from sigil.errors import DependencyMissing

Factory = Callable[..., Any]


def names(group: str) -> list[str]:
    """Return the names of all plugins of a group, sorted; none is loaded."""
    return sorted({point.name for point in entry_points(group=group)})


def load(group: str, name: str) -> Factory:
    """Return what a plugin's entry point names, which is to be called.

    Raises:
        DependencyMissing: there is no such plugin, or it cannot be loaded.
    """
    points = [point for point in entry_points(group=group) if point.name == name]
    if not points:
        raise DependencyMissing(
            f"the plugin {name!r} of {group} is not installed", remedy="install its package"
        )
    try:
        found = points[0].load()
    except Exception as error:
        raise _broken(points[0], f"{type(error).__name__}: {error}") from error
    if not callable(found):
        raise _broken(points[0], "it names nothing that can be called")
    return found


def working(group: str, taken: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the names of the plugins that load, and a line for each that does not.

    Args:
        group: of entry points.
        taken: names of our own, which no plugin replaces.
    """
    loaded: list[str] = []
    warnings: list[str] = []
    for name in names(group):
        if name in taken:
            warnings.append(f"the plugin {name!r} of {group} is left out: the name is taken")
            continue
        try:
            load(group, name)
            loaded.append(name)
        except DependencyMissing as error:
            warnings.append(f"{error.problem}; it is left out")
    return loaded, warnings


def _broken(point: EntryPoint, why: str) -> DependencyMissing:
    line = " ".join(why.split())
    return DependencyMissing(
        f"the plugin {point.name!r} of {point.group} is broken: {line}",
        remedy=f"repair or remove {point.value}",
    )
