"""What is decided is looked at no further."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    compared,
    expression,
    index_of,
    is_number,
    is_steady,
    small,
    sole,
    statements,
    target_names,
)

_CONSTANTS = (cst.Integer, cst.Float, cst.SimpleString)


# --- loops --------------------------------------------------------------------------------


def _flags(facts: Facts) -> Iterator[Match]:
    """``for x in xs: if test(x): found = True`` stops at the first that passes the test."""
    for loop in facts.nodes(cst.For):
        branch = sole(loop.body)
        if not isinstance(branch, cst.If) or branch.orelse is not None or loop.orelse is not None:
            continue
        bound = assignment(sole(branch.body))
        names = target_names(loop.target)
        if bound is None or names is None or not _is_constant(bound[1]):
            continue
        name, _ = bound
        if not is_steady(facts, branch.test) or name in facts.read(loop.iter) | names:
            continue
        if name not in facts.read(branch.test) and stays_inside(facts, names, loop):
            line = sole(branch.body)
            assert line is not None
            yield Match(branch, {line: [line, *statements("break")]})


def _divisors(facts: Facts) -> Iterator[Match]:
    """Whether anything below n divides n is known at its square root."""
    for loop in facts.nodes(cst.For):
        number, branch = _tried_below(facts, loop), sole(loop.body)
        if number is None or not isinstance(branch, cst.If) or branch.orelse is not None:
            continue
        assert isinstance(loop.target, cst.Name)
        if not _divides(branch.test, number, loop.target.value) or not _ends_loop(branch):
            continue
        last = branch.body
        if loop.target.value in facts.read(last) or not stays_inside(
            facts, [loop.target.value], loop
        ):
            continue
        assert isinstance(loop.iter, cst.Call)
        root = cst.Arg(expression(f"isqrt({number.value}) + 1"))
        first, old, *rest = loop.iter.args
        args = [first, root.with_changes(comma=old.comma), *rest]
        yield Match(loop, {loop.iter: loop.iter.with_changes(args=args)}, [("math", "isqrt")])


def _tried_below(facts: Facts, loop: cst.For) -> cst.Name | None:
    """Return n of ``for i in range(2, n)``, which may have a step."""
    if not isinstance(loop.target, cst.Name) or loop.orelse is not None:
        return None
    match loop.iter:
        case cst.Call(func=name, args=[cst.Arg(value=low), cst.Arg(value=number), *_]) if (
            facts.is_builtin(name, "range")
            and (is_number(low, 2) or is_number(low, 3))
            and isinstance(number, cst.Name)
        ):
            return None if number.value in facts.changed(loop) else number
        case _:
            return None


def _divides(test: cst.BaseExpression, number: cst.Name, divisor: str) -> bool:
    sides = compared(test)
    if sides is None or not is_number(sides[1], 0):
        return False
    return bare(sides[0]) == f"{number.value} % {divisor}"


def _ends_loop(branch: cst.If) -> bool:
    """Return whether a branch leaves the loop having noted nothing but a constant."""
    *noted, last = block(branch.body) or [branch]
    match small(last):
        case cst.Return(value=value):
            constant = value is None or _is_constant(value)
        case cst.Break():
            constant = True
        case _:
            return False
    found = [assignment(line) for line in noted]
    return constant and all(one is not None and _is_constant(one[1]) for one in found)


def _is_constant(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.Name):
        return value.value in {"True", "False", "None"}
    return isinstance(value, _CONSTANTS)


# --- expressions --------------------------------------------------------------------------


def _counted(facts: Facts) -> Iterator[Match]:
    """``len([x for x in xs if test(x)]) > 0`` asks whether there is any."""
    for test in facts.nodes(cst.Comparison):
        sides = compared(test, cst.GreaterThan, cst.NotEqual)
        listed = _length_of(facts, sides[0]) if sides and is_number(sides[1], 0) else None
        wanted = listed is not None
        if listed is None:
            sides = compared(test)
            listed = _length_of(facts, sides[0]) if sides and is_number(sides[1], 0) else None
        if listed is None or not is_steady(facts, listed):
            continue
        inner = listed.for_in
        conditions = [bare(one.test) for one in inner.ifs]
        if len(conditions) != 1 or inner.inner_for_in is not None:
            continue
        clause = f"for {bare(inner.target)} in {bare(inner.iter)}"
        asked = expression(f"{'' if wanted else 'not '}any({conditions[0]} {clause})")
        yield Match(test, {test: _kept_apart(facts, test, asked)})


def _length_of(facts: Facts, node: cst.BaseExpression) -> cst.ListComp | None:
    match node:
        case cst.Call(func=name, args=[cst.Arg(value=cst.ListComp() as listed)]):
            return listed if facts.is_builtin(name, "len") else None
        case _:
            return None


def _kept_apart(
    facts: Facts, old: cst.BaseExpression, new: cst.BaseExpression
) -> cst.BaseExpression:
    """Return ``new`` in parentheses if it is a denial that stands within an expression."""
    if isinstance(new, cst.UnaryOperation) and isinstance(facts.parent(old), cst.BaseExpression):
        return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    return new


def _first(facts: Facts) -> Iterator[Match]:
    """``[f(x) for x in xs if test(x)][0]`` makes the first one only."""
    for node in facts.nodes(cst.Subscript):
        listed, index = node.value, index_of(node)
        if not isinstance(listed, cst.ListComp) or not is_number(index, 0):
            continue
        if is_steady(facts, listed):
            made = cst.GeneratorExp(listed.elt, listed.for_in, lpar=(), rpar=())
            new: Replacement = cst.Call(cst.Name("next"), [cst.Arg(made)])
            if "next" not in facts.bound:
                yield Match(node, {node: new})


RULES = (
    Rule(
        "divisors-to-the-root",
        "whether a number has a divisor is known at its square root",
        Gain.ORDER,
        _divisors,
        unless="if it is negative or no whole number, or what divides it is below the first tried",
    ),
    Rule(
        "flag-set-once",
        "a loop that sets a flag stops where it is set",
        Gain.LARGE,
        _flags,
        unless=(
            "if what comes after raises, "
            "or an iterator is used further or does more than give items"
        ),
    ),
    Rule(
        "first-without-the-list",
        "the first of many is made without making the others",
        Gain.LARGE,
        _first,
        unless=(
            "if there is none, a later one raises, "
            "or an iterator is used further or does more than give items"
        ),
    ),
    Rule(
        "counted-for-any",
        "whether there is any needs no list of all",
        Gain.LARGE,
        _counted,
        unless="if a later one raises, or an iterator is used further or does more than give items",
    ),
)
