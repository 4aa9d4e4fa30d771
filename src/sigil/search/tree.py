"""The guide of the optimizer ``tree``: PUCT search over a tree of candidates.

A node is a candidate, its parent the candidate that it was made from, the root the
baseline. To find where to start from, one walks down from the root: at each node either it
is widened (more is made from it) or the walk goes on to the child with the greatest

    value + c * prior * sqrt(visits of the node) / (1 + visits of the child)

The value of a node is half its own and half the best worth of its subtree, worth being the
rank among all nodes (`sigil.search.ranking`), so that it needs neither a scale of the costs
nor a weight between objectives; the prior of a child is its own worth, as a share among its
siblings. Each walk counts as a visit of the nodes on it whether or not anything comes of
it, so that a node whose changes all fail is left. A node is widened while it was chosen
less often than ``widening * sqrt(visits)``.

Sources: Silver et al. 2017 (AlphaGo Zero), methods, for the rule; Rosin 2011, for
predictors in a bandit; Coulom 2007, for progressive widening; Schadd et al. 2008, for
backing up the best in a search of one player.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sigil.search.archive import Costs, Entry, Stream
from sigil.search.model import BASELINE
from sigil.search.population import Placed
from sigil.search.ranking import worths

_WALKS = 4
"""How many walks may be made for each parent; some end where an earlier one did."""
_LEAST_PRIOR = 0.05


@dataclass(slots=True)
class _Node:
    """A candidate in the tree.

    Args:
        entry: None where it failed when measured again, or has no costs: it is only passed.
        parent: id; None for the root.
        children: ids, in order of adding.
        visits: how many walks passed or ended here.
        opened: how many ended here.
    """

    entry: Entry | None
    parent: str | None
    children: list[str] = field(default_factory=list[str])
    visits: int = 0
    opened: int = 0


class Tree:
    """Candidates by descent. Implements `Guide`.

    Args:
        parents: how many a round starts from at most.
        nodes: how many are remembered; the least worthy leaves go first. Up to twice as
            many are held between two clearances.
        exploration: c of the rule, in hundredths.
        widening: of a node, in tenths.
    """

    def __init__(
        self,
        *,
        parents: int = 4,
        nodes: int = 256,
        exploration: int = 100,
        widening: int = 5,
    ):
        self._nodes: dict[str, _Node] = {BASELINE: _Node(None, None)}
        self._parents = parents
        self._size = nodes
        self._exploration = exploration / 100
        self._widening = widening / 10
        self._known: tuple[dict[str, float], dict[str, float]] | None = None

    @property
    def kept(self) -> dict[str, Costs]:
        """Return the costs of all nodes that can be started from."""
        return {name: node.entry.costs for name, node in self._nodes.items() if node.entry}

    def begin(self, front: Sequence[Entry]) -> None:
        """Do nothing: walks are all alike."""

    def parents(self, stream: Stream, front: Sequence[Entry]) -> list[Entry]:
        """Return where the next walks end. Nothing is left to chance."""
        del stream, front
        worth, values = self._judged()
        taken: dict[str, Entry] = {}
        for _ in range(_WALKS * self._parents):
            if len(taken) == self._parents:
                break
            found = self._walk(worth, values, taken)
            if found is not None:
                taken[found.id] = found
        return list(taken.values())

    def add(self, entry: Entry, parent: str, placed: Placed) -> None:
        """Hang a node below the one that it was made from, or below the root."""
        del placed
        self._known = None
        if entry.id in self._nodes:
            self._nodes[entry.id].entry = entry
            return
        above = parent if parent in self._nodes else BASELINE
        self._nodes[entry.id] = _Node(entry, above)
        self._nodes[above].children.append(entry.id)
        if len(self._nodes) > 2 * self._size:
            self._cut()

    def revise(self, name: str, costs: Costs, ties: Costs) -> None:
        """Correct a node; without costs it is only passed from now on."""
        node = self._nodes.get(name)
        if node is not None and node.entry is not None:
            self._known = None
            node.entry = replace(node.entry, costs=costs, ties=ties) if costs else None

    def _walk(
        self, worth: Mapping[str, float], values: Mapping[str, float], taken: Mapping[str, Entry]
    ) -> Entry | None:
        """Return where one walk ends; None if that is taken, or nothing to start from."""
        name = BASELINE
        while True:
            node = self._nodes[name]
            node.visits += 1
            free = node.entry if name not in taken else None
            wide = node.opened >= self._widening * math.sqrt(node.visits)
            if free is not None and not (node.children and wide):
                node.opened += 1
                return free
            if not node.children:
                return None
            name = self._preferred(node, worth, values)

    def _preferred(
        self, node: _Node, worth: Mapping[str, float], values: Mapping[str, float]
    ) -> str:
        """Return the child that the rule prefers; of equals the oldest."""
        priors = {name: worth.get(name, 0.0) + _LEAST_PRIOR for name in node.children}
        scale = self._exploration * math.sqrt(node.visits) / sum(priors.values())
        return max(
            node.children,
            key=lambda name: values[name] + scale * priors[name] / (1 + self._nodes[name].visits),
        )

    def _judged(self) -> tuple[dict[str, float], dict[str, float]]:
        """Return the worth of each node with costs, and the value of every node."""
        if self._known is None:
            worth = worths([node.entry for node in self._nodes.values() if node.entry])
            best = {name: worth.get(name, 0.0) for name in self._nodes}
            for name, node in reversed(self._nodes.items()):  # children stand after parents
                if node.parent is not None:
                    best[node.parent] = max(best[node.parent], best[name])
            values = {name: (worth.get(name, 0.0) + best[name]) / 2 for name in best}
            self._known = worth, values
        return self._known

    def _cut(self) -> None:
        """Drop the least worthy leaves, the oldest first, and what becomes a leaf thereby."""
        worth, _ = self._judged()
        age = {name: node.entry.age if node.entry else -1 for name, node in self._nodes.items()}
        leaves = [
            (worth.get(name, -1.0), age[name], name)
            for name, node in self._nodes.items()
            if not node.children and node.parent is not None
        ]
        heapq.heapify(leaves)
        while leaves and len(self._nodes) > self._size:
            _, _, name = heapq.heappop(leaves)
            above = self._nodes.pop(name).parent
            assert above is not None  # the root is never among the leaves
            parent = self._nodes[above]
            parent.children.remove(name)
            if not parent.children and parent.parent is not None:
                heapq.heappush(leaves, (worth.get(above, -1.0), age[above], above))
        self._known = None
