"""Lists that a loop makes anew for each addition grow in place instead.

Not here: lists that are taken from at the front (`queues`), loops that become comprehensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import takewhile

import libcst as cst

from sigil.search.rewrite.facts import CHANGING_METHODS, Facts, Loop, Scope
from sigil.search.rewrite.places import begins_anew
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    code,
    is_list,
    occurrences,
    same,
    small,
    statements,
)
from sigil.search.rewrite.sharing import is_iterator, is_only_read


@dataclass(frozen=True, slots=True)
class _Added:
    """A line that makes a longer list of an old one.

    Args:
        target: the list.
        parts: the lists that are added to it, in order.
        grows_already: whether it is the old list that grows.
    """

    target: cst.Name | cst.Subscript
    parts: Sequence[cst.BaseExpression]
    grows_already: bool = False


def _in_place(facts: Facts) -> Iterator[Match]:
    """``xs = xs + ys`` in a loop, which copies all of ``xs``, adds to it instead."""
    for line in facts.nodes(cst.SimpleStatementLine):
        added = _added(line)
        if added is not None and facts.loop_around(line) and _grows(facts, line, added):
            [made] = statements(_addition(facts, added))
            yield Match(line, {line: _as_the_line(line, made)})


def _added(line: cst.SimpleStatementLine) -> _Added | None:
    match small(line):
        case cst.Assign(
            targets=[cst.AssignTarget(target=(cst.Name() | cst.Subscript()) as target)],
            value=value,
        ):
            first, *parts = _operands(value)
            return _Added(target, parts) if parts and same(target, first) else None
        case cst.AugAssign(
            target=(cst.Name() | cst.Subscript()) as target,
            operator=cst.AddAssign(),
            value=cst.List(elements=[cst.Element()]) as items,
        ):
            return _Added(target, [items], grows_already=True)
        case _:
            return None


def _operands(value: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return what ``+`` adds up from left to right."""
    if isinstance(value, cst.BinaryOperation) and isinstance(value.operator, cst.Add):
        return [*_operands(value.left), value.right] if not value.lpar else [value]
    return [value]


def _as_the_line(line: cst.SimpleStatementLine, new: cst.BaseStatement) -> cst.BaseStatement:
    """Return ``new`` with the comments of ``line``."""
    return new.with_changes(
        leading_lines=line.leading_lines, trailing_whitespace=line.trailing_whitespace
    )


def _addition(facts: Facts, added: _Added) -> str:
    """Return the text that adds to a list in place."""
    target, parts = bare(added.target), added.parts
    match parts:
        case [cst.List(elements=[cst.Element(value=item)])]:
            return f"{target}.append({bare(item)})"
        case [cst.Call(func=function, args=[cst.Arg(value=items, star="", keyword=None)]) as call]:
            # Half of what fails in the middle would be there for who catches that.
            if facts.is_builtin(function, "list") and not (
                facts.read(added.target) & facts.read(items) or _is_tried(facts, call)
            ):
                return f"{target}.extend({bare(items)})"
        case _:
            pass
    return f"{target} += {' + '.join(map(code, parts))}"


def _is_tried(facts: Facts, node: cst.CSTNode) -> bool:
    return any(isinstance(above, cst.Try) for above in facts.ancestors(node))


# --- may it grow in place? ------------------------------------------------------------------


def _grows(facts: Facts, line: cst.SimpleStatementLine, added: _Added) -> bool:
    """Return whether a list of the definition's own is added to, which nothing else holds."""
    listed = any(facts.kind(part) == "list" for part in added.parts)
    if not added.grows_already and _is_gone_through(facts, added.target, line):
        return False
    if not isinstance(added.target, cst.Name):
        return listed
    name = added.target.value
    if name in facts.parameters:
        return False
    if added.grows_already:
        return True
    lines = [
        facts.statement_of(use)
        for use in occurrences(facts, name)
        if facts.is_target(use) and not isinstance(facts.parent(use), cst.Subscript)
    ]
    suits = _takes_nothing if listed else partial(_makes_a_list, facts, name)
    return all(map(suits, lines)) and _is_its_own(facts, name, line)


def _is_gone_through(facts: Facts, target: cst.BaseExpression, line: cst.CSTNode) -> bool:
    """Return whether a loop around ``line`` goes through the list, and would go on for ever."""
    for loop in facts.ancestors(line):
        if isinstance(loop, cst.For) and not _counts(facts, loop.iter):
            parts = facts.nodes(cst.BaseExpression, loop.iter)
            if any(same(part, target) for part in parts):
                return True
    return False


def _counts(facts: Facts, source: cst.BaseExpression) -> bool:
    return isinstance(source, cst.Call) and facts.is_builtin(source.func, "range")


def _takes_nothing(line: cst.CSTNode | None) -> bool:
    """Return whether a line that binds a name does not plainly take what is there already."""
    bound = assignment(line)
    if bound is None:
        return isinstance(line, cst.SimpleStatementLine)
    return not isinstance(bound[1], (cst.Name, cst.Attribute, cst.Subscript))


def _makes_a_list(facts: Facts, name: str, line: cst.CSTNode | None) -> bool:
    """Return whether a line that binds ``name`` makes a new list, or adds to what it was."""
    bound, augmented = assignment(line), small(line)
    if bound is not None:
        first = _operands(bound[1])[0]
        return bound[0] == name and (is_list(facts, bound[1]) or bare(first) == name)
    return isinstance(augmented, cst.AugAssign) and isinstance(augmented.operator, cst.AddAssign)


def _is_its_own(facts: Facts, name: str, line: cst.CSTNode) -> bool:
    """Return whether nothing gets hold of the list before the loops that add to it are done.

    These are the loops around ``line`` up to one that begins with a new list; there has to be
    one that does not.
    """
    around = takewhile(lambda above: not isinstance(above, Scope), facts.ancestors(line))
    loops = (above for above in around if isinstance(above, Loop))
    adding = list(takewhile(lambda loop: not begins_anew(facts, name, block(loop.body)), loops))
    uses = list(occurrences(facts, name))
    inside = [at for at, use in enumerate(uses) if adding and adding[-1] in facts.ancestors(use)]
    return bool(inside) and all(_lets_go(facts, use) for use in uses[: inside[-1] + 1])


def _lets_go(facts: Facts, use: cst.Name) -> bool:
    """Return whether what holds ``use`` of a list does not keep it beyond that."""
    above = facts.parent(use)
    match above, facts.parent(above) if above is not None else None:
        case cst.Attribute(attr=cst.Name(value=method)), cst.Call() if method in CHANGING_METHODS:
            return True
        case cst.Arg(), cst.Call() as call if is_iterator(facts, call):
            return False
        case cst.CompFor(), cst.GeneratorExp() as lazy:
            return isinstance(facts.parent(lazy), cst.Arg)
        case _:
            return facts.is_target(use) or isinstance(above, cst.Return) or is_only_read(facts, use)


RULES = (
    Rule(
        "append-in-place",
        "a list made anew each time that something is added to it is added to in place",
        Gain.ORDER,
        _in_place,
        unless="if the list is also known under another name, or it or what is added is no list",
    ),
)
