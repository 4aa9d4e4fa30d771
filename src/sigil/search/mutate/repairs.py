"""Single edits of one expression that mend it: operators, literals, names, operands.

Each operator is a function from a site to its changes, so the same catalogue serves the
systematic walk (every neighbour once) and random search (one of them).

Not here: edits that make an expression richer (`growth`), changes of statements
(`statements`), choice among changes (`proposer`).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from itertools import pairwise

from sigil.search.mutate.change import (
    Change,
    Numeric,
    describe,
    is_local,
    numeric,
    one_line,
    placed,
    replaced,
    short,
)
from sigil.search.mutate.fragments import (
    COMPARISONS,
    FACTOR,
    LEVEL_OF_SYMBOL,
    OPERATOR_LEVELS,
    Fragment,
    atom,
    binary,
    boolean,
    fits,
    negation,
    number,
)
from sigil.search.mutate.sites import Site
from sigil.search.mutate.source import Edit
from sigil.search.mutate.subject import Subject
from sigil.search.written import rounded

# --- literals ----------------------------------------------------------------------------


def literal_value(node: ast.expr) -> int | float | None:
    """Return the value of a numeric literal, negative ones included, else None."""
    match node:
        case ast.Constant(value=bool()):
            return None
        case ast.Constant(value=(int() | float()) as value):
            return value if math.isfinite(value) else None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=(int() | float()) as value)):
            return -value if not isinstance(value, bool) and math.isfinite(value) else None
        case _:
            return None


def like(subject: Subject, site: Site, value: float) -> Fragment:
    """Return ``value`` rounded, and written as the literal that stands at ``site``."""
    return number(rounded(value), subject.source.segment(site.node))


def literal_steps(subject: Subject, site: Site) -> Iterator[Change]:
    """One more, one less, and the other truth value."""
    if isinstance(site.node, ast.Constant) and isinstance(site.node.value, bool):
        flipped = atom(str(not site.node.value), "bool")
        yield from replaced(subject, site, flipped, "literal")
    value = literal_value(site.node)
    if value is None:
        return
    near = [value + 1, value - 1] if isinstance(value, int) else [value * 1.1, value * 0.9]
    for other in near:
        yield from replaced(subject, site, like(subject, site, other), "literal")


def literal_jumps(subject: Subject, site: Site) -> Iterator[Change]:
    """Other sign, zero, one, half, double, and far steps."""
    value = literal_value(site.node)
    if value is None:
        return
    whole = isinstance(value, int)
    near = [value * 2, value // 2 if whole else value / 2, -value, value * 10, value / 10]
    if whole:
        near = [value * 2, value // 2, -value, 0, 1, value + 2, value - 2, value / 2, value * 10]
    seen = {value}
    for other in near:
        if other not in seen and not (other == 0 and site.role == "loop_test"):
            seen.add(other)
            fresh = int(other) if whole and other == int(other) else other
            yield from replaced(subject, site, like(subject, site, fresh), "literal")


# --- operators ---------------------------------------------------------------------------

_SWAPS: dict[str, str] = {
    "+": "- *", "-": "+ *", "*": "/ + //", "/": "* //", "//": "/ * %", "%": "// *", "**": "*",
    "<<": ">>", ">>": "<<", "&": "| ^", "|": "& ^", "^": "& |", "@": "",
}  # fmt: skip
_COMPARISON_SWAPS: dict[str, str] = {
    "<": "<= > >= !=", "<=": "< >= > ==", ">": ">= < <= !=", ">=": "> <= < ==",
    "==": "!= <= >=", "!=": "== < >", "in": "not_in",
    "not in": "in", "is": "is_not", "is not": "is",
}  # fmt: skip


def arithmetic(subject: Subject, site: Site) -> Iterator[Change]:
    """Another arithmetic operator between the same operands."""
    node = site.node
    if not isinstance(node, ast.BinOp) or (
        isinstance(node.op, ast.Mod) and isinstance(node.left, (ast.Constant, ast.JoinedStr))
        and isinstance(getattr(node.left, "value", ""), str)
    ):  # fmt: skip
        return
    symbol = OPERATOR_LEVELS[type(node.op)][0]
    for other in _SWAPS[symbol].split():
        change = _token_swapped(subject, site, (node.left, node.right), symbol, other)
        if change is not None:
            yield change
        else:
            sides = subject.fragment(node.left), subject.fragment(node.right)
            yield from replaced(subject, site, binary(other, *sides), "operator")


def comparison(subject: Subject, site: Site) -> Iterator[Change]:
    """A comparison off by one, reversed or negated."""
    node = site.node
    if not isinstance(node, ast.Compare):
        return
    operands = [node.left, *node.comparators]
    swaps = [_COMPARISON_SWAPS[COMPARISONS[type(op)]].split() for op in node.ops]
    for turn in range(max(map(len, swaps))):
        for position, others in enumerate(swaps):
            if turn < len(others):
                symbol, other = (
                    COMPARISONS[type(node.ops[position])],
                    others[turn].replace("_", " "),
                )
                sides = operands[position], operands[position + 1]
                change = _token_swapped(subject, site, sides, symbol, other)
                if change is not None:
                    yield change


def assignment_operators(subject: Subject) -> Iterator[Change]:
    """Another operator in an augmented assignment."""
    source = subject.source
    for node in subject.assignments:
        symbol = OPERATOR_LEVELS[type(node.op)][0]
        start = source.span(node.target)[1]
        gap = source.text[start : source.span(node.value)[0]]
        place = start + gap.find(f"{symbol}=")
        for other in ("-", "*", "/") if symbol == "+" else _SWAPS[symbol].split():
            note = f"{source.segment(node.target)} {symbol}= → {other}= at line {node.lineno}"
            yield Change("operator", (Edit(place, place + len(symbol), other),), note)


def _token_swapped(
    subject: Subject, site: Site, sides: tuple[ast.expr, ast.expr], old: str, new: str
) -> Change | None:
    """Change only the operator's characters, if the operands need no other parentheses."""
    source = subject.source
    left, right = sides
    start, end = source.span(left)[1], source.span(right)[0]
    gap = source.text[start:end]
    bare = gap.replace(old, "", 1).strip(" ()\t\r\n\\")
    if bare or (new in LEVEL_OF_SYMBOL and not _binds_alike(old, new)):
        return None
    place = start + gap.index(old)
    whole = source.span(left)[0], source.span(right)[1]
    shown = f"{source.text[whole[0] : place]}{new}{source.text[place + len(old) : whole[1]]}"
    note = describe(site, one_line(source.text[slice(*whole)]), one_line(shown))
    return Change("operator", (Edit(place, place + len(old), new),), note)


def _binds_alike(old: str, new: str) -> bool:
    return LEVEL_OF_SYMBOL[old] == LEVEL_OF_SYMBOL[new]


def boolean_operators(subject: Subject, site: Site) -> Iterator[Change]:
    """And for or, or for and, and either side alone."""
    node = site.node
    if not isinstance(node, ast.BoolOp):
        return
    symbol = "and" if isinstance(node.op, ast.Or) else "or"
    values = [subject.fragment(value) for value in node.values]
    whole = values[0]
    for value in values[1:]:
        whole = boolean(symbol, whole, value)
    yield from replaced(subject, site, whole, "operator")


def negated(subject: Subject, site: Site) -> Iterator[Change]:
    """The opposite of a condition."""
    if isinstance(site.node, ast.UnaryOp) and isinstance(site.node.op, ast.Not):
        yield from replaced(subject, site, subject.fragment(site.node.operand), "negate")
    elif site.role in ("test", "loop_test") and not isinstance(site.node, ast.Compare):
        yield from replaced(subject, site, negation(subject.fragment(site.node)), "negate")


# --- operands ----------------------------------------------------------------------------


def swapped(subject: Subject, site: Site) -> Iterator[Change]:
    """Neighbouring arguments, operands or branches exchanged."""
    node = site.node
    pairs: list[tuple[ast.expr, ast.expr]] = []
    match node:
        case ast.Call():
            pairs = list(pairwise(node.args))
        case ast.BinOp(op=(ast.Sub() | ast.Div() | ast.FloorDiv() | ast.Mod())):
            pairs = [(node.left, node.right)]
        case ast.IfExp():
            pairs = [(node.body, node.orelse)]
        case _:
            return
    for first, second in pairs:
        if not isinstance(first, ast.Starred) and not isinstance(second, ast.Starred):
            yield from _exchanged(subject, site, first, second)


def _exchanged(subject: Subject, site: Site, first: ast.expr, second: ast.expr) -> Iterator[Change]:
    source = subject.source
    one, two = subject.fragment(first), subject.fragment(second)
    if one.text == two.text:
        return
    # Operands in their own parentheses keep these where they are.
    level = FACTOR + 1 if isinstance(site.node, ast.BinOp) else 2
    edits = (
        placed(source.text, source.span(first), two.at(level)),
        placed(source.text, source.span(second), one.at(level)),
    )
    note = f"{short(one.text)} ↔ {short(two.text)} at line {first.lineno}"
    yield Change("swap", edits, note)


def renamed(subject: Subject, site: Site) -> Iterator[Change]:
    """Another local name of the same kind."""
    if isinstance(site.node, ast.Name):
        for value in site.scope.values:
            if fits(value.kind, site.kind) and is_local(value, site):
                yield from replaced(subject, site, value, "name")


_SCALING = (ast.Mult, ast.FloorDiv, ast.Mod)
"""Of what is multiplied or divided by a size, one is counted from 0 and another from 1."""


def _is_place(subject: Subject, site: Site) -> bool:
    """Return whether a name may be a place that is multiplied or divided by a size.

    The size is another name; where elements and slices are taken, it may be anything else.
    """
    match site.node, site.parent:
        case ast.Name(id=name), ast.BinOp(left=left, op=op, right=right):
            other = right if site.node is left else left
            known = other.id != name if isinstance(other, ast.Name) else subject.indexes
            return isinstance(op, _SCALING) and known
        case _:
            return False


def off_by_one(subject: Subject, site: Site) -> Iterator[Change]:
    """One more or one less where a number counts or indexes, or a place is scaled."""
    in_range = (
        isinstance(site.parent, ast.Call) and isinstance(site.parent.func, ast.Name)
        and site.parent.func.id == "range"
    )  # fmt: skip
    is_place = _is_place(subject, site)
    compared = isinstance(site.parent, ast.Compare)
    if not (site.role == "index" or in_range or compared or is_place):
        return
    if not numeric(site) or literal_value(site.node) is not None:
        return
    if not (site.kind in Numeric or site.role == "index" or in_range or is_place):
        return
    whole = subject.fragment(site.node)
    yield from replaced(subject, site, binary("-", whole, number(1)), "off_by_one")
    yield from replaced(subject, site, binary("+", whole, number(1)), "off_by_one")


def hoisted(subject: Subject, site: Site) -> Iterator[Change]:
    """A part of the expression instead of the whole."""
    match site.node:
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.UnaryOp(operand=operand):
            parts = [operand] if literal_value(site.node) is None else []
        case ast.BoolOp(values=values):
            parts = list(values)
        case ast.IfExp(body=body, orelse=orelse):
            parts = [body, orelse]
        case ast.Call(args=[ast.expr() as argument], keywords=[]):
            parts = [argument]
        case _:
            parts = []
    for part in parts:
        if not isinstance(part, (ast.Starred, ast.GeneratorExp)):
            yield from replaced(subject, site, subject.fragment(part), "hoist")
