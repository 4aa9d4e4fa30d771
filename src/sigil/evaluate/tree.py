"""The trees that objectives, tie breakers and accept rules are made of.

Pure. `str` of a tree is its text, with parentheses only where they are needed; parsing
that text gives the same tree.

Not here: parsing (`sigil.evaluate.syntax`), meaning (`sigil.evaluate.judgement`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["number", "truth", "either"]
"""What an expression stands for; ``either`` for a metric of which it is not known."""

Direction = Literal["min", "max"]
Sign = Literal["+", "-", "*", "/"]
Order = Literal["<", "<=", ">", ">=", "==", "!="]
ORDERS: tuple[Order, ...] = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True, slots=True)
class Number:
    """A literal, finite and not negative."""

    value: float

    def __str__(self) -> str:
        """Render it so that it parses back to the same float."""
        return repr(self.value)


@dataclass(frozen=True, slots=True)
class Boolean:
    """``true`` or ``false``."""

    value: bool

    def __str__(self) -> str:
        """Render the keyword."""
        return "true" if self.value else "false"


@dataclass(frozen=True, slots=True)
class Metric:
    """The value of a metric, the candidate's or the baseline's."""

    id: str
    baseline: bool = False

    def __str__(self) -> str:
        """Render the name."""
        return f"baseline.{self.id}" if self.baseline else self.id


@dataclass(frozen=True, slots=True)
class Negative:
    """A number with the other sign."""

    operand: Node

    def __str__(self) -> str:
        """Render with parentheses only where they are needed."""
        return f"-{_inside(self.operand, _NEGATIVE)}"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Two numbers and ``+``, ``-``, ``*`` or ``/``."""

    operator: Sign
    left: Node
    right: Node

    def __str__(self) -> str:
        """Render with parentheses only where they are needed."""
        rank = _rank(self)
        return f"{_inside(self.left, rank)} {self.operator} {_inside(self.right, rank + 1)}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two numbers, or two truth values under ``==`` and ``!=``."""

    operator: Order
    left: Node
    right: Node

    def __str__(self) -> str:
        """Render with parentheses only where they are needed."""
        return f"{_inside(self.left, _SUM)} {self.operator} {_inside(self.right, _SUM)}"


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a truth value."""

    operand: Node

    def __str__(self) -> str:
        """Render with parentheses only where they are needed."""
        return f"not {_inside(self.operand, _NOT)}"


@dataclass(frozen=True, slots=True)
class Every:
    """Two or more truth values that must all hold."""

    operands: tuple[Node, ...]

    def __str__(self) -> str:
        """Render with parentheses only where they are needed."""
        return " and ".join(_inside(operand, _NOT) for operand in self.operands)


@dataclass(frozen=True, slots=True)
class Some:
    """Two or more truth values of which one must hold."""

    operands: tuple[Node, ...]

    def __str__(self) -> str:
        """Render with parentheses only where they are needed."""
        return " or ".join(_inside(operand, _EVERY) for operand in self.operands)


Node = Number | Boolean | Metric | Negative | Arithmetic | Comparison | Not | Every | Some
_SOME, _EVERY, _NOT, _COMPARISON, _SUM, _PRODUCT, _NEGATIVE, _ATOM = range(8)
"""How tightly each kind of tree binds."""
_RANKS: dict[type[object], int] = {
    Some: _SOME, Every: _EVERY, Not: _NOT, Comparison: _COMPARISON, Negative: _NEGATIVE,
}  # fmt: skip


def metrics_of(node: Node) -> Iterator[Metric]:
    """Yield every metric in a tree, from left to right, repeated as it is."""
    match node:
        case Metric():
            yield node
        case Negative(operand) | Not(operand):
            yield from metrics_of(operand)
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            yield from metrics_of(left)
            yield from metrics_of(right)
        case Every(operands) | Some(operands):
            for operand in operands:
                yield from metrics_of(operand)
        case _:
            return


def of_baseline(node: Node) -> Node:
    """Return an arithmetic tree with every metric replaced by the baseline's."""
    match node:
        case Metric(name):
            return Metric(name, baseline=True)
        case Negative(operand):
            return Negative(of_baseline(operand))
        case Arithmetic(operator, left, right):
            return Arithmetic(operator, of_baseline(left), of_baseline(right))
        case _:
            return node


def _rank(node: Node) -> int:
    if isinstance(node, Arithmetic):
        return _SUM if node.operator in "+-" else _PRODUCT
    return _RANKS.get(type(node), _ATOM)


def _inside(node: Node, least: int) -> str:
    return str(node) if _rank(node) >= least else f"({node})"
