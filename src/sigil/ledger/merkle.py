"""A Merkle tree over a list that only grows, and short proofs about it.

The tree of RFC 6962, section 2.1: the left subtree of every node holds the largest power of two
of leaves that is smaller than the whole. Two kinds of proof: that a leaf is in a tree
(`inclusion`), and that a tree continues an earlier one (`consistency`). Neither takes more than
about log2(n) hashes, and checking one needs nothing but the roots.

Pure. Hashes are 32 raw bytes. Not here: what a leaf is (`sigil.ledger.statement`), who vouches
for a root (`sigil.ledger.checkpoint`).
"""

from __future__ import annotations

from collections.abc import Sequence

from sigil.canonical import merkle_empty, merkle_node

Frontier = tuple[bytes, ...]
"""The roots of the perfect subtrees that a tree is made of, largest first: one for every
binary one of its size. It is all that is needed to add leaves."""


def extend(frontier: Frontier, size: int, leaf: bytes) -> Frontier:
    """Return the frontier after one more leaf.

    Args:
        frontier: of the tree of ``size`` leaves.
        size: before the leaf is added.
        leaf: hash of the leaf.
    """
    kept = list(frontier)
    while size & 1:
        leaf = merkle_node(kept.pop(), leaf)
        size >>= 1
    return (*kept, leaf)


def root_of_frontier(frontier: Frontier) -> bytes:
    """Return the root of the tree with this frontier."""
    if not frontier:
        return merkle_empty()
    *larger, found = frontier
    for subtree in reversed(larger):
        found = merkle_node(subtree, found)
    return found


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the root of the tree over hashes of leaves. O(n)."""
    if not leaves:
        return merkle_empty()
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def _above(level: list[bytes]) -> list[bytes]:
    """Return the nodes over a level; a last one without a partner moves up as it is."""
    pairs = zip(level[::2], level[1::2], strict=False)
    above = [merkle_node(left, right) for left, right in pairs]
    return [*above, level[-1]] if len(level) % 2 else above


# --- is it in there? --------------------------------------------------------------------


def inclusion(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """Return the proof that leaf ``index`` is in the tree over ``leaves``.

    Returns:
        The siblings on the way to the root, lowest first; at most ceil(log2(n)) hashes.

    Raises:
        IndexError: there is no such leaf.

    Source: RFC 6962, section 2.1.1.
    """
    if not 0 <= index < len(leaves):
        raise IndexError(index)
    path: list[bytes] = []
    level = list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        level, index = _above(level), index >> 1
    return path


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether ``path`` proves that ``leaf`` stands at ``index`` of the tree.

    Args:
        leaf: hash of the leaf.
        index: its place, from 0.
        size: leaves of the tree.
        path: what `inclusion` returned, or anything else.
        root: of the tree.

    Source: RFC 9162, section 2.1.3.2.
    """
    if not 0 <= index < size:
        return False
    node, last, found = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = merkle_node(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = merkle_node(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


# --- does it continue the former one? ---------------------------------------------------


def consistency(leaves: Sequence[bytes], former: int) -> list[bytes]:
    """Return the proof that the tree over ``leaves`` continues that over its first ``former``.

    Returns:
        At most ceil(log2(n)) + 1 hashes; none if nothing was added, or if there was nothing.

    Raises:
        IndexError: ``former`` is negative or more than there are.

    Source: RFC 6962, section 2.1.2.
    """
    if not 0 <= former <= len(leaves):
        raise IndexError(former)
    if former in {0, len(leaves)}:
        return []
    return _subproof(leaves, former, known=True)


def _subproof(leaves: Sequence[bytes], former: int, *, known: bool) -> list[bytes]:
    """Prove it for a subtree; ``known``: whoever checks has the former root of it already."""
    if former == len(leaves):
        return [] if known else [root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left, right = leaves[:split], leaves[split:]
    if former <= split:
        return [*_subproof(left, former, known=known), root(right)]
    return [*_subproof(right, former - split, known=False), root(left)]


def consistent(
    former: int, former_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> bool:
    """Say whether ``path`` proves that the tree of ``size`` continues that of ``former`` leaves.

    Source: RFC 9162, section 2.1.4.2.
    """
    if not 0 <= former <= size:
        return False
    if former in {0, size}:
        expected = merkle_empty() if former == 0 else root
        return not path and former_root == expected
    node, last = former - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    hashes = list(path) if node else [former_root, *path]
    if not hashes:
        return False
    return _climb(node, last, hashes) == (former_root, root)


def _climb(node: int, last: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Return the former and the later root that ``hashes`` lead to; None if they lead nowhere."""
    first = second = hashes[0]
    for hashed in hashes[1:]:
        if last == 0:
            return None
        if node & 1 or node == last:
            first, second = merkle_node(hashed, first), merkle_node(hashed, second)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            second = merkle_node(second, hashed)
        node, last = node >> 1, last >> 1
    return (first, second) if last == 0 else None
