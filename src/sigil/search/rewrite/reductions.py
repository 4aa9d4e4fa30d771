"""Loops that make one value of many: sums, products, least and greatest, first and last.

Not here: loops that fill a collection (`comprehensions`), that count (`counting`) or ask
whether there is any (`exits`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.nests import Nest, instead, named_once, nests, start_of
from sigil.search.rewrite.places import changed_as_items, repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    compared,
    expression,
    index_of,
    is_number,
    is_steady,
    occurrences,
    same,
    slice_of,
    small,
    statements,
)
from sigil.search.rewrite.sharing import is_used_up

# --- sums and products ----------------------------------------------------------------------


def _folded(
    nest: Nest, operator: type[cst.BaseAugOp], plain: type[cst.BaseBinaryOp]
) -> tuple[str, cst.BaseExpression] | None:
    """Return name and item of a core ``name += item`` or ``name = name + item``."""
    match small(nest.core):
        case cst.AugAssign(target=cst.Name(value=name), operator=found, value=value):
            return (name, value) if isinstance(found, operator) else None
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=name))],
            value=cst.BinaryOperation(left=cst.Name(value=left), operator=found, right=right),
        ) if left == name and isinstance(found, plain):
            return name, right
        case _:
            return None


def _times(nest: Nest) -> int:
    """Return how often a folding core names its result."""
    return 1 if isinstance(small(nest.core), cst.AugAssign) else 2


def _sums(facts: Facts) -> Iterator[Match]:
    """``total = 0`` and a loop that adds become ``total = sum(…)``."""
    for nest in nests(facts):
        folded = _folded(nest, cst.AddAssign, cst.Add)
        if folded is None or isinstance(folded[1], (cst.Integer, cst.SimpleString, cst.List)):
            continue
        name, item = folded
        start = start_of(facts, nest, name)
        bound = assignment(start)
        if bound is None or not is_number(bound[1], 0):
            continue
        if named_once(facts, name, nest.loop, _times(nest)):
            made = f"{name} = sum({_items(nest, item)})"
            yield Match(nest.loop, instead(facts, nest, start, made))


def _items(nest: Nest, item: cst.BaseExpression) -> str:
    if nest.is_plain and bare(item) == nest.target:
        return nest.source
    return f"[{bare(item)} {nest.clauses}]"


def _products(facts: Facts) -> Iterator[Match]:
    """A loop that multiplies becomes ``math.prod``."""
    for nest in nests(facts):
        folded = _folded(nest, cst.MultiplyAssign, cst.Multiply)
        if folded is None or not named_once(facts, folded[0], nest.loop, _times(nest)):
            continue
        name, item = folded
        start = start_of(facts, nest, name)
        bound = assignment(start)
        product = f"math.prod({_items(nest, item)})"
        imports = [("math", "")]
        if bound is not None and is_number(bound[1], 1):
            yield Match(
                nest.loop, instead(facts, nest, start, f"{name} = {product}"), imports=imports
            )
        elif facts.kind(cst.Name(name)) == "int":
            yield Match(
                nest.loop, instead(facts, nest, None, f"{name} *= {product}"), imports=imports
            )


def _factorials(facts: Facts) -> Iterator[Match]:
    """``math.prod(range(1, n + 1))`` is ``math.factorial(n)``."""
    for call in facts.nodes(cst.Call):
        if facts.stands_for(call.func) != "math.prod" or len(call.args) != 1:
            continue
        match call.args[0].value:
            case cst.Call(
                func=cst.Name(value="range"),
                args=[
                    cst.Arg(value=first),
                    cst.Arg(
                        value=cst.BinaryOperation(
                            left=last, operator=cst.Add(), right=cst.Integer(value="1")
                        )
                    ),
                ],
            ) if is_number(first, 1) or is_number(first, 2):
                yield Match(call, {call: expression(f"math.factorial({bare(last)})")})
            case _:
                pass


# --- least and greatest ---------------------------------------------------------------------


def _extremes(facts: Facts) -> Iterator[Match]:
    """``best = xs[0]`` and a loop that keeps what is less become ``best = min(xs)``."""
    for nest in nests(facts):
        bound = assignment(nest.core)
        if bound is None or len(nest.conditions) != 1 or nest.loop is not nest.innermost:
            continue
        name, item = bound
        if bare(item) != nest.target or not isinstance(item, cst.Name):
            continue
        if name in facts.read(nest.loop.iter):
            continue
        chosen = _chosen(expression(nest.conditions[0]), item.value, name)
        start = start_of(facts, nest, name)
        first = assignment(start)
        if chosen is None or first is None:
            continue
        made = _extreme(nest, chosen, first[1])
        if made is not None:
            yield Match(nest.loop, instead(facts, nest, start, f"{name} = {made}"))


def _chosen(test: cst.BaseExpression, item: str, best: str) -> tuple[str, bool] | None:
    """Return ``min`` or ``max``, and whether the test allows for there being none yet."""
    optional = False
    match test:
        case cst.BooleanOperation(left=left, operator=cst.Or(), right=right) if (
            bare(left) == f"{best} is None"
        ):
            optional, test = True, right
        case _:
            pass
    for operator, names in ((cst.LessThan, ("min", "max")), (cst.GreaterThan, ("max", "min"))):
        sides = compared(test, operator)
        if sides is not None:
            texts = bare(sides[0]), bare(sides[1])
            if texts == (item, best):
                return names[0], optional
            if texts == (best, item):
                return names[1], optional
    return None


def _extreme(nest: Nest, chosen: tuple[str, bool], first: cst.BaseExpression) -> str | None:
    function, optional = chosen
    source = nest.innermost.iter
    if optional:
        none = isinstance(first, cst.Name) and first.value == "None"
        return f"{function}({bare(source)}, default=None)" if none else None
    base = source
    part = slice_of(source)
    if isinstance(source, cst.Subscript) and part is not None and part.upper is None:
        base = source.value if part.lower is not None and is_number(part.lower, 1) else source
    index = index_of(first)
    if isinstance(first, cst.Subscript) and index is not None and is_number(index, 0):
        return f"{function}({bare(base)})" if same(first.value, base) else None
    if isinstance(first, (cst.Integer, cst.Float)):
        return f"{function}({bare(first)}, {function}({bare(source)}, default={bare(first)}))"
    return None


# --- products of rows and columns -----------------------------------------------------------


def _summed_over_range(
    facts: Facts,
) -> Iterator[tuple[cst.ListComp, str, cst.BaseExpression, cst.BaseExpression]]:
    """Yield ``[left * right for k in range(n)]`` inside ``sum``: node, k, left and right."""
    for call in facts.nodes(cst.Call):
        if not facts.is_builtin(call.func, "sum") or len(call.args) != 1:
            continue
        match call.args[0].value:
            case (
                cst.ListComp(
                    elt=cst.BinaryOperation(left=left, operator=cst.Multiply(), right=right),
                    for_in=cst.CompFor(
                        target=cst.Name(value=k),
                        iter=cst.Call(func=cst.Name(value="range"), args=[cst.Arg()]),
                        ifs=[],
                        inner_for_in=None,
                    ),
                ) as inner
            ):
                yield inner, k, left, right
            case _:
                pass


def _row(node: cst.BaseExpression, k: str, facts: Facts) -> cst.BaseExpression | None:
    """Return ``row`` of ``row[k]``, if it has nothing to do with ``k``."""
    index = index_of(node)
    if index is None or not isinstance(node, cst.Subscript) or bare(index) != k:
        return None
    return None if k in facts.read(node.value) else node.value


def _dot_products(facts: Facts) -> Iterator[Match]:
    """``sum([a[k] * b[k] for k in range(n)])`` multiplies pair by pair in C."""
    for inner, k, left, right in _summed_over_range(facts):
        first, second = _row(left, k, facts), _row(right, k, facts)
        if first is not None and second is not None:
            made = expression(f"map(mul, {bare(first)}, {bare(second)})")
            if "mul" not in facts.names or facts.stands_for(cst.Name("mul")) == "operator.mul":
                yield Match(inner, {inner: made}, imports=[("operator", "mul")])


def _columns(facts: Facts) -> Iterator[Match]:
    """``m[k][j]`` for every ``k`` is a column, which is taken once for all before the loop."""
    for inner, k, left, right in _summed_over_range(facts):
        for side, other in ((left, right), (right, left)):
            match side:
                case cst.Subscript(value=cst.Subscript(value=cst.Name(value=matrix)) as row):
                    pass
                case _:
                    continue
            at, column = index_of(row), index_of(side)
            if at is None or column is None or bare(at) != k or k in facts.read(column):
                continue
            place = repeated_in(facts, inner, {matrix})
            if place is None or _row(other, k, facts) is None:
                continue
            if is_used_up(facts, matrix) or matrix in changed_as_items(facts, place):
                continue
            fresh = facts.fresh(f"{matrix}_columns")
            made = statements(f"{fresh} = list(zip(*{matrix}))")
            column_k = expression(f"{fresh}[{bare(column)}][{k}]")
            yield Match(inner, {place: [*made, place], side: column_k})
            break


# --- the first of its kind ------------------------------------------------------------------


def _first_matches(facts: Facts) -> Iterator[Match]:
    """A loop that keeps the first that fits goes no further once it has it."""
    for loop in facts.nodes(cst.For):
        lines = loop.body.body if isinstance(loop.body, cst.IndentedBlock) else ()
        match lines[-1] if lines else None:
            case cst.If(test=test, orelse=None, body=cst.IndentedBlock(body=[core])):
                pass
            case _:
                continue
        bound = assignment(core)
        if bound is None or not _asks_for_none(test, bound[0]) or not is_steady(facts, test):
            continue
        if _only_for(facts, loop, bound[0]):
            yield Match(loop, {core: [core, *statements("break")]})


def _asks_for_none(test: cst.BaseExpression, name: str) -> bool:
    match test:
        case cst.BooleanOperation(left=left, operator=cst.And(), right=right):
            return _asks_for_none(left, name) or _asks_for_none(right, name)
        case _:
            return bare(test) == f"{name} is None"


def _only_for(facts: Facts, loop: cst.For, name: str) -> bool:
    """Return whether a loop does nothing that anybody sees but giving ``name`` a value."""
    lines = loop.body.body[:-1]
    for line in lines:
        bound = assignment(line) if isinstance(line, cst.SimpleStatementLine) else None
        if bound is None or not is_steady(facts, bound[1]):
            return False
    inside = set(facts.walk(loop))
    others = facts.assigned(loop) - {name}
    scope = facts.scope_of(loop)
    seen = (use for other in others for use in occurrences(facts, other, scope))
    return loop.orelse is None and all(use in inside for use in seen)


RULES = (
    Rule(
        "first-match-ends-the-loop",
        "a loop that keeps the first that fits stops there",
        Gain.ORDER,
        _first_matches,
        unless=(
            "if what it keeps may be None, a later item fails, "
            "or an iterator is used further or does more than give items"
        ),
    ),
    Rule(
        "factorial",
        "the product of the numbers up to one is its factorial, which C computes by halves",
        Gain.LARGE,
        _factorials,
        unless="if the number is negative",
    ),
    Rule(
        "columns-taken-once",
        "the columns of a matrix that does not change are laid out as rows once before the loop",
        Gain.LARGE,
        _columns,
        unless="if its rows are no lists, or not equally long, or one changes under another name",
    ),
    Rule(
        "sum-of-products",
        "rows are multiplied pair by pair and added up in C",
        Gain.LARGE,
        _dot_products,
        unless="if a row is not as long as what the loop went through, or is no list",
    ),
    Rule(
        "sum-loop",
        "a loop that adds up becomes sum",
        Gain.LARGE,
        _sums,
        unless="if floats are added, whose sum is rounded less from CPython 3.12",
    ),
    Rule(
        "product-loop",
        "a loop that multiplies becomes math.prod",
        Gain.LARGE,
        _products,
        unless="if floats are multiplied in another order, or something else than numbers",
    ),
    Rule(
        "extreme-loop",
        "a loop that keeps the least or greatest becomes min or max",
        Gain.LARGE,
        _extremes,
        unless="if there is nothing to choose from, which is another exception, or NaN or None",
    ),
)
