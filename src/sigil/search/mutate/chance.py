"""Random changes of a subject, for search beyond its neighbours.

Not here: the systematic walk over single edits (`walk`), which comes first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sigil.search.mutate import mending, statements
from sigil.search.mutate.catalogue import TIERS
from sigil.search.mutate.change import Change, numeric, replaced
from sigil.search.mutate.crossover import crossed
from sigil.search.mutate.fragments import (
    Fragment,
    Kind,
    binary,
    boolean,
    call,
    conditional,
    fits,
)
from sigil.search.mutate.grammar import grow
from sigil.search.mutate.repairs import hoisted, like, literal_value
from sigil.search.mutate.sites import Site
from sigil.search.mutate.subject import Subject

_OPERATORS = [operator for tier in TIERS for operator in tier]
_SYMBOLS = "++--**/"
_OF_STATEMENTS = (
    statements.deletions, statements.exchanges, statements.guards,
    mending.accumulations, mending.jumps, mending.loop_guards, mending.moves, mending.copies,
)  # fmt: skip
_CALL_CHANCE = 0.25
_STEPS = (0.02, 0.1, 0.5)
"""Standard deviations of a literal's step, as a share of its size."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a random change is drawn from.

    Args:
        subject: what changes; it has at least one site.
        donor: gives a region of this or another parent.
        random: where chance comes from.
    """

    subject: Subject
    donor: Callable[[], Subject]
    random: random.Random

    def site(self) -> Site:
        """Return a random site."""
        return self.random.choice(self.subject.sites)


Way = Callable[[Draw], Change | None]


def neighbour(draw: Draw) -> Change | None:
    """One of the catalogue's edits of a random site."""
    site = draw.site()
    changes = list(draw.random.choice(_OPERATORS)(draw.subject, site))
    return draw.random.choice(changes) if changes else None


def grown(draw: Draw) -> Change | None:
    """A random site replaced by a random expression of its kind."""
    site = draw.site()
    fresh = grow(site.scope, site.want, draw.random.choice((1, 2, 2, 3)), draw.random)
    return _first(replaced(draw.subject, site, fresh, "grow"))


def extended(draw: Draw) -> Change | None:
    """A random site combined with a random expression."""
    site, stream = draw.site(), draw.random
    whole = draw.subject.fragment(site.node, site.kind)
    depth = stream.choice((0, 1, 1, 2))
    if site.kind == "bool" or site.role == "test":
        other = grow(site.scope, "bool", 1 + depth, stream)
        fresh = boolean(stream.choice(("and", "or")), whole, other)
    elif numeric(site) and site.role in ("value", "index"):
        other = _term(site, depth, stream)
        pair = stream.choice(((whole, other), (whole, other), (other, whole)))
        fresh = binary(stream.choice(_SYMBOLS), *pair)
    else:
        return None
    return _first(replaced(draw.subject, site, fresh, "extend"))


def _term(site: Site, depth: int, stream: random.Random) -> Fragment:
    """Return a number to combine with, now and then a function of one."""
    kind: Kind = "int" if site.kind == "int" else "number"
    functions = [f for f in site.scope.functions if f.takes == ("number",) and fits(f.gives, kind)]
    if functions and stream.random() < _CALL_CHANCE:
        function = stream.choice(functions)
        return call(function.text, function.gives, grow(site.scope, "number", depth, stream))
    return grow(site.scope, kind, depth, stream)


def shrunk(draw: Draw) -> Change | None:
    """A random site replaced by one of its parts, or by a leaf."""
    site = draw.site()
    changes = list(hoisted(draw.subject, site))
    if changes:
        return draw.random.choice(changes)
    fresh = grow(site.scope, site.want, 0, draw.random)
    return _first(replaced(draw.subject, site, fresh, "shrink"))


def refined(draw: Draw) -> Change | None:
    """A literal moved by a normally distributed step, near or far."""
    literals = [
        (site, value) for site in draw.subject.sites
        if (value := literal_value(site.node)) is not None
    ]  # fmt: skip
    if not literals:
        return None
    site, value = draw.random.choice(literals)
    least = 1.0 if isinstance(value, int) else 0.1
    moved = draw.random.gauss(value, draw.random.choice(_STEPS) * max(abs(value), least))
    whole = isinstance(value, int) and (site.want == "int" or draw.random.choice((True, False)))
    fresh = like(draw.subject, site, round(moved) if whole else moved)
    return _first(replaced(draw.subject, site, fresh, "refine"))


def branched(draw: Draw) -> Change | None:
    """A random site made conditional."""
    site = draw.site()
    if site.role != "value":
        return None
    test = grow(site.scope, "bool", 2, draw.random)
    other = grow(site.scope, site.want, 1, draw.random)
    fresh = conditional(draw.subject.fragment(site.node, site.kind), test, other)
    return _first(replaced(draw.subject, site, fresh, "branch"))


def crossing(draw: Draw) -> Change | None:
    """An expression of another parent, or of another place of this one."""
    donor = draw.donor()
    return crossed(draw.subject, draw.site(), donor, draw.random)


def restated(draw: Draw) -> Change | None:
    """A statement deleted, exchanged, guarded or inserted."""
    kind = draw.random.choice((*_OF_STATEMENTS, None))
    if kind is None:
        return statements.random_insertion(draw.subject, draw.random)
    changes = list(kind(draw.subject))
    return draw.random.choice(changes) if changes else None


WAYS: Mapping[str, tuple[Way, float]] = {
    "neighbour": (neighbour, 3.0),
    "extend": (extended, 3.0),
    "grow": (grown, 2.0),
    "crossover": (crossing, 2.0),
    "hoist": (shrunk, 1.5),
    "refine": (refined, 1.5),
    "statement": (restated, 2.0),
    "branch": (branched, 0.5),
}
"""Ways to change, each with its weight before anything was learned."""


def _first(changes: Iterator[Change]) -> Change | None:
    return next(changes, None)
