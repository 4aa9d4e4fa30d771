"""Sums and extremes of many parts of one list, from what was computed for the part before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import bare, block, expression, slice_of, statements

_FOLDS = ("sum", "min", "max")


@dataclass(frozen=True, slots=True)
class _Part:
    """A call of a built-in function for a part of a list.

    Args:
        call: such as ``sum(xs[i:j])``.
        function: ``sum``, ``min`` or ``max``.
        name: of the list.
        lower: where the part begins; None for the beginning.
        upper: behind its end; None for the end.
    """

    call: cst.Call
    function: str
    name: str
    lower: cst.BaseExpression | None
    upper: cst.BaseExpression | None


def _parts(facts: Facts) -> Iterator[_Part]:
    for call in facts.nodes(cst.Call):
        match call:
            case cst.Call(
                func=cst.Name(value=function) as name,
                args=[cst.Arg(value=cst.Subscript(value=cst.Name(value=items)) as part, star="")],
            ) if function in _FOLDS and facts.is_builtin(name):
                bounds = slice_of(part)
                if bounds is not None and (bounds.lower or bounds.upper):
                    yield _Part(call, function, items, bounds.lower, bounds.upper)
            case _:
                pass


def _from_totals(facts: Facts) -> Iterator[Match]:
    """``sum(xs[i:j])`` in a loop is the difference of two running totals."""
    for part in _parts(facts):
        place = repeated_in(facts, part.call, {part.name})
        if part.function != "sum" or place is None:
            continue
        totals = facts.fresh(f"{part.name}_totals")
        made = statements(f"{totals} = [0, *accumulate({part.name})]")
        text = f"{totals}[{_clipped(facts, part)}]"
        if part.lower is not None:
            text = f"({text} - {totals}[{bare(part.lower)}])"
        yield Match(
            part.call,
            {place: [*made, place], part.call: expression(text)},
            imports=[("itertools", "accumulate")],
        )


def _clipped(facts: Facts, part: _Part) -> str:
    """Return the text of where a part ends, which is not behind the end of the list."""
    if part.upper is None:
        return "-1"
    if _is_position(facts, part.upper, part.name):
        return bare(part.upper)
    return f"min({bare(part.upper)}, len({part.name}))"


def _is_position(facts: Facts, node: cst.BaseExpression, name: str) -> bool:
    """Return whether ``node`` is ``i`` or ``i + 1`` for an ``i`` from the range of a list."""
    match node:
        case cst.BinaryOperation(
            left=cst.Name() as number, operator=cst.Add(), right=cst.Integer(value="1")
        ):
            pass
        case cst.Name() as number:
            pass
        case _:
            return False
    for above in facts.ancestors(node):
        match above:
            case cst.For(target=target, iter=source) if bare(target) == number.value:
                return bare(source) == f"range(len({name}))"
            case _:
                pass
    return False


def _from_extremes(facts: Facts) -> Iterator[Match]:
    """``max(xs[:i + 1])`` in a loop is looked up in a list of running maxima."""
    for part in _parts(facts):
        place = repeated_in(facts, part.call, {part.name})
        if part.function == "sum" or place is None or (part.lower and part.upper):
            continue
        kept = facts.fresh(f"{part.name}_{part.function}")
        if part.upper is not None:
            made = f"{kept} = list(accumulate({part.name}, {part.function}))"
            text = f"{kept}[{_one_less(part.upper)}]"
        else:
            assert part.lower is not None
            made = f"{kept} = list(accumulate(reversed({part.name}), {part.function}))[::-1]"
            text = f"{kept}[{bare(part.lower)}]"
        yield Match(
            part.call,
            {place: [*statements(made), place], part.call: expression(text)},
            imports=[("itertools", "accumulate")],
        )


def _one_less(node: cst.BaseExpression) -> str:
    match node:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=cst.Integer(value="1")):
            return bare(left)
        case _:
            return f"{bare(node)} - 1"


def _growing_part(facts: Facts) -> Iterator[Match]:
    """``min(xs[i:j + 1])``, for one ``j`` after the other, compares only what came to it."""
    for part in _parts(facts):
        loop = facts.loop_around(part.call)
        if part.lower is None or part.upper is None or not isinstance(loop, cst.For):
            continue
        first, number = _range_of(facts, loop), bare(loop.target)
        if first != bare(part.lower) or bare(part.upper) != f"{number} + 1":
            continue
        steady = facts.read(part.lower) | {part.name, number}
        if steady & facts.changed(loop.body) or not isinstance(loop.body, cst.IndentedBlock):
            continue
        kept = facts.fresh({"sum": "total", "min": "least", "max": "most"}[part.function])
        item = f"{part.name}[{number}]"
        longer = (
            f"{kept} + {item}" if part.function == "sum" else f"{part.function}({kept}, {item})"
        )
        made = statements(f"{kept} = {item} if {number} == {first} else {longer}")
        head = block(loop.body)[0]
        yield Match(part.call, {head: [*made, head], part.call: cst.Name(kept)})


def _range_of(facts: Facts, loop: cst.For) -> str | None:
    """Return the text of where the range begins that a loop goes through, one by one."""
    match loop.iter:
        case cst.Call(func=cst.Name(value="range") as name, args=[cst.Arg(value=first), _]):
            return bare(first) if facts.is_builtin(name) else None
        case _:
            return None


RULES = (
    Rule(
        "growing-part",
        "an extreme of a part that grows by one item is compared with that item only",
        Gain.ORDER,
        _growing_part,
        unless="if the part is out of the list, or sums are rounded",
    ),
    Rule(
        "running-totals",
        "sums of parts of a list are differences of totals that are added up once",
        Gain.ORDER,
        _from_totals,
        unless=(
            "if sums are rounded, or a part begins behind its end, "
            "or begins or ends before the list"
        ),
    ),
    Rule(
        "running-extremes",
        "extremes of beginnings or ends of a list are noted in one pass",
        Gain.ORDER,
        _from_extremes,
        unless="if a part is empty or out of the list, equal items can be told apart, or NaN",
    ),
)
