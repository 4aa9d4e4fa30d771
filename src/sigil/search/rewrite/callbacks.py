"""Functions that are handed to built-ins and called for each item.

Those that only take a part come ready-made in C; those of ``map`` and ``filter`` need not be
called at all where a comprehension has their text.

Not here: what is sorted, and whether it has to be (`sorting`).
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import bare, code, expression, index_of, is_steady

_SORTS = ("sorted", "min", "max")
_CONSUMERS = ("sum", "min", "max", "any", "all", "sorted", "list", "tuple", "set", "dict")


def _one_parameter(node: cst.BaseExpression) -> tuple[str, cst.BaseExpression] | None:
    """Return parameter and body of ``lambda x: …``."""
    match node:
        case cst.Lambda(
            params=cst.Parameters(
                params=[cst.Param(name=cst.Name(value=name), default=None)],
                kwonly_params=[],
                posonly_params=[],
                star_kwarg=None,
                star_arg=cst.MaybeSentinel.DEFAULT,
            ),
            body=body,
        ):
            return name, body
        case _:
            return None


def _keys(facts: Facts) -> Iterator[Match]:
    """``key=lambda row: row["a"]`` is ``key=itemgetter("a")``."""
    for argument in facts.nodes(cst.Arg):
        if argument.keyword is None or argument.keyword.value != "key":
            continue
        call = facts.parent(argument)
        found = _one_parameter(argument.value)
        if found is None or not isinstance(call, cst.Call) or not _sorts(facts, call):
            continue
        getter = _getter(facts, *found)
        if getter is not None and getter[0] not in facts.bound:
            name, parts = getter
            made = expression(f"{name}({', '.join(parts)})")
            yield Match(call, {argument.value: made}, imports=[("operator", name)])


def _sorts(facts: Facts, call: cst.Call) -> bool:
    match call.func:
        case cst.Attribute(attr=cst.Name(value="sort")):
            return True
        case function:
            return any(facts.is_builtin(function, name) for name in _SORTS)


def _getter(facts: Facts, name: str, body: cst.BaseExpression) -> tuple[str, list[str]] | None:
    """Return ``itemgetter`` or ``attrgetter`` with its arguments, if one gives ``body``."""
    whole = [item.value for item in body.elements] if isinstance(body, cst.Tuple) else [body]
    if isinstance(body, cst.Tuple) and (
        # A getter of one part gives that part, not a tuple of it.
        len(whole) == 1 or any(facts.nodes(cst.StarredElement, body))
    ):
        return None
    items = [_item(facts, name, part) for part in whole]
    if all(item is not None for item in items) and items:
        return "itemgetter", [item for item in items if item is not None]
    attributes = [_attribute(name, part) for part in whole]
    if all(attribute is not None for attribute in attributes) and attributes:
        return "attrgetter", [f'"{attribute}"' for attribute in attributes if attribute]
    return None


def _item(facts: Facts, name: str, node: cst.BaseExpression) -> str | None:
    index = index_of(node)
    if index is None or not isinstance(node, cst.Subscript) or bare(node.value) != name:
        return None
    constant = isinstance(index, (cst.Integer, cst.SimpleString, cst.UnaryOperation))
    return bare(index) if constant and not facts.read(index) else None


def _attribute(name: str, node: cst.BaseExpression) -> str | None:
    match node:
        case cst.Attribute(value=cst.Name(value=base), attr=cst.Name(value=attribute)):
            return attribute if base == name and not attribute.startswith("__") else None
        case _:
            return None


def _mapped(facts: Facts) -> Iterator[Match]:
    """``list(map(lambda x: f(x), xs))`` is ``[f(x) for x in xs]``, and likewise ``filter``."""
    for call in facts.nodes(cst.Call):
        match call.func, call.args:
            case cst.Name(value=made) as outer, [cst.Arg(value=cst.Call() as inner, star="")]:
                text = _clause(facts, inner)
            case _:
                continue
        if text is None or not facts.is_builtin(outer) or made not in {"list", "set"}:
            continue
        yield Match(call, {call: expression(f"[{text}]" if made == "list" else f"{{{text}}}")})


def _clause(facts: Facts, call: cst.Call) -> str | None:
    """Return the clauses of a comprehension that gives what ``map`` or ``filter`` gives."""
    match call.args:
        case [cst.Arg(value=function, star=""), cst.Arg(value=source, star="")]:
            found = _one_parameter(function)
        case _:
            return None
    if found is None or not _may_follow_in(facts, source):
        return None
    name, body = found
    if name in facts.read(source) or not _may_stand_in_place(facts, body):
        return None
    text = f"({bare(body)})" if isinstance(body, (cst.Tuple, cst.IfExp)) else code(body)
    if facts.is_builtin(call.func, "map"):
        return f"{text} for {name} in {bare(source)}"
    if facts.is_builtin(call.func, "filter"):
        return f"{name} for {name} in {bare(source)} if {text}"
    return None


def _may_follow_in(facts: Facts, source: cst.BaseExpression) -> bool:
    """Return whether ``for x in source`` is right without parentheses, in a comprehension."""
    plain = isinstance(source, (cst.Name, cst.Call, cst.Attribute, cst.Subscript))
    return plain and not any(True for _ in facts.nodes(cst.NamedExpr, source))


def _may_stand_in_place(facts: Facts, body: cst.BaseExpression) -> bool:
    """Return whether a function's body means the same where it is not called.

    ``map`` ends where its function raises StopIteration, so it has to be plain data that is
    computed; and what is evaluated later sees the function's own variable of that call.
    """
    later = (cst.Lambda, cst.GeneratorExp)
    return is_steady(facts, body) and all(
        isinstance(node, cst.GeneratorExp) and _is_consumed(facts, node)
        for node in facts.walk(body)
        if isinstance(node, later)
    )


def _is_consumed(facts: Facts, made: cst.GeneratorExp) -> bool:
    """Return whether a generator is gone through at once by the built-in that it is given to."""
    argument = facts.parent(made)
    call = facts.parent(argument) if isinstance(argument, cst.Arg) else None
    return isinstance(call, cst.Call) and any(
        facts.is_builtin(call.func, name) for name in _CONSUMERS
    )


RULES = (
    Rule(
        "key-in-c",
        "a key that only takes parts of an item is taken by operator's functions, in C",
        Gain.LARGE,
        _keys,
    ),
    Rule(
        "mapped-in-place",
        "a comprehension computes where map and filter would call a function for each item",
        Gain.LARGE,
        _mapped,
    ),
)
