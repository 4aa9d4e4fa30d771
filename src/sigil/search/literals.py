"""Literals that may be tuned: where they stand, in which range, and how a value is written.

Left alone unless a comment on the line says otherwise: 0, 1 and -1, indices and slices,
operands of ``==`` and ``!=``, numbers in other bases, keys of dictionaries, default
arguments, decorators, annotations, patterns, messages of exceptions, f-strings, docstrings.
A text, or a number that is only ever compared, may become what the code compares it with.

A comment on the literal's line sets the range of the literals there that lie in it::

    rate = 0.3     # sigil: range 0.1 10 log
    width = 8      # sigil: int 1..64
    mode = "fast"  # sigil: choices "fast" "exact"
    port = 8080    # sigil: fixed

Not here: which values to try (`sigil.search.tune`).
"""

from __future__ import annotations

import ast
import math
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sigil.search.mutate.fragments import FACTOR, needed_level
from sigil.search.mutate.source import Edit, Source
from sigil.search.switches import Guards, switches
from sigil.search.written import Value, written

_HINT = re.compile(r"(?:#|//|/\*).*?\bsigil:\s*(range|int|choices|fixed)\b(.*?)(?:\*/)?\s*$")
_NUMBER = r"[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s+({_NUMBER})(\s+log)?\s*$")
_INT = re.compile(r"\s*([-+]?\d+)\s*\.\.\s*([-+]?\d+)(\s+log)?\s*$")
_LARGE = 16  # from here on integers are spread over a log scale
_FACTOR, _INT_FACTOR = 10.0, 8
_SMALL_INT_TOP = 8
_STRUCTURAL = frozenset({-1, 0, 1})


@dataclass(frozen=True, slots=True)
class Span:
    """An interval of numbers.

    Args:
        low: smallest value, inclusive.
        high: largest value, inclusive.
        log: whether it is searched on a log scale; both ends then have the same sign.
        whole: whether only integers are meant.
    """

    low: float
    high: float
    log: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """A few known values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A literal is read only for some values of another one in its file.

    Args:
        switch: first character of the other literal.
        values: some of its values.
        among: whether the literal is read for these values, or for all others.
    """

    switch: int
    values: tuple[Value, ...]
    among: bool

    def holds(self, value: Value) -> bool:
        """Return whether the literal is read if the switch is ``value``."""
        known = any(value == one and type(value) is type(one) for one in self.values)
        return known is self.among


@dataclass(frozen=True, slots=True)
class Literal:
    """A literal that may be tuned.

    Args:
        path: of its file.
        line: 1-based.
        start: first character in the file.
        end: past its last character.
        text: as it is written now.
        value: what that is.
        space: what it may become.
        bare: whether a negative number may stand there without parentheses.
        when: all of these have to hold for it to be read.
    """

    path: str
    line: int
    start: int
    end: int
    text: str
    value: Value
    space: Span | Choices
    bare: bool
    when: tuple[Condition, ...] = ()

    def edit(self, value: Value, before: str) -> Edit:
        """Return the edit that writes ``value``; ``before`` is the character in front."""
        text = written(value, self.text)
        if text.startswith("-") and not self.bare:
            text = f"({text})"
        apart = (before.isalnum() or before == "_") and (text[0].isalnum() or text[0] == ".")
        return Edit(self.start, self.end, f" {text}" if apart else text)


def find(source: Source, path: str, first: int, last: int) -> list[Literal]:
    """Return the literals on the lines ``first`` to ``last`` that may be tuned, in order."""
    numbers = range(first, min(last, source.line_count) + 1)
    hints = hints_in(
        [source.text[source.line_start(n) : source.line_start(n + 1)] for n in numbers], first
    )
    asked = switches(source.tree)
    found: list[Literal] = []
    for node, parent, field, structural in _walk(source.tree, None, "", structural=False):
        if not first <= node.lineno <= (node.end_lineno or 0) <= last:
            continue
        value = _value(node)
        if value is None or _is_statement(parent):
            continue
        start, end = source.span(node)
        text = source.text[start:end]
        at, hint = (node.lineno, node.col_offset), hints.get(node.lineno)
        space = space_of(value, text, hint, structural=structural)
        if at in asked.choices and (hint is None or not hint.holds(value)):
            space = Choices(asked.choices[at])
        if space is not None:
            bare = parent is None or needed_level(parent, field) <= FACTOR
            when = _conditions(source, asked.guards.get(at, ()))
            found.append(Literal(path, node.lineno, start, end, text, value, space, bare, when))
    return sorted(found, key=lambda literal: literal.start)


def _conditions(source: Source, guards: Guards) -> tuple[Condition, ...]:
    return tuple(
        Condition(source.offset(when.line, when.column), when.values, when.among) for when in guards
    )


# --- where -------------------------------------------------------------------------------


def _value(node: ast.expr) -> Value | None:
    value: object = None
    match node:
        case ast.Constant():
            value = node.value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=(int() | float()) as inner)):
            value = -inner
        case _:
            pass
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (bool, int, float, str)) else None


def _is_statement(parent: ast.AST | None) -> bool:
    return isinstance(parent, ast.Expr)  # a docstring, or a value that nobody reads


_LEFT_ALONE = (ast.JoinedStr, ast.Raise, ast.Assert, ast.Import, ast.ImportFrom, ast.pattern)
_HEADERS = ("args", "decorator_list", "returns", "annotation", "bases", "keywords", "type_params")


def _walk(
    node: ast.AST, parent: ast.AST | None, field: str, *, structural: bool
) -> Iterator[tuple[ast.expr, ast.AST | None, str, bool]]:
    """Yield expressions with parent, field, and whether literals there are structure."""
    if isinstance(node, _LEFT_ALONE):
        return
    if isinstance(node, ast.expr):
        yield node, parent, field, structural
        if _value(node) is not None:
            return
    definition = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda))
    for name, value in ast.iter_fields(node):
        if (definition and name in _HEADERS) or name == "annotation":
            continue
        inner = structural if isinstance(node, ast.expr) and name != "value" else False
        inner = inner or _is_structure(node, name)
        for child in _nodes(value):
            yield from _walk(child, node, name, structural=inner)


def _nodes(value: object) -> Iterator[ast.AST]:
    for child in value if isinstance(value, list) else [value]:  # pyright: ignore[reportUnknownVariableType] - fields of a node are nodes, lists of them, or plain
        if isinstance(child, ast.AST):
            yield child


def _is_structure(node: ast.AST, field: str) -> bool:
    """Return whether literals in ``node.field`` say how data are laid out."""
    match node:
        case ast.Subscript():
            return field == "slice"
        case ast.Slice():
            return True
        case ast.Dict():
            return field == "keys"
        case ast.Compare():
            return any(isinstance(op, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)) for op in node.ops)
        case _:
            return False


# --- in which range ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hint:
    """What a comment says of the literals on its line. No space means to leave them alone."""

    space: Span | Choices | None

    def holds(self, value: Value) -> bool:
        """Return whether the hint is meant for a literal of this value."""
        match self.space:
            case Choices(values=values):
                return any(value == v and type(value) is type(v) for v in values)
            case Span(low=low, high=high, whole=whole):
                if isinstance(value, (bool, str)) or (whole and isinstance(value, float)):
                    return False
                return low <= value <= high
            case None:
                return True


def space_of(
    value: Value, text: str, hint: Hint | None, *, structural: bool
) -> Span | Choices | None:
    """Return what a literal may become; None to leave it alone.

    Args:
        value: what it is.
        text: as it is written.
        hint: of its line.
        structural: whether it says how data are laid out.
    """
    if hint is not None and hint.holds(value):
        return _typed(hint.space, value)
    if structural or isinstance(value, str):
        return None
    if isinstance(value, bool):
        return Choices((True, False))
    if isinstance(value, int):
        plain = text.lstrip("-").replace("_", "").strip().isdigit()
        return _int_span(value) if plain and value not in _STRUCTURAL else None
    return _float_span(value)


def _typed(space: Span | Choices | None, value: Value) -> Span | Choices | None:
    """Return a hinted range for an integer literal as one of integers: kinds are kept."""
    if isinstance(space, Span) and isinstance(value, int):
        return Span(math.ceil(space.low), math.floor(space.high), space.log, whole=True)
    return space


def _int_span(value: int) -> Span:
    size = abs(value)
    if size < _LARGE:
        low, high = 1, max(4 * size, _SMALL_INT_TOP)
    else:
        low, high = max(size // _INT_FACTOR, 1), size * _INT_FACTOR
    ends = (low, high) if value > 0 else (-high, -low)
    return Span(*ends, log=size >= _LARGE, whole=True)


def _float_span(value: float) -> Span:
    if value == 0:
        return Span(-1.0, 1.0, log=False, whole=False)
    ends = sorted((value / _FACTOR, value * _FACTOR))
    if ends[0] == 0 or not math.isfinite(ends[1]) or not math.isfinite(ends[0]):
        ends = [value, value]
    return Span(ends[0], ends[1], log=True, whole=False)


def hints_in(lines: Sequence[str], first: int) -> Mapping[int, Hint]:
    """Return what comments on ``lines`` say, by 1-based line, of which ``first`` is the first."""
    found: dict[int, Hint] = {}
    for number, text in enumerate(lines, first):
        match = _HINT.search(text.rstrip()) if "sigil:" in text else None
        hint = _parse_hint(match.group(1), match.group(2)) if match else None
        if hint is not None:
            found[number] = hint
    return found


def _parse_hint(kind: str, rest: str) -> Hint | None:
    """Return what a comment says, or None if it cannot be understood."""
    if kind == "fixed":
        return Hint(None)
    if kind == "choices":
        values = _choices(rest)
        return Hint(Choices(values)) if values else None
    match = (_INT if kind == "int" else _RANGE).match(rest)
    if match is None:
        return None
    low, high = (float(end.replace("_", "")) for end in match.group(1, 2))
    log = bool(match.group(3))
    if not low < high or (log and low * high <= 0):
        return None
    return Hint(Span(low, high, log, whole=kind == "int"))


def _choices(rest: str) -> tuple[Value, ...]:
    """Return the words of a hint: quoted ones are strings, others numbers or names of values."""
    lexer = shlex.shlex(rest, posix=False, punctuation_chars=False)
    lexer.whitespace_split, lexer.commenters = True, "#"
    values: list[Value] = []
    try:
        words: Sequence[str] = list(lexer)
        for word in words:
            value = ast.literal_eval(word.rstrip(","))
            if not isinstance(value, (bool, int, float, str)):
                return ()
            values.append(value)
    except (ValueError, SyntaxError):
        return ()
    return tuple(values)
