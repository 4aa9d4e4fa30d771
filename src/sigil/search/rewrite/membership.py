"""Is something among many? A list is looked through, a set is looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import libcst as cst
import libcst.matchers as m

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.likely import likely_kind, value_here
from sigil.search.rewrite.places import repeated_in
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    bare,
    compared,
    enclosed,
    expression,
    is_steady,
    memberships,
    slice_of,
    statements,
    target_names,
)

_CONSTANT = m.Element(m.SimpleString() | m.Integer() | m.Name("None"))
_LOOKED_THROUGH = {"list", "tuple", "dict_values", None}
_COPIES = ("list", "tuple", "sorted")


def _among_constants(facts: Facts) -> Iterator[Match]:
    """``x in [1, 2]`` becomes ``x in {1, 2}``, which the compiler makes once."""
    for target in memberships(facts):
        items = target.comparator
        if not isinstance(items, (cst.List, cst.Tuple)):
            continue
        if len(items.elements) > 1 and all(m.matches(e, _CONSTANT) for e in items.elements):
            yield Match(target, {items: cst.Set([cst.Element(e.value) for e in items.elements])})


def _of_the_list(facts: Facts, target: cst.ComparisonTarget) -> cst.BaseStatement | None:
    """Return the statement before which a list that is asked for members can be made a set."""
    name = target.comparator
    if not isinstance(name, cst.Name):
        return None
    return repeated_in(facts, target, {name.value})


def _in_a_loop(facts: Facts) -> Iterator[Match]:
    """A list that does not change in what asks it again and again is made a set before."""
    for target in memberships(facts):
        items, place = target.comparator, _of_the_list(facts, target)
        if place is None or not isinstance(items, cst.Name):
            continue
        if facts.kind(items) in {"list", "tuple"}:
            yield _set_before(facts, target, place, f"set({items.value})", items.value)


def _likely_list_in_a_loop(facts: Facts) -> Iterator[Match]:
    """The same where nothing says that it is a list, and nothing that it is not."""
    for target in memberships(facts):
        items, place = target.comparator, _of_the_list(facts, target)
        if place is None or not isinstance(items, cst.Name):
            continue
        if facts.kind(items) is not None or likely_kind(facts, items) not in {"list", None}:
            continue
        if not _asks_for_a_part(facts, target):
            yield _set_before(facts, target, place, f"set({items.value})", items.value)


def _asks_for_a_part(facts: Facts, target: cst.ComparisonTarget) -> bool:
    """Return whether a slice is looked for, which is rather a part of a text than an item."""
    asked = facts.parent(target)
    assert isinstance(asked, cst.Comparison)
    value = value_here(facts, asked.left)
    return value is not None and slice_of(value) is not None


def _made_again_and_again(facts: Facts) -> Iterator[Match]:
    """``x in [f(y) for y in ys]`` in a loop asks a set comprehension made before it."""
    for target in memberships(facts):
        items = target.comparator
        if not isinstance(items, (cst.ListComp, cst.GeneratorExp, cst.Call, cst.Attribute)):
            continue
        made = _as_set(facts, items)
        if made is None or not is_steady(facts, items):
            continue
        place = repeated_in(facts, target, facts.read(items) - facts.assigned(items))
        if place is not None:
            yield _set_before(facts, target, place, made, _title(items))


def _as_set(facts: Facts, items: cst.BaseExpression) -> str | None:
    """Return the text of a set of what ``items`` gives; None if it is quick to ask itself."""
    match items:
        case cst.ListComp(elt=elt, for_in=for_in) | cst.GeneratorExp(elt=elt, for_in=for_in):
            made = f"tuple({bare(elt)})" if facts.kind(elt) == "list" else bare(elt)
            return bare(cst.SetComp(expression(made), for_in))
        case cst.Call(func=cst.Name() as function, args=[cst.Arg(value=inner), *_]) if any(
            facts.is_builtin(function, name) for name in _COPIES
        ):
            return f"set({bare(inner)})"
        case _:
            return f"set({bare(items)})" if facts.kind(items) in _LOOKED_THROUGH else None


def _title(items: cst.BaseExpression) -> str:
    """Return a name for a set of ``items``, from the first variable that they come from."""
    match items:
        case cst.ListComp(for_in=for_in) | cst.GeneratorExp(for_in=for_in):
            return _title(for_in.iter)
        case cst.Attribute(attr=cst.Name(value=name)) | cst.Name(value=name):
            return name
        case cst.Call(args=[cst.Arg(value=inner), *_]):
            return _title(inner)
        case cst.Call(func=cst.Attribute(value=inner)) | cst.Subscript(value=inner):
            return _title(inner)
        case _:
            return "known"


def _set_before(
    facts: Facts, target: cst.ComparisonTarget, place: cst.BaseStatement, made: str, title: str
) -> Match:
    fresh = facts.fresh(f"{title}_set")
    items, asked = target.comparator, facts.parent(target)
    replace: dict[cst.CSTNode, Replacement] = {
        place: [*statements(f"{fresh} = {made}"), place],
        items: cst.Name(fresh),
    }
    if made.startswith("{tuple(") and isinstance(asked, cst.Comparison):
        replace[asked.left] = expression(f"tuple({bare(asked.left)})")
    return Match(target, replace)


def _of_a_copy(facts: Facts) -> Iterator[Match]:
    """``x in list(xs)`` and ``x in d.keys()`` ask ``xs`` and ``d`` themselves."""
    for target in memberships(facts):
        match target.comparator:
            case cst.Call(func=cst.Name() as function, args=[cst.Arg(value=inner, star="")]) if any(
                facts.is_builtin(function, name) for name in _COPIES
            ):
                kind = facts.kind(inner)
            case cst.Call(
                func=cst.Attribute(value=inner, attr=cst.Name(value="keys")), args=[]
            ) if likely_kind(facts, inner) == "dict":
                kind = "dict"
            case _:
                continue
        if kind in {"list", "tuple", "set", "frozenset", "dict", "dict_keys", "range"}:
            yield Match(target, {target.comparator: inner})


# --- any(x == y for y in ys) ----------------------------------------------------------------


def _any_equal(facts: Facts) -> Iterator[Match]:
    """``any(f(y) == x for y in ys)`` asks a set, which a later look makes before the loop."""
    wanted: Mapping[str, tuple[type[cst.BaseCompOp], str]] = {
        "any": (cst.Equal, "in"),
        "all": (cst.NotEqual, "not in"),
    }
    for call in facts.nodes(cst.Call):
        match call:
            case cst.Call(
                func=cst.Name(value="any" | "all" as name) as function,
                args=[cst.Arg(value=(cst.GeneratorExp() | cst.ListComp()) as items)],
            ) if facts.is_builtin(function):
                operator, word = wanted[name]
                text = _as_question(facts, items, operator, word)
            case _:
                continue
        if text is not None:
            asked = expression(text)
            yield Match(call, {call: enclosed(facts, call, asked)})


def _as_question(
    facts: Facts,
    items: cst.GeneratorExp | cst.ListComp,
    operator: type[cst.BaseCompOp],
    word: str,
) -> str | None:
    sides, names = compared(items.elt, operator), target_names(items.for_in.target)
    if sides is None or names is None or items.for_in.inner_for_in or not is_steady(facts, items):
        return None
    key, sought = sides if facts.read(sides[0]) & names else sides[::-1]
    if facts.read(sought) & names or not facts.read(key) & names:
        return None
    if repeated_in(facts, items, facts.read(items) - names - facts.read(sought)) is None:
        return None
    return f"{bare(sought)} {word} {bare(cst.ListComp(key, items.for_in))}"


def _any_among(facts: Facts) -> Iterator[Match]:
    """``any(x in ys for x in xs)`` asks whether both have something in common."""
    for call in facts.nodes(cst.Call):
        match call:
            case cst.Call(
                func=cst.Name(value="any") as function,
                args=[cst.Arg(value=(cst.GeneratorExp() | cst.ListComp()) as items)],
            ) if facts.is_builtin(function):
                sides, loop = compared(items.elt, cst.In), items.for_in
            case _:
                continue
        if sides is None or loop.ifs or loop.inner_for_in or bare(sides[0]) != bare(loop.target):
            continue
        if facts.read(sides[1]) & facts.assigned(items) or not is_steady(facts, items):
            continue
        if likely_kind(facts, sides[1]) in {"list", "tuple", None}:
            apart = f"set({bare(sides[1])}).isdisjoint({bare(loop.iter)})"
            above = facts.parent(call)
            if isinstance(above, cst.UnaryOperation) and isinstance(above.operator, cst.Not):
                yield Match(call, {above: expression(apart)})
            else:
                yield Match(call, {call: enclosed(facts, call, expression(f"not {apart}"))})


_HASHABLE = "if something looked for, or in it, cannot be hashed, or it changes under another name"

RULES = (
    Rule(
        "membership-in-a-set",
        "a loop that asks whether things are in a list asks a set made before it instead",
        Gain.ORDER,
        _in_a_loop,
        unless=_HASHABLE,
    ),
    Rule(
        "membership-in-a-likely-set",
        "a loop that asks whether things are in an argument asks a set of it made before",
        Gain.ORDER,
        _likely_list_in_a_loop,
        unless=(
            "if it is text, bytes or an iterator, or something looked for, or in it, "
            "cannot be hashed, or it changes under another name"
        ),
    ),
    Rule(
        "membership-in-a-set-made-once",
        "a list that is made anew for each question becomes a set made before the loop",
        Gain.ORDER,
        _made_again_and_again,
        unless="if something looked for, or in it, cannot be hashed, or the list fails unneeded",
    ),
    Rule(
        "any-equal-in-a-set",
        "comparing with each item in turn becomes one question of membership",
        Gain.ORDER,
        _any_equal,
        unless="if something compared cannot be hashed, is not equal to itself, or fails unneeded",
    ),
    Rule(
        "any-among-by-disjointness",
        "whether two lists have something in common is asked of a set of one of them",
        Gain.ORDER,
        _any_among,
        unless="if something in either cannot be hashed, or it is text, bytes or an iterator",
    ),
    Rule(
        "membership-without-a-copy",
        "membership is asked of the collection itself, not of a copy made to be asked",
        Gain.LARGE,
        _of_a_copy,
        unless="if what is looked for cannot be hashed",
    ),
    Rule(
        "constants-in-a-set",
        "membership among constants is looked up in a set instead of compared with each",
        Gain.SMALL,
        _among_constants,
        unless="if what is looked for cannot be hashed",
    ),
)
