"""Bytes and bits: read where they lie, put together in one buffer, counted by the machine."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import is_seen_elsewhere, repeated_in
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    block,
    call_of,
    expression,
    is_number,
    occurrences,
    slice_of,
    small,
    statements,
)
from sigil.search.rewrite.sharing import may_be_caught

# --- struct -------------------------------------------------------------------------------


def _unpacked(facts: Facts) -> Iterator[Match]:
    """``struct.unpack("<I", data[i:i + 4])`` reads at an offset instead of copying a slice."""
    for call in facts.nodes(cst.Call):
        if facts.stands_for(call.func) != "struct.unpack":
            continue
        match call.args:
            case [cst.Arg(value=cst.SimpleString() as form), cst.Arg(value=cst.Subscript() as cut)]:
                start = _start_of(cut, _size(form))
                if start is not None and isinstance(call.func, cst.Attribute):
                    module = bare(call.func.value)
                    text = f"{module}.unpack_from({form.value}, {bare(cut.value)}, {start})"
                    yield Match(call, {call: expression(text)})
            case _:
                pass


def _start_of(cut: cst.Subscript, size: int | None) -> str | None:
    """Return where a slice begins that is ``size`` long: ``[i:i + 4]`` or ``[8:12]``."""
    part = slice_of(cut)
    if part is None or part.lower is None or part.upper is None or size is None:
        return None
    low, high = part.lower, part.upper
    if isinstance(low, cst.Integer) and isinstance(high, cst.Integer):
        return low.value if high.evaluated_value - low.evaluated_value == size else None
    match high:
        case cst.BinaryOperation(left=left, operator=cst.Add(), right=right):
            return bare(low) if bare(left) == bare(low) and is_number(right, size) else None
        case _:
            return None


def _size(form: cst.SimpleString) -> int | None:
    try:
        return struct.calcsize(form.evaluated_value)
    except struct.error:
        return None


def _compiled(facts: Facts) -> Iterator[Match]:
    """``struct.unpack("<I", …)`` in a loop asks a Struct that was made before it."""
    for call in facts.nodes(cst.Call):
        dotted = facts.stands_for(call.func) or ""
        module, _, name = dotted.rpartition(".")
        if module != "struct" or name not in {"unpack", "unpack_from", "pack", "iter_unpack"}:
            continue
        match call.func, call.args:
            case cst.Attribute() as func, [cst.Arg(value=cst.SimpleString() as form), *rest]:
                place = repeated_in(facts, call, facts.read(call.func))
                if place is None or _size(form) is None or any(arg.star for arg in rest):
                    continue
                fresh = facts.fresh("record")
                made = statements(f"{fresh} = {bare(func.value)}.Struct({form.value})")
                asked = call.with_changes(func=expression(f"{fresh}.{name}"), args=rest)
                yield Match(call, {place: [*made, place], call: asked})
            case _:
                pass


# --- buffers ------------------------------------------------------------------------------


def _joined(facts: Facts) -> Iterator[Match]:
    """``out += piece`` of bytes in a loop grows a buffer, which is bytes again after the loop."""
    for body in facts.nodes(cst.IndentedBlock):
        for first, loop in zip(body.body, body.body[1:], strict=False):
            bound = assignment(first)
            if bound is None or not isinstance(loop, (cst.For, cst.While)):
                continue
            name, value = bound
            if not _is_empty_bytes(value) or facts.kind(cst.Name(name)) != "bytes":
                continue
            added = _added(facts, name, loop)
            if added:
                replace: dict[cst.CSTNode, Replacement] = {
                    line: statements(_grown(facts, name, piece)) for line, piece in added.items()
                }
                kept = statements(f"{name} = bytes({name})")
                replace |= {first: statements(f"{name} = bytearray()"), loop: [loop, *kept]}
                yield Match(loop, replace)


def _grown(facts: Facts, name: str, piece: cst.BaseExpression) -> str:
    """Return the line that adds ``piece`` to a buffer; of a single byte, as a number."""
    match piece:
        case cst.Call(func=made, args=[cst.Arg(value=cst.List(elements=[cst.Element() as one]))]):
            if facts.is_builtin(made, "bytes"):
                return f"{name}.append({bare(one.value)})"
        case _:
            pass
    return f"{name} += {bare(piece)}"


def _is_empty_bytes(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.SimpleString) and value.evaluated_value == b""


def _added(
    facts: Facts, name: str, loop: cst.For | cst.While
) -> dict[cst.BaseStatement, cst.BaseExpression]:
    """Return the lines of a loop that add to ``name``, each with what; none if more is done."""
    if any(True for _ in facts.nodes(cst.Return, loop)) or loop.orelse is not None:
        return {}
    if may_be_caught(facts, loop) or is_seen_elsewhere(facts, name):
        return {}
    found: dict[cst.BaseStatement, cst.BaseExpression] = {}
    for use in occurrences(facts, name, loop):
        line = facts.statement_of(use)
        piece = _piece(small(line), name)
        if line is None or piece is None or name in facts.read(piece):
            return {}
        if facts.loop_around(line) is None:
            return {}
        found[line] = piece
    return found


def _piece(line: cst.BaseSmallStatement | None, name: str) -> cst.BaseExpression | None:
    """Return what ``name += piece`` or ``name = name + piece`` adds."""
    match line:
        case cst.AugAssign(target=cst.Name(value=target), operator=cst.AddAssign(), value=piece):
            return piece if target == name else None
        case cst.Assign(
            targets=[cst.AssignTarget(target=cst.Name(value=target))],
            value=cst.BinaryOperation(left=cst.Name(value=left), operator=cst.Add(), right=piece),
        ):
            return piece if target == left == name else None
        case _:
            return None


# --- bits ---------------------------------------------------------------------------------


def _counted(facts: Facts) -> Iterator[Match]:
    """``bin(n).count("1")`` counts bits by way of a text."""
    for call in facts.nodes(cst.Call):
        match call_of(call, "count"):
            case cst.Call(func=name, args=[cst.Arg(value=number)]), [cst.Arg(value=one)] if (
                facts.is_builtin(name, "bin")
                and isinstance(one, cst.SimpleString)
                and one.evaluated_value == "1"
            ):
                simple = isinstance(number, (cst.Name, cst.Attribute, cst.Subscript, cst.Call))
                text = bare(number) if simple else f"({bare(number)})"
                yield Match(call, {call: expression(f"{text}.bit_count()")})
            case _:
                pass


def _shifted(facts: Facts) -> Iterator[Match]:
    """``while n: count += n & 1; n >>= 1`` counts the ones of n."""
    for loop in facts.nodes(cst.While):
        number = _tested(loop.test)
        body = block(loop.body)
        if number is None or loop.orelse is not None or len(body) != 2:  # noqa: PLR2004 - two lines
            continue
        total = _adds_lowest(small(body[0]), number)
        if total is not None and _halves(small(body[1]), number):
            counted = f'{total} += bin({number}).count("1")'
            yield Match(loop, {loop: [*statements(counted), *statements(f"{number} = 0")]})


def _tested(test: cst.BaseExpression) -> str | None:
    """Return n of ``while n:`` or ``while n > 0:``."""
    match test:
        case cst.Name(value=name):
            return name
        case cst.Comparison(
            left=cst.Name(value=name),
            comparisons=[cst.ComparisonTarget(operator=cst.GreaterThan(), comparator=zero)],
        ):
            return name if is_number(zero, 0) else None
        case _:
            return None


def _adds_lowest(line: cst.CSTNode | None, number: str) -> str | None:
    """Return the name that ``name += n & 1`` or ``name += n % 2`` adds to."""
    match line:
        case cst.AugAssign(target=cst.Name(value=name), operator=cst.AddAssign(), value=value):
            lowest = {f"{number} & 1", f"{number} % 2"}
            return name if bare(value) in lowest and name != number else None
        case _:
            return None


def _halves(line: cst.CSTNode | None, number: str) -> bool:
    match line:
        case cst.AugAssign(target=cst.Name(value=name), operator=operator, value=value):
            shift = isinstance(operator, cst.RightShiftAssign) and is_number(value, 1)
            half = isinstance(operator, cst.FloorDivideAssign) and is_number(value, 2)
            return name == number and (shift or half)
        case _:
            return False


RULES = (
    Rule(
        "bytes-in-a-buffer",
        "bytes that grow in a loop are copied each time; a buffer grows in place",
        Gain.ORDER,
        _joined,
        unless="if something else than bytes is added",
    ),
    Rule(
        "ones-counted-at-once",
        "the ones of a number are counted without a step for each bit",
        Gain.LARGE,
        _shifted,
        unless="if the number is negative",
    ),
    Rule(
        "unpacked-in-place",
        "a record is read at its offset instead of from a copy",
        Gain.SMALL,
        _unpacked,
        unless="if the offset is negative",
    ),
    Rule(
        "struct-compiled-once",
        "a format is compiled before the loop instead of looked up each time",
        Gain.SMALL,
        _compiled,
    ),
    Rule(
        "bit-count",
        "the machine counts bits faster than a text of them is made",
        Gain.SMALL,
        _counted,
        unless="if Python is older than 3.10",
    ),
)
