"""Work that an inner loop repeats for each pass of the outer one is done once for each item.

``for text in texts: for term in terms: pattern = compile(term)`` compiles each term once, before
the outer loop, into a list of pairs. Also powers and roots that have a function of their own.

Not here: what does not depend on the inner loop at all (`invariants`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    compared,
    expression,
    is_number,
    is_steady,
    occurrences,
    same,
    small,
    sole,
    statements,
)
from sigil.search.rewrite.sharing import is_fixed, is_iterator, uses_only_read

_WIDE = 88

# --- lists of what is prepared --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Preparation:
    """The first lines of an inner loop that depend on its item alone.

    Args:
        lines: to move, in order.
        skips: conditions under which an item is passed over, before the first assignment.
        made: name and value of each assignment.
    """

    lines: Sequence[cst.BaseStatement]
    skips: Sequence[cst.BaseExpression]
    made: Sequence[tuple[str, cst.BaseExpression]]


def _prepared(facts: Facts) -> Iterator[Match]:
    """An inner loop's first lines are carried out once for each of its items."""
    for loop in facts.nodes(cst.For):
        item = loop.target
        if not isinstance(item, cst.Name) or is_iterator(facts, loop.iter):
            continue
        if not is_steady(facts, loop.iter):
            continue
        found = _preparation(facts, loop, item.value)
        if not found.made or not any(_has_call(facts, value) for _, value in found.made):
            continue
        own = {item.value, *(name for name, _ in found.made)}
        parts = [loop.iter, *found.skips, *(value for _, value in found.made)]
        needed = frozenset[str]().union(*(facts.read(p) - facts.assigned(p) for p in parts))
        place = repeated_in(facts, loop, needed - own)
        if place is not None and place is not loop and own.isdisjoint(facts.read(loop.iter)):
            yield _listed(facts, loop, place, item.value, found)


def _preparation(facts: Facts, loop: cst.For, item: str) -> _Preparation:
    lines: list[cst.BaseStatement] = []
    skips: list[cst.BaseExpression] = []
    made: list[tuple[str, cst.BaseExpression]] = []
    for line in block(loop.body)[:-1]:
        skip, bound = _skipped(line), assignment(line)
        if skip is not None and not made and is_steady(facts, skip):
            skips.append(skip)
        elif bound is not None and _may_be_kept(facts, loop, item, bound):
            made.append(bound)
        else:
            break
        lines.append(line)
    changed = facts.changed(loop) - facts.assigned(loop)
    if item in changed or any(name in changed for name, _ in made):
        return _Preparation((), (), ())
    return _Preparation(lines, skips, made)


def _may_be_kept(
    facts: Facts, loop: cst.For, item: str, bound: tuple[str, cst.BaseExpression]
) -> bool:
    """Return whether the value of a line in ``loop`` can be used for every pass over its items."""
    name, value = bound
    targets = [use for use in occurrences(facts, name, loop) if facts.is_target(use)]
    items = [use for use in occurrences(facts, item, loop) if facts.is_target(use)]
    if name == item or len(targets) != 1 or len(items) != 1 or not is_steady(facts, value):
        return False
    scope = facts.scope_of(loop)
    inside = set(facts.walk(loop))
    if any(use not in inside for use in occurrences(facts, name, scope)):
        return False
    return is_fixed(facts, value) or uses_only_read(facts, name, loop)


def _skipped(line: cst.BaseStatement) -> cst.BaseExpression | None:
    match line:
        case cst.If(test=test, orelse=None) if isinstance(small(sole(line.body)), cst.Continue):
            return test
        case _:
            return None


def _has_call(facts: Facts, node: cst.CSTNode) -> bool:
    return any(not facts.is_builtin(call.func, "len") for call in facts.nodes(cst.Call, node))


def _listed(
    facts: Facts, loop: cst.For, place: cst.BaseStatement, item: str, found: _Preparation
) -> Match:
    """Return the match that lists items with what is made of them before ``place``."""
    fresh = facts.fresh("prepared")
    names = ", ".join([item, *(name for name, _ in found.made)])
    skips = "".join(f" if not ({bare(skip)})" for skip in found.skips)
    values = ", ".join([item, *(bare(value) for _, value in found.made)])
    text = f"{fresh} = [({values}) for {item} in {bare(loop.iter)}{skips}]"
    if len(found.made) > 1 or len(text) > _WIDE:
        body = [f"    if {bare(skip)}:\n        continue" for skip in found.skips]
        body += [f"    {name} = {bare(value)}" for name, value in found.made]
        body.append(f"    {fresh}.append(({names}))")
        text = "\n".join([f"{fresh} = []", f"for {item} in {bare(loop.iter)}:", *body])
    target = expression(names)
    return Match(
        loop,
        {
            place: [*statements(text), place],
            loop.target: target.with_changes(lpar=(), rpar=()),
            loop.iter: cst.Name(fresh),
            **{line: [] for line in found.lines},
        },
    )


# --- powers and roots -----------------------------------------------------------------------


def _squares(facts: Facts) -> Iterator[Match]:
    """``math.pow(x, 2)`` and ``x ** 2`` of a name are ``x * x``."""
    for node in facts.nodes(cst.BaseExpression):
        base = _squared(facts, node)
        if base is not None:
            made = expression(f"({bare(base)} * {bare(base)})")
            plain = isinstance(facts.parent(node), (cst.Assign, cst.Return, cst.Arg))
            yield Match(node, {node: made.with_changes(lpar=(), rpar=()) if plain else made})


def _squared(facts: Facts, node: cst.BaseExpression) -> cst.BaseExpression | None:
    match node:
        case cst.BinaryOperation(left=cst.Name() as base, operator=cst.Power(), right=two):
            return base if is_number(two, 2) else None
        case cst.Call(args=[cst.Arg(value=cst.Name() as base), cst.Arg(value=two)]):
            power = facts.stands_for(node.func) == "math.pow"
            return base if power and is_number(two, 2) else None
        case _:
            return None


def _distances(facts: Facts) -> Iterator[Match]:
    """``math.sqrt(dx * dx + dy * dy)`` is ``math.hypot(dx, dy)``."""
    for call in facts.nodes(cst.Call):
        if facts.stands_for(call.func) != "math.sqrt" or not isinstance(call.func, cst.Attribute):
            continue
        sides = _squares_in(facts, call.args[0].value) if len(call.args) == 1 else []
        if len(sides) > 1:
            names = ", ".join(bare(side) for side in sides)
            made = expression(f"{bare(call.func.value)}.hypot({names})")
            yield Match(call, {call: made})


def _squares_in(facts: Facts, node: cst.BaseExpression) -> list[cst.BaseExpression]:
    """Return what is squared in a sum of squares; nothing if it is anything else."""
    base = _squared(facts, node)
    if base is not None:
        return [base]
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            first, second = _squares_in(facts, left), _squares_in(facts, right)
            return [*first, *second] if first and second else []
        case cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right):
            return [left] if same(left, right) and is_steady(facts, left) else []
        case _:
            return []


# --- runs of a character --------------------------------------------------------------------


def _runs(facts: Facts) -> Iterator[Match]:
    """``while "  " in s: s = s.replace("  ", " ")`` is one substitution."""
    for loop in facts.nodes(cst.While):
        sides = compared(loop.test, cst.In)
        bound = assignment(sole(loop.body))
        if sides is None or bound is None or loop.orelse is not None:
            continue
        double, text = sides
        if not isinstance(double, cst.SimpleString) or bare(text) != bound[0]:
            continue
        one = _halved(bound[1], bound[0], double)
        if one is not None:
            made = f"{bound[0]} = re.sub({_pattern(one)}, {one.value}, {bound[0]})"
            yield Match(loop, {loop: statements(made)}, imports=[("re", "")])


def _halved(
    value: cst.BaseExpression, name: str, double: cst.SimpleString
) -> cst.SimpleString | None:
    """Return the character that a replacement of two of them by one leaves."""
    match value:
        case cst.Call(
            func=cst.Attribute(value=cst.Name(value=base), attr=cst.Name(value="replace")),
            args=[cst.Arg(value=old), cst.Arg(value=cst.SimpleString() as new), *_],
        ):
            whole, part = double.evaluated_value, new.evaluated_value
            if not isinstance(part, str) or len(part) != 1 or whole != part * 2:
                return None
            plain = part.isprintable() and part not in "\\\"'"
            return new if plain and base == name and same(old, double) else None
        case _:
            return None


def _pattern(one: cst.SimpleString) -> str:
    part = str(one.evaluated_value)
    escaped = part if part.isalnum() or part in " -_,;:/=" else f"\\{part}"
    return f'r"{escaped}{{2,}}"' if escaped != part else f'"{part}{{2,}}"'


RULES = (
    Rule(
        "prepared-for-the-inner-loop",
        "what an inner loop computes of each item alone is computed before the outer loop",
        Gain.LARGE,
        _prepared,
        unless=(
            "if a loop that is never entered, or left early, kept it from failing, "
            "or what the inner loop goes through is used up"
        ),
    ),
    Rule(
        "runs-in-one-substitution",
        "runs of a character are collapsed in one pass instead of until there are none left",
        Gain.LARGE,
        _runs,
        unless="if it is no text",
    ),
    Rule(
        "distance-by-hypot",
        "the root of a sum of squares is computed by one call",
        Gain.SMALL,
        _distances,
        unless="if the last digit matters, or a square is too large for a float",
    ),
    Rule(
        "square-by-product",
        "a number times itself is quicker than a power",
        Gain.SMALL,
        _squares,
        unless="if it is no number, too large for a float, or math.pow made a float of it",
    ),
)
