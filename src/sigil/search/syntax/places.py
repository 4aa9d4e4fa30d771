"""Does the code around a region keep its place in the tree when only the region changes?

What `sigil.search.skeleton` asks of Python, asked of the other languages: a region that
closes a block early, or opens one, takes over the code after it without touching a byte of
it. So every node that begins outside must stand where it stood.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sigil.search.syntax.grammars import parse

if TYPE_CHECKING:
    from tree_sitter import Node

_Place = tuple[int, int, int, str, int]
"""Of a node: row and column of its start, row of its end (-1: in a region), kind, depth."""


def surroundings(text: str, grammar: str, spans: tuple[tuple[int, int], ...]) -> tuple[_Place, ...]:
    """Return where each node outside of the lines ``spans`` stands, lines of regions left out.

    Equal for two versions that differ inside the regions only, unless a region reaches out.
    """
    rows = tuple((first - 1, last - 1) for first, last in spans)
    return tuple(_places(parse(text, grammar).root_node, rows))


def _places(root: Node, rows: tuple[tuple[int, int], ...]) -> Iterator[_Place]:
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        begins = _outside(node.start_point.row, rows)
        ends = _outside(node.end_point.row, rows)
        if begins >= 0 or ends >= 0:
            column = node.start_point.column if begins >= 0 else -1
            yield begins, column, ends, node.type, depth
        elif any(
            first <= node.start_point.row and node.end_point.row <= last for first, last in rows
        ):
            continue  # it and all below it lie inside of one region
        waiting += [(child, depth + 1) for child in reversed(node.children)]


def _outside(row: int, rows: tuple[tuple[int, int], ...]) -> int:
    """Return ``row`` less the rows of regions before it, or -1 inside of one."""
    left = row
    for first, last in rows:
        if first <= row <= last:
            return -1
        if last < row:
            left -= last - first + 1
    return left
