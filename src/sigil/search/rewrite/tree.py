"""A definition's nodes in the order of its text, walked once, and which holds which.

libcst gathers the children of a node anew each time that it is asked for them, and rules ask
all the time. Not here: what the nodes mean (`facts`, `binding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

import libcst as cst

Node = TypeVar("Node", bound=cst.CSTNode)


class Tree:
    """What is below a node. No node may be in it twice.

    Args:
        root: the node.
    """

    def __init__(self, root: cst.CSTNode):
        self._order: list[cst.CSTNode] = []
        self._spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._of_kind: dict[type[cst.CSTNode], list[cst.CSTNode]] = {}
        self._enter(root)

    def _enter(self, root: cst.CSTNode) -> None:
        waiting: list[tuple[cst.CSTNode, int]] = [(root, -1)]
        while waiting:
            node, begins = waiting.pop()
            if begins >= 0:
                self._spans[node] = begins, len(self._order)
                continue
            waiting.append((node, len(self._order)))
            self._order.append(node)
            for child in reversed(node.children):
                self._parents[child] = node
                waiting.append((child, -1))

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """Return the node that holds ``node``; None for the root and for nodes of elsewhere."""
        return self._parents.get(node)

    def walk(self, node: cst.CSTNode) -> Sequence[cst.CSTNode]:
        """Return ``node`` and all below it in source order, also if it is not of this tree."""
        span = self._spans.get(node)
        return list(walk(node)) if span is None else self._order[span[0] : span[1]]

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """Return all nodes of a kind in source order."""
        found = self._of_kind.get(kind)
        if found is None:
            found = self._of_kind[kind] = [n for n in self._order if isinstance(n, kind)]
        return [node for node in found if isinstance(node, kind)]


def walk(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield ``root`` and every node below it, in source order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
