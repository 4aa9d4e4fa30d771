"""How many are below a bound, again and again: sorted once, each answer is found by halves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    bare,
    compared,
    conjuncts,
    enclosed,
    expression,
    index_of,
    is_number,
    is_steady,
    statements,
    target_names,
)

_BOTH = 2
_MIRRORED = {
    cst.LessThan: cst.GreaterThan,
    cst.GreaterThan: cst.LessThan,
    cst.LessThanEqual: cst.GreaterThanEqual,
    cst.GreaterThanEqual: cst.LessThanEqual,
}


@dataclass(frozen=True, slots=True)
class _Bound:
    """A condition ``key < bound`` on an item.

    Args:
        key: the text of what is compared, which reads the item.
        operator: how.
        bound: the text of what it is compared with.
        reads: what the key depends on besides the item.
    """

    key: str
    operator: type[cst.BaseCompOp]
    bound: str
    reads: frozenset[str]

    @property
    def below(self) -> bool:
        """Return whether the key has to be below the bound."""
        return self.operator in {cst.LessThan, cst.LessThanEqual}

    def position(self, keys: str) -> str:
        """Return the text of how many of ``keys`` are on the lower side of the bound."""
        side = "right" if self.operator in {cst.LessThanEqual, cst.GreaterThan} else "left"
        return f"bisect_{side}({keys}, {self.bound})"


@dataclass(frozen=True, slots=True)
class _Count:
    """An expression that counts the items of a list that meet bounds.

    Args:
        node: ``sum(1 for …)`` or ``len([…])``.
        items: the part of it that goes through the list.
        bounds: the conditions.
    """

    node: cst.Call
    items: cst.CompFor
    bounds: Sequence[_Bound]


def _counts(facts: Facts) -> Iterator[_Count]:
    for call in facts.nodes(cst.Call):
        match call:
            case cst.Call(func=function, args=[cst.Arg(value=cst.GeneratorExp() as listed)]):
                counted = facts.is_builtin(function, "sum") and is_number(listed.elt, 1)
            case cst.Call(func=function, args=[cst.Arg(value=cst.ListComp() as listed)]):
                ones = facts.is_builtin(function, "sum") and is_number(listed.elt, 1)
                counted = ones or facts.is_builtin(function, "len")
            case _:
                continue
        items = listed.for_in
        if not counted or items.inner_for_in is not None or not is_steady(facts, listed):
            continue
        names = target_names(items.target) or frozenset()
        tests = [part for one in items.ifs for part in conjuncts(one.test)]
        bounds = [_bound(facts, test, names) for test in _unchained(tests)]
        known = [bound for bound in bounds if bound is not None]
        if bounds and len(known) == len(bounds):
            yield _Count(call, items, known)


def _unchained(tests: Sequence[cst.BaseExpression]) -> Iterator[cst.BaseExpression]:
    """Yield the conditions, those like ``a <= x < b`` as two."""
    for test in tests:
        if not isinstance(test, cst.Comparison):
            yield test
            continue
        left = test.left
        for one in test.comparisons:
            yield cst.Comparison(left, [one])
            left = one.comparator


def _bound(facts: Facts, test: cst.BaseExpression, names: frozenset[str]) -> _Bound | None:
    for operator, mirrored in _MIRRORED.items():
        sides = compared(test, operator)
        if sides is None:
            continue
        left, right = sides
        for key, bound, how in ((left, right, operator), (right, left, mirrored)):
            if facts.read(key) & names and not facts.read(bound) & names:
                return _Bound(bare(key), how, bare(bound), facts.read(key) - names)
    return None


def _by_bisection(facts: Facts) -> Iterator[Match]:
    """A count of what is below a bound, or between two, is a difference of positions."""
    for count in _counts(facts):
        if len({bound.key for bound in count.bounds}) != 1:
            continue
        upper = [bound for bound in count.bounds if bound.below]
        lower = [bound for bound in count.bounds if not bound.below]
        if len(upper) > 1 or len(lower) > 1:
            continue
        yield from _counted(facts, count, upper, lower)


def _by_beginnings_and_ends(facts: Facts) -> Iterator[Match]:
    """How many spans hold a point: those that began by then, less those that ended."""
    for count in _counts(facts):
        keys = {bound.key for bound in count.bounds}
        upper = [bound for bound in count.bounds if bound.below]
        lower = [bound for bound in count.bounds if not bound.below]
        if len(count.bounds) != _BOTH or len(keys) != _BOTH or len(upper) != 1 or len(lower) != 1:
            continue
        if upper[0].bound == lower[0].bound:
            yield from _counted(facts, count, upper, lower)


def _counted(
    facts: Facts, count: _Count, upper: Sequence[_Bound], lower: Sequence[_Bound]
) -> Iterator[Match]:
    source, bounds = count.items.iter, (*upper, *lower)
    reads = facts.read(source).union(*(bound.reads for bound in bounds))
    place = repeated_in(facts, count.node, reads)
    if place is None or isinstance(source, (cst.List, cst.Tuple)):
        return
    names: dict[str, str] = {}
    for bound in bounds:
        name = facts.fresh(_title(bound))
        names.setdefault(bound.key, f"{name}_below" if name in names.values() else name)
    clause = _clause(bounds)
    made = [_sorted(count, key, clause, name) for key, name in names.items()]
    first = upper[0].position(names[upper[0].key]) if upper else f"len({names[lower[0].key]})"
    text = " - ".join([first, *(bound.position(names[bound.key]) for bound in lower)])
    sides = [f"bisect_{side}" for side in ("left", "right") if f"bisect_{side}(" in text]
    if len(bounds) == _BOTH and len(names) == 1:
        # The bounds may have changed places; then nothing is between them.
        text = f"max({text}, 0)"
    new = expression(text)
    yield Match(
        count.node,
        {
            place: [*statements("\n".join(made)), place],
            count.node: enclosed(facts, count.node, new) if " - " in text else new,
        },
        imports=[("bisect", side) for side in sides],
    )


def _sorted(count: _Count, key: str, clause: str, name: str) -> str:
    target, source = bare(count.items.target), bare(count.items.iter)
    items = source if key == target and not clause else f"{key} for {target} in {source}{clause}"
    return f"{name} = sorted({items})"


def _clause(bounds: Sequence[_Bound]) -> str:
    """Return the text of the condition that an item can meet both bounds at all.

    A span that ends before it begins holds no point, but would be taken off as ended.
    """
    keys = [bound.key for bound in bounds]
    if len(set(keys)) != _BOTH:
        return ""
    strict = all(bound.operator in {cst.LessThan, cst.GreaterThan} for bound in bounds)
    return f" if {keys[0]} {'<' if strict else '<='} {keys[1]}"


def _title(bound: _Bound) -> str:
    """Return a name for the sorted keys, such as ``sorted_start``."""
    match expression(bound.key):
        case cst.Attribute(attr=cst.Name(value=name)):
            return f"sorted_{name}"
        case key:
            at = index_of(key)
            text = at.evaluated_value if isinstance(at, cst.SimpleString) else None
            return f"sorted_{text if text and str(text).isidentifier() else 'keys'}"


RULES = (
    Rule(
        "count-by-bisection",
        "how many are below a bound is found by halves in what is sorted once before the loop",
        Gain.ORDER,
        _by_bisection,
        unless="if items or bounds have no order, or NaN, or the list is an iterator",
    ),
    Rule(
        "spans-by-bisection",
        "how many spans hold a point: those that began by then, less those that ended",
        Gain.ORDER,
        _by_beginnings_and_ends,
        unless="if beginnings, ends or points have no order, or NaN, or the list is an iterator",
    ),
)
