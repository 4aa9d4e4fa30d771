"""Random changes of a subject, for search beyond its neighbours.

Not here: the systematic walk over single edits (`walk`), which comes first.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence

from sigil.search.mutate import statements
from sigil.search.mutate.crossover import crossed
from sigil.search.mutate.fragments import binary, boolean, conditional, number
from sigil.search.mutate.grammar import grow
from sigil.search.mutate.operators import (
    TIERS,
    Change,
    hoisted,
    literal_value,
    numeric,
    replaced,
    rounded,
)
from sigil.search.mutate.subject import Subject

Draw = Callable[[Subject, Sequence[Subject], random.Random], Change | None]
_OPERATORS = [operator for tier in TIERS for operator in tier]
_ROOM = 40
"""How many expressions a region may gain over the baseline before it must shrink."""


def neighbour(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """One of the catalogue's edits of a random site."""
    site = random.choice(subject.sites)
    changes = list(random.choice(_OPERATORS)(subject, site))
    return random.choice(changes) if changes else None


def grown(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """A random site replaced by a random expression of its kind."""
    site = random.choice(subject.sites)
    fresh = grow(site.scope, site.want, random.choice((1, 2, 2, 3)), random)
    return _first(replaced(subject, site, fresh, "grow"))


def extended(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """A random site combined with a random expression."""
    site = random.choice(subject.sites)
    whole = subject.fragment(site.node, site.kind)
    depth = random.choice((0, 1, 1, 2))
    if site.kind == "bool" or site.role == "test":
        symbol = "and" if random.random() < 0.5 else "or"
        fresh = boolean(symbol, whole, grow(site.scope, "bool", 1 + depth, random))
    elif numeric(site) and site.role in ("value", "index"):
        other = grow(site.scope, "int" if site.kind == "int" else "number", depth, random)
        symbol = random.choice("++--**/")
        pair = (whole, other) if random.random() < 0.7 else (other, whole)
        fresh = binary(symbol, *pair)
    else:
        return None
    return _first(replaced(subject, site, fresh, "extend"))


def shrunk(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """A random site replaced by one of its parts, or by a leaf."""
    site = random.choice(subject.sites)
    changes = list(hoisted(subject, site))
    if changes:
        return random.choice(changes)
    return _first(replaced(subject, site, grow(site.scope, site.want, 0, random), "shrink"))


def refined(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """A literal moved by a normally distributed step, near or far."""
    literals = [site for site in subject.sites if literal_value(site.node) is not None]
    if not literals:
        return None
    site = random.choice(literals)
    value = literal_value(site.node)
    assert value is not None
    scale = random.choice((0.02, 0.1, 0.5)) * max(
        abs(value), 1.0 if isinstance(value, int) else 0.1
    )
    moved = random.gauss(value, scale)
    whole = isinstance(value, int) and (random.random() < 0.5 or site.want == "int")
    fresh = number(round(moved)) if whole else number(rounded(moved))
    return _first(replaced(subject, site, fresh, "refine"))


def branched(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """A random site made conditional."""
    site = random.choice(subject.sites)
    if site.role != "value":
        return None
    test = grow(site.scope, "bool", 2, random)
    other = grow(site.scope, site.want, 1, random)
    fresh = conditional(subject.fragment(site.node, site.kind), test, other)
    return _first(replaced(subject, site, fresh, "branch"))


def crossing(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """An expression of another parent, or of another place of this one."""
    donor = random.choice([subject, *donors])
    return crossed(subject, random.choice(subject.sites), donor, random)


def restated(subject: Subject, donors: Sequence[Subject], random: random.Random) -> Change | None:
    """A statement deleted, exchanged, guarded or inserted."""
    kind = random.choice((statements.deletions, statements.exchanges, statements.guards, None))
    if kind is None:
        return statements.random_insertion(subject, random)
    changes = list(kind(subject))
    return random.choice(changes) if changes else None


DRAWS: Mapping[str, tuple[Draw, float]] = {
    "neighbour": (neighbour, 3.0),
    "extend": (extended, 3.0),
    "grow": (grown, 2.0),
    "crossover": (crossing, 2.0),
    "hoist": (shrunk, 1.5),
    "refine": (refined, 1.5),
    "statement": (restated, 1.0),
    "branch": (branched, 0.5),
}
"""Ways to change, each with its weight before anything was learned."""

_SHRINKING = ("hoist", "neighbour", "refine")


def names_of(subject: Subject, baseline_size: int) -> list[str]:
    """Return the ways that suit ``subject``: one that has grown too far may only shrink."""
    full = subject.size > baseline_size * 2 + _ROOM
    return [name for name in DRAWS if not full or name in _SHRINKING]


def _first(changes: Iterator[Change]) -> Change | None:
    return next(changes, None)
