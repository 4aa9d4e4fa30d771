"""Tuples, lists, sets and dicts of literals, and which of their literals have the same part.

The names of days are peers, and so are the keys of a dict, its values, and what stands in one
column of rows: where one is wrong, another may be what is right.

Not here: what a literal may change into (`listed`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_Part = tuple[str | int, ...]
_DISPLAYS = (ast.Tuple, ast.List, ast.Set, ast.Dict)


@dataclass(frozen=True, slots=True)
class Peers:
    """The literals of one part, in order, and the place of one of them."""

    literals: Sequence[ast.expr]
    place: int

    def nearest(self, most: int) -> list[ast.expr]:
        """Return the others, by how far they are, at most so many on each side."""
        found: list[ast.expr] = []
        for distance in range(1, most + 1):
            for place in (self.place - distance, self.place + distance):
                found += self.literals[place : place + 1] if place >= 0 else []
        return found


def peers(tree: ast.AST) -> Mapping[ast.expr, Peers]:
    """Return the peers of every literal of a display of literals."""
    found: dict[ast.expr, Peers] = {}
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        parts = _parts(node) if isinstance(node, _DISPLAYS) else None
        if parts is None:
            waiting.extend(ast.iter_child_nodes(node))
            continue
        for literals in parts.values():
            found.update((one, Peers(literals, place)) for place, one in enumerate(literals))
    return found


def _is_literal(node: ast.expr | None) -> bool:
    """Return whether an expression is a number, a text or the like, with a minus or without."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        node = node.operand
    return isinstance(node, ast.Constant) and node.value is not Ellipsis


def _parts(display: ast.expr) -> Mapping[tuple[_Part, str], list[ast.expr]] | None:
    """Return the literals of a display by part and type; None if it holds something else."""
    parts: dict[tuple[_Part, str], list[ast.expr]] = {}
    for part, node in _elements(display, ()):
        if not _is_literal(node):
            return None
        parts.setdefault((part, type(ast.literal_eval(node)).__name__), []).append(node)
    return parts if sum(map(len, parts.values())) > 1 else None


def _elements(node: ast.expr, part: _Part) -> Iterator[tuple[_Part, ast.expr]]:
    """Yield what is in a display with its part: where it stands, whichever row it is in."""
    match node:
        case ast.Dict(keys, values):
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield from _elements(key, (*part, "keys"))
                yield from _elements(value, (*part, "values"))
        case ast.Tuple(items) | ast.List(items) | ast.Set(items):
            for i, item in enumerate(items):
                yield from _elements(item, (*part, i if part else "items"))
        case _:
            yield part, node
