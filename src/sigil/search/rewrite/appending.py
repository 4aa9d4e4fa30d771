"""Lists that a loop makes anew for each addition grow in place instead.

Not here: lists that are taken from at the front (`queues`), loops that become comprehensions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
    is_steady,
    occurrences,
    same,
    slice_of,
    small,
    statements,
)
from sigil.search.rewrite.sharing import is_iterator, is_only_read, may_be_caught


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
        if added is None or not _is_one_object(facts, added):
            continue
        if facts.loop_around(line) and _grows(facts, line, added):
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


def _is_one_object(facts: Facts, added: _Added) -> bool:
    """Return whether the target is one and the same list each time that the line names it.

    A slice is a new list. What two subscripts say is evaluated twice, and one of them goes.
    """
    target = added.target
    if isinstance(target, cst.Subscript) and any(
        not isinstance(one.slice, cst.Index) or one.slice.star for one in target.slice
    ):
        return False
    return added.grows_already or is_steady(facts, target)


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
                facts.read(added.target) & facts.read(items) or may_be_caught(facts, call)
            ):
                return f"{target}.extend({bare(items)})"
        case _:
            pass
    return f"{target} += {' + '.join(map(code, parts))}"


# --- may it grow in place? ------------------------------------------------------------------


def _grows(facts: Facts, line: cst.SimpleStatementLine, added: _Added) -> bool:
    """Return whether a list of the definition's own is added to, which nothing else holds."""
    listed = any(facts.kind(part) == "list" for part in added.parts)
    if not added.grows_already and _is_gone_through(facts, added.target, line):
        return False
    if isinstance(added.target, cst.Subscript):
        return listed and (added.grows_already or _is_its_own_item(facts, added.target, line))
    name = added.target.value
    if name in facts.parameters:
        return False
    if added.grows_already:
        return True
    bound = [
        use
        for use in occurrences(facts, name)
        if facts.is_target(use) and not isinstance(facts.parent(use), cst.Subscript)
    ]
    suits = _takes_nothing if listed else _makes_a_list
    if any(isinstance(facts.parent(use), cst.NamedExpr) for use in bound):
        return False
    return all(suits(facts, use) for use in bound) and _is_its_own(facts, name, line, _lets_go)


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


def _takes_nothing(facts: Facts, use: cst.Name) -> bool:
    """Return whether what binds a name does not plainly take what is there already."""
    match _small_around(facts, use):
        case cst.Assign(targets=[cst.AssignTarget(target=target)], value=value):
            return _is_made(_part_of(use, target, value))
        case cst.AnnAssign(value=value):
            return value is None or _is_made(value)
        case cst.AugAssign(target=target):
            return target is use
        case cst.Del():
            return True
        case _:
            return False


def _small_around(facts: Facts, node: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """Return the simple statement, of maybe several on a line, that holds ``node``."""
    around = facts.ancestors(node)
    return next((above for above in around if isinstance(above, cst.BaseSmallStatement)), None)


def _part_of(
    use: cst.Name, target: cst.BaseExpression, value: cst.BaseExpression
) -> cst.BaseExpression:
    """Return what ``use`` gets of what is assigned to ``target``; all of it where it is unclear."""
    if isinstance(target, cst.Tuple) and isinstance(value, cst.Tuple):
        pairs = list(zip(target.elements, value.elements, strict=False))
        plain = all(isinstance(one, cst.Element) for pair in pairs for one in pair)
        found = [given.value for named, given in pairs if named.value is use]
        if found and plain and len(target.elements) == len(value.elements):
            return found[0]
    return value


def _is_made(value: cst.BaseExpression) -> bool:
    """Return whether an expression does not plainly give something that is there already."""
    match value:
        case cst.Name() | cst.Attribute() | cst.Subscript() | cst.NamedExpr():
            return False
        case cst.IfExp(body=one, orelse=other) | cst.BooleanOperation(left=one, right=other):
            return _is_made(one) and _is_made(other)
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method not in {"get", "setdefault"}
        case _:
            return True


def _makes_a_list(facts: Facts, use: cst.Name) -> bool:
    """Return whether what binds a name makes a new list, or adds to what it was."""
    line = facts.statement_of(use)
    bound, augmented = assignment(line), small(line)
    if bound is not None:
        first = _operands(bound[1])[0]
        return bound[0] == use.value and (is_list(facts, bound[1]) or bare(first) == use.value)
    return isinstance(augmented, cst.AugAssign) and isinstance(augmented.operator, cst.AddAssign)


def _is_its_own_item(facts: Facts, target: cst.Subscript, line: cst.CSTNode) -> bool:
    """Return whether nothing plainly holds the items of what ``target`` is one of."""
    holder = target.value
    return not isinstance(holder, cst.Name) or _is_its_own(
        facts, holder.value, line, _keeps_its_items
    )


def _is_its_own(
    facts: Facts, name: str, line: cst.CSTNode, alone: Callable[[Facts, cst.Name], bool]
) -> bool:
    """Return whether nothing gets hold of the list before the loops that add to it are done.

    These are the loops around ``line`` up to one that begins with a new list; there has to be
    one that does not.

    Args:
        facts: of the definition.
        name: of the list, or of what holds it.
        line: which adds to it.
        alone: whether a use of the name gives the list to nobody.
    """
    around = takewhile(lambda above: not isinstance(above, Scope), facts.ancestors(line))
    loops = (above for above in around if isinstance(above, Loop))
    adding = list(takewhile(lambda loop: not begins_anew(facts, name, block(loop.body)), loops))
    uses = list(occurrences(facts, name))
    inside = [at for at, use in enumerate(uses) if adding and adding[-1] in facts.ancestors(use)]
    return bool(inside) and all(alone(facts, use) for use in uses[: inside[-1] + 1])


def _keeps_its_items(facts: Facts, use: cst.Name) -> bool:
    """Return whether a use of what holds lists plainly neither shares one nor hands one on."""
    above = facts.parent(use)
    line = _small_around(facts, use)
    if isinstance(above, cst.Subscript) and above.value is use and not facts.is_target(above):
        return _lets_go(facts, above)
    if isinstance(line, cst.Assign):
        if any(one.target is above for one in line.targets):
            return len(line.targets) == 1 and _is_made(line.value)
        if any(one is above for one in line.targets):
            return not _has_items_of_another(facts, line.value)
    return True


def _has_items_of_another(facts: Facts, value: cst.BaseExpression) -> bool:
    """Return whether what ``value`` makes plainly holds items of something else, or one twice."""
    match value:
        case cst.Call(func=cst.Attribute(attr=cst.Name(value=method))):
            return method in {"copy", "fromkeys"}
        case cst.Call(func=function, args=args):
            makers = ("dict", "list", "sorted")
            return bool(args) and any(facts.is_builtin(function, name) for name in makers)
        case cst.BinaryOperation(operator=operator):
            return isinstance(operator, cst.Multiply)
        case cst.Subscript():
            return slice_of(value) is not None
        case _:
            return False


def _lets_go(facts: Facts, use: cst.BaseExpression) -> bool:
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
