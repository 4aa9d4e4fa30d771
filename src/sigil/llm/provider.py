"""Which providers are there? Ours, and those that plugins bring.

Plugins join by the entry point group ``sigil.providers``; the object is called with the
`ModelSettings` of an entry and returns a `Provider`. One that is broken, or tries to end the
process while it is loaded, is an error with its name for whoever asks for it, and never stands
in the way of the others. No library of a provider is loaded before its first request, and no key
is read before that.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, cast

from sigil import foreign
from sigil.errors import DependencyMissing, UsageError
from sigil.llm.model import Message, Provider, Reply, Request, Usage
from sigil.llm.settings import ModelSettings, named

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["Message", "Provider", "Reply", "Request", "Usage", "make_provider", "provider_names"]

GROUP = "sigil.providers"
_BUILT_IN = {
    "anthropic": "sigil.llm.anthropic_messages:AnthropicMessages",
    "inbox": "sigil.llm.inbox:Inbox",
    "openai": "sigil.llm.chat_completions:ChatCompletions",
    "openai-compatible": "sigil.llm.chat_completions:ChatCompletions",
    "replay": "sigil.llm.replay:Replay",
    "stub": "sigil.llm.stub:Stub",
}
_LIBRARIES = {
    "anthropic": "anthropic",
    "openai": "openai",
    "openai-compatible": "sigil.llm.plain_client",
}
"""What each of ours imports at its first request."""
_Factory = Callable[[ModelSettings], Provider]


def provider_names() -> list[str]:
    """Return the names that `make_provider` may know, sorted. Plugins are not loaded."""
    return sorted({*_BUILT_IN, *_plugins()})


def built_in_names() -> list[str]:
    """Return the names of ours, sorted."""
    return sorted(_BUILT_IN)


def make_provider(settings: ModelSettings | str) -> Provider:
    """Return a new provider.

    Args:
        settings: of an entry; a name stands for an entry that says no more.

    Raises:
        UsageError: no provider has this name.
        InvalidValue: a setting that this provider needs is missing.
        DependencyMissing: its library is not installed, or its plugin does not work here.
    """
    settings = named(settings) if isinstance(settings, str) else settings
    name = settings.provider
    if name in _BUILT_IN:
        module, _, attribute = _BUILT_IN[name].partition(":")
        return cast("_Factory", getattr(import_module(module), attribute))(settings)
    plugin = _plugins().get(name)
    if plugin is not None:
        return _from_plugin(plugin, settings)
    raise unknown(name, provider_names())


def unknown(name: str, known: Sequence[str]) -> UsageError:
    """Return the error that there is no provider of this name, with those that there are."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return UsageError(
        f"there is no provider {name!r}", remedy=f"{hint}there are: {', '.join(known)}"
    )


def load(providers: Iterable[str]) -> None:
    """Import what these providers of ours need; where it is missing, a request finds out."""
    for library in sorted({_LIBRARIES[name] for name in providers if name in _LIBRARIES}):
        with contextlib.suppress(Exception):
            import_module("sigil.llm.connection").loaded(library)


def _plugins() -> dict[str, EntryPoint]:
    """Return plugins by name; ours cannot be replaced by one."""
    return {point.name: point for point in foreign.points(GROUP) if point.name not in _BUILT_IN}


def _from_plugin(point: EntryPoint, settings: ModelSettings) -> Provider:
    provider, problem = foreign.guarded(lambda: cast("_Factory", point.load())(settings))
    if problem is not None:
        raise DependencyMissing(
            f"the provider {point.name!r} cannot be loaded: {problem}",
            remedy=f"repair or remove {point.value}",
        )
    if not callable(getattr(provider, "complete", None)):
        raise DependencyMissing(
            f"the plugin {point.name!r} is no provider: it has no `complete`",
            remedy=f"repair or remove {point.value}",
        )
    return provider
