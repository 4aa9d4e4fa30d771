"""Regular expressions: made once, and not used where a method of str says the same."""

from __future__ import annotations

import re
from collections.abc import Iterator

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.places import repeated_in
from sigil.search.rewrite.rule import Gain, Match, Rule
from sigil.search.rewrite.shapes import code, expression, statements

_METHODS = {
    f"re.{name}": name for name in "match fullmatch search sub subn split findall finditer".split()
}
_SPECIAL = frozenset(r".^$*+?{}[]\|()")
_FLAG = {"sub": 4, "subn": 4, "split": 3}
"""Where a call may have flags as a positional argument, counted from 0; else at 2."""


def _compiled(facts: Facts) -> Iterator[Match]:
    """``re.sub("a+", "b", s)`` in a loop asks a pattern that was compiled before it."""
    for call, method, text in _calls(facts):
        pattern, *rest = call.args
        name = facts.fresh("pattern")
        place = repeated_in(facts, call, facts.read(call.func))
        if place is None or any(arg.star for arg in call.args):
            continue
        flags = [arg for at, arg in enumerate(call.args) if _is_flags(arg, at, method)]
        kept = [arg for arg in rest if arg not in flags]
        if any(facts.read(arg.value) & facts.bound for arg in flags):
            continue
        given = ", ".join([code(text), *(code(arg.value) for arg in flags)])
        made = statements(f"{name} = {_module(call)}compile({given})")
        asked = call.with_changes(
            func=expression(f"{name}.{method}"), args=_without_last_comma(kept)
        )
        if isinstance(call.func, cst.Attribute):
            yield Match(pattern, {place: [*made, place], call: asked})


def _is_flags(arg: cst.Arg, at: int, method: str) -> bool:
    if arg.keyword is not None:
        return arg.keyword.value == "flags"
    return at == _FLAG.get(method, 2)


def _module(call: cst.Call) -> str:
    return f"{code(call.func.value)}." if isinstance(call.func, cst.Attribute) else ""


def _without_last_comma(args: list[cst.Arg]) -> list[cst.Arg]:
    return [*args[:-1], args[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)] if args else []


def _plain(facts: Facts) -> Iterator[Match]:
    """A pattern without any special character is a text."""
    for call, method, text in _calls(facts):
        found = text.evaluated_value
        if not isinstance(found, str) or not found or _SPECIAL & set(found):
            continue
        if any(arg.star or arg.keyword for arg in call.args):
            continue
        new = _by_method(facts, call, method, text)
        if new is not None:
            yield Match(call, {call: expression(new)})


def _by_method(facts: Facts, call: cst.Call, method: str, text: cst.SimpleString) -> str | None:
    """Return what a call with a plain pattern says, without a regular expression."""
    match method, [arg.value for arg in call.args]:
        case "sub", [_, cst.SimpleString() as new, subject] if "\\" not in new.value:
            return f"{_receiver(subject)}.replace({text.value}, {new.value})"
        case "split", [_, subject]:
            return f"{_receiver(subject)}.split({text.value})"
        case "search", [_, subject] if _is_asked(facts, call):
            return f"({text.value} in {_receiver(subject)})"
        case "match", [_, subject] if _is_asked(facts, call):
            return f"{_receiver(subject)}.startswith({text.value})"
        case _:
            return None


def _receiver(node: cst.BaseExpression) -> str:
    simple = isinstance(node, (cst.Name, cst.Attribute, cst.Call, cst.Subscript))
    return code(node) if simple else f"({code(node)})"


def _is_asked(facts: Facts, node: cst.CSTNode) -> bool:
    """Return whether only the truth of ``node`` matters."""
    match facts.parent(node):
        case (
            cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test) | cst.CompIf(test=test)
        ):
            return test is node
        case cst.UnaryOperation(operator=cst.Not()):
            return True
        case cst.Call(func=name):
            return facts.is_builtin(name, "bool")
        case cst.Arg() as arg:
            above = facts.parent(arg)
            return isinstance(above, cst.Call) and facts.is_builtin(above.func, "bool")
        case cst.BooleanOperation() as above:
            return _is_asked(facts, above)
        case _:
            return False


def _calls(facts: Facts) -> Iterator[tuple[cst.Call, str, cst.SimpleString]]:
    """Yield calls of functions of ``re`` with a literal pattern that compiles."""
    for call in facts.nodes(cst.Call):
        method = _METHODS.get(facts.stands_for(call.func) or "")
        match call.args:
            case [cst.Arg(value=cst.SimpleString() as text, keyword=None, star=""), *_] if method:
                if _compiles(text.evaluated_value):
                    yield call, method, text
            case _:
                pass


def _compiles(pattern: str | bytes) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


RULES = (
    Rule(
        "pattern-compiled-once",
        "a pattern is compiled before the loop instead of looked up each time",
        Gain.LARGE,
        _compiled,
    ),
    Rule(
        "text-instead-of-pattern",
        "a pattern without special characters is a text, which str finds faster",
        Gain.LARGE,
        _plain,
        unless="if it is handed no text",
    ),
)
