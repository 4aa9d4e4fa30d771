"""What is read from its beginning and cut off there is read at a position instead.

Cutting copies all that is left, for each piece that is taken.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import is_seen_elsewhere, uses_after
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    compared,
    expression,
    index_of,
    is_empty,
    is_number,
    is_steady,
    occurrences,
    slice_of,
    statements,
)

Replacements = dict[cst.CSTNode, Replacement]


def _by_position(facts: Facts) -> Iterator[Match]:
    """``while text: c = text[0]; text = text[1:]`` counts a position up."""
    for loop in facts.nodes(cst.While):
        lines = facts.nodes(cst.SimpleStatementLine, loop.body)
        cut = {bound[0] for line in lines if (bound := assignment(line)) and slice_of(bound[1])}
        for name in sorted(cut):
            position = facts.fresh("position")
            replace: Replacements = {}
            uses = list(occurrences(facts, name, loop))
            cuts = [use for use in uses if _is_cut(facts, use, position, replace)]
            if not cuts or not _is_left_alone(facts, name, loop) or is_seen_elsewhere(facts, name):
                continue
            rest = [use for use in uses if not _is_replaced(facts, use, replace)]
            if all(_moved(facts, use, position, replace) for use in rest):
                made = statements(f"{position} = 0")
                yield Match(loop, {loop: [*made, loop], **replace})


def _is_cut(facts: Facts, use: cst.Name, position: str, replace: Replacements) -> bool:
    """Note what stands for ``text = text[k:]``; return whether ``use`` stands in such a line."""
    line = facts.statement_of(use)
    bound = assignment(line)
    if bound is None or bound[0] != use.value or line is None:
        return False
    part = slice_of(bound[1])
    if part is None or part.upper is not None or part.lower is None:
        return False
    assert isinstance(bound[1], cst.Subscript)
    if bare(bound[1].value) != use.value or use.value in facts.read(part.lower):
        return False
    if isinstance(part.lower, cst.UnaryOperation) or not is_steady(facts, part.lower):
        return False
    [cut] = statements(f"{position} += {bare(part.lower)}")
    assert isinstance(line, cst.SimpleStatementLine)
    replace[line] = cut.with_changes(
        leading_lines=line.leading_lines, trailing_whitespace=line.trailing_whitespace
    )
    return True


def _is_left_alone(facts: Facts, name: str, loop: cst.While) -> bool:
    """Return whether what is left after the loop is not looked at, nor in its next round."""
    if any(True for suite in (loop.orelse,) if suite and name in facts.read(suite)):
        return False
    if name not in facts.parameters:
        return uses_after(facts, name, loop) == []
    around = block(facts.parent(loop))
    if facts.parent(loop) is not facts.definition.body:
        return False
    at = next(i for i, one in enumerate(around) if one is loop)
    return not any(name in facts.read(later) for later in around[at + 1 :])


def _is_replaced(facts: Facts, use: cst.Name, replace: Replacements) -> bool:
    return any(above in replace for above in facts.ancestors(use))


def _moved(facts: Facts, use: cst.Name, position: str, replace: Replacements) -> bool:
    """Note what stands in the place of a use at the position; return False if nothing can."""
    above, name = facts.parent(use), use.value
    match above:
        case cst.Subscript(value=value):
            text = _part(above, name, position) if value is use else None
            new = (above, text) if text else None
        case cst.Attribute(attr=cst.Name(value="startswith")):
            call = facts.parent(above)
            new = None
            if isinstance(call, cst.Call) and len(call.args) == 1:
                new = call, f"{name}.startswith({bare(call.args[0].value)}, {position})"
        case cst.Arg():
            new = _length(facts, above, name, position)
        case _:
            new = _emptiness(facts, use, position)
    if new is None or facts.is_target(new[0]):
        return False
    replace[new[0]] = expression(new[1])
    return True


def _part(item: cst.Subscript, name: str, position: str) -> str | None:
    """Return the text of an item, or of a slice, of what is left at the position."""
    at, part = index_of(item), slice_of(item)
    if isinstance(at, cst.Integer):
        return f"{name}[{_sum(position, at)}]"
    if part is None or isinstance(part.upper, cst.UnaryOperation):
        return None
    if isinstance(part.lower, cst.UnaryOperation):
        return None
    upper = _sum(position, part.upper) if part.upper is not None else ""
    lower = _sum(position, part.lower) if part.lower is not None else position
    loose = name in {
        word for bound in (part.lower, part.upper) if bound for word in bare(bound).split()
    }
    return None if loose else f"{name}[{lower}:{upper}]"


def _sum(position: str, more: cst.BaseExpression) -> str:
    if is_number(more, 0):
        return position
    loose = isinstance(more, (cst.IfExp, cst.Lambda, cst.BooleanOperation, cst.Comparison))
    return f"{position} + ({bare(more)})" if loose else f"{position} + {bare(more)}"


def _length(
    facts: Facts, arg: cst.Arg, name: str, position: str
) -> tuple[cst.BaseExpression, str] | None:
    call = facts.parent(arg)
    if not isinstance(call, cst.Call) or not facts.is_builtin(call.func, "len"):
        return None
    above = facts.parent(call)
    if isinstance(above, cst.Comparison) and above.left is call:
        sides = compared(above, cst.GreaterThan, cst.NotEqual)
        if sides is not None and is_number(sides[1], 0):
            return above, f"{position} < len({name})"
    return call, f"(len({name}) - {position})"


def _emptiness(facts: Facts, use: cst.Name, position: str) -> tuple[cst.BaseExpression, str] | None:
    """Return the question whether anything is left that a use is part of, and its new text."""
    left, none = f"{position} < len({use.value})", f"{position} >= len({use.value})"
    above = facts.parent(use)
    match above:
        case cst.While(test=test) | cst.If(test=test):
            return (use, left) if test is use else None
        case cst.BooleanOperation():
            return use, left
        case cst.UnaryOperation(operator=cst.Not()):
            return above, f"({none})"
        case cst.Comparison():
            for operator, text in ((cst.NotEqual, left), (cst.Equal, none)):
                sides = compared(above, operator)
                if sides is not None and sides[0] is use and _is_nothing(sides[1]):
                    return above, text
            return None
        case _:
            return None


def _is_nothing(node: cst.BaseExpression) -> bool:
    if isinstance(node, cst.SimpleString):
        return not node.evaluated_value
    return is_empty(node)


RULES = (
    Rule(
        "read-at-a-position",
        "what a loop reads from the beginning and cuts off there is read at a position",
        Gain.ORDER,
        _by_position,
        unless=(
            "if more is cut off than there is, its length is asked for then, or a bound is negative"
        ),
    ),
)
