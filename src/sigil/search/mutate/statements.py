"""Single edits of statements: delete, exchange, guard, insert.

Whole lines are taken out, exchanged or put in; a statement that shares its line with
another one (semicolons, one-line suites) is left alone, or becomes ``pass``.

Not here: expressions (`operators`). Whoever applies these checks the uses of names.
"""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from itertools import pairwise

from sigil.search.mutate.change import Change, one_line, short
from sigil.search.mutate.fragments import Fragment, atom, compare, fits, negation, number
from sigil.search.mutate.grammar import grow
from sigil.search.mutate.source import Edit
from sigil.search.mutate.subject import Block, Subject

_REMOVABLE = (
    ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.While, ast.Return, ast.Assert,
    ast.Continue, ast.Delete,
)  # fmt: skip
_MOVABLE = (ast.Assign, ast.AugAssign, ast.Expr, ast.If, ast.For, ast.AnnAssign)
_MOST_GUARDS = 4
_SKIP_CHANCE = 0.3


def deletions(subject: Subject) -> Iterator[Change]:
    """Each statement taken out, unless a loop would then run on for ever."""
    for block in subject.blocks:
        for statement in block.body:
            if not isinstance(statement, _REMOVABLE) or steers_loop(statement, block):
                continue
            if _is_needed(statement, block):
                continue
            edit = _removal(subject, statement, block)
            if edit is not None:
                note = f"delete {_shown(subject, statement)} at line {statement.lineno}"
                yield Change("delete", (edit,), note, names_may_move=True)


def exchanges(subject: Subject) -> Iterator[Change]:
    """Each pair of neighbouring statements in the other order."""
    source = subject.source
    for block in subject.blocks:
        for first, second in pairwise(block.body):
            movable = isinstance(first, _MOVABLE) and isinstance(second, _MOVABLE)
            if not movable or _is_docstring(first):
                continue
            if whole_lines(subject, first) and whole_lines(subject, second):
                edits = (
                    Edit(*source.span(first), source.segment(second)),
                    Edit(*source.span(second), source.segment(first)),
                )
                note = f"exchange lines {first.lineno} and {second.lineno}"
                yield Change("exchange", edits, note, names_may_move=True)


def guards(subject: Subject) -> Iterator[Change]:
    """An early return where a function begins, for empty, zero and negative arguments."""
    for block in subject.blocks:
        function = block.context.function
        place = _first_statement(block)
        if not isinstance(function, ast.FunctionDef) or place is None:
            continue
        if block.body[0] is not function.body[0] or not whole_lines(subject, place):
            continue
        results = _results(subject, block, function)
        for turn, result in enumerate(results):
            for condition in _conditions(block, first_only=turn >= _MOST_GUARDS // 2):
                yield _guard(subject, place, condition, result)


def _conditions(block: Block, *, first_only: bool) -> Iterator[Fragment]:
    scope = block.context.scope
    for value in (value for value in scope.values if value.text in scope.local):
        if value.kind in ("seq", "str", "map", "unknown"):
            yield negation(value)
        if value.kind in ("int", "number", "unknown") and not first_only:
            for symbol in ("<=", "<", "=="):
                yield compare(symbol, value, number(0))


def _results(subject: Subject, block: Block, function: ast.FunctionDef) -> list[Fragment]:
    """Return what a guard may give: what the function returns elsewhere first."""
    found: dict[str, Fragment] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and isinstance(node.value, (ast.Constant, ast.Name)):
            found[one_line(subject.source.segment(node.value))] = subject.fragment(node.value)
    names = {value.text for value in block.context.scope.values}
    known = {text: f for text, f in found.items() if not text.isidentifier() or text in names}
    for text in ("0", "None", "[]", '""', "False", "1"):
        known.setdefault(text, atom(text))
    return list(known.values())


def _guard(subject: Subject, place: ast.stmt, condition: Fragment, result: Fragment) -> Change:
    source = subject.source
    indent, end = source.indentation(place.lineno), source.line_end
    step = "\t" if "\t" in indent else "    "
    text = f"{indent}if {condition.text}:{end}{indent}{step}return {result.text}{end}"
    start = source.line_start(place.lineno)
    note = f"if {condition.text}: return {result.text} before line {place.lineno}"
    return Change("guard", (Edit(start, start, text),), note, names_may_move=True)


def random_insertion(subject: Subject, random: random.Random) -> Change | None:
    """Return an assignment to a local name, or a step of a loop left out, somewhere."""
    if not subject.blocks:
        return None
    block = random.choice(subject.blocks)
    place = random.choice(block.body)
    if not whole_lines(subject, place) or _is_docstring(place) or _is_definition(place):
        return None
    values = [v for v in block.context.scope.values if fits(v.kind, "number") and _local(v, block)]
    loops = block.context.loops
    if loops and isinstance(loops[-1], ast.For) and random.random() < _SKIP_CHANCE:
        text = f"if {grow(block.context.scope, 'bool', 2, random).text}: continue"
    elif values:
        target, symbol = random.choice(values), random.choice(("=", "+=", "-=", "*="))
        text = f"{target.text} {symbol} {grow(block.context.scope, target.kind, 2, random).text}"
    else:
        text = None
    if text is None:
        return None
    source = subject.source
    start = source.line_start(place.lineno)
    line = f"{source.indentation(place.lineno)}{text}{source.line_end}"
    note = f"insert {short(text)} before line {place.lineno}"
    return Change("insert", (Edit(start, start, line),), note, names_may_move=True)


def _local(value: Fragment, block: Block) -> bool:
    """Return whether assigning to ``value`` stays inside the function and steers no while."""
    steering = {name for loop in block.context.loops for name in _steering(loop)}
    return value.text in block.context.shadowed and value.text not in steering


def _steering(loop: ast.stmt) -> set[str]:
    """Return the names that decide how often a loop runs."""
    deciding = loop.test if isinstance(loop, ast.While) else getattr(loop, "iter", None)
    nodes = ast.walk(deciding) if deciding is not None else ()
    return {node.id for node in nodes if isinstance(node, ast.Name)}


def steers_loop(statement: ast.stmt, block: Block) -> bool:
    """Return whether a ``while`` around ``statement`` may end because of it."""
    whiles = [loop for loop in block.context.loops if isinstance(loop, ast.While)]
    if not whiles:
        return False
    if any(isinstance(node, (ast.Return, ast.Break)) for node in ast.walk(statement)):
        return True
    names = set[str]().union(*(_steering(loop) for loop in whiles))
    return any(isinstance(node, ast.Name) and node.id in names for node in ast.walk(statement))


def _removal(subject: Subject, statement: ast.stmt, block: Block) -> Edit | None:
    source = subject.source
    start, end = source.span(statement)
    # A suite needs a statement; and a region that would end in comments would lose them.
    if len(block.suite) == 1 or statement.end_lineno == subject.last:
        return Edit(start, end, "pass")
    if not whole_lines(subject, statement):
        return None
    assert statement.end_lineno is not None
    return Edit(
        source.line_start(statement.lineno), source.line_start(statement.end_lineno + 1), ""
    )


def whole_lines(subject: Subject, statement: ast.stmt) -> bool:
    """Return whether no other statement shares a line with ``statement``."""
    source = subject.source
    start, end = source.span(statement)
    assert statement.end_lineno is not None
    before = source.text[source.line_start(statement.lineno) : start]
    after = source.text[end : source.line_start(statement.end_lineno + 1)].strip()
    return not before.strip() and (not after or after.startswith("#"))


def _first_statement(block: Block) -> ast.stmt | None:
    """Return the first statement that code may stand before: no docstring, no definition."""
    for statement in block.body:
        if not _is_docstring(statement):
            return None if _is_definition(statement) else statement
    return None


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_needed(statement: ast.stmt, block: Block) -> bool:
    """Return whether a function without ``statement`` says less or gives nothing at all."""
    function = block.context.function
    last = function is not None and statement is function.body[-1]
    return _is_docstring(statement) or (last and isinstance(statement, ast.Return))


def _is_definition(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))


def _shown(subject: Subject, statement: ast.stmt) -> str:
    return short(one_line(subject.source.segment(statement).split("\n")[0]))
