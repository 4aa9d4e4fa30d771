"""Where does a run measure? ``local``, or a backend that a plugin brings.

A plugin is found by the entry point group ``sigil.backends``: the object is called with an
`Order` and a mapping of settings and returns a `Backend`; what it says of wrong settings it says
as ``ValueError`` or `SigilError`. The settings are a profile: ``backend_profiles`` of
``sigil.yaml``, by the name of the backend or by one of its own, with ``kind`` for the backend.

Not here: what a plugin's backend does once it is made (`sigil.optimize.guarding`).
"""

from __future__ import annotations

import difflib
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sigil import foreign
from sigil.errors import InvalidValue, SigilError, UsageError, Where
from sigil.evaluate.backend import Backend, MakeBackend, Order
from sigil.evaluate.lanes import Lanes
from sigil.optimize.guarding import Guarded, broken, lacking
from sigil.printable import printable
from sigil.search import plugins

GROUP = "sigil.backends"
BUILT_IN = ("local",)
KIND = "kind"
"""The key of a profile that names its backend."""

Profiles = Mapping[str, tuple[Mapping[str, Any], Where]]
"""Settings of backends by name, and where each stands."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A backend that a run is to be measured by.

    Args:
        name: what the user calls it: a backend, or a profile of one.
        kind: the backend's own name.
        make: starts its lanes.
    """

    name: str
    kind: str
    make: MakeBackend


def local(order: Order) -> Lanes:
    """Return lanes in processes of this machine."""
    return Lanes(order.definition, order.target, order.settings, order.count)


LOCAL = Chosen("local", "local", local)


def choose(name: str, profiles: Profiles) -> Chosen:
    """Return the backend of this name; nothing is started.

    Raises:
        UsageError: neither a backend nor a profile has this name.
        InvalidValue: a profile is wrong; its place is named.
        DependencyMissing: the plugin cannot be loaded.
    """
    if name not in profiles:
        return LOCAL if name in BUILT_IN else _of_plugin(name, name, {}, profiles)
    profile, where = profiles[name]
    settings = {key: value for key, value in profile.items() if key != KIND}
    kind = profile.get(KIND, name)
    if name in BUILT_IN and kind != name:
        raise InvalidValue(
            f"{name!r} is a backend of ours, and no name for another",
            where=where,
            remedy="give the profile another name",
        )
    if kind in BUILT_IN:
        if settings:
            listed = ", ".join(map(str, settings))
            raise InvalidValue(f"{kind} takes no settings", where=where, remedy=f"remove {listed}")
        return Chosen(name, kind, local)
    try:
        return _of_plugin(name, str(kind), settings, profiles)
    except UsageError as error:
        raise InvalidValue(error.problem, where=where, remedy=error.remedy) from error


@contextmanager
def opened(backend: Chosen, order: Order) -> Generator[Backend]:
    """Start the lanes of a backend, and end all of them on leaving.

    Raises:
        SigilError: there is nowhere to measure.
        DependencyMissing: the plugin is broken, be it only when it shall end.
    """
    lanes = backend.make(order)
    try:
        yield lanes
    except BaseException:
        with suppress(SigilError):  # what went wrong before is what has to be told
            lanes.close()
        raise
    lanes.close()


def _of_plugin(name: str, kind: str, settings: Mapping[str, Any], profiles: Profiles) -> Chosen:
    theirs = plugins.names(GROUP)
    if kind not in theirs:
        known = sorted({*BUILT_IN, *theirs, *(profiles if kind == name else ())})
        close = difflib.get_close_matches(kind, known, n=1)
        remedy = f"did you mean {close[0]}?" if close else f"there are: {', '.join(known)}"
        raise UsageError(f"no backend {kind!r}", remedy=remedy)
    factory = plugins.load(GROUP, kind)
    return Chosen(name, kind, lambda order: _made(kind, factory, order, settings))


def _made(name: str, make: plugins.Factory, order: Order, settings: Mapping[str, Any]) -> Backend:
    """Return a plugin's backend, which has all parts of one."""

    def attempt() -> tuple[Any, list[str], Exception | None]:
        try:
            lanes = make(order, dict(settings))
        except (SigilError, ValueError) as error:
            return None, [], error
        return lanes, lacking(lanes), None

    answer, failure = foreign.guarded(attempt)
    if failure is not None:
        raise broken(name, failure)
    lanes, parts, refusal = answer
    if isinstance(refusal, SigilError):
        raise refusal
    if refusal is not None:
        said = printable(str(refusal))
        raise InvalidValue(f"the backend {name!r} refuses its settings: {said}") from refusal
    if parts:
        raise broken(name, f"what it makes has no {', '.join(parts)}")
    return Guarded(name, lanes, len(order.definition.objective.goals))
