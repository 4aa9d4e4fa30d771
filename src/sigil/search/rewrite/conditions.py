"""What is asked, and in which order: the cheap question first, and no more than is needed.

Not here: loops that end where they have found it (`exits`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Comprehension, Facts
from sigil.search.rewrite.places import stays_inside
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    compared,
    conjunction,
    conjuncts,
    expression,
    is_number,
    is_steady,
    occurrences,
    sole,
    statements,
    target_names,
)

_ASKS = (cst.In, cst.NotIn)


# --- the cheap question first ---------------------------------------------------------------


def _cheap_first(facts: Facts) -> Iterator[Match]:
    """``x in text and len(x) > n`` asks for the length first."""
    for test in facts.nodes(cst.BooleanOperation):
        if not isinstance(test.operator, cst.And) or _is_part_of_and(facts, test):
            continue
        parts = conjuncts(test)
        if not all(is_steady(facts, part) for part in parts):
            continue
        cheap = [part for part in parts if _is_cheap(facts, part)]
        dear = [part for part in parts if part not in cheap]
        ordered = [*cheap, *dear]
        if cheap and ordered != parts and all(_is_dear(facts, part) for part in dear):
            yield Match(test, {test: _like(test, conjunction(ordered))})


def _is_part_of_and(facts: Facts, test: cst.BooleanOperation) -> bool:
    above = facts.parent(test)
    return isinstance(above, cst.BooleanOperation) and isinstance(above.operator, cst.And)


def _like(old: cst.BaseExpression, text: str) -> cst.BaseExpression:
    return expression(text).with_changes(lpar=old.lpar, rpar=old.rpar)


def _is_cheap(facts: Facts, part: cst.BaseExpression) -> bool:
    """Return whether ``part`` compares names, constants, lengths and sums of them."""
    if not isinstance(part, cst.Comparison):
        return False
    for target in part.comparisons:
        if isinstance(target.operator, (*_ASKS, cst.Is, cst.IsNot)):
            return False
    return all(_is_quick(facts, node) for node in facts.walk(part))


def _is_quick(facts: Facts, node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=function, args=[cst.Arg(value=cst.Name())]):
            return facts.is_builtin(function, "len")
        case cst.Comparison() | cst.BinaryOperation() | cst.UnaryOperation():
            return True
        case cst.BaseExpression():
            return isinstance(node, (cst.Name, cst.BaseNumber))
        case _:
            return True


def _is_dear(facts: Facts, part: cst.BaseExpression) -> bool:
    """Return whether answering ``part`` goes through something."""
    if not isinstance(part, cst.Comparison):
        return False
    asks = any(isinstance(target.operator, _ASKS) for target in part.comparisons)
    return asks or any(_goes_through(node) for node in facts.walk(part))


def _goes_through(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="sum" | "min" | "max" | "sorted" | "set" | "list")):
            return True
        case cst.Call(func=cst.Attribute(attr=cst.Name(value="count" | "index" | "find"))):
            return True
        case _:
            return isinstance(node, (cst.Slice, *Comprehension))


# --- whether there is any -------------------------------------------------------------------


def _asked_for_any(facts: Facts) -> Iterator[Match]:
    """A list of which only is asked whether it is empty need not be made."""
    for line in facts.nodes(cst.SimpleStatementLine):
        bound = assignment(line)
        if bound is None or not isinstance(bound[1], cst.ListComp):
            continue
        name, made = bound
        assert isinstance(made, cst.ListComp)
        found = _question(facts, line, name)
        if found is None or not is_steady(facts, made):
            continue
        question, positive = found
        text = f"any({_wanted(made)})"
        asked = expression(text if positive else f"not {text}")
        yield Match(line, {line: [], question: asked})


def _wanted(made: cst.ListComp) -> str:
    """Return the generator of True for each item of ``made``."""
    last = made.for_in
    while last.inner_for_in is not None:
        last = last.inner_for_in
    if last is not made.for_in or not last.ifs:
        return bare(cst.GeneratorExp(cst.Name("True"), made.for_in))
    test = conjunction([one.test for one in last.ifs])
    return f"{test} for {bare(last.target)} in {bare(last.iter)}"


def _question(
    facts: Facts, line: cst.BaseStatement, name: str
) -> tuple[cst.BaseExpression, bool] | None:
    """Return what asks whether the list is empty, in the next line, and nowhere else."""
    around = facts.parent(line)
    if not isinstance(around, cst.IndentedBlock):
        return None
    following = around.body[around.body.index(line) + 1 :]
    if not following or not isinstance(following[0], cst.If):
        return None
    asking = list(occurrences(facts, name, following[0].test))
    uses = [*occurrences(facts, name, line), *asking]
    if len(asking) != 1 or uses != list(occurrences(facts, name, facts.scope_of(line))):
        return None
    return _emptiness(facts, asking[0])


def _emptiness(facts: Facts, use: cst.Name) -> tuple[cst.BaseExpression, bool] | None:
    """Return the expression that asks for ``use`` not to be empty (or to be, with False)."""
    above = facts.parent(use)
    match above:
        case cst.UnaryOperation(operator=cst.Not()):
            return above, False
        case cst.If():
            return use, True
        case cst.Arg():
            length = facts.parent(above)
        case _:
            return None
    if not isinstance(length, cst.Call) or not facts.is_builtin(length.func, "len"):
        return None
    return _compared_with_zero(facts.parent(length), length)


def _compared_with_zero(
    test: cst.CSTNode | None, length: cst.Call
) -> tuple[cst.BaseExpression, bool] | None:
    if not isinstance(test, cst.Comparison):
        return None
    for operator, positive in ((cst.GreaterThan, True), (cst.NotEqual, True), (cst.Equal, False)):
        sides = compared(test, operator)
        if sides is not None and sides[0] is length and is_number(sides[1], 0):
            return test, positive
    return None


# --- nested questions -----------------------------------------------------------------------


def _settled(facts: Facts) -> Iterator[Match]:
    """A loop that sets a flag behind several questions stops where it is set."""
    for loop in facts.nodes(cst.For):
        branch = sole(loop.body)
        tests: list[cst.BaseExpression] = []
        while isinstance(branch, cst.If) and branch.orelse is None:
            tests.append(branch.test)
            branch = sole(branch.body)
        bound, names = assignment(branch), target_names(loop.target)
        if bound is None or names is None or not tests[1:] or loop.orelse is not None:
            continue
        if not _is_constant(bound[1]) or not all(is_steady(facts, test) for test in tests):
            continue
        if any(bound[0] in facts.read(test) for test in [*tests, loop.iter]):
            continue
        if branch is not None and stays_inside(facts, names, loop):
            replace: dict[cst.CSTNode, Replacement] = {branch: [branch, *statements("break")]}
            yield Match(loop, replace)


def _is_constant(value: cst.BaseExpression) -> bool:
    if isinstance(value, cst.Name):
        return value.value in {"True", "False", "None"}
    return isinstance(value, (cst.Integer, cst.SimpleString))


RULES = (
    Rule(
        "flag-set-behind-questions",
        "a loop that sets a flag behind several questions stops where it is set",
        Gain.ORDER,
        _settled,
        unless="if a later item fails",
    ),
    Rule(
        "cheap-question-first",
        "what is quickly answered is asked before what has to go through something",
        Gain.LARGE,
        _cheap_first,
        unless="if the second question fails where the first is answered no",
    ),
    Rule(
        "asked-for-any",
        "a list of which only is asked whether it is empty is not made",
        Gain.LARGE,
        _asked_for_any,
        unless="if a later item fails",
    ),
)
