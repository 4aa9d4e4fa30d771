"""Arithmetic expressions as trees with their values at some points.

A small interpreter of its own for the safe part of Python: numbers, names, + - * / // % **,
and well-known functions of numbers. Nothing is compiled or executed. Where an operation has
no value (a root of -1, a division by 0) it is NaN, and so is what is made of it.

Not here: which terms are worth having (`formulas`), which programs are the same (`sameness`).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sigil.search.mutate.fragments import (
    OPERATOR_LEVELS,
    Fragment,
    atom,
    binary,
    call,
    negative,
    number,
)

Number = float | int
Values = tuple[Number, ...]
Columns = Mapping[str, Values]
"""Values of names, all of one length."""

LARGEST = 1e15
_LARGEST_EXPONENT = 64
_LARGEST_WHOLE = 10**30
_NO_VALUE = (ArithmeticError, ValueError, TypeError)


@dataclass(frozen=True, slots=True)
class Term:
    """An expression and its values.

    Args:
        head: an operator, ``neg``, the text of a function, or of a name or number.
        parts: its operands; none for a name or number.
        values: at each point.
        size: how many names, numbers and operations it has.
    """

    head: str
    parts: tuple[Term, ...]
    values: Values
    size: int

    @property
    def finite(self) -> bool:
        """Return whether it has a value of moderate size at every point."""
        return -LARGEST < sum(self.values) < LARGEST  # NaN and infinities carry over

    @property
    def key(self) -> tuple[float, ...]:
        """Return what is equal for terms that are equal but for rounding."""
        return tuple(float(f"{value:.9e}") for value in self.values)

    def walk(self) -> Iterator[Term]:
        """Yield the term and everything below it."""
        yield self
        for part in self.parts:
            yield from part.walk()

    def fragment(self) -> Fragment:
        """Return the term as Python."""
        parts = [part.fragment() for part in self.parts]
        if not parts:
            return atom(self.head, "number") if _is_name(self.head) else number(_read(self.head))
        if self.head == "neg":
            return negative(parts[0])
        if self.head in _BINARY:
            return binary(self.head, parts[0], parts[1])
        return call(self.head, "number", *parts)


def _negative(value: Number) -> Number:
    return -value


def _power(base: Number, exponent: Number) -> Number:
    whole = isinstance(base, int) and isinstance(exponent, int)
    if abs(exponent) > _LARGEST_EXPONENT or (whole and abs(base) > _LARGEST_WHOLE):
        return math.nan
    value = base**exponent
    return math.nan if isinstance(value, complex) else value


_BINARY: Mapping[str, Callable[[Number, Number], Number]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": _power,
}
_UNARY_MATH = "sin cos exp log sqrt tan atan tanh floor ceil".split()
FUNCTIONS: Mapping[str, Callable[..., Number]] = {
    **{name: getattr(math, name) for name in (*_UNARY_MATH, "hypot", "atan2", "fmod")},
    **cast("dict[str, Callable[..., Number]]", {f.__name__: f for f in (abs, min, max, round)}),
    "int": int,
    "float": float,
}
"""Functions of numbers, by their bare names."""


def leaf(head: str, values: Values) -> Term:
    """Return a name or number."""
    return Term(head, (), values, 1)


def constant(value: Number, length: int) -> Term:
    """Return a number at ``length`` points."""
    return leaf(repr(value), (value,) * length)


def applied(head: str, *parts: Term) -> Term:
    """Return an operator or function of ``FUNCTIONS`` applied to its operands."""
    compute = operation(head)
    columns = [part.values for part in parts]
    size = 1 + sum(part.size for part in parts)
    try:
        values = tuple(map(compute, *columns))
    except _NO_VALUE:
        values = tuple(_one(compute, row) for row in zip(*columns, strict=True))
    return Term(head, parts, values, size)


def operation(head: str) -> Callable[..., Number]:
    """Return what computes an operator, ``neg`` or a function of `FUNCTIONS`."""
    if head == "neg":
        return _negative
    return _BINARY.get(head) or FUNCTIONS[head.rpartition(".")[2]]


def _one(compute: Callable[..., Number], row: Sequence[Number]) -> Number:
    try:
        return compute(*row)
    except _NO_VALUE:
        return math.nan


def moved(term: Term, columns: Columns, length: int) -> Term:
    """Return the same expression at other points.

    Args:
        term: what to evaluate.
        columns: the values of its names there.
        length: how many points these are.
    """
    if not term.parts:
        if _is_name(term.head):
            return leaf(term.head, columns[term.head])
        return leaf(term.head, (_read(term.head),) * length)
    return applied(term.head, *(moved(part, columns, length) for part in term.parts))


def exchanged(term: Term, old: Term, new: Term) -> Term:
    """Return ``term`` with the very object ``old`` replaced by ``new``."""
    if term is old:
        return new
    if not term.parts:
        return term
    parts = [exchanged(part, old, new) for part in term.parts]
    if parts[0] is term.parts[0] and parts[-1] is term.parts[-1]:
        return term
    return applied(term.head, *parts)


def read(node: ast.expr, columns: Columns, functions: Mapping[str, str]) -> Term | None:
    """Return the term that ``node`` says, or None if it is more than arithmetic.

    Args:
        node: an expression.
        columns: values of the names it may use, at least one.
        functions: which function of `FUNCTIONS` each callable text stands for.
    """
    length = len(next(iter(columns.values())))
    match node:
        case ast.Constant(value=(int() | float()) as value) if not isinstance(value, bool):
            return constant(value, length) if abs(value) < LARGEST else None
        case ast.Name() | ast.Attribute():
            text = ast.unparse(node)
            return leaf(text, columns[text]) if text in columns else None
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            heads, operands = "neg", [operand]
        case ast.BinOp(left=left, op=op, right=right):
            heads, operands = OPERATOR_LEVELS[type(op)][0], [left, right]
        case ast.Call(func=func, args=args, keywords=[]) if args:
            heads, operands = ast.unparse(func), args
        case _:
            return None
    if heads not in _BINARY and heads != "neg" and heads not in functions:
        return None
    parts = [read(operand, columns, functions) for operand in operands]
    if any(part is None for part in parts):
        return None
    return _folded(heads, cast("list[Term]", parts))


def _folded(head: str, parts: Sequence[Term]) -> Term:
    """Return a negative literal as one number, anything else as it is."""
    first = parts[0]
    if head == "neg" and not first.parts and not _is_name(first.head):
        value = -_read(first.head)
        return leaf(repr(value), (value,) * len(first.values))
    return applied(head, *parts)


def is_number(term: Term) -> bool:
    """Return whether ``term`` is a literal."""
    return not term.parts and not _is_name(term.head)


def _is_name(head: str) -> bool:
    return head[0].isalpha() or head[0] == "_"


def _read(head: str) -> Number:
    return float(head) if any(mark in head for mark in ".en") else int(head)
