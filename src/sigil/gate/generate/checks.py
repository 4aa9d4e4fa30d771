"""Expectations as lines of Lua.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from sigil.gate.generate.literals import indexed, literal, quoted, text_with_slots
from sigil.gate.generate.model import (
    Absent,
    Below5xx,
    Expectation,
    Formula,
    HeaderIs,
    Holds,
    IsA,
    Length,
    Sorted,
    StatusClass,
    StatusIs,
    SumsTo,
)
from sigil.gate.generate.slots import TYPES, Unresolved, valued
from sigil.gate.intent.pieces import path_of
from sigil.gate.intent.slots import SLOT

_UUID = "^%x%x%x%x%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%-%x%x%x%x%x%x%x%x%x%x%x%x$"
_PATTERNS = {
    "uuid": _UUID,
    "email": "^[^@%s]+@[^@%s]+$",
    "date": "^%d%d%d%d%-%d%d%-%d%d",
}
_HEADERS = {**_PATTERNS, "string": ".", "number": "^%-?%d+%.?%d*$"} | dict.fromkeys(
    ("integer", "int"), "^%-?%d+$"
)
"""What a header of each type looks like."""
_NAMES = re.compile(r"[A-Za-z_][A-Za-z0-9_.\[\]]*")


def checks(
    expected: Iterable[Expectation],
    answer: str,
    scope: Mapping[str, str],
    received: Mapping[str, str],
) -> list[str]:
    """Return the lines that check an answer.

    Args:
        expected: of it.
        answer: the local that holds it.
        scope: Lua of each name that a slot can stand for.
        received: the same for values of this answer, which are known as soon as it is there.

    Raises:
        Unresolved: a slot without a value, where one is needed.
    """
    around = {**scope, **received}
    return [line for one in expected for line in _check(one, answer, scope, around)]


def _check(
    one: Expectation, answer: str, scope: Mapping[str, str], around: Mapping[str, str]
) -> Iterator[str]:
    match one:
        case StatusIs(code):
            yield f"expect({answer}.status == {code})"
        case StatusClass(digit):
            yield f"sigil.expect_status_class({answer}, {digit})"
        case Below5xx():
            yield f"expect({answer}.status < 500)"
        case HeaderIs(name, value):
            yield _header(f"{answer}.headers[{quoted(name.lower())}]", value, scope, around)
        case Holds(path, value, True):
            whole = literal(value, lambda slot, _: valued(slot, scope))
            encoded = f"sigil.json.encode({indexed(f'{answer}.json', path)})"
            yield f"expect({encoded} == sigil.json.encode({whole}))"
        case Holds(path, value):
            yield from _holds(indexed(f"{answer}.json", path), value, scope, around)
        case IsA(path, kind):
            yield from _is_a(indexed(f"{answer}.json", path), kind)
        case _:
            yield from _inside(one, f"{answer}.json", scope)


def _inside(
    one: Absent | Length | Sorted | SumsTo | Formula, json: str, scope: Mapping[str, str]
) -> Iterator[str]:
    """Yield the lines that check how values of an answer stand to each other."""
    match one:
        case Absent(path):
            yield f'expect(type({indexed(json, path[:-1])}) == "table")'
            yield f"expect({indexed(json, path)} == nil)"
        case Length(path, count):
            if count:
                yield f"expect(#{indexed(json, path)} == {count})"
            else:  # an empty object has no items either
                yield f'expect(sigil.json.encode({indexed(json, path)}) == "[]")'
        case Sorted():
            yield from _sorted(one, json)
        case SumsTo(path, of, total):
            listed, value = indexed(json, path), indexed("item", of)
            yield f'expect(type({listed}) == "table")'
            yield "local sum = 0"
            yield f"for _, item in ipairs({listed}) do"
            yield f'  expect(type({value}) == "number")'
            yield f"  sum = sum + {value}"
            yield "end"
            yield f"expect(sum == {indexed(json, total)})"
        case Formula():
            yield f"expect({_formula(one, json, scope)})"


def _formula(one: Formula, json: str, scope: Mapping[str, str]) -> str:
    def named(match: re.Match[str]) -> str:
        return scope.get(match[0]) or indexed(json, path_of(match[0]))

    return _NAMES.sub(named, one.text)


def _header(
    held: str, value: str | None, scope: Mapping[str, str], around: Mapping[str, str]
) -> str:
    """Return the line that checks a header, which is text whatever it says."""
    slot = SLOT.fullmatch(value or "")
    if value is None or value == "<any>":
        return f"expect({held} ~= nil)"
    if slot is None:
        return f"expect({held} == {text_with_slots(value, lambda one, _: valued(one, around))})"
    known = (scope if value[1:-1] in TYPES else around).get(value[1:-1])
    if known is not None:
        return f"expect({held} == tostring({known}))"
    if value[1:-1] not in _HEADERS:
        raise Unresolved(f"{value} is neither a value that is known here nor a type of a header")
    return f'expect(type({held}) == "string" and {held}:match("{_HEADERS[value[1:-1]]}"))'


def _holds(
    target: str, value: Any, scope: Mapping[str, str], around: Mapping[str, str]
) -> Iterator[str]:
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        for key in entries:
            yield from _holds(indexed(target, (key,)), entries[key], scope, around)
        if not entries:
            yield from _is_a(target, "object")
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        yield f"expect(#{target} == {len(items)})"
        for place, item in enumerate(items):
            yield from _holds(indexed(target, (place,)), item, scope, around)
    else:
        yield from _holds_one(target, value, scope, around)


def _holds_one(
    target: str, value: Any, scope: Mapping[str, str], around: Mapping[str, str]
) -> Iterator[str]:
    slot = SLOT.fullmatch(value) if isinstance(value, str) else None
    if slot is None:
        yield f"expect({target} == {literal(value, lambda slot, _: valued(slot, around))})"
    elif value[1:-1] in scope:  # it was sent or received under this name
        yield f"expect({target} == {scope[value[1:-1]]})"
    elif slot[2] is not None:
        kind = f"type({target})" if slot[1] == "number" else f"math.type({target})"
        name = "number" if slot[1] == "number" else "integer"
        bounds = f"{target} >= {int(slot[2])} and {target} <= {int(slot[3])}"
        yield f'expect({kind} == "{name}" and {bounds})'
    elif value[1:-1] in TYPES:
        yield from _is_a(target, value[1:-1])
    elif around.get(value[1:-1], target) != target:  # another field of this answer
        yield f"expect({target} == {around[value[1:-1]]})"
    else:
        yield from _is_a(target, "any")


def _is_a(target: str, kind: str) -> Iterator[str]:
    match kind:
        case "string":
            yield f'expect(type({target}) == "string")'
        case "token":
            yield f'expect(type({target}) == "string" and {target} ~= "")'
        case "number":
            yield f'expect(type({target}) == "number")'
        case "integer" | "int":
            yield f'expect(math.type({target}) == "integer")'
        case "bool" | "boolean":
            yield f'expect(type({target}) == "boolean")'
        case "list" | "array" | "object":
            yield f'expect(type({target}) == "table" and {target} ~= sigil.json.null)'
        case "uuid" | "email" | "date":
            yield f'expect(type({target}) == "string" and {target}:match("{_PATTERNS[kind]}"))'
        case _:
            yield f"expect({target} ~= nil and {target} ~= sigil.json.null)"


def _sorted(one: Sorted, json: str) -> Iterator[str]:
    target = indexed(json, one.path)
    earlier, later = (indexed(f"{target}[{place}]", one.by) for place in ("place - 1", "place"))
    order = ">=" if one.descending else "<="
    yield f'expect(type({target}) == "table")'
    yield f"for place = 2, #{target} do"
    yield f"  expect({earlier} {order} {later})"
    yield "end"
