"""Code of a function that no input reaches, and what a change there is worth: nothing is known.

A statement is reached when an instruction of it was executed on some input. What is not reached,
and what decides whether it is, can be changed by a search at will, and no check will tell.

Lines are 1-based. In an eval they are counted in the function itself, so that they stay right
when the function moves within its file; for people they are those of the file.

Pure. Not here: running the function (`sigil.optimize.generate.reaching`), reading a record
(`sigil.optimize.doubting`).
"""

from __future__ import annotations

import ast
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigil.canonical import digest, digest_value
from sigil.evaluate.schema import Unreached
from sigil.search.definitions import NotPython, parse_python

Position = tuple[int, int]
"""Line and column where an instruction's source begins; the column is -1 if it is not known."""

_Defining = ast.FunctionDef | ast.AsyncFunctionDef
_LEAVING = (ast.Return, ast.Raise, ast.Continue, ast.Break)
_TRACELESS = (ast.Global, ast.Nonlocal, ast.Pass)


@dataclass(frozen=True, slots=True)
class Place:
    """A statement, or the handler of an exception.

    Args:
        node: its syntax.
        guard: what decides whether it is reached, and how: text that is equal for equal code.
    """

    node: ast.stmt | ast.excepthandler
    guard: str

    @property
    def lines(self) -> range:
        """Return its lines."""
        return range(self.node.lineno, (self.node.end_lineno or self.node.lineno) + 1)


def extent(text: str, qualname: str) -> range:
    """Return the lines of a function, its decorators included; none if it is not there."""
    node = _function(text, qualname)
    return range(_first(node), (node.end_lineno or node.lineno) + 1) if node else range(0)


def unreached_lines(text: str, qualname: str, met: Collection[Position]) -> list[int]:
    """Return the lines of the statements of a function that no instruction was executed of.

    Args:
        text: of the file.
        qualname: of the function.
        met: where instructions were executed.
    """
    node = _function(text, qualname)
    if node is None:
        return []
    by_line: dict[int, list[int]] = {}
    for line, column in met:
        by_line.setdefault(line, []).append(column)
    found = _unreached(node, lambda place: _is_met(place.node, by_line))
    return sorted({line for place in found for line in place.lines})


def said_lines(lines: Collection[int]) -> str:
    """Return lines for people: ``41, 57-60``."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line == runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def read_lines(said: str) -> list[int]:
    """Return the lines that `said_lines` wrote; none of what it did not write."""
    found: list[int] = []
    for part in said.split(","):
        low, _, high = part.strip().partition("-")
        if low.isdecimal() and (high or low).isdecimal():
            found.extend(range(int(low), min(int(high or low), int(low) + 100_000) + 1))
    return found


def recorded(
    text: str, path: str, qualname: str, lines: Collection[int], cases: Mapping[str, str]
) -> Unreached | None:
    """Return what an eval keeps of unreached lines; None if there are none.

    Args:
        text: of the file.
        path: of it, relative to the root.
        qualname: of the function.
        lines: of the file.
        cases: digests of the files of inputs, by path.
    """
    node = _function(text, qualname)
    if node is None or not lines:
        return None
    own = said_lines([line - _first(node) + 1 for line in lines])
    return Unreached(function=f"{path}:{qualname}", lines=own, of=_stamp(text, node, cases))


def written(kept: Unreached | None, lines: Collection[int]) -> str:
    """Return the line of an eval that keeps unreached lines; empty if there are none.

    Args:
        kept: of `recorded`.
        lines: of the file, for a comment.
    """
    if kept is None:
        return ""
    fields = {"function": kept.function, "lines": kept.lines, "of": kept.of}
    said = ", ".join(f"{name}: {json.dumps(value)}" for name, value in fields.items())
    return f"unreached: {{{said}}}   # in the file: {said_lines(lines)}\n"


def doubt(
    kept: Unreached | None,
    cases: Mapping[str, str],
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> str:
    """Return when the result of a change may differ, because no input goes there; a clause.

    Empty if it leaves alone what no input reaches and what decides whether it is reached, or if
    the function or the inputs are others than those of which that is known.

    Args:
        kept: what the eval says.
        cases: digests of the files of inputs, by path.
        before: the unchanged files.
        after: the changed ones.
    """
    if kept is None:
        return ""
    path, _, qualname = kept.function.partition(":")
    node = _function(before.get(path, ""), qualname)
    if node is None or kept.of != _stamp(before[path], node, cases):
        return ""
    own = {line + _first(node) - 1 for line in read_lines(kept.lines)}
    unmet = _unreached(node, lambda place: not own.issuperset(place.lines))
    changed = _function(after.get(path, ""), qualname)
    left = Counter(map(_said, _all_places(changed))) if changed else Counter[tuple[str, str]]()
    lines: set[int] = set()
    for place in unmet:
        if left[_said(place)]:
            left[_said(place)] -= 1
        else:
            lines.update(place.lines)
    if not lines:
        return ""
    those = f"line{'s' * (len(lines) > 1)} {said_lines(lines)}"
    return f"where no input goes: {those} of {path} changed, or what decides when to go there"


# --- statements -------------------------------------------------------------------------


def _function(text: str, qualname: str) -> _Defining | None:
    try:
        body: Sequence[ast.stmt] = parse_python(_lf(text)).body
    except NotPython:
        return None
    *classes, name = qualname.split(".")
    for owner in classes:
        held = [one for one in _outside(body) if isinstance(one, ast.ClassDef)]
        body = [statement for one in held if one.name == owner for statement in one.body]
    named = [one for one in _outside(body) if isinstance(one, _Defining) and one.name == name]
    return named[-1] if named else None


def _outside(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body and of the branches in it, not those of functions."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If | ast.Try):
            for _, block in _blocks(statement):
                yield from _outside([one for one in block if isinstance(one, ast.stmt)])


def _lf(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _first(node: _Defining) -> int:
    return min([node.lineno, *(one.lineno for one in node.decorator_list)])


def _stamp(text: str, node: _Defining, cases: Mapping[str, str]) -> str:
    """Return what unreached lines depend on, as one digest."""
    own = _lf(text).split("\n")[_first(node) - 1 : node.end_lineno]
    return digest_value({"source": digest("\n".join(own).encode()), "cases": dict(cases)})


_Block = Sequence[ast.stmt | ast.excepthandler]
_Asked = Callable[[Place], bool]


def _blocks(node: ast.AST) -> Iterator[tuple[str, _Block]]:
    """Yield the blocks of a statement, each with what decides whether it is entered."""
    match node:
        case ast.If(test, body, orelse) | ast.While(test, body, orelse):
            yield f"if {ast.dump(test)}", body
            yield f"unless {ast.dump(test)}", orelse
        case ast.For(_, items, body, orelse) | ast.AsyncFor(_, items, body, orelse):
            yield f"for {ast.dump(items)}", body
            yield "else", orelse
        case ast.Try(body, handlers, orelse, final) | ast.TryStar(body, handlers, orelse, final):
            yield "try", body
            yield "except", handlers
            yield "else", orelse
            yield "finally", final
        case ast.Match(subject, cases):
            for one in cases:
                told = [one.pattern, *([one.guard] if one.guard else [])]
                yield f"case {ast.dump(subject)} {' '.join(map(ast.dump, told))}", one.body
        case (
            ast.With(_, body)
            | ast.AsyncWith(_, body)
            | ast.ExceptHandler(_, _, body)
            | ast.FunctionDef(body=body)
            | ast.AsyncFunctionDef(body=body)
        ):
            yield "", body
        case _:
            return


def _places(node: ast.AST) -> Iterator[Place]:
    """Yield what stands immediately inside a statement."""
    for guard, block in _blocks(node):
        leaving = ""
        for one in block:
            if not _is_traceless(one):
                yield Place(one, f"{guard} {leaving}")
            if any(isinstance(inner, _LEAVING) for inner in ast.walk(one)):
                leaving = f"behind {ast.dump(one)}"


def _all_places(node: ast.AST) -> Iterator[Place]:
    for place in _places(node):
        yield place
        yield from _all_places(place.node)


def _is_traceless(node: ast.AST) -> bool:
    """Return whether no instruction is sure to stand for a statement."""
    match node:
        case ast.AnnAssign(value=None) | ast.Expr(ast.Constant()):
            return True
        case _:
            return isinstance(node, _TRACELESS)


def _unreached(node: ast.AST, is_reached: _Asked) -> list[Place]:
    """Return the outermost places that are not reached."""
    found: list[Place] = []
    for place in _places(node):
        found += _unreached(place.node, is_reached) if is_reached(place) else [place]
    return found


def _said(place: Place) -> tuple[str, str]:
    return place.guard, ast.dump(place.node)


def _is_met(node: ast.stmt | ast.excepthandler, by_line: Mapping[int, Sequence[int]]) -> bool:
    first, last = node.lineno, node.end_lineno or node.lineno
    start = (node.lineno, node.col_offset)
    end = (last, node.end_col_offset or 0)
    return any(
        column < 0 or start <= (line, column) < end
        for line in range(first, last + 1)
        for column in by_line.get(line, ())
    )
