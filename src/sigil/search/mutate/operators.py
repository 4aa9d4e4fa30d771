"""Single edits of one expression: every neighbour that each operator knows, best guess first.

Each operator is a function from a site to its changes, so the same catalogue serves the
systematic walk (every neighbour once) and random search (one of them).

Not here: changes of statements (`statements`), choice among changes (`proposer`).
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from sigil.search.mutate.fragments import (
    COMPARISONS,
    FACTOR,
    OPERATOR_LEVELS,
    Fragment,
    atom,
    binary,
    boolean,
    call,
    compare,
    conditional,
    fits,
    negation,
    negative,
    number,
)
from sigil.search.mutate.source import Edit, Source
from sigil.search.mutate.subject import Site, Subject

_SHOWN = 60
_MOST_FACTORS = 4


@dataclass(frozen=True, slots=True)
class Change:
    """A mutation of a subject.

    Args:
        operator: which kind of mutation.
        edits: of the whole file's text.
        note: one readable line.
        names_may_move: whether statements moved, so that uses of names must be checked.
    """

    operator: str
    edits: tuple[Edit, ...]
    note: str
    names_may_move: bool = False


Operator = Callable[[Subject, Site], Iterator[Change]]
Numeric = ("int", "number")


def numeric(site: Site) -> bool:
    """Return whether a site may hold a number, as far as is known."""
    return fits(site.want, "number") and fits(site.kind, "number")


def replaced(subject: Subject, site: Site, new: Fragment, operator: str) -> Iterator[Change]:
    """Yield the change of a whole site into ``new``, unless nothing would change."""
    text = subject.source.text
    old = text[site.start : site.end]
    fresh = f"({new.text})" if isinstance(site.node, ast.GeneratorExp) else new.at(site.need)
    if old == fresh or not _allowed(site, new):
        return
    before, after = text[site.start - 1 : site.start], text[site.end : site.end + 1]
    edit = Edit(site.start, site.end, _spaced(before, fresh, after))
    note = describe(subject, site, one_line(old), fresh)
    yield Change(operator, (edit,), note)


def describe(subject: Subject, site: Site, old: str, new: str) -> str:
    """Return ``old → new at line N``, with ``return`` where the site is all of it."""
    lead = "return " if isinstance(site.parent, ast.Return) else ""
    return f"{lead}{short(old)} → {short(new)} at line {site.node.lineno}"


def one_line(text: str) -> str:
    """Return ``text`` with every run of white space as one space."""
    return " ".join(text.split())


def short(text: str, length: int = _SHOWN) -> str:
    """Return ``text``, cut in the middle if it is longer than ``length``."""
    half = length // 2
    return text if len(text) <= length else f"{text[:half]} … {text[-half:]}"


def _allowed(site: Site, new: Fragment) -> bool:
    """Refuse what is legal but never wanted: endless loops, huge powers, literal receivers."""
    literal = new.size == 1 and not new.text.isidentifier()
    if site.role == "loop_test":
        return new.text not in ("True", "1") and not literal
    if site.role == "exponent":
        return literal or new.size > 1
    if site.role in ("receiver", "iterated"):
        return new.text.isidentifier() or new.kind in ("seq", "str", "map", "unknown")
    return not (isinstance(site.parent, ast.Compare) and _identity(site.parent) and literal)


def _identity(node: ast.Compare) -> bool:
    return any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops)


def _spaced(before: str, text: str, after: str) -> str:
    """Keep words apart: `return(x)` must not become `returnx`."""
    lead = " " if _wordy(before) and _wordy(text[:1]) else ""
    tail = " " if _wordy(after) and _wordy(text[-1:]) else ""
    return f"{lead}{text}{tail}"


def _wordy(character: str) -> bool:
    return character.isalnum() or (character != "" and character in "_\"'.")


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


def rounded(value: float, digits: int = 4) -> float:
    """Return ``value`` with so many significant digits."""
    return float(f"{value:.{digits}g}")


def literal_steps(subject: Subject, site: Site) -> Iterator[Change]:
    """One more, one less, and the other truth value."""
    if isinstance(site.node, ast.Constant) and isinstance(site.node.value, bool):
        flipped = atom(str(not site.node.value), "bool")
        yield from replaced(subject, site, flipped, "literal")
    value = literal_value(site.node)
    if isinstance(value, int):
        for step in (1, -1):
            yield from replaced(subject, site, number(value + step), "literal")
    elif value is not None:
        for factor in (1.1, 0.9):
            yield from replaced(subject, site, number(rounded(value * factor)), "literal")


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
            fresh = int(other) if whole and other == int(other) else rounded(other)
            yield from replaced(subject, site, number(fresh), "literal")


# --- operators ---------------------------------------------------------------------------

_SWAPS: dict[str, str] = {
    "+": "- *", "-": "+ *", "*": "/ + //", "/": "* //", "//": "/ * %", "%": "// *", "**": "*",
    "<<": ">>", ">>": "<<", "&": "| ^", "|": "& ^", "^": "& |", "@": "",
}  # fmt: skip
_COMPARISON_SWAPS: dict[str, str] = {
    "<": "<= > >= !=", "<=": "< >= > ==", ">": ">= < <= !=", ">=": "> <= < ==",
    "==": "!= <= >=", "!=": "== < >", "in": "not_in", "not in": "in", "is": "is_not", "is not": "is",
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
    left, right = _operand(subject, node.left), _operand(subject, node.right)
    for other in _SWAPS[symbol].split():
        fresh = binary(other, left, right)
        change = _token_swapped(subject, site, node.left, node.right, symbol, other, fresh)
        yield from change or replaced(subject, site, fresh, "operator")


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
                left, right = operands[position], operands[position + 1]
                shown = compare(other, _operand(subject, left), _operand(subject, right))
                change = _token_swapped(subject, site, left, right, symbol, other, shown)
                yield from change or ()


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


def _operand(subject: Subject, node: ast.expr) -> Fragment:
    return subject.fragment(node, "unknown")


def _token_swapped(
    subject: Subject,
    site: Site,
    left: ast.expr,
    right: ast.expr,
    old: str,
    new: str,
    shown: Fragment,
) -> Iterator[Change] | None:
    """Change only the operator's characters, if the operands and the site need no parentheses."""
    source = subject.source
    start, end = source.span(left)[1], source.span(right)[0]
    gap = source.text[start:end]
    bare = gap.replace(old, "", 1).strip(" ()\t\r\n\\")
    if bare or (new in OPERATORS_BY_TIGHTNESS and not _binds_alike(old, new)):
        return None
    place = start + gap.index(old)
    note = describe(subject, site, one_line(_around(source.text, left, right, source)), shown.text)
    return iter((Change("operator", (Edit(place, place + len(old), new),), note),))


def _around(text: str, left: ast.expr, right: ast.expr, source: Source) -> str:
    return text[source.span(left)[0] : source.span(right)[1]]


OPERATORS_BY_TIGHTNESS = {symbol: level for symbol, level in OPERATOR_LEVELS.values()}


def _binds_alike(old: str, new: str) -> bool:
    return OPERATORS_BY_TIGHTNESS[old] == OPERATORS_BY_TIGHTNESS[new]


def boolean_operators(subject: Subject, site: Site) -> Iterator[Change]:
    """And for or, or for and, and either side alone."""
    node = site.node
    if not isinstance(node, ast.BoolOp):
        return
    symbol = "and" if isinstance(node.op, ast.Or) else "or"
    values = [_operand(subject, value) for value in node.values]
    whole = values[0]
    for value in values[1:]:
        whole = boolean(symbol, whole, value)
    yield from replaced(subject, site, whole, "operator")


def negated(subject: Subject, site: Site) -> Iterator[Change]:
    """The opposite of a condition."""
    if isinstance(site.node, ast.UnaryOp) and isinstance(site.node.op, ast.Not):
        yield from replaced(subject, site, _operand(subject, site.node.operand), "negate")
    elif site.role in ("test", "loop_test") and not isinstance(site.node, ast.Compare):
        yield from replaced(subject, site, negation(_operand(subject, site.node)), "negate")


# --- operands ----------------------------------------------------------------------------


def swapped(subject: Subject, site: Site) -> Iterator[Change]:
    """Neighbouring arguments, operands or branches exchanged."""
    node = site.node
    pairs: list[tuple[ast.expr, ast.expr]] = []
    match node:
        case ast.Call():
            pairs = list(zip(node.args, node.args[1:], strict=False))
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
    one, two = _operand(subject, first), _operand(subject, second)
    if one.text == two.text:
        return
    # Operands in their own parentheses keep these where they are.
    level = FACTOR + 1 if isinstance(site.node, ast.BinOp) else 2
    edits = (
        Edit(*source.span(first), two.at(level)),
        Edit(*source.span(second), one.at(level)),
    )
    note = f"{short(one.text)} ↔ {short(two.text)} at line {first.lineno}"
    yield Change("swap", edits, note)


def renamed(subject: Subject, site: Site) -> Iterator[Change]:
    """Another local name of the same kind."""
    if isinstance(site.node, ast.Name):
        for value in site.scope.values:
            if fits(value.kind, site.kind) and _is_local(value, site):
                yield from replaced(subject, site, value, "name")


def off_by_one(subject: Subject, site: Site) -> Iterator[Change]:
    """One more or one less where a number counts or indexes."""
    in_range = (
        isinstance(site.parent, ast.Call) and isinstance(site.parent.func, ast.Name)
        and site.parent.func.id == "range"
    )  # fmt: skip
    if not (site.role == "index" or in_range or isinstance(site.parent, ast.Compare)):
        return
    if not numeric(site) or isinstance(site.node, (ast.Constant, ast.Tuple)):
        return
    if not (site.kind in Numeric or site.role == "index" or in_range):
        return
    whole = _operand(subject, site.node)
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
            yield from replaced(subject, site, _operand(subject, part), "hoist")


# --- growth ------------------------------------------------------------------------------


def _growing(site: Site) -> bool:
    return (
        numeric(site) and site.role in ("value", "iterated")
        and not isinstance(site.parent, (ast.Compare, ast.Dict, ast.Starred))
        and not isinstance(site.node, (ast.Tuple, ast.List, ast.Dict, ast.Set))
    )  # fmt: skip


def combined(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression combined with itself, small constants and names in scope."""
    if not _growing(site) or literal_value(site.node) is not None:
        return
    whole = subject.fragment(site.node, site.kind)
    one, two = number(1), number(2)
    fresh = [binary("*", whole, whole)] if whole.size <= 8 else []
    fresh += [binary("+", whole, one), binary("-", whole, one), binary("*", two, whole)]
    fresh += [negative(whole), binary("/", whole, two)]
    for change in fresh:
        yield from replaced(subject, site, change, "combine")


def combined_with_names(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression combined with each local number."""
    yield from _combined_with(subject, site, [v for v in site.scope.values if _is_local(v, site)])


def with_constants(subject: Subject, site: Site) -> Iterator[Change]:
    """A constant of the module instead of a name or literal, or combined with an expression."""
    others = [value for value in site.scope.values if not _is_local(value, site)]
    if isinstance(site.node, (ast.Name, ast.Constant)):
        for value in others:
            if fits(value.kind, site.kind):
                yield from replaced(subject, site, value, "name")
    yield from _combined_with(subject, site, others)


def _is_local(value: Fragment, site: Site) -> bool:
    return value.text in site.scope.local


def _combined_with(subject: Subject, site: Site, values: Iterable[Fragment]) -> Iterator[Change]:
    if not _growing(site):
        return
    whole = subject.fragment(site.node, site.kind)
    for value in values:
        if fits(value.kind, "number") and value.text != whole.text:
            for symbol in "+*-/":
                yield from replaced(subject, site, binary(symbol, whole, value), "combine")
            yield from replaced(subject, site, binary("-", value, whole), "combine")


def combined_with_products(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression plus or minus the product of two numbers in scope."""
    if not _growing(site):
        return
    whole = subject.fragment(site.node, site.kind)
    near = [value for value in site.scope.values if _is_local(value, site)]
    names = [value for value in near if fits(value.kind, "number")][:_MOST_FACTORS]
    for position, one in enumerate(names):
        for two in names[position:]:
            for symbol in "+-":
                fresh = binary(symbol, whole, binary("*", one, two))
                yield from replaced(subject, site, fresh, "combine")


def wrapped(subject: Subject, site: Site) -> Iterator[Change]:
    """The expression as the argument of a call that takes its kind."""
    if site.role not in ("value", "iterated", "index") or literal_value(site.node) is not None:
        return
    whole = subject.fragment(site.node, site.kind)
    for function in site.scope.functions:
        if (
            len(function.takes) == 1 and _exact(site.kind, function.takes[0])
            and fits(function.gives, site.want) and not whole.text.startswith(f"{function.text}(")
        ):  # fmt: skip
            yield from _wrapped_in(subject, site, function.text, whole)
    if site.kind in Numeric:
        for name in ("max", "min"):
            yield from replaced(
                subject,
                site,
                call(name, site.kind, whole, number(0 if name == "max" else 1)),
                "wrap",
            )
    if site.kind == "seq" and site.role == "iterated":
        yield from replaced(subject, site, Fragment(f"{whole.at(15)}[::-1]", 15, "seq"), "wrap")


def _exact(have: str, want: str) -> bool:
    return (
        have == want
        or (have in Numeric and want in Numeric)
        or (have == "unknown" == want)
        or (have == "unknown" and want == "number")
    )


def _wrapped_in(subject: Subject, site: Site, name: str, whole: Fragment) -> Iterator[Change]:
    """Insert ``name(`` and ``)`` around the site and leave its own characters alone."""
    if isinstance(site.node, ast.GeneratorExp):
        return
    before = subject.source.text[site.start - 1 : site.start]
    edits = (
        Edit(site.start, site.start, _spaced(before, f"{name}(", "")),
        Edit(site.end, site.end, ")"),
    )
    note = describe(subject, site, whole.text, f"{name}({whole.text})")
    yield Change("wrap", edits, note)


def guarded_division(subject: Subject, site: Site) -> Iterator[Change]:
    """A division that gives 0 where the divisor is 0."""
    match site.node:
        case ast.BinOp(op=(ast.Div() | ast.FloorDiv() | ast.Mod()), right=right) if not isinstance(
            right, ast.Constant
        ):
            whole = _operand(subject, site.node)
            safe = conditional(whole, _operand(subject, right), number(0))
            yield from replaced(subject, site, safe, "guard")
        case _:
            return


def reused(subject: Subject, site: Site) -> Iterator[Change]:
    """Another expression of the same region whose names have values here."""
    if site.role not in ("value", "index", "test"):
        return
    for other in subject.reusables:
        if fits(other.fragment.kind, site.want) and other.names <= site.scope.names:
            yield from replaced(subject, site, other.fragment, "reuse")


TIERS: tuple[tuple[Operator, ...], ...] = (
    (
        comparison,
        literal_steps,
        arithmetic,
        boolean_operators,
        swapped,
        negated,
        off_by_one,
        renamed,
    ),
    (combined, combined_with_names, combined_with_products),
    (wrapped, hoisted, guarded_division, literal_jumps),
    (with_constants, reused),
)
"""The catalogue: repairs first, then growth, then everything else."""
