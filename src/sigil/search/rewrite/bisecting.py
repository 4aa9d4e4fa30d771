"""Where something belongs in a list that is in order is found by halves.

A list is taken to be in order if the text puts it in order and changes nothing afterwards, if
it is only ever added to where the search says, or if it is handed in and left alone: who stops
at the first that is not below counts on it.

Not here: how many of a list are below a bound, whatever its order (`thresholds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Comprehension, Facts, Loop, Scope
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    call_of,
    compared,
    conjuncts,
    expression,
    is_number,
    is_steady,
    line_after,
    line_before,
    occurrences,
    same,
    small,
    sole,
    statements,
)
from sigil.search.rewrite.sharing import is_only_read

_Table = Mapping[type[cst.BaseCompOp], tuple[bool, str]]
_GOES_ON: _Table = {
    cst.LessThan: (False, "left"),
    cst.LessThanEqual: (False, "right"),
    cst.GreaterThan: (True, "left"),
    cst.GreaterThanEqual: (True, "right"),
}
"""While ``item < sought``, a search goes on: whether the sides are turned, and where it ends."""
_STOPS: _Table = {
    cst.GreaterThanEqual: (False, "left"),
    cst.GreaterThan: (False, "right"),
    cst.LessThanEqual: (True, "left"),
    cst.LessThan: (True, "right"),
}
"""Where ``item >= sought``, a search stops: the same."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """A search that goes through a list until an item is not below something.

    Args:
        node: the loop, or the call of ``next``.
        items: the list.
        sought: what its items are compared with.
        side: ``left`` if it stops at an equal item, ``right`` if it goes on.
        position: the name of the position; empty in an expression.
    """

    node: cst.While | cst.Call
    items: cst.Name
    sought: cst.BaseExpression
    side: str
    position: str = ""

    @property
    def result(self) -> str:
        """Return the text of what gives the position by halves."""
        return f"bisect_{self.side}({self.items.value}, {bare(self.sought)})"


def _by_bisection(facts: Facts) -> Iterator[Match]:
    """What ``while i < len(xs) and xs[i] < x: i += 1`` ends at, bisect finds."""
    for walk in (*_loops(facts), *_firsts(facts)):
        if not (_is_repeated(facts, walk.node) and _is_in_order(facts, walk)):
            continue
        if walk.items.value in facts.read(walk.sought) or not is_steady(facts, walk.sought):
            continue
        replace: dict[cst.CSTNode, Replacement] = {walk.node: expression(walk.result)}
        before = line_before(facts, walk.node) if isinstance(walk.node, cst.While) else None
        if before is not None:
            made = statements(f"{walk.position} = {walk.result}")
            replace = {before: made, walk.node: []}
        yield Match(walk.node, replace, imports=[("bisect", f"bisect_{walk.side}")])


def _is_repeated(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether a loop makes up for the import that a search by halves needs."""
    for above in facts.ancestors(node):
        if isinstance(above, Scope):
            return False
        if isinstance(above, (*Loop, *Comprehension)):
            return True
    return False


# --- searches -------------------------------------------------------------------------------


def _loops(facts: Facts) -> Iterator[_Walk]:
    """Yield each ``while i < len(xs) and xs[i] < x: i += 1`` that begins at 0."""
    for loop in facts.nodes(cst.While):
        begin = assignment(line_before(facts, loop))
        if begin is None or loop.orelse or not is_number(begin[1], 0):
            continue
        position, tests = begin[0], conjuncts(loop.test)
        if len(tests) != len(("in the list", "below")) or not _steps(sole(loop.body), position):
            continue
        items, found = _within(facts, tests[0], position), _below(tests[1], _GOES_ON)
        if items is None or found is None or position in {items.value, *facts.read(found[1])}:
            continue
        item, sought, side = found
        if bare(item) == f"{items.value}[{position}]":
            yield _Walk(loop, items, sought, side, position)


def _steps(line: cst.BaseStatement | None, position: str) -> bool:
    """Return whether a line is ``position += 1``."""
    match small(line):
        case cst.AugAssign(target=target, operator=cst.AddAssign(), value=value):
            return bare(target) == position and is_number(value, 1)
        case cst.Assign(
            targets=[cst.AssignTarget(target=target)],
            value=cst.BinaryOperation(left=left, operator=cst.Add(), right=right),
        ):
            return bare(target) == bare(left) == position and is_number(right, 1)
        case _:
            return False


def _within(facts: Facts, test: cst.BaseExpression, position: str) -> cst.Name | None:
    """Return the list that ``position < len(list)`` asks."""
    sides = compared(test, cst.LessThan, cst.NotEqual)
    if sides is None or bare(sides[0]) != position:
        return None
    return _measured(facts, sides[1])


def _measured(facts: Facts, node: cst.CSTNode) -> cst.Name | None:
    """Return the list of which ``node`` is the length."""
    match node:
        case cst.Call(func=function, args=[cst.Arg(value=cst.Name() as items)]):
            return items if facts.is_builtin(function, "len") else None
        case _:
            return None


def _below(
    test: cst.BaseExpression, table: _Table
) -> tuple[cst.BaseExpression, cst.BaseExpression, str] | None:
    """Return what is compared with what, and on which side of equal items the search ends."""
    for operator, (turned, side) in table.items():
        sides = compared(test, operator)
        if sides is not None:
            item, sought = reversed(sides) if turned else sides
            return item, sought, side
    return None


def _firsts(facts: Facts) -> Iterator[_Walk]:
    """Yield each ``next((i for i, y in enumerate(xs) if y >= x), len(xs))``."""
    for call in facts.nodes(cst.Call):
        match call:
            case cst.Call(
                func=function,
                args=[
                    cst.Arg(
                        value=cst.GeneratorExp(
                            elt=cst.Name(value=position),
                            for_in=cst.CompFor(
                                target=cst.Tuple(
                                    elements=[
                                        cst.Element(value=cst.Name(value=counted)),
                                        cst.Element(value=cst.Name(value=item)),
                                    ]
                                ),
                                iter=cst.Call(
                                    func=cst.Name(value="enumerate") as numbering,
                                    args=[cst.Arg(value=cst.Name() as items)],
                                ),
                                ifs=[cst.CompIf(test=test)],
                                inner_for_in=None,
                            ),
                        )
                    ),
                    cst.Arg(value=otherwise),
                ],
            ) if facts.is_builtin(function, "next") and facts.is_builtin(numbering):
                if not position == counted != item:
                    continue
            case _:
                continue
        measured, found = _measured(facts, otherwise), _below(test, _STOPS)
        if measured is None or found is None or measured.value != items.value:
            continue
        if bare(found[0]) == item and not facts.read(found[1]) & {item, position}:
            yield _Walk(call, items, found[1], found[2])


# --- order ----------------------------------------------------------------------------------


def _is_in_order(facts: Facts, walk: _Walk) -> bool:
    """Return whether the list is in order where it is searched; see above."""
    name = walk.items.value
    changes = [
        use
        for use in occurrences(facts, name)
        if not (_is_handed_in(facts, use) or _keeps_order(facts, use, walk))
    ]
    if not changes:
        return name in facts.parameters
    last = facts.statement_of(changes[-1])
    return (
        last is not None
        and _puts_in_order(facts, last, name)
        and _comes_before(facts, last, walk.node)
        and all(facts.scope_of(use) is facts.scope_of(last) for use in changes)
        and (assignment(last) is not None or all(_is_not_kept(facts, use) for use in changes))
    )


def _is_handed_in(facts: Facts, use: cst.Name) -> bool:
    """Return whether ``use`` is a parameter of the definition itself."""
    above = facts.parent(use)
    return isinstance(above, cst.Param) and facts.scope_of(use) is facts.definition


def _is_not_kept(facts: Facts, use: cst.Name) -> bool:
    """Return whether ``use`` gives the list no other name, by which it may be changed later on."""
    above = facts.parent(use)
    call = facts.parent(above) if above is not None else None
    called = isinstance(above, cst.Attribute) and isinstance(call, cst.Call) and call.func is above
    return called or facts.is_target(use) or isinstance(above, cst.Arg)


def _keeps_order(facts: Facts, use: cst.Name, walk: _Walk) -> bool:
    """Return whether a list that was in order before ``use`` of it is so afterwards."""
    line = facts.statement_of(use)
    if (
        line is not None
        and isinstance(walk.node, cst.While)
        and line is line_after(facts, walk.node)
    ):
        put = small(line)
        inserted = call_of(put.value, "insert") if isinstance(put, cst.Expr) else None
        match inserted:
            case receiver, [cst.Arg(value=at), cst.Arg(value=item)] if receiver is use:
                return bare(at) == walk.position and same(item, walk.sought)
            case _:
                pass
    if facts.is_target(use):
        return False
    return isinstance(facts.parent(use), cst.Return) or is_only_read(facts, use)


def _puts_in_order(facts: Facts, line: cst.BaseStatement, name: str) -> bool:
    """Return whether the list is in order after a line: sorted, or too short to be in none."""
    bound, put = assignment(line), small(line)
    if bound is not None and bound[0] == name:
        match bound[1]:
            case cst.List(elements=elements):
                return not elements or (len(elements) == 1 and isinstance(elements[0], cst.Element))
            case cst.Call(func=function, args=[cst.Arg(star="")]):
                return facts.is_builtin(function, "sorted")
            case _:
                return False
    found = call_of(put.value, "sort") if isinstance(put, cst.Expr) else None
    return found is not None and bare(found[0]) == name and not found[1]


def _comes_before(facts: Facts, line: cst.BaseStatement, node: cst.CSTNode) -> bool:
    """Return whether ``line`` is carried out before ``node`` each time."""
    inside = block(facts.parent(line))
    around = {node, *facts.ancestors(node)}
    at = next((at for at, one in enumerate(inside) if one in around), -1)
    return any(one is line for one in inside[: max(at, 0)])


RULES = (
    Rule(
        "position-by-bisection",
        "where something belongs in a list that is in order is found by halves, not step by step",
        Gain.ORDER,
        _by_bisection,
        unless=(
            "if the list is not in ascending order, or empty, and what is looked for fails; "
            "or if that is NaN"
        ),
    ),
)
