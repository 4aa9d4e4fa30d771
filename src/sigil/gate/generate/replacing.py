"""Why a scenario goes although something holds the service to its claim still.

Of a holdout it says a cause, and never a word of its text: that it asked in between for what the
intent no longer says, but not what that was. That is the operator's to know, who has the key; where
no text was opened, only ``--rotate`` replaces one, since nothing else goes on without the key.

Pure. Not here: scenarios that nothing takes the place of (`losses`), what is done (`writing`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.model import Sketch
from sigil.gate.generate.recalling import asks_what_is_gone
from sigil.gate.generate.traceability import changed, clauses_of
from sigil.gate.generate.validating import Candidate
from sigil.gate.intent import Intent
from sigil.gate.model import Half

_HALVES: Final[Mapping[Half, str]] = {"visible": "visible", "holdout": "sealed"}
_MADE: Final[Mapping[Half, str]] = {"visible": "written", "holdout": "sealed"}
ROTATED: Final = "--rotate replaces all of them"
SECRETS: Final = "the holdouts of this intent were not made of one secret"
GONE: Final = "it asked in between for what the intent no longer says"
REST: Final = "something else that it is made of has changed"


@dataclass(frozen=True, slots=True)
class Replaced:
    """A scenario that is to go because another takes its place.

    Args:
        half: that it is in.
        clauses: ids of what it held the service to.
        reason: what became of that, and why, as a clause.
    """

    half: Half
    clauses: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """What an exam had of an intent, and what it is to have.

    Args:
        table: of traceability, as it was.
        intent: as it is now.
        digest: of its bytes.
        seed: of the split, now.
        ratio: of the split, now.
        texts: of the holdouts that were opened, by id.
        is_one_secret: whether all of them were made of the same.
        after: all that the exam is to have of the intent.
        new: those of them that are to be written or sealed anew.
    """

    table: Mapping[str, Any]
    intent: Intent
    digest: str
    seed: int
    ratio: float
    texts: Mapping[str, str] = field(repr=False)
    is_one_secret: bool
    after: Sequence[Candidate] = field(repr=False)
    new: Sequence[Candidate] = field(repr=False)

    def replaced(self, going: Mapping[str, Half]) -> dict[str, Replaced]:
        """Return what becomes of each scenario that goes and is not lost, by its id.

        Args:
            going: the half of each.
        """
        if not going:
            return {}
        others, sketches = changed(self.table, self.intent), compile_intent(self.intent).sketches
        found: dict[str, Replaced] = {}
        for id_, half in going.items():
            clauses = clauses_of(self.table, self.intent.path, id_)
            fate = fate_of(half, clauses, self.after, self.new)
            if not others.isdisjoint(clauses):
                reason = f"the claim has changed, and {fate.of_changed}"
            else:
                moved = self._moved(clauses)
                anew = self._anew(self.texts.get(id_), clauses, others, sketches)
                why = moved if fate.is_move else anew if half == "holdout" else ""
                reason = f"{fate.of_same}{f', because {why}' if why else ''}"
            found[id_] = Replaced(half, clauses, reason)
        return found

    def _moved(self, clauses: Sequence[str]) -> str:
        """Return why a claim is in the other half now; nothing where that is not known."""
        entry: Mapping[str, Any] = self.table["intents"].get(self.intent.path, {})
        if entry.get("seed", self.seed) != self.seed:
            return "--seed is another now"
        if entry.get("ratio", self.ratio) != self.ratio:
            return "--ratio is another now"
        tables = {clause.partition(".row-")[0] for clause in clauses if ".row-" in clause}
        if len(tables) != 1 or entry.get("digest") == self.digest:
            return ""
        (table,) = tables
        halves = [one.half for one in self.after if one.clauses[0].startswith(f"{table}.row-")]
        held = halves.count("holdout")
        verb = "is" if held == 1 else "are"
        return f"{held} of the {len(halves)} rows of {table} {verb} to be sealed"

    def _anew(
        self,
        text: str | None,
        clauses: Sequence[str],
        others: Collection[str],
        sketches: Sequence[Sketch],
    ) -> str:
        """Return why a holdout does not hold any more, though its own claim says the same.

        Args:
            text: of it; None if it was not opened.
            clauses: that it held the service to.
            others: ids of clauses that say something else now.
            sketches: of the intent as it is now.
        """
        if text is None:
            return ROTATED
        if not self.is_one_secret:
            return SECRETS
        if asks_what_is_gone(text, sketches):
            return GONE
        ours = [one for one in sketches if not set(clauses).isdisjoint(one.clauses)]
        before = {step.clause for one in ours for step in one.steps}.intersection(others)
        return f"it goes on from {' and '.join(sorted(before))}" if before else REST


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a claim.

    Args:
        is_move: whether it is in the other half now.
        of_same: said of a claim that says the same.
        of_changed: said of one that has changed.
    """

    is_move: bool
    of_same: str
    of_changed: str


def fate_of(
    half: Half, clauses: Sequence[str], after: Sequence[Candidate], new: Sequence[Candidate]
) -> Fate:
    """Return what becomes of the claim of a scenario that goes and is not lost.

    Args:
        half: that it is in.
        clauses: ids of what it held the service to.
        after: all that the exam is to have of the intent.
        new: those of them that are to be written or sealed anew.
    """
    ours = set(clauses)
    other: Half = "visible" if half == "holdout" else "holdout"
    is_new = any(one.half == half and not ours.isdisjoint(one.clauses) for one in new)
    is_there = any(one.half == other and not ours.isdisjoint(one.clauses) for one in after)
    if is_there and not is_new:
        where = f"is in the {_HALVES[other]} half now"
        return Fate(True, f"the claim {where}", where)
    anew = f"another is {_MADE[half]} for"
    return Fate(False, f"{anew} the same claim", f"{anew} it")
