"""Loops that do one thing for each of what they go through: nested ``for`` and ``if``, one core.

Not here: what becomes of them (`comprehensions`, `reductions`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.binding import read
from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import is_seen_elsewhere, stays_inside
from sigil.search.rewrite.rule import Replacement
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    occurrences,
    small,
    sole,
    statements,
    target_names,
)
from sigil.search.rewrite.sharing import may_be_caught

_NEVER = (cst.Await, cst.Yield, cst.NamedExpr, cst.Lambda, cst.FunctionDef, cst.ClassDef)


@dataclass(frozen=True, slots=True)
class Nest:
    """A loop with one core.

    Args:
        loop: the outermost ``for``.
        clauses: the text of ``for … in … if …``.
        core: the only thing done.
        innermost: the loop that holds the core.
        conditions: texts of the conditions in the innermost loop.
    """

    loop: cst.For
    clauses: str
    core: cst.BaseStatement
    innermost: cst.For
    conditions: Sequence[str]

    @property
    def target(self) -> str:
        """Return the text of the innermost loop's target."""
        return bare(self.innermost.target)

    @property
    def source(self) -> str:
        """Return the text of what the innermost loop goes through."""
        return bare(self.innermost.iter)

    @property
    def is_plain(self) -> bool:
        """Return whether it is one loop without conditions."""
        return self.loop is self.innermost and not self.conditions


def nests(facts: Facts) -> Iterator[Nest]:
    """Yield the loops with one core whose variables nobody sees after them."""
    for loop in facts.nodes(cst.For):
        if not isinstance(facts.parent(loop), cst.IndentedBlock):
            continue
        if _sees_its_scope(facts, loop):
            continue
        nest = _nest(loop)
        if nest is not None and not may_be_caught(facts, loop) and _is_private(facts, nest):
            yield nest


def _sees_its_scope(facts: Facts, loop: cst.For) -> bool:
    """Return whether a loop holds what would mean something else in a scope of its own.

    A comprehension has one. It sees no names of a class body around it.
    """
    if isinstance(facts.scope_of(loop), cst.ClassDef):
        return True
    return any(isinstance(node, _NEVER) or _asks_its_scope(node) for node in facts.walk(loop))


def _asks_its_scope(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value="super" | "vars" | "dir"), args=[]):
            return True
        case cst.Call(func=cst.Name(value="locals" | "eval" | "exec")):
            return True
        case _:
            return False


def _nest(loop: cst.For) -> Nest | None:
    clauses: list[str] = []
    conditions: list[str] = []
    innermost, at = loop, cst.ensure_type(loop, cst.BaseStatement)
    while True:
        match at:
            case cst.For(target=target, iter=source, orelse=None, asynchronous=None):
                names = target_names(target)
                if names is None or (clauses and names & read(source)):
                    return None
                clauses.append(f"for {bare(target)} in {_source(source)}")
                innermost, conditions = at, []
                inside = block(at.body)
                while len(inside) > 1 and (skipped := _skipped(inside[0])) is not None:
                    conditions.append(f"not {_operand(skipped)}")
                    inside = inside[1:]
                if len(inside) != 1:
                    return None
                clauses.extend(f"if {condition}" for condition in conditions)
                at = inside[0]
            case cst.If(test=test, orelse=None) if (inner := sole(at.body)) is not None:
                conditions.append(_condition(test))
                clauses.append(f"if {conditions[-1]}")
                at = inner
            case cst.SimpleStatementLine():
                return Nest(loop, " ".join(clauses), at, innermost, tuple(conditions))
            case _:
                return None


def _skipped(statement: cst.BaseStatement) -> cst.BaseExpression | None:
    """Return the condition of ``if condition: continue``."""
    match statement:
        case cst.If(test=test, orelse=None) if isinstance(
            small(sole(statement.body)), cst.Continue
        ):
            return test
        case _:
            return None


def _source(node: cst.BaseExpression) -> str:
    loose = isinstance(node, (cst.IfExp, cst.Lambda, cst.Tuple, cst.BooleanOperation))
    return f"({bare(node)})" if loose else bare(node)


def _condition(node: cst.BaseExpression) -> str:
    return f"({bare(node)})" if isinstance(node, (cst.IfExp, cst.Lambda)) else bare(node)


def _operand(node: cst.BaseExpression) -> str:
    plain = isinstance(node, (cst.Name, cst.Call, cst.Attribute, cst.Subscript))
    return bare(node) if plain else f"({bare(node)})"


def _is_private(facts: Facts, nest: Nest) -> bool:
    names: set[str] = set()
    for loop in facts.nodes(cst.For, nest.loop):
        names |= target_names(loop.target) or frozenset()
    return stays_inside(facts, names, nest.loop)


# --- what it builds -------------------------------------------------------------------------


def start_of(facts: Facts, nest: Nest, name: str) -> cst.BaseStatement | None:
    """Return the line of the same block that makes ``name``, named nowhere before the loop.

    None if there is no such line, or if a nested function might see what becomes of it.
    """
    around = facts.parent(nest.loop)
    assert isinstance(around, cst.IndentedBlock)
    at = around.body.index(nest.loop)
    for line in reversed(around.body[:at]):
        bound = assignment(line)
        if bound is not None and bound[0] == name:
            return None if is_seen_elsewhere(facts, name) else line
        if name in facts.read(line) or name in facts.assigned(line):
            return None
    return None


def named_once(facts: Facts, name: str, root: cst.CSTNode, times: int = 1) -> bool:
    """Return whether ``root`` names a variable so many times and not again."""
    return len(list(occurrences(facts, name, root))) == times


def instead(
    facts: Facts, nest: Nest, start: cst.BaseStatement | None, text: str
) -> dict[cst.CSTNode, Replacement]:
    """Return the replacements that put one line in the place of a loop, and of its start.

    Comments inside the loop go above the line.
    """
    [line] = statements(text)
    comments = _comments(facts, nest.loop)
    around = facts.parent(nest.loop)
    assert isinstance(around, cst.IndentedBlock)
    adjacent = start is not None and around.body.index(start) + 1 == around.body.index(nest.loop)
    if start is None or not adjacent:
        lines = [*nest.loop.leading_lines, *comments]
        made: dict[cst.CSTNode, Replacement] = {nest.loop: line.with_changes(leading_lines=lines)}
        return made if start is None else {start: [], **made}
    above = start.leading_lines if isinstance(start, cst.SimpleStatementLine) else ()
    own = [empty for empty in nest.loop.leading_lines if empty.comment is not None]
    return {start: line.with_changes(leading_lines=[*above, *own, *comments]), nest.loop: []}


def _comments(facts: Facts, loop: cst.For) -> list[cst.EmptyLine]:
    above = {empty.comment for empty in loop.leading_lines}
    found = [node for node in facts.nodes(cst.Comment, loop) if node not in above]
    return [cst.EmptyLine(comment=cst.Comment(node.value)) for node in found]
