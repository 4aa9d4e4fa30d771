"""Texts: put together once, searched by what str has for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from sigil.search.rewrite.facts import Facts
from sigil.search.rewrite.rule import Gain, Match, Replacement, Rule
from sigil.search.rewrite.shapes import (
    assignment,
    bare,
    call_of,
    code,
    compared,
    expression,
    is_number,
    is_steady,
    occurrences,
    same,
    slice_of,
    statements,
)
from sigil.search.rewrite.sharing import may_catch

# --- putting together ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Growing:
    """A text that is empty, or some text, before a loop that does nothing but add to it.

    Args:
        name: of the variable.
        first: the assignment before the loop.
        value: what it assigns.
        loop: the loop.
        added: each line that adds, with what it adds.
        in_front: whether all of them add in front.
    """

    name: str
    first: cst.BaseStatement
    value: cst.BaseExpression
    loop: cst.For | cst.While
    added: dict[cst.BaseStatement, cst.BaseExpression]
    in_front: bool


def _joined(facts: Facts, *, in_front: bool) -> Iterator[Match]:
    """``text += piece`` in a loop becomes a list of pieces that is joined after it."""
    for text in _growing(facts):
        if text.in_front is not in_front:
            continue
        pieces = facts.fresh("pieces")
        begin = "[]" if _is_empty(text.value) else f"[{bare(text.value)}]"
        order = f"reversed({pieces})" if in_front else pieces
        replace: dict[cst.CSTNode, Replacement] = {
            text.first: statements(f"{pieces} = {begin}"),
            text.loop: [text.loop, *statements(f'{text.name} = "".join({order})')],
        }
        for line, piece in text.added.items():
            replace[line] = statements(f"{pieces}.append({bare(piece)})")
        yield Match(text.loop, replace)


def _growing(facts: Facts) -> Iterator[_Growing]:
    for body in facts.nodes(cst.IndentedBlock):
        for at, first in enumerate(body.body):
            bound = assignment(first)
            if bound is None or facts.kind(bound[1]) != "str":
                continue
            name, value = bound
            if _is_seen_elsewhere(facts, name, body):
                continue
            loop = next(
                (line for line in body.body[at + 1 :] if _mentions(facts, line, name)), None
            )
            if isinstance(loop, (cst.For, cst.While)) and loop.orelse is None:
                added = _added(facts, name, loop)
                if added:
                    sides = {front for _, front in added.values()}
                    lines = {line: piece for line, (piece, _) in added.items()}
                    if len(sides) == 1:
                        yield _Growing(name, first, value, loop, lines, sides.pop())


def _is_seen_elsewhere(facts: Facts, name: str, body: cst.IndentedBlock) -> bool:
    """Return whether a nested scope shares a name of ``body``, or a handler sees its value."""
    for declared in facts.nodes((cst.Global, cst.Nonlocal)):
        if name in facts.assigned(declared):
            return True
    scope = facts.scope_of(body)
    if any(facts.scope_of(use) is not scope for use in occurrences(facts, name)):
        return True
    return any(may_catch(facts, above) for above in _inside_of(facts, scope, body))


def _inside_of(facts: Facts, scope: cst.CSTNode, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield what is around ``node`` within ``scope``."""
    for above in facts.ancestors(node):
        if above is scope:
            return
        yield above


def _mentions(facts: Facts, line: cst.BaseStatement, name: str) -> bool:
    return any(True for _ in occurrences(facts, name, line))


def _added(
    facts: Facts, name: str, loop: cst.For | cst.While
) -> dict[cst.BaseStatement, tuple[cst.BaseExpression, bool]] | None:
    """Return what each line adds to ``name``, and whether in front; None if more is done."""
    if any(True for _ in facts.nodes(cst.Return, loop)):
        return None
    found: dict[cst.BaseStatement, tuple[cst.BaseExpression, bool]] = {}
    for line in facts.nodes(cst.SimpleStatementLine, loop):
        piece = _piece(line, name)
        if piece is not None:
            found[line] = piece
    uses = sum(1 for _ in occurrences(facts, name, loop))
    allowed = sum(sum(1 for _ in occurrences(facts, name, line)) for line in found)
    clean = all(name not in facts.read(piece) for piece, _ in found.values())
    if any(may_catch(facts, node) for node in facts.nodes(cst.BaseCompoundStatement, loop)):
        # A handler would see that what is added is no text.
        clean = clean and all(facts.kind(piece) == "str" for piece, _ in found.values())
    return found if clean and uses == allowed else None


def _piece(line: cst.SimpleStatementLine, name: str) -> tuple[cst.BaseExpression, bool] | None:
    """Return what ``name += piece`` or ``name = piece + name`` adds, and whether in front."""
    match line.body:
        case [cst.AugAssign(target=cst.Name(value=target), operator=cst.AddAssign(), value=piece)]:
            return (piece, False) if target == name else None
        case _:
            bound = assignment(line)
    if bound is None or bound[0] != name:
        return None
    match bound[1]:
        case cst.BinaryOperation(operator=cst.Add(), left=left, right=right):
            if bare(left) == name:
                return right, False
            return (left, True) if bare(right) == name else None
        case _:
            return None


def _is_empty(value: cst.BaseExpression) -> bool:
    return isinstance(value, cst.SimpleString) and value.evaluated_value == ""


def _joined_after(facts: Facts) -> Iterator[Match]:
    yield from _joined(facts, in_front=False)


def _joined_before(facts: Facts) -> Iterator[Match]:
    yield from _joined(facts, in_front=True)


def _listed(facts: Facts) -> Iterator[Match]:
    """``", ".join(x for x in xs)`` makes a list of it anyway, and slower."""
    for call in facts.nodes(cst.Call):
        match call_of(call, "join"):
            case separator, [cst.Arg(value=cst.GeneratorExp() as made, star="")] if facts.kind(
                separator
            ) == "str" and "next" not in facts.read(made):
                # (A generator makes another exception of what `next` raises at the end.)
                listed = cst.ListComp(made.elt, made.for_in)
                yield Match(call, {made: listed})
            case _:
                pass


def _chained(facts: Facts) -> Iterator[Match]:
    """``sum(lists, [])`` copies what it has for each list."""
    for call in facts.nodes(cst.Call):
        match call.args:
            case [
                cst.Arg(value=lists, keyword=None, star=""),
                cst.Arg(value=cst.List(elements=[])),
            ] if facts.is_builtin(call.func, "sum"):
                inner = lists.with_changes(lpar=[], rpar=[])
                text = f"list(chain.from_iterable({code(inner)}))"
                yield Match(call, {call: expression(text)}, [("itertools", "chain")])
            case _:
                pass


# --- searching ----------------------------------------------------------------------------


def _contained(facts: Facts) -> Iterator[Match]:
    """``text.find(part) != -1`` asks where; ``part in text`` asks whether."""
    for test in facts.nodes(cst.Comparison):
        word = _found_or_not(test)
        match call_of(test.left, "find"):
            case receiver, [cst.Arg(value=part, keyword=None, star="")] if word and (
                _is_untouched_by(facts, part, receiver) or _is_untouched_by(facts, receiver, part)
            ):
                asked = expression(f"({_operand(part)} {word} {_operand(receiver)})")
                yield Match(test, {test: asked})
            case _:
                pass


def _is_untouched_by(facts: Facts, node: cst.BaseExpression, other: cst.BaseExpression) -> bool:
    """Return whether ``node``, on plain data, is the same before and after ``other``."""
    return is_steady(facts, node) and not facts.read(node) & facts.changed(other)


def _found_or_not(test: cst.Comparison) -> str | None:
    for operator, value, word in (
        (cst.NotEqual, -1, "in"),
        (cst.GreaterThan, -1, "in"),
        (cst.GreaterThanEqual, 0, "in"),
        (cst.Equal, -1, "not in"),
        (cst.LessThan, 0, "not in"),
    ):
        sides = compared(test, operator)
        if sides is not None and is_number(sides[1], value):
            return word
    return None


def _operand(node: cst.BaseExpression) -> str:
    simple = isinstance(
        node,
        (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.SimpleString, cst.BinaryOperation),
    )
    return bare(node) if simple else f"({bare(node)})"


def _several(facts: Facts) -> Iterator[Match]:
    """``s.startswith(a) or s.startswith(b)`` asks once for both."""
    for test in facts.nodes(cst.BooleanOperation):
        if not isinstance(test.operator, cst.Or):
            continue
        for method in ("startswith", "endswith"):
            left, right = call_of(test.left, method), call_of(test.right, method)
            if left is None or right is None or not same(left[0], right[0]):
                continue
            match left[1], right[1]:
                case [cst.Arg(value=one)], [cst.Arg(value=other)] if isinstance(
                    left[0], cst.Name
                ) and _are_texts(facts, one, other):
                    parts = ", ".join([*_parts(one), *_parts(other)])
                    asked = f"{bare(left[0])}.{method}(({parts}))"
                    new = expression(asked).with_changes(lpar=test.lpar, rpar=test.rpar)
                    yield Match(test, {test: new})
                case _:
                    pass


def _are_texts(facts: Facts, *nodes: cst.BaseExpression) -> bool:
    """Return whether each is surely a text or a display of texts: a name may hold a tuple."""
    return all(
        _are_texts(facts, *(element.value for element in node.elements))
        if isinstance(node, cst.Tuple)
        else facts.kind(node) == "str"
        for node in nodes
    )


def _parts(node: cst.BaseExpression) -> list[str]:
    if isinstance(node, cst.Tuple):
        return [code(element.value) for element in node.elements]
    return [code(node)]


def _cut(facts: Facts) -> Iterator[Match]:
    """``s[:len(p)] == p`` copies the beginning to compare it."""
    for test in facts.nodes(cst.Comparison):
        sides = compared(test)
        if sides is None or not isinstance(sides[0], cst.Subscript):
            continue
        cut, part = sides[0], sides[1]
        found = slice_of(cut)
        if found is None or found.upper is None or not isinstance(cut.value, cst.Name):
            continue
        begins = found.lower is None or is_number(found.lower, 0)
        if begins and is_steady(facts, part) and _is_length_of(facts, found.upper, part):
            yield Match(test, {test: expression(f"{bare(cut.value)}.startswith({bare(part)})")})


def _is_length_of(facts: Facts, node: cst.BaseExpression, part: cst.BaseExpression) -> bool:
    match node:
        case cst.Call(func=name, args=[cst.Arg(value=inner)]):
            return facts.is_builtin(name, "len") and same(inner, part)
        case cst.Integer():
            text = part.evaluated_value if isinstance(part, cst.SimpleString) else None
            return isinstance(text, str) and node.evaluated_value == len(text) > 0
        case _:
            return False


_NO_TEXT = "if what is added is no text, which fails only after the loop"

RULES = (
    Rule(
        "text-joined-in-front",
        "a text that grows in front is copied each time; its pieces are joined once",
        Gain.ORDER,
        _joined_before,
        unless=_NO_TEXT,
    ),
    Rule(
        "lists-chained",
        "summing lists copies the sum for each of them; a chain goes through all once",
        Gain.ORDER,
        _chained,
        unless="if what is summed are no lists",
    ),
    Rule(
        "text-joined-once",
        "the pieces of a text are collected in the loop and joined once after it",
        Gain.LARGE,
        _joined_after,
        unless=_NO_TEXT,
    ),
    Rule(
        "part-in-text",
        "whether a text has a part is asked without asking where",
        Gain.SMALL,
        _contained,
        unless="if it is no text",
    ),
    Rule(
        "several-starts-at-once",
        "one call asks for several beginnings or ends",
        Gain.SMALL,
        _several,
        unless="if it is no text, or what is asked for last cannot be computed",
    ),
    Rule(
        "start-without-a-copy",
        "the beginning of a text is compared in place instead of as a copy",
        Gain.SMALL,
        _cut,
        unless="if it is no text",
    ),
    Rule(
        "join-a-list",
        "join makes a list of a generator first, which a comprehension does faster",
        Gain.SMALL,
        _listed,
    ),
)
