"""Ways through a syntax tree that do not recurse: source may nest as deep as it likes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node


def text_of(node: Node) -> str:
    """Return the source of ``node``."""
    return (node.text or b"").decode("utf-8", "replace")


def preorder(root: Node, enter: Callable[[Node], bool]) -> Iterator[Node]:
    """Yield ``root`` and what is below it, parents first, children of nodes to ``enter`` only."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        if enter(node):
            waiting += reversed(node.children)


def leaves(root: Node, *, before: int | None = None) -> Iterator[Node]:
    """Yield the tokens of ``root`` without comments; a string or pattern is one token.

    Args:
        root: where to begin.
        before: only tokens that begin before this byte.
    """
    for node in preorder(root, lambda n: not (is_verbatim(n) or is_comment(n))):
        if before is not None and node.start_byte >= before:
            return
        if is_comment(node):
            continue
        if is_verbatim(node) or not node.child_count:
            yield node


def is_comment(node: Node) -> bool:
    """Return whether ``node`` is a comment."""
    return node.is_extra and "comment" in node.type


_VERBATIM = ("string", "char_literal", "character_literal", "regex", "rune_literal", "jsx_text")


def is_verbatim(node: Node) -> bool:
    """Return whether every byte of ``node`` counts, blanks included."""
    return node.is_named and any(part in node.type for part in _VERBATIM)
