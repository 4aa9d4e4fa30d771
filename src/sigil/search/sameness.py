"""Which pieces of syntax may change places, or be written otherwise, and mean the same?

Pure. All of it holds for values of built-in types: `+` with a number and `*` commute, `!=`
is the contrary of `==`, reading a name, an attribute or an element changes nothing. Which of
two exceptions is raised first does not count.

Not here: the normal form that is built on this (`sigil.search.normal`).
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from sigil.search.bindings import children

_CONTRARY: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_READS = frozenset({
    ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp,
    ast.Attribute, ast.Subscript, ast.Slice, ast.Tuple, ast.List, ast.Set, ast.Dict,
})  # fmt: skip
_LEAVES = (ast.Name, ast.Constant)
_ARITHMETIC = (ast.Div, ast.FloorDiv, ast.Pow)
"""Operators of numbers alone; sets have a difference, too."""
_COMMUTE_WITH_NUMBERS = (ast.Add, ast.BitAnd, ast.BitOr, ast.BitXor)
MAY_COMMUTE = (ast.Mult, *_COMMUTE_WITH_NUMBERS)
"""Operators whose operands may change places, if they are of the right kind."""
_NEVER_IN_PLACE = (
    ast.Add, ast.Sub, ast.Div, ast.FloorDiv, ast.Pow, ast.Mod, ast.LShift, ast.RShift,
)  # fmt: skip
_JUMPS = (ast.Return, ast.Raise, ast.Continue, ast.Break)


def only_reads(node: ast.AST) -> bool:
    """Return whether evaluating ``node`` changes nothing, so that it may come later."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if type(inner) in _READS:
            waiting += children(inner)
        elif not isinstance(inner, _LEAVES):
            return False
    return True


def may_swap(left: ast.expr, right: ast.expr) -> bool:
    """Return whether it does not matter which of the two is evaluated first."""
    constant = isinstance(left, ast.Constant) or isinstance(right, ast.Constant)
    return constant or (only_reads(left) and only_reads(right))


def is_number(node: ast.expr) -> bool:
    """Return whether ``node`` can be nothing but a number, or is an error anyway."""
    match node:
        case ast.Constant():
            return isinstance(node.value, int | float | complex)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Invert()):
            return True
        case ast.BinOp():
            either = is_number(node.left) or is_number(node.right)
            return isinstance(node.op, _ARITHMETIC) or (isinstance(node.op, ast.Add) and either)
        case _:
            return False


def commutes(node: ast.BinOp) -> bool:
    """Return whether the operands of ``node`` may change places."""
    if not isinstance(node.op, ast.Mult):
        numeric = is_number(node.left) or is_number(node.right)
        if not (numeric and isinstance(node.op, _COMMUTE_WITH_NUMBERS)):
            return False
    return may_swap(node.left, node.right)


def truth(node: ast.expr) -> ast.expr:
    """Return a test without double negations, where only its truth counts."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
            return truth(inner)
        case _:
            return node


def denied(node: ast.UnaryOp) -> ast.expr:
    """Return ``not …`` as a comparison, if it denies one that has a contrary."""
    operand = truth(node.operand)
    if isinstance(operand, ast.UnaryOp) and isinstance(operand.op, ast.Not):
        operand = denied(operand)
    match operand:
        case ast.Compare(ops=[op]) if type(op) in _CONTRARY:
            return ast.Compare(operand.left, [_CONTRARY[type(op)]()], operand.comparators)
        case _:
            return ast.UnaryOp(ast.Not(), operand)


def assigned(statement: ast.stmt, *, annotations_count: bool) -> tuple[str, ast.expr] | None:
    """Return name and value of a plain assignment to one name, however it is written."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value, simple=1):
            return None if annotations_count else (name, value)
        case ast.AugAssign(target=ast.Name(id=name), op=op, value=value):
            if isinstance(op, _NEVER_IN_PLACE) and is_number(value):
                return name, ast.BinOp(ast.Name(name, ast.Load()), op, value)
            return None
        case _:
            return None


def plain(body: Sequence[ast.stmt], *, keep_strings: bool) -> list[ast.stmt]:
    """Return a block without what does nothing, and with no ``else`` after a jump."""
    found: list[ast.stmt] = []
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        if _does_nothing(statement, keep_strings=keep_strings):
            continue
        if isinstance(statement, ast.If):
            statement = _turned(statement)
            if statement.orelse and _jumps(statement.body):
                waiting += reversed(statement.orelse)
                statement = ast.If(statement.test, statement.body, [])
        found.append(statement)
        if isinstance(statement, _JUMPS) and not any(map(_yields, waiting)):
            break
    return found


def _turned(statement: ast.If) -> ast.If:
    """Return an ``if`` with two branches whose test is not a denial."""
    test = truth(statement.test)
    if statement.orelse and isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return ast.If(truth(test.operand), statement.orelse, statement.body)
    return ast.If(test, statement.body, statement.orelse)


def without_last_return(body: list[ast.stmt]) -> list[ast.stmt]:
    """Return the body of a function without a last ``return`` of nothing."""
    match body:
        case [*rest, ast.Return(value=None | ast.Constant(value=None))]:
            return rest
        case _:
            return body


def _does_nothing(statement: ast.stmt, *, keep_strings: bool) -> bool:
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant(value=value)):
            return not (keep_strings and isinstance(value, str))
        case _:
            return False


def _jumps(body: Sequence[ast.stmt]) -> bool:
    return isinstance(body[-1], _JUMPS)


def _yields(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))
