"""Fewer of many cases, so that no kind of call is lost.

Of a thousand recorded calls one may set a flag, and a change that forgets the flag is found by
that one alone. So a few calls of each kind come first: with the same parameters given, of the same
types, and with the same flags set.

Pure. Not here: how many of them are shown or held out (`sigil.optimize.generate.choosing`).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

from sigil.optimize.generate.inputs import arguments, kind_of
from sigil.sandbox.model import Case

T = TypeVar("T")

OF_A_KIND = 4
"""Of known calls every fourth is held out, so that a kind of so many is shown and held out."""
_FIRST_AT_MOST = 48


def spread(cases: Sequence[T], most: int) -> list[T]:
    """Return at most ``most`` of the cases, or of what else there is, evenly from all over."""
    if len(cases) <= most:
        return list(cases)
    return [cases[i * len(cases) // most] for i in range(most)]


def sampled(cases: Sequence[Case], most: int) -> list[Case]:
    """Return at most ``most`` of the cases: some of each kind, rare ones first, then the others."""
    kinds: dict[Hashable, list[Case]] = {}
    for case in cases:
        kinds.setdefault(_kind(case), []).append(case)
    if len(kinds) == 1:
        return spread(cases, most)
    rare_first = sorted(kinds.values(), key=len)
    first = [case for some in rare_first for case in spread(some, OF_A_KIND)][
        : min(most, _FIRST_AT_MOST)
    ]
    taken = {id(case) for case in first}
    others = [case for case in cases if id(case) not in taken]
    return [*first, *spread(others, most - len(first))]


def _kind(case: Case) -> Hashable:
    """Return which parameters a call gives, of which types, and which flags it sets."""
    return tuple(
        (key, kind_of(value), value if isinstance(value, bool) else None)
        for key, value in arguments(case)
    )
