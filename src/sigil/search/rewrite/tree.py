"""A definition's nodes in the order of its text, walked once, and which holds which.

libcst gathers the children of a node anew each time that it is asked for them, and rules ask
all the time. Not here: what the nodes mean (`facts`, `binding`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TypeVar, cast

import libcst as cst

Node = TypeVar("Node", bound=cst.CSTNode)
_NODE_TYPES = frozenset(
    found
    for found in vars(cst).values()
    if isinstance(found, type) and issubclass(found, cst.CSTNode)
)


class Tree:
    """What is below a node. No node may be in it twice.

    Args:
        root: the node.
    """

    def __init__(self, root: cst.CSTNode):
        self._order: list[cst.CSTNode] = []
        self._spans: dict[cst.CSTNode, tuple[int, int]] = {}
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._of_kind: dict[object, Sequence[cst.CSTNode]] = {}
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

    def nodes(
        self, kind: type[Node] | tuple[type[Node], ...], below: cst.CSTNode | None = None
    ) -> Sequence[Node]:
        """Return all nodes of a kind (or of several) in source order, by default of all."""
        if below is not None:
            return cast("Sequence[Node]", _selected(kind, self.walk(below)))
        if kind not in self._of_kind:
            self._of_kind[kind] = _selected(kind, self._order)
        return cast("Sequence[Node]", self._of_kind[kind])


def _selected(
    kind: type[cst.CSTNode] | tuple[type[cst.CSTNode], ...], nodes: Sequence[cst.CSTNode]
) -> Sequence[cst.CSTNode]:
    # To ask each node itself is slow: its classes are abstract ones.
    types = _types(kind)
    return [node for node in nodes if type(node) in types]


@cache
def _types(
    kind: type[cst.CSTNode] | tuple[type[cst.CSTNode], ...],
) -> frozenset[type[cst.CSTNode]]:
    return frozenset(found for found in _NODE_TYPES if issubclass(found, kind))


def walk(root: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield ``root`` and every node below it, in source order."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
