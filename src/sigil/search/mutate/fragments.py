"""Expressions as text that knows how tightly it binds and what kind of value it has.

New expressions are put together from fragments of the source and a few operators, with
parentheses exactly where the grammar of Python needs them.

Not here: which fragments to combine (`grammar`, `operators`).
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Literal

from sigil.search.written import written

Kind = Literal["int", "number", "bool", "str", "seq", "map", "other", "unknown"]
"""number: int or float. seq: anything iterable but a string. other: None, a function, …"""

TEST, OR, AND, NOT, COMPARE, BIT_OR, BIT_XOR, BIT_AND, SHIFT, SUM, TERM, FACTOR, POWER = range(
    1, 14
)
AWAIT, ATOM = 14, 15
"""How tightly an expression binds, loosest first (language reference, 6.17)."""

OPERATOR_LEVELS: dict[type[ast.operator], tuple[str, int]] = {
    ast.Add: ("+", SUM),
    ast.Sub: ("-", SUM),
    ast.Mult: ("*", TERM),
    ast.Div: ("/", TERM),
    ast.FloorDiv: ("//", TERM),
    ast.Mod: ("%", TERM),
    ast.MatMult: ("@", TERM),
    ast.Pow: ("**", POWER),
    ast.LShift: ("<<", SHIFT),
    ast.RShift: (">>", SHIFT),
    ast.BitAnd: ("&", BIT_AND),
    ast.BitXor: ("^", BIT_XOR),
    ast.BitOr: ("|", BIT_OR),
}
COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}
LEVEL_OF_SYMBOL = dict(OPERATOR_LEVELS.values())
_NUMERIC: frozenset[Kind] = frozenset({"int", "number"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """An expression on one line.

    Args:
        text: its source.
        level: how tightly it binds.
        kind: what it evaluates to, as far as is known.
        size: how many names, constants and operations it has.
    """

    text: str
    level: int
    kind: Kind
    size: int = 1

    def at(self, level: int) -> str:
        """Return the text for a place that needs ``level``, in parentheses if it binds less."""
        return self.text if self.level >= level else f"({self.text})"


def fits(have: Kind, want: Kind) -> bool:
    """Return whether a value of kind ``have`` may stand where ``want`` is expected."""
    if "unknown" in (have, want):
        return "other" not in (have, want)
    return have == want or (have in _NUMERIC and want in _NUMERIC)


def join(first: Kind, second: Kind) -> Kind:
    """Return the kind of a value that is one or the other."""
    if first == second:
        return first
    return "number" if first in _NUMERIC and second in _NUMERIC else "unknown"


def atom(text: str, kind: Kind = "unknown") -> Fragment:
    """Return a name, literal or bracketed expression."""
    return Fragment(text, ATOM, kind)


def number(value: float, like: str = "") -> Fragment:
    """Return a numeric literal in the style of ``like``; a minus makes it bind less."""
    text = written(value, like)
    level = FACTOR if text.startswith("-") else ATOM
    return Fragment(text, level, "int" if isinstance(value, int) else "number")


def binary(symbol: str, left: Fragment, right: Fragment) -> Fragment:
    """Return ``left symbol right`` for an arithmetic or bitwise operator."""
    level = LEVEL_OF_SYMBOL[symbol]
    text_left, text_right = left.at(level), right.at(level + 1)
    if symbol == "**":
        text_left, text_right = left.at(AWAIT), right.at(FACTOR)
    kind = "number" if symbol == "/" else _arithmetic_kind(left.kind, right.kind)
    size = left.size + right.size + 1
    return Fragment(f"{text_left} {symbol} {text_right}", level, kind, size)


def _arithmetic_kind(left: Kind, right: Kind) -> Kind:
    if "str" in (left, right):
        return "str"
    if "seq" in (left, right):
        return "seq"
    return "int" if left == right == "int" else "number"


def negative(operand: Fragment) -> Fragment:
    """Return ``-operand``."""
    return Fragment(f"-{operand.at(FACTOR)}", FACTOR, operand.kind, operand.size + 1)


def negation(operand: Fragment) -> Fragment:
    """Return ``not operand``."""
    return Fragment(f"not {operand.at(NOT)}", NOT, "bool", operand.size + 1)


def compare(symbol: str, left: Fragment, right: Fragment) -> Fragment:
    """Return ``left symbol right`` for a comparison."""
    text = f"{left.at(BIT_OR)} {symbol} {right.at(BIT_OR)}"
    return Fragment(text, COMPARE, "bool", left.size + right.size + 1)


def boolean(symbol: Literal["and", "or"], left: Fragment, right: Fragment) -> Fragment:
    """Return ``left and right`` or ``left or right``."""
    level = OR if symbol == "or" else AND
    text = f"{left.at(level)} {symbol} {right.at(level + 1)}"
    return Fragment(text, level, join(left.kind, right.kind), left.size + right.size + 1)


def conditional(body: Fragment, test: Fragment, otherwise: Fragment) -> Fragment:
    """Return ``body if test else otherwise``."""
    text = f"{body.at(OR)} if {test.at(OR)} else {otherwise.at(TEST)}"
    size = body.size + test.size + otherwise.size + 1
    return Fragment(text, TEST, join(body.kind, otherwise.kind), size)


def call(function: str, kind: Kind, *arguments: Fragment) -> Fragment:
    """Return ``function(arguments)``."""
    text = f"{function}({', '.join(argument.at(TEST) for argument in arguments)})"
    return Fragment(text, ATOM, kind, 1 + sum(argument.size for argument in arguments))


_LEVELS: dict[type[ast.expr], int] = {
    ast.Compare: COMPARE,
    ast.IfExp: TEST,
    ast.Lambda: TEST,
    ast.Await: AWAIT,
    ast.NamedExpr: 0,
    ast.Yield: 0,
    ast.YieldFrom: 0,
    ast.Starred: 0,
}


def level_of(node: ast.expr) -> int:
    """Return how tightly ``node`` binds as it is written, without parentheses of its own."""
    match node:
        case ast.BinOp():
            return OPERATOR_LEVELS[type(node.op)][1]
        case ast.UnaryOp():
            return NOT if isinstance(node.op, ast.Not) else FACTOR
        case ast.BoolOp():
            return OR if isinstance(node.op, ast.Or) else AND
        case _:
            return _LEVELS.get(type(node), ATOM)


_NEEDED: dict[tuple[type[ast.AST], str], int] = {
    (ast.IfExp, "test"): OR,
    (ast.IfExp, "body"): OR,
    (ast.Attribute, "value"): ATOM,
    (ast.Await, "value"): ATOM,
    (ast.Subscript, "value"): ATOM,
    (ast.Call, "func"): ATOM,
    (ast.Starred, "value"): BIT_OR,
    (ast.comprehension, "iter"): OR,
    (ast.comprehension, "ifs"): OR,
}
"""Places that need more than a `TEST`; operands depend on their operator."""


def needed_level(parent: ast.AST, field: str) -> int:
    """Return how tightly an expression must bind to stand in ``parent.field``."""
    match parent:
        case ast.BinOp():
            return _needed_operand(parent, field)
        case ast.UnaryOp():
            return NOT if isinstance(parent.op, ast.Not) else FACTOR
        case ast.BoolOp():
            return (OR if isinstance(parent.op, ast.Or) else AND) + 1
        case ast.Compare():
            return BIT_OR
        case _:
            return _NEEDED.get((type(parent), field), TEST)


def _needed_operand(parent: ast.BinOp, field: str) -> int:
    if isinstance(parent.op, ast.Pow):
        return AWAIT if field == "left" else FACTOR
    level = OPERATOR_LEVELS[type(parent.op)][1]
    return level if field == "left" else level + 1
