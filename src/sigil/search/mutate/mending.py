"""Single edits of statements that mend a function with parts of its own.

Assignments that should add up (and the reverse), steps of a loop that end early, statements
copied or moved to where they are missing, guards for None and empty values in a loop.

Source: "plastic surgery" (Barr et al. 2014): most repairs are made of what is there already.
Not here: deletions, exchanges and guards of a whole function (`statements`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

from sigil.search.mutate.change import Change, one_line, replaced, short
from sigil.search.mutate.fragments import ATOM, Fragment, Kind
from sigil.search.mutate.library import FORBIDDEN_CALLS
from sigil.search.mutate.sites import Site
from sigil.search.mutate.source import Edit
from sigil.search.mutate.statements import steers_loop, whole_lines
from sigil.search.mutate.subject import Subject

_METHODS = ("strip", "lower", "upper", "rstrip", "title")
_COPIES: dict[Kind, str] = {"seq": "list", "map": "dict"}
_MOST_COPIED = 24
_LONGEST_COPIED = 80
_MOST_GUARDED = 6


def accumulations(subject: Subject) -> Iterator[Change]:
    """``x = …`` becomes ``x += …``, and the reverse."""
    source = subject.source
    for block in subject.blocks:
        for statement in block.body:
            match statement:
                case ast.Assign(targets=[ast.Name() | ast.Subscript() as target], value=value):
                    sign = "+="
                case ast.AugAssign(target=target, value=value):
                    sign = "="
                case _:
                    continue
            if not _has_value(subject, target, statement) or steers_loop(statement, block):
                continue
            start, end = source.span(target)[1], source.span(value)[0]
            gap = source.text[start:end]
            lead = len(gap) - len(gap.lstrip())
            edit = Edit(start + lead, start + gap.index("=") + 1, sign)
            note = f"{one_line(source.segment(target))} {sign} … at line {statement.lineno}"
            yield Change("accumulate", (edit,), note, names_may_move=True)


def _has_value(subject: Subject, target: ast.expr, statement: ast.stmt) -> bool:
    return not isinstance(target, ast.Name) or target.id in subject.flow.before(statement)


def jumps(subject: Subject) -> Iterator[Change]:
    """``break`` or ``continue`` at the end of a branch inside a loop."""
    for block in subject.blocks:
        last = block.suite[-1]
        loops = block.context.loops
        if not loops or block.suite is loops[-1].body or last is not block.body[-1]:
            continue
        if isinstance(last, (ast.Break, ast.Continue, ast.Return, ast.Raise)):
            continue
        for word in ("break", "continue"):
            change = _inserted(subject, last, word, after=True)
            if change is not None:
                yield change


def loop_guards(subject: Subject) -> Iterator[Change]:
    """An early ``continue`` for None, empty and negative values where the body of a loop begins."""
    for block in subject.blocks:
        loops = block.context.loops
        if not loops or block.suite is not loops[-1].body or not isinstance(loops[-1], ast.For):
            continue
        targets = [n.id for n in ast.walk(loops[-1].target) if isinstance(n, ast.Name)]
        for test in _oddities(targets[:_MOST_GUARDED]):
            change = _guarded(subject, block.body[0], test, "continue")
            if change is not None:
                yield change


def _oddities(names: list[str]) -> Iterator[str]:
    for name in names:
        yield from (f"{name} is None", f"not {name}", f"{name} < 0", f"{name} <= 0")
    for one, other in pairwise(names):
        yield from (f"{one} {symbol} {other}" for symbol in (">", "==", "<"))


def guarded_statements(subject: Subject) -> Iterator[Change]:
    """A simple assignment to what is larger, or smaller, than before alone."""
    for block in subject.blocks:
        for statement in block.body:
            match statement:
                case ast.Assign(targets=[ast.Name() | ast.Subscript() as target], value=value):
                    pass
                case _:
                    continue
            held, fresh = subject.fragment(target), subject.fragment(value)
            if not _has_value(subject, target, statement):
                continue
            for symbol in (">", "<"):
                test = f"{fresh.at(ATOM)} {symbol} {held.at(ATOM)}"
                change = _conditioned(subject, statement, test)
                if change is not None:
                    yield change


def copies(subject: Subject) -> Iterator[Change]:
    """A statement of the function once more, at the end or beginning of another block."""
    statements = [
        statement for block in subject.blocks for statement in block.body
        if _may_be_copied(subject, statement)
    ][:_MOST_COPIED]  # fmt: skip
    for statement in statements:
        text = subject.source.segment(statement)
        for block in subject.blocks:
            last = block.suite[-1]
            places = [(last, not isinstance(last, (ast.Return, ast.Break, ast.Continue)))]
            places += [(place, False) for place in block.body]
            for place, after in places:
                if place is statement or last is not block.body[-1]:
                    continue
                change = _inserted(subject, place, text, after=after)
                if change is not None:
                    yield change


def moves(subject: Subject) -> Iterator[Change]:
    """The last statement of a block moved out behind it, or the one behind it moved in."""
    source = subject.source
    for block in subject.blocks:
        for position, statement in enumerate(block.body):
            for inner in (getattr(statement, "body", None), getattr(statement, "orelse", None)):
                if not inner or isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                    continue
                looped = isinstance(statement, ast.While)
                if len(inner) > 1 and _simple(subject, inner[-1]) and not looped:
                    text = source.segment(inner[-1])
                    yield from _moved(subject, inner[-1], statement, text)
                if position + 1 < len(block.body) and _simple(subject, block.body[position + 1]):
                    behind = block.body[position + 1]
                    if whole_lines(subject, inner[-1]) and len(block.suite) > 1:
                        yield from _moved(subject, behind, inner[-1], source.segment(behind))


def methods(subject: Subject, site: Site) -> Iterator[Change]:
    """A string stripped or in other letters, or a call of such a method left out."""
    match site.node:
        case ast.Call(func=ast.Attribute(value=inner, attr=name), args=[]) if name in _METHODS:
            yield from replaced(subject, site, subject.fragment(inner), "method")
        case _:
            pass
    if site.kind == "str" and site.role in ("value", "receiver", "test", "iterated"):
        whole = subject.fragment(site.node)
        for name in _METHODS:
            fresh = Fragment(f"{whole.at(ATOM)}.{name}()", ATOM, "str", whole.size + 1)
            yield from replaced(subject, site, fresh, "method")
    if isinstance(site.node, ast.Name) and site.role == "value":
        for kind, name in _COPIES.items():
            if site.kind == kind:
                fresh = Fragment(f"{name}({site.node.id})", ATOM, kind, 2)
                yield from replaced(subject, site, fresh, "copy")


def slices(subject: Subject, site: Site) -> Iterator[Change]:
    """Another bound of a slice: left out, or one element less at either end."""
    match site.node:
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=None)):
            pass
        case _:
            return
    lead = subject.fragment(value).at(ATOM)
    low = subject.fragment(lower).text if lower else ""
    high = subject.fragment(upper).text if upper else ""
    for one, other in ((low, "-1"), ("1", high), ("", high), (low, ""), (high, low)):
        fresh = Fragment(f"{lead}[{one}:{other}]", ATOM, site.kind, 3)
        yield from replaced(subject, site, fresh, "slice")


# --- text ---------------------------------------------------------------------------------


def _simple(subject: Subject, statement: ast.stmt) -> bool:
    one_liner = statement.lineno == statement.end_lineno
    return (
        one_liner and isinstance(statement, (ast.Assign, ast.AugAssign, ast.Expr))
        and not _is_text(statement) and whole_lines(subject, statement)
    )  # fmt: skip


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _may_be_copied(subject: Subject, statement: ast.stmt) -> bool:
    if not _simple(subject, statement):
        return False
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    names |= {n.attr for n in ast.walk(statement) if isinstance(n, ast.Attribute)}
    short_enough = len(subject.source.segment(statement)) <= _LONGEST_COPIED
    return short_enough and not names & FORBIDDEN_CALLS


def _inserted(subject: Subject, place: ast.stmt, text: str, *, after: bool) -> Change | None:
    """Return the insertion of one line before or after the lines of ``place``."""
    if not whole_lines(subject, place) or _is_text(place) or place.end_lineno is None:
        return None
    if after and place.end_lineno >= subject.last:
        return None
    source = subject.source
    start = source.line_start(place.end_lineno + 1 if after else place.lineno)
    line = f"{source.indentation(place.lineno)}{text}{source.line_end}"
    side = "after" if after else "before"
    number = place.end_lineno if after else place.lineno
    note = f"insert {short(one_line(text))} {side} line {number}"
    return Change("insert", (Edit(start, start, line),), note, names_may_move=True)


def _guarded(subject: Subject, place: ast.stmt, test: str, word: str) -> Change | None:
    source = subject.source
    if not whole_lines(subject, place):
        return None
    indent, end = source.indentation(place.lineno), source.line_end
    step = "\t" if "\t" in indent else "    "
    start = source.line_start(place.lineno)
    text = f"{indent}if {test}:{end}{indent}{step}{word}{end}"
    note = f"if {test}: {word} before line {place.lineno}"
    return Change("guard", (Edit(start, start, text),), note, names_may_move=True)


def _conditioned(subject: Subject, statement: ast.stmt, test: str) -> Change | None:
    source = subject.source
    if not whole_lines(subject, statement) or statement.lineno != statement.end_lineno:
        return None
    indent = source.indentation(statement.lineno)
    step = "\t" if "\t" in indent else "    "
    start = source.span(statement)[0]
    edit = Edit(start, start, f"if {test}:{source.line_end}{indent}{step}")
    note = f"only if {short(test)}: line {statement.lineno}"
    return Change("guard", (edit,), note, names_may_move=True)


def _moved(subject: Subject, what: ast.stmt, behind: ast.stmt, text: str) -> Iterator[Change]:
    source = subject.source
    if what.end_lineno is None or what.end_lineno >= subject.last:
        return
    inserted = _inserted(subject, behind, text, after=True)
    if inserted is None:
        return
    out = Edit(source.line_start(what.lineno), source.line_start(what.end_lineno + 1), "")
    note = f"move {short(one_line(text))} from line {what.lineno} behind line {behind.end_lineno}"
    yield Change("move", (out, *inserted.edits), note, names_may_move=True)
