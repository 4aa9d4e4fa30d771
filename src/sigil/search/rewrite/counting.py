"""Counts and positions that are asked again and again are found in one pass."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.likely import likely_kind
from sigil.search.rewrite.places import is_seen_elsewhere, repeated_in, stays_inside
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    call_of,
    compared,
    expression,
    index_of,
    is_empty,
    is_number,
    is_steady,
    line_before,
    same,
    small,
    sole,
    statements,
    target_names,
)
from sigil.search.rewrite.sharing import may_be_caught

_NO_MAPPINGS = frozenset({"list", "tuple", "str", "bytes", "set", "frozenset", "range"})


def _calls_on_a_list(
    facts: Facts, method: str
) -> Iterator[tuple[cst.Call, str, cst.BaseExpression, cst.BaseStatement]]:
    """Yield calls ``xs.method(x)`` that are repeated: with list, item and place before all."""
    for call in facts.nodes(cst.Call):
        match call_of(call, method):
            case (cst.Name(value=name) as receiver, [cst.Arg(value=item, star="", keyword=None)]):
                pass
            case _:
                continue
        place = repeated_in(facts, call, {name})
        likely = likely_kind(facts, receiver)
        if place is None or likely not in {"list", "tuple", "str", None}:
            continue
        if likely != "str" or _is_letter_of(facts, item, name):
            yield call, name, item, place


def _is_letter_of(facts: Facts, item: cst.BaseExpression, text: str) -> bool:
    """Return whether ``item`` is a name for one letter of a text after the other."""
    if not isinstance(item, cst.Name):
        return False
    for above in facts.ancestors(item):
        loops = [above] if isinstance(above, cst.For) else facts.nodes(cst.CompFor, above)
        if isinstance(above, (cst.For, cst.ListComp, cst.DictComp, cst.SetComp, cst.GeneratorExp)):
            for loop in loops:
                if bare(loop.target) == item.value:
                    return bare(loop.iter) in {text, f"set({text})", f"sorted(set({text}))"}
    return False


def _by_counter(facts: Facts) -> Iterator[Match]:
    """``xs.count(x)`` in a loop is looked up in a count of all."""
    for call, name, item, place in _calls_on_a_list(facts, "count"):
        fresh = facts.fresh(f"{name}_counts")
        made = statements(f"{fresh} = Counter({name})")
        counted = expression(f"{fresh}[{bare(item)}]")
        yield Match(
            call, {place: [*made, place], call: counted}, imports=[("collections", "Counter")]
        )


def _by_position(facts: Facts) -> Iterator[Match]:
    """``xs.index(x)`` in a loop is looked up in a dict of first positions."""
    for call, name, item, place in _calls_on_a_list(facts, "index"):
        if may_be_caught(facts, call):
            continue
        fresh = facts.fresh(f"{name}_positions")
        position, each = facts.fresh("position"), facts.fresh("item")
        made = statements(
            f"{fresh} = {{}}\n"
            f"for {position}, {each} in enumerate({name}):\n"
            f"    {fresh}.setdefault({each}, {position})"
        )
        yield Match(call, {place: [*made, place], call: expression(f"{fresh}[{bare(item)}]")})


# --- counting by hand -----------------------------------------------------------------------


def _counted_by_hand(facts: Facts) -> Iterator[Match]:
    """``counts[k] = counts.get(k, 0) + 1`` for each item is what a Counter does in C."""
    for loop in facts.nodes(cst.For):
        start, names = line_before(facts, loop), target_names(loop.target)
        bound, counted = assignment(start), _counts(loop)
        if bound is None or counted is None or names is None or start is None:
            continue
        name, key = counted
        fits = (
            bound[0] == name
            and is_empty(bound[1], cst.Dict)
            and not loop.orelse
            and not loop.asynchronous
            and stays_inside(facts, names, loop)
            and is_steady(facts, key)
            and is_steady(facts, loop.iter)
            and name not in facts.read(key) | facts.read(loop.iter)
            and _is_seen_when_done(facts, name, loop)
        )
        if fits:
            target = bare(loop.target)
            whole = bare(key) == target
            items = (
                _as_items(facts, loop.iter)
                if whole
                else f"{bare(key)} for {target} in {bare(loop.iter)}"
            )
            made = statements(f"{name} = dict(Counter({items}))")
            yield Match(loop, {start: [], loop: made}, imports=[("collections", "Counter")])


def _is_seen_when_done(facts: Facts, name: str, loop: cst.For) -> bool:
    """Return whether nothing sees what a loop has made of a name before it is done."""
    return not may_be_caught(facts, loop) and not is_seen_elsewhere(facts, name)


def _as_items(facts: Facts, source: cst.BaseExpression) -> str:
    """Return the text of what a Counter counts; of a mapping it would take over the values."""
    sure = facts.kind(source) in _NO_MAPPINGS or isinstance(
        source, (cst.ListComp, cst.GeneratorExp)
    )
    return bare(source) if sure else f"iter({bare(source)})"


def _counts(loop: cst.For) -> tuple[str, cst.BaseExpression] | None:
    """Return name and key of a dict in which all that a loop does is to count."""
    inside = block(loop.body)
    if len(inside) == 2:  # noqa: PLR2004 - a question and a line
        return _counts_after_asking(inside[0], inside[1])
    only = sole(loop.body)
    if isinstance(only, cst.If):
        return _counts_either_way(only)
    match small(only):
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript(value=cst.Name(value=name)) as item)],
            value=cst.BinaryOperation(left=left, operator=cst.Add(), right=one),
        ) if is_number(one, 1):
            key = index_of(item)
            match call_of(left, "get"):
                case (cst.Name(value=other), [cst.Arg(value=asked), cst.Arg(value=zero)]):
                    if key and other == name and same(asked, key) and is_number(zero, 0):
                        return name, key
                case _:
                    pass
        case _:
            pass
    return None


def _counts_either_way(asked: cst.If) -> tuple[str, cst.BaseExpression] | None:
    """Match ``if k in d: d[k] += 1``, ``else: d[k] = 1``, and the other way round."""
    known, new = compared(asked.test, cst.In), compared(asked.test, cst.NotIn)
    other = asked.orelse.body if isinstance(asked.orelse, cst.Else) else None
    yes, no = (asked.body, other) if known else (other, asked.body)
    sides = known or new
    if sides is None or yes is None or no is None:
        return None
    return _counted(sides, _plus_one(sole(yes)), _set_to(sole(no), 1))


def _counts_after_asking(
    asked: cst.BaseStatement, line: cst.BaseStatement
) -> tuple[str, cst.BaseExpression] | None:
    """Match ``if k not in d: d[k] = 0`` and then ``d[k] += 1``."""
    if not isinstance(asked, cst.If) or asked.orelse:
        return None
    sides = compared(asked.test, cst.NotIn)
    return _counted(sides, _plus_one(line), _set_to(sole(asked.body), 0)) if sides else None


def _counted(
    sides: tuple[cst.BaseExpression, cst.BaseExpression],
    added: cst.Subscript | None,
    started: cst.Subscript | None,
) -> tuple[str, cst.BaseExpression] | None:
    """Return name and key if both lines are about the key that is asked for."""
    key, counts = sides
    if added is None or started is None or not isinstance(counts, cst.Name):
        return None
    wanted = f"{counts.value}[{bare(key)}]"
    return (counts.value, key) if bare(added) == bare(started) == wanted else None


def _plus_one(line: cst.CSTNode | None) -> cst.Subscript | None:
    match small(line):
        case cst.AugAssign(target=cst.Subscript() as item, operator=cst.AddAssign(), value=one) if (
            is_number(one, 1)
        ):
            return item
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript() as item)],
            value=cst.BinaryOperation(left=left, operator=cst.Add(), right=one),
        ) if is_number(one, 1) and same(left, item):
            return item
        case _:
            return None


def _set_to(line: cst.CSTNode | None, number: int) -> cst.Subscript | None:
    match small(line):
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Subscript() as item)], value=value
        ) if is_number(value, number):
            return item
        case _:
            return None


# --- counting with a condition --------------------------------------------------------------


def _added_up(facts: Facts) -> Iterator[Match]:
    """``n = 0`` and a loop that adds one where a condition holds become one sum."""
    for loop in facts.nodes(cst.For):
        start, names = line_before(facts, loop), target_names(loop.target)
        bound, asked = assignment(start), sole(loop.body)
        if bound is None or start is None or names is None or not isinstance(asked, cst.If):
            continue
        fits = (
            is_number(bound[1], 0)
            and not (loop.orelse or asked.orelse or loop.asynchronous)
            and _adds_one(sole(asked.body)) == bound[0]
            and bound[0] not in facts.read(loop.iter) | facts.read(asked.test)
            and is_steady(facts, asked.test)
            and stays_inside(facts, names, loop)
            and _is_seen_when_done(facts, bound[0], loop)
        )
        if fits:
            each = f"1 for {bare(loop.target)} in {bare(loop.iter)} if {bare(asked.test)}"
            yield Match(loop, {start: [], loop: statements(f"{bound[0]} = sum({each})")})


def _adds_one(line: cst.CSTNode | None) -> str | None:
    match small(line):
        case cst.AugAssign(target=cst.Name(value=name), operator=cst.AddAssign(), value=one) if (
            is_number(one, 1)
        ):
            return name
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=name))],
            value=cst.BinaryOperation(left=cst.Name(value=left), operator=cst.Add(), right=one),
        ) if is_number(one, 1):
            return name if left == name else None
        case _:
            return None


RULES = (
    Rule(
        "count-by-counter",
        "counts that a loop asks for one after the other are taken in one pass before it",
        Gain.ORDER,
        _by_counter,
        unless="if an item cannot be hashed, or what is counted is text",
    ),
    Rule(
        "position-by-dict",
        "positions that a loop asks for one after the other are noted in one pass before it",
        Gain.ORDER,
        _by_position,
        unless="if an item cannot be hashed or is not there, or it is text",
    ),
    Rule(
        "counted-by-counter",
        "a dict in which a loop counts by hand is made by Counter, which counts in C",
        Gain.LARGE,
        _counted_by_hand,
        unless="if what is called for a key does anything but tell",
    ),
    Rule(
        "counted-in-a-sum",
        "a loop that only counts where a condition holds becomes a sum over a generator",
        Gain.SMALL,
        _added_up,
        unless="if a condition does anything but tell",
    ),
)
