"""Conditions in Python: which always hold by their text alone, and code without a condition.

`certain` goes by what values usually do: ``x == x`` holds, though not of NaN. Whoever leaves such
a condition out measures whether that changes anything.

Pure. Not here: which conditions are worth leaving out (`sigil.optimize.idle_code`,
`sigil.optimize.simplifying`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sigil.search.mutate.source import Edit, Source

_SAME = {
    "Eq": True, "LtE": True, "GtE": True, "Is": True,
    "NotEq": False, "Lt": False, "Gt": False, "IsNot": False,
}  # fmt: skip
"""What comparing a value with itself says."""
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Eq": operator.eq, "NotEq": operator.ne, "Lt": operator.lt,
    "LtE": operator.le, "Gt": operator.gt, "GtE": operator.ge,
}  # fmt: skip
_OF_NO_LENGTH = {"GtE": True, "Lt": False}
"""What comparing a length with 0 always says."""
_PLAIN = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Constant, ast.BinOp, ast.UnaryOp, ast.Tuple,
    ast.Slice, ast.expr_context, ast.operator, ast.unaryop,
)  # fmt: skip


def certain(test: ast.expr) -> bool | None:
    """Return what a condition always says, or None if that depends."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            said = certain(operand)
            return None if said is None else not said
        case ast.BoolOp(op=op, values=values):
            answers = [certain(value) for value in values]
            decisive = isinstance(op, ast.Or)
            if decisive in answers:
                return decisive
            return None if None in answers else not decisive
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            return _compared(left, op, right)
        case _:
            return None


def _compared(left: ast.expr, op: ast.cmpop, right: ast.expr) -> bool | None:
    how = type(op).__name__
    if _is_number(left) and _is_number(right):
        order = _ORDERS.get(how)
        return order(ast.literal_eval(left), ast.literal_eval(right)) if order else None
    if _is_plain(left) and ast.dump(left) == ast.dump(right):
        return _SAME.get(how)
    if _is_length(left) and isinstance(right, ast.Constant) and right.value == 0:
        return _OF_NO_LENGTH.get(how)
    return None


def _is_number(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=int() | float()):
            return True
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float())):
            return True
        case _:
            return False


def _is_plain(node: ast.expr) -> bool:
    """Return whether nothing but names, their parts and arithmetic is in an expression."""
    return _is_length(node) or all(isinstance(one, _PLAIN) for one in ast.walk(node))


def _is_length(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="len"), args=[value], keywords=[]):
            return _is_plain(value)
        case _:
            return False


def tests(tree: ast.AST) -> Iterator[ast.expr]:
    """Yield all that is asked in a tree, whole and in its parts."""
    for node in ast.walk(tree):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
                yield test
            case ast.comprehension(ifs=ifs):
                yield from ifs
            case ast.BoolOp(values=values):
                yield from values
            case _:
                pass


def operands(tree: ast.AST) -> Iterator[tuple[ast.BoolOp, ast.expr]]:
    """Yield what ``and`` and ``or`` join, with the whole that it stands in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.BoolOp):
            yield from ((node, value) for value in node.values)


def without_operand(source: Source, whole: ast.BoolOp, operand: ast.expr) -> Edit:
    """Return the edit that leaves out one operand of ``and`` or ``or``."""
    position = whole.values.index(operand)
    start, end = source.outer_span(operand)
    if position:
        return Edit(source.outer_span(whole.values[position - 1])[1], end, "")
    return Edit(start, source.outer_span(whole.values[1])[0], "")


def unconditional(source: Source, node: ast.If, *, holds: bool = True) -> Edit | None:
    """Return the edit that leaves of an ``if`` what it does when its test holds, or does not.

    None for an ``elif``, and where nothing would be left.
    """
    suite = node.body if holds else node.orelse
    first, last = node.lineno, node.end_lineno
    if last is None or not suite or not source.segment(node).startswith("if"):
        return None
    start, end = source.line_start(first), source.line_start(last + 1)
    indent = source.indentation(first)
    return Edit(start, end, _dedented(source, suite, indent))


def _dedented(source: Source, suite: Sequence[ast.stmt], indent: str) -> str:
    """Return the lines of a suite as deep as the statement that it belonged to."""
    begin, end = _first_line(suite[0]), suite[-1].end_lineno or suite[-1].lineno
    start = source.span(suite[0])[0]
    if source.text[source.line_start(suite[0].lineno) : start].strip():  # beside its condition
        return f"{indent}{source.text[start : source.line_start(end + 1)]}"
    deep = source.indentation(suite[0].lineno)
    quoted = _inside_strings(suite)
    lines: list[str] = []
    for number in range(begin, end + 1):
        line = source.text[source.line_start(number) : source.line_start(number + 1)]
        moved = number not in quoted and line.startswith(deep)
        lines.append(f"{indent}{line[len(deep) :]}" if moved else line)
    return "".join(lines)


def _first_line(statement: ast.stmt) -> int:
    decorators: Sequence[ast.expr] = getattr(statement, "decorator_list", ())
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _inside_strings(suite: Sequence[ast.stmt]) -> set[int]:
    """Return the lines that begin within a string, where white space is text."""
    return {
        line
        for statement in suite
        for node in ast.walk(statement)
        if isinstance(node, (ast.Constant, ast.JoinedStr))
        for line in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    }
