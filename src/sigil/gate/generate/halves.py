"""Which scenarios are seen, and which are sealed?

Split by ratio and seed, claim by claim: whatever has two scenarios or more has one in each half.
Every row draws for itself, so one row more moves at most one other.
The split of a table's rows is a function of the seed, which is public, so anybody can tell which
rows are held out: that those values count is written in the intent anyway. What nobody can tell
without the key is drawn from a secret: how variants are built.

Pure. Not here: sealing (`writing`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sigil.gate.generate.model import Sketch
from sigil.gate.generate.variants import variants

Stream = Callable[..., random.Random]
"""Returns chance for a seed and labels; `sigil.effects.random_stream`."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Sketches, split.

    Args:
        visible: in the order of the intent.
        holdout: in an order that the secret decides; of each claim, the sketch that asks the most
            comes before those to fall back to.
    """

    visible: tuple[Sketch, ...]
    holdout: tuple[tuple[Sketch, ...], ...]


@dataclass(frozen=True, slots=True)
class Split:
    """How to split.

    Args:
        ratio: of holdouts among the scenarios of one claim, 0 to 1.
        seed: decides which rows are held out.
        secret: decides all else of the holdouts.
        stream: of chance.
    """

    ratio: float
    seed: int
    secret: int = field(repr=False)
    stream: Stream

    def of(self, sketches: Sequence[Sketch]) -> Halves:
        """Return both halves of what an intent came to."""
        visible: list[Sketch] = []
        holdout: list[tuple[Sketch, ...]] = []
        for ours in claims(sketches).values():
            seen, kept = self._of_claim(ours, sketches)
            visible += seen
            holdout += kept
        self.stream(self.secret, "order").shuffle(holdout)
        return Halves(tuple(visible), tuple(holdout))

    def _of_claim(
        self, ours: Sequence[Sketch], others: Sequence[Sketch]
    ) -> tuple[list[Sketch], list[tuple[Sketch, ...]]]:
        if self.ratio <= 0:
            return list(ours), []
        if len(ours) == 1:
            found = self._variants(ours[0], others)
            return list(ours), [found] if found else []
        count = min(max(round(len(ours) * self.ratio), 1), len(ours) - 1)
        drawn = [self.stream(self.seed, "row", sketch.clauses[0]).random() for sketch in ours]
        places = set(sorted(range(len(ours)), key=drawn.__getitem__)[:count])
        seen = [sketch for place, sketch in enumerate(ours) if place not in places]
        kept = [sketch for place, sketch in enumerate(ours) if place in places]
        return seen, [self._variants(sketch, seen) or (sketch,) for sketch in kept]

    def _variants(self, sketch: Sketch, others: Sequence[Sketch]) -> tuple[Sketch, ...]:
        """Return variants that no other claim and no other row has a part in, but for asides."""
        chance = self.stream(self.secret, "variant", sketch.clauses[0])
        return variants(sketch, others, chance)


def claims(sketches: Sequence[Sketch]) -> dict[str, list[Sketch]]:
    """Return sketches by what they claim: a clause, or a table as a whole."""
    found: dict[str, list[Sketch]] = {}
    for sketch in sketches:
        found.setdefault(sketch.clauses[0].partition(".row-")[0], []).append(sketch)
    return found
