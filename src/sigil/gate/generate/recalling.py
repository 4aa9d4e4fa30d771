"""Find a sealed scenario again that still holds, although the intent around it has changed.

A variant also asks something in between that other clauses speak of, and what there is of that to
choose from grows with the intent. So a holdout is not told by its text alone: it is the same if it
does the same for its own clause, and asks in between what the intent still has.

Pure. Not here: how variants are built (`variants`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from sigil.gate.generate.lua import head_of, write
from sigil.gate.generate.model import Sketch, Step
from sigil.gate.generate.slots import Unresolved
from sigil.gate.generate.variants import IN_BETWEEN, asides, is_aside
from sigil.gate.intent import Intent

_ASIDE = re.compile(
    rf"^    -- ([0-9]+)\. {re.escape(IN_BETWEEN)}(.*(?:\n    --    .*)*)$", re.MULTILINE
)
_WRAPPED = re.compile(r"(?:\n    --)?\s")


@dataclass(frozen=True, slots=True)
class Recall:
    """Finds the text under which a scenario is sealed already.

    Args:
        intent: as it is now.
        note: the further line of the header of its holdouts.
        others: all sketches of the intent, without their variants.
        held: texts that are sealed.
    """

    intent: Intent
    note: str = field(repr=False)
    others: Sequence[Sketch]
    held: Collection[str] = field(repr=False)

    def text(self, sketches: Sequence[Sketch]) -> str | None:
        """Return the sealed text of one of these variants; None if none is sealed."""
        head = head_of(sketches[0], self.intent, self.note)
        for text in self.held:
            if text.startswith(f"{head}\n") and any(self._is(text, one) for one in sketches):
                return text
        return None

    def _is(self, text: str, sketch: Sketch) -> bool:
        """Say whether a text is a sketch but for what it asks in between."""
        known = {_plain(one.gist): one for one in asides(sketch, self.others)}
        steps: list[Step] = [step for step in sketch.steps if not is_aside(step)]
        for place, gist in _asides_in(text):
            if gist not in known or place > len(steps):
                return False
            steps.insert(place, known[gist])
        try:
            return write(replace(sketch, steps=tuple(steps)), self.intent, self.note) == text
        except (Unresolved, ValueError):
            return False


def asks_what_is_gone(text: str, sketches: Sequence[Sketch]) -> bool:
    """Say whether a sealed text asks in between for what none of an intent's sketches ask."""
    nothing = Sketch("", "", (), ())
    known = {_plain(one.gist) for one in asides(nothing, sketches)}
    return any(gist not in known for _, gist in _asides_in(text))


def _asides_in(text: str) -> Iterator[tuple[int, str]]:
    """Yield the place of each request in between, from 0, and what is said of it."""
    for found in _ASIDE.finditer(text):
        yield int(found[1]) - 1, _plain(f"{IN_BETWEEN}{found[2]}")


def _plain(gist: str) -> str:
    """Return it without the blanks and the marks that wrapping it puts in."""
    return _WRAPPED.sub("", gist)
