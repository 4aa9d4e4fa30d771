"""Questions: what they need to know, and which to ask first.

Not here: loops that stop where something is decided (`exits`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Comprehension, Facts
from sigil.search.rewrite.likely import value_here
from sigil.search.rewrite.places import touched_in, uses_after
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    compared,
    conjunction,
    conjuncts,
    enclosed,
    expression,
    is_number,
    is_steady,
    line_after,
    occurrences,
    slice_of,
    sole,
    statements,
)

_DEAR, _CHEAP = 8, 3
_OF_A_COMPREHENSION = 40


# --- counted, but only asked whether there is any ------------------------------------------


def _named_for_any(facts: Facts) -> Iterator[Match]:
    """A count, or a list, that is only asked whether it is empty is asked for by ``any``."""
    for line in facts.nodes(cst.SimpleStatementLine):
        bound = assignment(line)
        asked = _asked_of_each(facts, bound[1]) if bound else None
        uses = uses_after(facts, bound[0], line) if bound and asked else None
        if bound is None or asked is None or not uses:
            continue
        counted = not isinstance(bound[1], cst.ListComp)
        answers = [_answer(facts, use, counted=counted) for use in uses]
        name = facts.fresh(f"any_{bound[0].removesuffix('_count')}")
        replace: dict[cst.CSTNode, Replacement] = {
            line: statements(f"{name} = any({asked})"),
        }
        for answer in answers:
            if answer is None:
                break
            node, wanted = answer
            replace[node] = (
                cst.Name(name) if wanted else enclosed(facts, node, expression(f"not {name}"))
            )
        else:
            yield Match(line, replace)


def _asked_of_each(facts: Facts, value: cst.BaseExpression) -> str | None:
    """Return the text of the question to each item that a count or a list is made by."""
    match value:
        case cst.Call(func=name, args=[cst.Arg(value=cst.GeneratorExp(elt=one) as items)]):
            if not facts.is_builtin(name, "sum") or not is_number(one, 1):
                return None
        case cst.Call(func=name, args=[cst.Arg(value=cst.ListComp() as items)]):
            if not facts.is_builtin(name, "len"):
                return None
        case cst.ListComp():
            items = value
        case _:
            return None
    loop = items.for_in
    if len(loop.ifs) != 1 or loop.inner_for_in is not None or not is_steady(facts, items):
        return None
    return f"{conjunction([loop.ifs[0].test])} for {bare(loop.target)} in {bare(loop.iter)}"


def _answer(
    facts: Facts, use: cst.Name, *, counted: bool
) -> tuple[cst.BaseExpression, bool] | None:
    """Return the question that a name is part of, and whether it asks if there is any."""
    value: cst.BaseExpression = use
    above = facts.parent(use)
    if isinstance(above, cst.Arg) and not counted:
        call = facts.parent(above)
        if not isinstance(call, cst.Call) or not facts.is_builtin(call.func, "len"):
            return None
        value, above = call, facts.parent(call)
    if isinstance(above, cst.Comparison) and above.left is value:
        for operator, wanted in ((cst.Equal, False), (cst.NotEqual, True), (cst.GreaterThan, True)):
            sides = compared(above, operator)
            if sides is not None and is_number(sides[1], 0):
                return above, wanted
        return None
    if isinstance(above, cst.UnaryOperation) and isinstance(above.operator, cst.Not):
        return above, False
    return (value, True) if isinstance(above, (cst.If, cst.While)) else None


def _named_for_length(facts: Facts) -> Iterator[Match]:
    """A list of which only the length is asked for is counted instead."""
    for line in facts.nodes(cst.SimpleStatementLine):
        bound = assignment(line)
        if bound is None or not isinstance(bound[1], cst.ListComp):
            continue
        uses = uses_after(facts, bound[0], line)
        calls = [_length(facts, use) for use in uses or ()]
        if not calls or not is_steady(facts, bound[1]) or not bound[1].for_in.ifs:
            continue
        name = facts.fresh(f"{bound[0]}_count")
        made = bare(cst.GeneratorExp(expression("1"), bound[1].for_in))
        replace: dict[cst.CSTNode, Replacement] = {line: statements(f"{name} = sum({made})")}
        for call in calls:
            if call is None:
                break
            replace[call] = cst.Name(name)
        else:
            yield Match(line, replace)


def _length(facts: Facts, use: cst.Name) -> cst.Call | None:
    call = facts.parent(facts.parent(use) or use)
    if isinstance(call, cst.Call) and facts.is_builtin(call.func, "len"):
        return call
    return None


# --- conditions -----------------------------------------------------------------------------


def _joined(facts: Facts) -> Iterator[Match]:
    """An ``if`` that holds nothing but another is one with both conditions."""
    for outer in facts.nodes(cst.If):
        inner = sole(outer.body)
        if outer.orelse is not None or not isinstance(inner, cst.If) or inner.orelse is not None:
            continue
        if any(line.comment for line in inner.leading_lines):
            continue
        both = expression(conjunction([*conjuncts(outer.test), *conjuncts(inner.test)]))
        yield Match(outer, {outer.test: both, outer.body: inner.body})


def _cheap_first(facts: Facts) -> Iterator[Match]:
    """``f(x) and len(x) > n`` asks for the length first."""
    for node in facts.nodes(cst.BooleanOperation):
        above = facts.parent(node)
        if isinstance(above, cst.BooleanOperation) and isinstance(above.operator, cst.And):
            continue
        parts = conjuncts(node)
        dear = next((i for i, part in enumerate(parts) if _cost(facts, part) >= _DEAR), None)
        if dear is None or not is_steady(facts, node):
            continue
        later = [p for p in parts[dear + 1 :] if _is_cheap(facts, p)]
        if later:
            rest = [part for part in parts[dear:] if part not in later]
            text = conjunction([*parts[:dear], *later, *rest])
            yield Match(node, {node: expression(f"({text})" if node.lpar else text)})


def _after_the_guard(facts: Facts) -> Iterator[Match]:
    """``x = f(y)`` before ``if small(y) and test(x): …`` is done where the first holds."""
    for line in facts.nodes(cst.SimpleStatementLine):
        bound, guard = assignment(line), line_after(facts, line)
        if bound is None or not isinstance(guard, cst.If) or guard.orelse is not None:
            continue
        if line.leading_lines and any(one.comment for one in line.leading_lines):
            continue
        name, value = bound
        parts = conjuncts(guard.test)
        first = [part for part in parts if name not in facts.read(part)]
        uses = uses_after(facts, name, line)
        inside = uses is not None and all(guard in facts.ancestors(use) for use in uses)
        if not first or not inside or parts[: len(first)] != first:
            continue
        if _cost(facts, value) < _DEAR or not is_steady(facts, value):
            continue
        if not all(is_steady(facts, part) for part in first):
            continue
        yield Match(line, {line: [], **_guarded(line, guard, first, parts[len(first) :])})


def _guarded(
    line: cst.SimpleStatementLine,
    guard: cst.If,
    first: list[cst.BaseExpression],
    rest: list[cst.BaseExpression],
) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements that put ``line`` into ``guard``, behind its first questions."""
    assert isinstance(guard.body, cst.IndentedBlock)
    inner: list[cst.BaseStatement] = [*guard.body.body]
    if rest:
        [asked] = statements(f"if {conjunction(rest)}:\n    pass")
        inner = [asked.with_changes(body=guard.body)]
    body = cst.IndentedBlock([line.with_changes(leading_lines=()), *inner])
    return {guard.test: expression(conjunction(first)), guard.body: body}


def _length_of_a_part(facts: Facts) -> Iterator[Match]:
    """``len(part)`` of ``part = text[i:j]``, both from a range, is ``j - i``."""
    for call in facts.nodes(cst.Call):
        if not facts.is_builtin(call.func, "len") or len(call.args) != 1:
            continue
        asked = call.args[0].value
        value = value_here(facts, asked) if isinstance(asked, cst.Name) else None
        part = slice_of(value) if value is not None else None
        if part is None or part.lower is None or part.upper is None:
            continue
        bounds = (part.lower, part.upper)
        assert isinstance(asked, cst.Name)
        if asked.value in touched_in(facts, facts.definition):
            continue
        if all(isinstance(one, cst.Name) and _is_counted(facts, one, call) for one in bounds):
            text = expression(f"{bare(part.upper)} - {bare(part.lower)}")
            yield Match(call, {call: _apart(facts, call, text)})


def _is_counted(facts: Facts, name: cst.Name, node: cst.CSTNode) -> bool:
    """Return whether a name is bound only by a loop through a range that is around ``node``."""
    targets = [use for use in occurrences(facts, name.value) if facts.is_target(use)]
    loops = [above for above in facts.ancestors(node) if isinstance(above, cst.For)]
    return any(targets == [loop.target] and _is_range(facts, loop.iter) for loop in loops)


def _is_range(facts: Facts, node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Call) and facts.is_builtin(node.func, "range")


def _apart(facts: Facts, old: cst.BaseExpression, new: cst.BaseExpression) -> cst.BaseExpression:
    """Return a difference as it stands in a comparison, or else in parentheses."""
    above = facts.parent(old)
    return (
        new
        if isinstance(above, (cst.Comparison, cst.ComparisonTarget))
        else enclosed(facts, old, new)
    )


def _is_cheap(facts: Facts, part: cst.BaseExpression) -> bool:
    """Return whether a condition compares numbers, and has no need of a guard before it."""
    plain = isinstance(part, cst.Comparison) and _cost(facts, part) <= _CHEAP
    return plain and not any(True for _ in facts.nodes(cst.Subscript, part))


def _cost(facts: Facts, node: cst.BaseExpression) -> int:
    """Return about how many steps a condition takes: one for each name, more for calls."""
    cost = 0
    for part in facts.walk(node):
        match part:
            case cst.Call(func=function):
                quick = any(facts.is_builtin(function, name) for name in ("len", "isinstance"))
                cost += 1 if quick else _DEAR
            case cst.Slice():
                cost += _DEAR
            case cst.ComparisonTarget(operator=(cst.In() | cst.NotIn()), comparator=items):
                quick = isinstance(items, (cst.Set, cst.Tuple, cst.SimpleString))
                cost += 1 if quick or facts.kind(items) in {"set", "dict", "frozenset"} else _DEAR
            case _:
                cost += _OF_A_COMPREHENSION if isinstance(part, Comprehension) else 0
    return cost


RULES = (
    Rule(
        "list-only-counted",
        "a list of which only the length is asked for is counted, not made",
        Gain.LARGE,
        _named_for_length,
        unless="if what is listed does anything but compute",
    ),
    Rule(
        "named-count-for-any",
        "what is only asked whether there is any is not counted to the end",
        Gain.LARGE,
        _named_for_any,
        unless=(
            "if a condition does anything but tell, a later one raises, "
            "or an iterator is used further or does more than give items"
        ),
    ),
    Rule(
        "cheap-question-first",
        "of conditions that all have to hold, a quick one is asked before a slow one",
        Gain.LARGE,
        _cheap_first,
        unless="if a condition can only be asked where one before it holds",
    ),
    Rule(
        "work-after-the-guard",
        "what is only needed where a quick question is answered with yes is computed there",
        Gain.LARGE,
        _after_the_guard,
        unless="if computing it fails where it was not needed",
    ),
    Rule(
        "length-of-a-part",
        "how long a part of a text is follows from where it begins and ends",
        Gain.SMALL,
        _length_of_a_part,
        unless="if it begins behind its end, either is out of the text, or it is a list that grows",
    ),
    Rule(
        "nested-questions-joined",
        "a condition that holds nothing but another becomes one with it",
        Gain.SMALL,
        _joined,
    ),
)
