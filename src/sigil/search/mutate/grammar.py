"""Grow a random expression of a wanted kind from the vocabulary of a place.

Bounded: depth by the caller, exponents small and constant, ranges over plain names, so
that a grown expression neither explodes in size nor in value faster than its parents.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from sigil.search.mutate.fragments import (
    FACTOR,
    Fragment,
    Kind,
    atom,
    binary,
    boolean,
    call,
    compare,
    fits,
    negation,
    negative,
    number,
)
from sigil.search.mutate.scope import Scope

_LITERALS: dict[Kind, Sequence[Fragment]] = {
    "int": (number(1), number(2), number(0), number(3), number(-1)),
    "number": (number(1), number(2), number(0.5), number(0), number(-1), number(3)),
    "bool": (atom("True", "bool"), atom("False", "bool")),
    "str": (atom('""', "str"), atom('" "', "str")),
    "seq": (atom("[]", "seq"),),
    "map": (atom("{}", "map"),),
    "other": (atom("None", "other"),),
    "unknown": (number(1), number(2), number(0)),
}
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_LEAF_CHANCE = 0.35
_LOCAL_CHANCE = 0.6
_LITERAL_CHANCE = 0.5


def leaf(scope: Scope, want: Kind, random: random.Random) -> Fragment:
    """Return a name in scope of the wanted kind, or a literal."""
    fitting = [value for value in scope.values if fits(value.kind, want)]
    near = [value for value in fitting if value.text in scope.local]
    if near and random.random() < _LOCAL_CHANCE:
        return random.choice(near)
    if fitting and random.random() >= _LITERAL_CHANCE:
        return random.choice(fitting)
    return random.choice(_LITERALS[want])


def grow(scope: Scope, want: Kind, depth: int, random: random.Random) -> Fragment:
    """Return a random expression.

    Args:
        scope: the vocabulary.
        want: the kind of the result.
        depth: how many operations deep at most; 0 gives a leaf.
        random: where chance comes from.
    """
    if depth <= 0 or random.random() < _LEAF_CHANCE:
        return leaf(scope, want, random)
    if want == "unknown":
        want = _some_kind(scope, random)
    if want in ("int", "number"):
        return _number(scope, want, depth, random)
    if want == "bool":
        return _truth(scope, depth, random)
    if want in ("str", "seq"):
        return _sequence(scope, want, depth, random)
    return leaf(scope, want, random)


def _some_kind(scope: Scope, random: random.Random) -> Kind:
    kinds: list[Kind] = [v.kind for v in scope.values if v.kind in ("int", "bool", "str", "seq")]
    kinds += list[Kind](["number"]) * (1 + len(scope.values) - len(kinds))
    return random.choice(kinds)


def _number(scope: Scope, want: Kind, depth: int, random: random.Random) -> Fragment:
    form = random.choices(("binary", "call", "negative", "power"), (72, 15, 7, 6))[0]
    if form == "call":
        return _called(scope, want, depth, random)
    left = grow(scope, want, depth - 1, random)
    if form == "negative" and left.level > FACTOR:
        return negative(left)
    if form == "power":
        return binary("**", left, number(random.choice((2, 2, 3))))
    symbols = ("+", "-", "*", "+", "-", "*", "//", "%") if want == "int" else "++--***/"
    return binary(random.choice(symbols), left, _beside(left, scope, want, depth - 1, random))


def _beside(
    left: Fragment, scope: Scope, want: Kind, depth: int, random: random.Random
) -> Fragment:
    """Grow the other operand; beside a literal it has a name, so that it is no constant."""
    if left.size > 1 or left.text.isidentifier():
        return grow(scope, want, depth, random)
    fitting = [value for value in scope.values if fits(value.kind, want)]
    return random.choice(fitting) if fitting else leaf(scope, want, random)


def _called(scope: Scope, want: Kind, depth: int, random: random.Random) -> Fragment:
    functions = [f for f in scope.functions if fits(f.gives, want) and f.gives != "unknown"]
    if not functions:
        return leaf(scope, want, random)
    function = random.choice(functions)
    arguments: list[Fragment] = []
    for kind in function.takes:
        if kind in ("seq", "str"):
            known = [v for v in scope.values if v.kind in (kind, "unknown")]
            if not known:
                return leaf(scope, want, random)
            arguments.append(random.choice(known))
        else:
            arguments.append(grow(scope, kind, depth - 1, random))
    return call(function.text, function.gives, *arguments)


def _truth(scope: Scope, depth: int, random: random.Random) -> Fragment:
    form = random.choices(("compare", "not", "both"), (70, 15, 15))[0]
    if form == "not":
        return negation(grow(scope, "bool", depth - 1, random))
    if form == "both" and depth > 1:
        left = grow(scope, "bool", depth - 1, random)
        other = grow(scope, "bool", depth - 1, random)
        return boolean(random.choice(("and", "or")), left, other)
    left = grow(scope, _some_kind(scope, random), depth - 1, random)
    if left.kind in ("seq", "map", "bool"):
        return random.choice((negation(left), left))
    right = _beside(left, scope, left.kind, 0, random)
    return compare(random.choice(_COMPARISONS), left, right)


def _sequence(scope: Scope, want: Kind, depth: int, random: random.Random) -> Fragment:
    values = [value for value in scope.values if value.kind == want]
    if not values:
        return leaf(scope, want, random)
    value = random.choice(values)
    form = random.choices(("slice", "sorted", "sum"), (50, 25, 25))[0]
    if form == "slice":
        part = random.choice(("1:", ":-1", "::-1", ":1"))
        return Fragment(f"{value.text}[{part}]", value.level, want, 3)
    if form == "sorted" and want == "seq":
        return call("sorted", "seq", value)
    return binary("+", value, random.choice(values)) if depth > 1 else value
