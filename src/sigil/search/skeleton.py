"""Does the code around a pinned region keep its place when only the region's text changes?

Between two markers, text alone decides little: a region that ends with ``else:``, with
``def helper():``, with a decorator or inside a string takes over the lines after it, though
not a byte of them differs. So the statements outside are compared by where they stand in
the syntax tree. Python only; pure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from sigil.search.definitions import NotPython, parse_python

Span = tuple[int, int]
"""First and last line of a region, 1-based and inclusive."""
Place = tuple[int, str, str]
"""Of a statement: its line, the kind of its parent and field, and the parent's own place."""

_INSIDE = "inside"


@lru_cache(maxsize=256)
def skeleton(text: str, spans: tuple[Span, ...]) -> tuple[Place, ...]:
    """Return the places of all statements that begin outside the regions.

    Lines are counted without those of the regions, so that two versions of a file which
    differ inside them only have one skeleton, unless a region reaches out.

    Args:
        text: Python source.
        spans: of the regions, in order.

    Raises:
        NotPython: ``text`` does not parse.
    """
    tree = parse_python(text)
    places = [
        (line, kind, parent)
        for line, kind, parent in _statements(tree, "module", spans)
        if line >= 0
    ]
    reaching = [
        (_outside(node.lineno, spans), "string", "") for node in _strings_across(tree, spans)
    ]
    return tuple(places + reaching)


def _statements(node: ast.AST, place: str, spans: tuple[Span, ...]) -> Iterator[Place]:
    for field, value in ast.iter_fields(node):
        if not isinstance(value, list):
            continue
        for inner in value:  # pyright: ignore[reportUnknownVariableType] - of ast nodes or names
            if isinstance(inner, (ast.stmt, ast.ExceptHandler, ast.match_case)):
                line = _outside(_line(inner), spans)
                kind = f"{type(inner).__name__} in {type(node).__name__}.{field}"
                yield line, kind, place
                own = f"{kind} at {line}" if line >= 0 else _INSIDE
                yield from _statements(inner, own, spans)


def _line(node: ast.stmt | ast.ExceptHandler | ast.match_case) -> int:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _outside(line: int, spans: tuple[Span, ...]) -> int:
    """Return ``line`` without the lines of regions before it, or -1 inside of one."""
    left = line
    for first, last in spans:
        if first <= line <= last:
            return -1
        if last < line:
            left -= last - first + 1
    return left


def _strings_across(tree: ast.Module, spans: tuple[Span, ...]) -> Iterator[ast.expr]:
    """Yield string literals that begin in a region and end beyond it."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Constant, ast.JoinedStr)):
            end = node.end_lineno or node.lineno
            if any(first <= node.lineno <= last < end for first, last in spans):
                yield node


def keeps_its_place(before: tuple[str, Span], after: tuple[str, Span]) -> bool:
    """Return whether it is plain that a changed region takes over nothing.

    So it is where both versions are whole statements of one block, equally indented, and
    what follows is no clause of theirs. False decides nothing: `skeleton` does.

    Args:
        before: text and region of the parent.
        after: text and region of the candidate; outside of it the texts are equal.
    """
    text, (_, last) = before
    following = next((line.split() for line in text.split("\n")[last:] if _is_code(line)), [""])
    if following[0].rstrip(":(") in _CLAUSES:
        return False
    indent = _indent_of_block(_lines(*before))
    return indent is not None and indent == _indent_of_block(_lines(*after))


_CLAUSES = frozenset({"else", "elif", "except", "except*", "finally", "case"})


def _lines(text: str, span: Span) -> str:
    return "\n".join(text.split("\n")[span[0] - 1 : span[1]]) + "\n"


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


@lru_cache(maxsize=512)
def _indent_of_block(text: str) -> str | None:
    """Return the indent of ``text``, or None if it is not whole statements of one block."""
    first = next((line for line in text.split("\n") if _is_code(line)), None)
    if first is None:
        return None
    try:
        tree = parse_python(f"if 1:\n{text}" if first[0].isspace() else text)
    except NotPython:
        return None
    if first[0].isspace() and len(tree.body) != 1:
        return None
    return first[: len(first) - len(first.lstrip())]
