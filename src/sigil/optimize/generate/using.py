"""What a function does with texts, numbers and containers, read from its source.

A call of ``strip`` says that texts may come padded, a comparison with a constant that this
constant is a boundary. Inputs of tests hardly ever show it, so a change that drops the call
agrees with all of them. What is read here tells `sigil.optimize.generate.probing` which inputs
show the difference.

Read are the function and those of its module and of its class that it calls by name. Pure. Not
here: inputs of any kind.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from sigil.optimize.generate.locating import Function, functions_of

_PADS = frozenset({"strip", "lstrip", "rstrip", "split", "rsplit", "isspace"})
_CASES = frozenset("lower upper casefold title capitalize swapcase islower isupper istitle".split())
_OF_TEXT = frozenset(
    "replace startswith endswith split rsplit partition rpartition find rfind index rindex count "
    "removeprefix removesuffix strip lstrip rstrip".split()
)
_SIGNED = frozenset({"abs", "max", "min", "copysign", "fabs"})
MOST_LITERALS = 6


@dataclass(frozen=True, slots=True)
class Uses:
    """What a function looks at.

    Args:
        pads: whether it takes off or looks at white space around texts.
        cases: whether it makes or tells upper and lower case.
        texts: literal texts that it looks for or compares with, in order.
        numbers: literal numbers that it compares with, in order.
        signs: whether it makes a difference of numbers below zero.
        empties: whether it asks if something is empty, or how long it is.
        fields: literal keys by which it takes parts of what it is given.
    """

    pads: bool = False
    cases: bool = False
    texts: tuple[str, ...] = ()
    numbers: tuple[float, ...] = ()
    signs: bool = False
    empties: bool = False
    fields: frozenset[str] = frozenset()


NONE = Uses()
"""Of a function of which nothing is known."""


def uses_of(function: Function) -> Uses:
    """Return what a function does, itself and by the functions of its module that it calls."""
    nodes = list(_nodes(function))
    texts = dict.fromkeys(text for node in nodes for text in _texts(node) if text)
    numbers = dict.fromkeys(number for node in nodes for number in _numbers(node))
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    called = set(map(_method, calls))
    return Uses(
        pads=any(map(_pads, calls)),
        cases=bool(called & _CASES),
        texts=tuple(texts)[:MOST_LITERALS],
        numbers=tuple(numbers)[:MOST_LITERALS],
        signs=any(map(_signs, nodes)),
        empties=any(map(_asks_if_empty, nodes)),
        fields=frozenset(field for node in nodes for field in _fields(node)),
    )


def _nodes(function: Function) -> Iterator[ast.AST]:
    """Yield the nodes of a function and of what it calls of its module and class, each once."""
    known = dict(functions_of(function.text))
    waiting = [function.qualname]
    met = set(waiting)
    while waiting:
        name = waiting.pop(0)
        for node in _inside(known[name].body if name in known else []):
            yield node
            match node:
                case ast.Call(ast.Name(called)):
                    pass
                case ast.Attribute(ast.Name(), name):
                    called = f"{function.owner}.{name}"
                case _:
                    continue
            if called in known and called not in met:
                met.add(called)
                waiting.append(called)


def _inside(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        yield from ast.walk(statement)


def _method(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _pads(call: ast.Call) -> bool:
    """Return whether white space counts: ``split`` at a literal does not look at it."""
    bare = not call.args or (isinstance(call.args[0], ast.Constant) and call.args[0].value is None)
    return _method(call) in _PADS and bare


def _texts(node: ast.AST) -> Iterator[str]:
    for value in _literals(node):
        if isinstance(value, str):
            yield value


def _numbers(node: ast.AST) -> Iterator[float]:
    for value in _literals(node):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield value


def _literals(node: ast.AST) -> Iterator[object]:
    """Yield what is looked for in a text, or compared with."""
    match node:
        case ast.Call(ast.Attribute(_, name), [first, *_]) if name in _OF_TEXT:
            yield from _constants(first)
        case ast.Compare(left, _, others):
            for one in [left, *others]:
                yield from _constants(one)
        case _:
            return


def _constants(node: ast.expr) -> Iterator[object]:
    """Yield a literal, or those in a literal list."""
    match node:
        case ast.Constant(value):
            yield value
        case ast.UnaryOp(ast.USub(), ast.Constant(int() | float() as value)):
            yield -value
        case ast.List(items) | ast.Tuple(items) | ast.Set(items):
            for item in items:
                yield from _constants(item)
        case _:
            return


def _signs(node: ast.AST) -> bool:
    match node:
        case ast.Call(ast.Name(name) | ast.Attribute(_, name)):
            return name in _SIGNED
        case ast.BinOp(_, ast.Sub()) | ast.UnaryOp(ast.USub()) | ast.AugAssign(_, ast.Sub()):
            return True
        case _:
            return False


def _asks_if_empty(node: ast.AST) -> bool:
    match node:
        case ast.UnaryOp(ast.Not(), ast.Name() | ast.Attribute() | ast.Subscript() | ast.Call()):
            return True
        case ast.If(ast.Name()) | ast.While(ast.Name()) | ast.IfExp(ast.Name()):
            return True
        case ast.Call(ast.Name("len" | "any" | "all" | "min" | "max" | "sum")):
            return True
        case _:
            return False


def _fields(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Subscript(_, ast.Constant(str(name))):
            yield name
        case ast.Call(
            ast.Attribute(_, "get" | "pop" | "setdefault"), [ast.Constant(str(name)), *_]
        ):
            yield name
        case _:
            return
