"""Where the survivors came from: a tree of them and their ancestors. Pure.

A chain without branches stays on one level, however long it is, and the middle of a long
one is folded: only branches go deeper, and there are no more of them than survivors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sigil.optimize.history import Candidate
from sigil.optimize.picture.facts import LONGEST_NOTE, Facts
from sigil.optimize.picture.markup import Markup, element
from sigil.optimize.present import SHORT, verdict
from sigil.search.model import BASELINE

MOST_SURVIVORS = 12
_LONG, _HEAD, _TAIL = 14, 4, 6
_MOST_FOLDED = 100


def survivors(facts: Facts) -> list[Candidate]:
    """Return who is shown with their ancestors: the winner, what was measured anew, the front."""
    chosen = [facts.winner] if facts.winner else []
    chosen += [candidate for candidate in facts.ranked if candidate.confirmed]
    chosen += facts.front
    unique = {candidate.id: candidate for candidate in chosen}
    return list(unique.values())[:MOST_SURVIVORS]


def lineage(facts: Facts, hues: Mapping[str, int]) -> Markup:
    """Return the tree, from the unchanged code down."""
    chains = [facts.history.lineage(candidate) for candidate in survivors(facts)]
    kept = {step.id: step for chain in chains for step in chain}
    children: dict[str, list[Candidate]] = {}
    for step in sorted(kept.values(), key=lambda c: facts.numbers.get(c.id, 0)):
        children.setdefault(step.parent, []).append(step)
    best = {step.id for step in facts.history.lineage(facts.winner)} if facts.winner else set[str]()
    tree = _Tree(facts, hues, children, frozenset(best))
    root = element("li", element("span", "unchanged code", class_="what"), class_="step root")
    return element("div", element("ol", root, class_="chain"), *tree.below(BASELINE),
                   class_="lineage")  # fmt: skip


class _Tree:
    """Draws what is below a candidate."""

    def __init__(
        self,
        facts: Facts,
        hues: Mapping[str, int],
        children: Mapping[str, Sequence[Candidate]],
        best: frozenset[str],
    ):
        self._facts = facts
        self._hues = hues
        self._children = children
        self._best = best

    def below(self, parent: str) -> list[Markup]:
        """Return one block per child; an only child continues the chain of its parent."""
        found = self._children.get(parent, ())
        blocks = [self._block(child) for child in found]
        return blocks if len(found) == 1 else [element("div", b, class_="branch") for b in blocks]

    def _block(self, candidate: Candidate) -> Markup:
        chain = [candidate]
        while len(self._children.get(chain[-1].id, ())) == 1:
            chain.append(self._children[chain[-1].id][0])
        return element("div", *self._folded(chain), *self.below(chain[-1].id))

    def _folded(self, chain: Sequence[Candidate]) -> list[Markup]:
        if len(chain) <= _LONG:
            return [self._chain(chain)]
        middle = chain[_HEAD:-_TAIL]
        said = f"{len(middle)} steps between"
        if len(middle) > _MOST_FOLDED:
            said += f", the last {_MOST_FOLDED} of which are here"
        folded = self._chain(middle[-_MOST_FOLDED:])
        return [
            self._chain(chain[:_HEAD]),
            element("details", element("summary", said), folded),
            self._chain(chain[-_TAIL:]),
        ]

    def _chain(self, chain: Sequence[Candidate]) -> Markup:
        return element("ol", *map(self._step, chain), class_="chain")

    def _classes(self, candidate: Candidate) -> list[str]:
        found = ["step", f"p{self._hues.get(candidate.proposer, 0)}"]
        found += ["kept"] if candidate.id in self._best else []
        return found if candidate.id in self._children else [*found, "leaf"]

    def _step(self, candidate: Candidate) -> Markup:
        facts, found = self._facts, candidate.verdict
        scores = [
            f"{facts.value(found, index)} · {facts.gain(found, index)}".removesuffix(" · ")
            for index in range(len(found.costs) if found else 0)
            if found
        ]
        is_winner = facts.winner is not None and candidate.id == facts.winner.id
        state = "winner" if is_winner else verdict(candidate)
        kind = "accepted" if candidate.accepted else "plain"
        return element(
            "li",
            element("span", facts.prose(candidate.note, LONGEST_NOTE) or "no note", class_="what"),
            element("span", "; ".join(scores), class_="score"),
            element(
                "span",
                element("code", candidate.id[:SHORT]),
                f" {facts.prose(candidate.proposer, 40)} ",
                element("span", state, class_=f"tag {kind}"),
                class_="who",
            ),
            class_=" ".join(self._classes(candidate)),
        )
