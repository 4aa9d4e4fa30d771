"""Parts that other packages bring, by entry point. A broken one is a line with its name.

Whatever happens while one is loaded, an attempt to end the process included, is its failure
and not ours.

Not here: which groups there are (`sigil.search.optimizers`, `sigil.optimize.proposing`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sigil import foreign
from sigil.errors import DependencyMissing

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

Factory = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Installed:
    """A plugin, and whether it can be had.

    Args:
        name: that it is chosen by.
        value: what its entry point names, such as ``package.module:object``.
        distribution: that brings it; None if its metadata do not say.
        version: of the distribution; None if its metadata do not say.
        failure: why it cannot be had, one line; None if it can.
    """

    name: str
    value: str
    distribution: str | None
    version: str | None
    failure: str | None


def names(group: str) -> list[str]:
    """Return the names of all plugins of a group, sorted; none is loaded."""
    return sorted({point.name for point in foreign.points(group)})


def load(group: str, name: str) -> Factory:
    """Return what a plugin's entry point names, which is to be called.

    Raises:
        DependencyMissing: there is no such plugin, or it cannot be loaded.
    """
    points = [point for point in foreign.points(group) if point.name == name]
    if not points:
        raise DependencyMissing(
            f"the plugin {name!r} of {group} is not installed", remedy="install its package"
        )
    found, failure = _loaded(points[0])
    if failure is not None:
        raise DependencyMissing(
            f"the plugin {name!r} of {group} is broken: {failure}",
            remedy=f"repair or remove {points[0].value}",
        )
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


def installed(group: str, taken: Collection[str]) -> list[Installed]:
    """Load every plugin of a group, and return what became of each, in order of names.

    Args:
        group: of entry points.
        taken: names of our own, which no plugin replaces.
    """
    found: list[Installed] = []
    chosen: set[str] = set()
    for point in sorted(foreign.points(group), key=lambda one: one.name):
        if point.name in taken:
            failure = "the name is taken by one of ours"
        elif point.name in chosen:
            failure = "the name is taken by another plugin"
        else:
            _, failure = _loaded(point)
        chosen.add(point.name)
        found.append(Installed(point.name, point.value, *_origin(point.dist), failure))
    return found


def _loaded(point: EntryPoint) -> tuple[Any, str | None]:
    """Return what an entry point names, or why it cannot be had."""
    found, failure = foreign.load(point)
    if failure is None and not callable(found):
        failure = "it names nothing that can be called"
    return found, failure


def _origin(distribution: Distribution | None) -> tuple[str | None, str | None]:
    """Return name and version, of which a broken installation may have neither."""
    if distribution is None:
        return None, None
    try:
        facts = distribution.metadata
        return facts["Name"], facts["Version"]
    except (KeyError, TypeError, OSError, ValueError):
        return None, None
