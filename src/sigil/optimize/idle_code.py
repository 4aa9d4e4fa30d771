"""Python that does nothing where it stands, and the text without what of it is new.

A ``continue`` at the end of a loop's body, a condition that always holds, a ``pass`` beside
other statements, an assignment of a name to itself, code behind a ``return``: an edit that a
search made on its way, and that came along because it costs next to nothing.

Pure. Not here: conditions (`sigil.optimize.conditions`), whether what is left is as good
(`sigil.optimize.simplifying`).
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from sigil.optimize.conditions import certain, operands, unconditional, without_operand
from sigil.search.mutate.source import Edit, Source

_MOST = 40
"""Edits that are made in one text: more are no leftovers of a search."""
_ENDS = (ast.Continue, ast.Return, ast.Break, ast.Raise)
_Steps = frozenset[type[ast.stmt]]


@dataclass(frozen=True, slots=True)
class Idle:
    """Something that does nothing.

    Args:
        text: of it, as one line.
        line: where it begins, from 1.
        edit: what leaves it out.
    """

    text: str
    line: int
    edit: Edit


def without_idle(before: str, after: str, new: AbstractSet[int]) -> tuple[str, list[str]]:
    """Return ``after`` without what does nothing in it and was not so before.

    Args:
        before: the unchanged text.
        after: the text to be freed of what is idle.
        new: lines of ``after``, from 1, that are not in ``before``.

    Returns:
        The text, the same if nothing is idle or it cannot be read, and what was left out.
    """
    try:
        known = Counter(one.text for one in idle(Source(before)))
        return _without(after, known, set(new))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return after, []


def _without(text: str, known: Counter[str], new: set[int]) -> tuple[str, list[str]]:
    gone: list[str] = []
    while len(gone) < _MOST:  # one at a time: what is left out may have held another one
        found = list(idle(Source(text)))
        surplus = Counter(one.text for one in found) - known
        chosen = [one for one in found if one.line in new and surplus[one.text]]
        one = next((one for one in chosen if _is_python(_edited(text, one.edit))), None)
        if one is None:
            break
        gone.append(one.text)
        new = _moved(text, one.edit, new)
        text = _edited(text, one.edit)
    return text, gone


def _edited(text: str, edit: Edit) -> str:
    return f"{text[: edit.start]}{edit.text}{text[edit.end :]}"


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _moved(text: str, edit: Edit, new: set[int]) -> set[int]:
    """Return where new lines stand after an edit; all that it wrote are new."""
    first = text.count("\n", 0, edit.start) + 1
    last = first + text.count("\n", edit.start, edit.end)
    shift = edit.text.count("\n") - (last - first)
    kept = {line if line < first else line + shift for line in new if not first <= line < last}
    return kept | set(range(first, last + shift))


def idle(source: Source) -> Iterator[Idle]:
    """Yield all that does nothing in a text, outer before inner."""
    for place in _places(source.tree.body, frozenset()):
        edit = _edit(source, place)
        if edit is not None:
            text = source.segment(place.statement).split("\n", 1)[0].strip()
            yield Idle(text, place.statement.lineno, edit)
    for whole, operand in operands(source.tree):
        if certain(operand) is isinstance(whole.op, ast.And):
            edit = without_operand(source, whole, operand)
            yield Idle(ast.unparse(operand), operand.lineno, edit)


@dataclass(frozen=True, slots=True)
class _Place:
    """A statement in its suite; ``steps`` do nothing there, as what follows is what comes anyway.

    ``behind`` is the line after which the suite's head stands if it is an ``else``, or 0.
    """

    suite: Sequence[ast.stmt]
    position: int
    steps: _Steps
    behind: int

    @property
    def statement(self) -> ast.stmt:
        return self.suite[self.position]


def _places(suite: Sequence[ast.stmt], steps: _Steps, behind: int = 0) -> Iterator[_Place]:
    for position, statement in enumerate(suite):
        here = steps if position == len(suite) - 1 else frozenset[type[ast.stmt]]()
        yield _Place(suite, position, here, behind)
        yield from _within(statement, here)


def _within(statement: ast.stmt, here: _Steps) -> Iterator[_Place]:
    nothing = frozenset[type[ast.stmt]]()
    match statement:
        case ast.FunctionDef(body=body) | ast.AsyncFunctionDef(body=body):
            yield from _places(body, frozenset({ast.Return}))
        case ast.ClassDef(body=body):
            yield from _places(body, nothing)
        case (
            ast.For(body=body, orelse=orelse)
            | ast.AsyncFor(body=body, orelse=orelse)
            | ast.While(body=body, orelse=orelse)
        ):
            yield from _places(body, frozenset({ast.Continue}))
            yield from _places(orelse, here, body[-1].end_lineno or 0)
        case ast.If(body=body, orelse=orelse):
            yield from _places(body, here)
            yield from _places(orelse, here, body[-1].end_lineno or 0)
        case ast.With(body=body) | ast.AsyncWith(body=body):
            yield from _places(body, here)
        case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=final):
            yield from _places(body, nothing if orelse else here)
            for handler in handlers:
                yield from _places(handler.body, here)
            yield from _places(orelse, here)
            yield from _places(final, nothing)
        case _:
            return


def _edit(source: Source, place: _Place) -> Edit | None:
    """Return what leaves out a statement that does nothing, or a condition; None for others."""
    statement = place.statement
    if _does_nothing(place):
        return _removal(source, place)
    if isinstance(statement, ast.If):
        said = certain(statement.test)
        if said is False and not statement.orelse:
            return _removal(source, place)
        return None if said is None else unconditional(source, statement, holds=said)
    return None


def _does_nothing(place: _Place) -> bool:
    if place.position and isinstance(place.suite[place.position - 1], _ENDS):
        return True
    match place.statement:
        case ast.Continue():
            return ast.Continue in place.steps
        case ast.Return(value=None | ast.Constant(value=None)):
            return ast.Return in place.steps
        case ast.If(body=body, orelse=[]):
            return all(_does_nothing(inner) for inner in _places(body, place.steps))
        case statement:
            return _says_nothing(statement, first=not place.position)


def _says_nothing(statement: ast.stmt, *, first: bool) -> bool:
    """Return whether a statement does nothing wherever it stands; a docstring does."""
    match statement:
        case ast.Pass():
            return True
        case ast.Expr(value=ast.Constant(value=value)):
            return not (first and isinstance(value, str))
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Name(id=same)):
            return name == same
        case _:
            return False


def _removal(source: Source, place: _Place) -> Edit | None:
    """Return the edit that takes whole lines out; None if a suite would have no statement."""
    statement = place.statement
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    if len(place.suite) == 1:
        if not place.behind:
            return None
        first = place.behind + 1  # with its `else`
    start, end = source.line_start(first), source.line_start(last + 1)
    begin, done = source.span(statement)
    lead = source.text[source.line_start(statement.lineno) : begin]
    trail = source.text[done:end].strip()
    if lead.strip() or (trail and not trail.startswith("#")):
        return None  # it shares a line
    return Edit(start, end, "")
