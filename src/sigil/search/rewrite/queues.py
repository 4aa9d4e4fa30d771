"""Lists that are taken from at the front: in place, and by deques.

Not here: lists that only grow (`appending`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Comprehension, Facts
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    expression,
    index_of,
    is_empty,
    is_list,
    is_number,
    occurrences,
    slice_of,
    small,
    statements,
)
from sigil.search.rewrite.sharing import is_done_at_once, is_iterator

_OF_BOTH = frozenset("append extend pop remove clear count reverse index".split())
"""Methods that lists and deques have in common."""

_TELL_APART = frozenset("str repr ascii format isinstance type".split())
"""Built-in functions to which a deque is not a list."""


def _by_deque(facts: Facts) -> Iterator[Match]:
    """A list from whose front things are taken, or put there, in a loop becomes a deque."""
    for name in sorted(facts.bound - frozenset(facts.parameters)):
        replace: dict[cst.CSTNode, Replacement] = {}
        uses = list(occurrences(facts, name))
        if all(_as_deque(facts, use, replace) for use in uses):
            front = [node for node in replace if _is_front(node)]
            if any(facts.loop_around(node) is not None for node in front):
                yield Match(front[0], replace, imports=[("collections", "deque")])


def _is_front(node: cst.CSTNode) -> bool:
    """Return whether a replaced node is one that takes from the front, or puts there."""
    if isinstance(node, cst.SimpleStatementLine):
        return True
    return (
        isinstance(node, cst.Call)
        and isinstance(node.func, cst.Attribute)
        and (
            (node.func.attr.value == "insert")
            or (len(node.args) == 1 and is_number(node.args[0].value, 0))
        )
    )


def _as_deque(facts: Facts, use: cst.Name, replace: dict[cst.CSTNode, Replacement]) -> bool:
    """Note what stands in the place of ``use`` of a list; return False if nothing can."""
    above = facts.parent(use)
    if facts.is_target(use) and not isinstance(above, (cst.Subscript, cst.Attribute)):
        bound = assignment(facts.statement_of(use))
        if bound is None or bound[0] != use.value or not is_list(facts, bound[1]):
            return False
        replace[bound[1]] = expression(_deque_of(bound[1]))
        return True
    match above:
        case cst.Attribute():
            return _method_of_deque(facts, above, replace)
        case cst.Subscript():
            return _item_of_deque(facts, above, replace)
        case cst.Return():
            replace[use] = expression(f"list({use.value})")
            return True
        case _:
            return _does_for_both(facts, use, above)


def _does_for_both(facts: Facts, use: cst.Name, above: cst.CSTNode | None) -> bool:
    """Return whether a list and a deque are the same to what ``use`` stands in."""
    match above:
        case cst.Arg():
            return _takes_both(facts, use, facts.parent(above))
        case cst.While() | cst.If() | cst.BooleanOperation():
            return True
        case cst.UnaryOperation(operator=operator):
            return isinstance(operator, cst.Not)
        case cst.For() | cst.CompFor():
            return _stays_meanwhile(facts, use.value, use)
        case cst.ComparisonTarget(operator=operator):
            return isinstance(operator, (cst.In, cst.NotIn))
        case _:
            return False


def _takes_both(facts: Facts, use: cst.Name, call: cst.CSTNode | None) -> bool:
    if not isinstance(call, cst.Call) or not facts.is_pure_call(call):
        return False
    if is_iterator(facts, call):
        return is_done_at_once(facts, call) or _stays_meanwhile(facts, use.value, call)
    return bare(call.func) not in _TELL_APART


def _stays_meanwhile(facts: Facts, name: str, source: cst.CSTNode) -> bool:
    """Return whether what goes through ``source`` leaves the list alone.

    A list may change while something goes through it, a deque may not.
    """
    match facts.parent(source):
        case cst.For(iter=gone_through, body=body) if gone_through is source:
            return name not in facts.changed(body)
        case cst.CompFor(iter=gone_through) as clause if gone_through is source:
            made = next(a for a in facts.ancestors(clause) if isinstance(a, Comprehension))
            kept = isinstance(made, cst.GeneratorExp) and not is_done_at_once(facts, made)
            return name not in facts.changed(made) and not kept
        case _:
            return False


def _deque_of(value: cst.BaseExpression) -> str:
    if is_empty(value):
        return "deque()"
    match value:
        case cst.Call(func=cst.Name(value="list"), args=[cst.Arg(value=inner)]):
            return f"deque({bare(inner)})"
        case _:
            return f"deque({bare(value)})"


def _method_of_deque(
    facts: Facts, method: cst.Attribute, replace: dict[cst.CSTNode, Replacement]
) -> bool:
    call, name = facts.parent(method), bare(method.value)
    if not isinstance(call, cst.Call):
        return False
    match method.attr.value, call.args:
        case "pop", [cst.Arg(value=at)]:
            if not is_number(at, 0) and not is_number(at, -1):
                return False
            replace[call] = expression(f"{name}.{'popleft' if is_number(at, 0) else 'pop'}()")
            return True
        case "insert", [cst.Arg(value=at), cst.Arg(value=item)]:
            # What is put in may itself be taken from the list: then both would be replaced.
            if not is_number(at, 0) or name in facts.read(item):
                return False
            replace[call] = expression(f"{name}.appendleft({bare(item)})")
            return True
        case known, _:
            return known in _OF_BOTH


def _item_of_deque(
    facts: Facts, item: cst.Subscript, replace: dict[cst.CSTNode, Replacement]
) -> bool:
    """Take single items at the ends as they are, and what drops the first."""
    at = index_of(item)
    if at is not None:
        ends = is_number(at, 0) or is_number(at, -1)
        line = facts.statement_of(item)
        match small(line):
            case cst.Del(target=target) if ends and target is item and line is not None:
                method = "popleft" if is_number(at, 0) else "pop"
                replace[line] = statements(f"{bare(item.value)}.{method}()")
                return True
            case _:
                return ends
    return False


def _without_first(facts: Facts) -> Iterator[Match]:
    """``xs = xs[1:]`` at the end of a ``while xs`` drops the first in place."""
    for line in facts.nodes(cst.SimpleStatementLine):
        loop, bound = facts.loop_around(line), assignment(line)
        if bound is None or loop is None or bound[0] in facts.parameters:
            continue
        part = slice_of(bound[1])
        if part is None or part.upper or not part.lower or not is_number(part.lower, 1):
            continue
        assert isinstance(bound[1], cst.Subscript)
        if bare(bound[1].value) != bound[0] or not _made_as_list(facts, bound[0], line):
            continue
        if isinstance(loop, cst.While) and bound[0] in facts.read(loop.test):
            yield Match(line, {line: statements(f"{bound[0]}.pop(0)")})


def _made_as_list(facts: Facts, name: str, line: cst.CSTNode) -> bool:
    """Return whether a name is given a new list wherever else than in ``line`` it is bound."""
    for use in occurrences(facts, name):
        other = facts.statement_of(use)
        bound = assignment(other)
        if not facts.is_target(use) or other is line:
            continue
        if bound is None or bound[0] != name or not is_list(facts, bound[1]):
            return False
    return True


RULES = (
    Rule(
        "front-dropped-in-place",
        "a list copied without its first item drops the first item",
        Gain.LARGE,
        _without_first,
        unless="if the list is also known under another name, or is empty",
    ),
    Rule(
        "queue-as-deque",
        "a list that is taken from at the front is a deque, which need not move the others",
        Gain.ORDER,
        _by_deque,
        unless="if the list is seen as such from elsewhere",
    ),
)
