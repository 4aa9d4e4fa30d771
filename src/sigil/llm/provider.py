"""Which providers are there? Ours, and those that plugins bring.

Plugins join by the entry point group ``sigil.providers``; the object is called without
arguments and returns a `Provider`. One that is broken is a warning with its name, and
never stands in the way of the others.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from sigil.errors import DependencyMissing, NotYet, UsageError
from sigil.llm.model import Message, Provider, Reply, Request, Usage
from sigil.llm.stub import Stub

__all__ = ["Message", "Provider", "Reply", "Request", "Usage", "make_provider", "provider_names"]

GROUP = "sigil.providers"
_BUILT_IN: dict[str, Callable[[], Provider]] = {"stub": Stub}
_LATER = ("anthropic", "openai")


def provider_names() -> list[str]:
    """Return the names that `make_provider` may know, sorted. Plugins are not loaded."""
    return sorted({*_BUILT_IN, *_plugins()})


def make_provider(name: str) -> Provider:
    """Return a new provider.

    Raises:
        UsageError: no provider has this name.
        NotYet: one that is documented and comes later.
        DependencyMissing: the plugin of this name does not work here.
    """
    if name in _BUILT_IN:
        return _BUILT_IN[name]()
    plugin = _plugins().get(name)
    if plugin is not None:
        return _from_plugin(plugin)
    if name in _LATER:
        raise NotYet(f"the provider {name!r} is not there yet", remedy="use --provider stub")
    close = difflib.get_close_matches(name, provider_names(), n=1)
    raise UsageError(
        f"there is no provider {name!r}",
        remedy=f"did you mean {close[0]}?"
        if close
        else f"there are: {', '.join(provider_names())}",
    )


def _plugins() -> dict[str, EntryPoint]:
    """Return plugins by name; ours cannot be replaced by one."""
    return {point.name: point for point in entry_points(group=GROUP) if point.name not in _BUILT_IN}


def _from_plugin(point: EntryPoint) -> Provider:
    try:
        provider = cast("Callable[[], Provider]", point.load())()
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
        warnings.warn(f"the plugin {point.name!r} is broken: {problem}", RuntimeWarning, 2)
        raise DependencyMissing(
            f"the provider {point.name!r} cannot be loaded: {problem}",
            remedy=f"repair or remove {point.value}",
        ) from error
    if not callable(getattr(provider, "complete", None)):
        raise DependencyMissing(
            f"the plugin {point.name!r} is no provider: it has no `complete`",
            remedy=f"repair or remove {point.value}",
        )
    return provider
