"""Which scenarios an exam would lose if an intent were compiled anew.

A scenario is lost if nothing of the same clause takes its place, or if its clause is on no record.
One that moved to the other half, as rows of a table do under another seed, is not lost.

Pure. Not here: what becomes of those that are not lost (`replacing`), what is done about it
(`sigil.gate.generate.writing`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sigil.gate.generate import formerly
from sigil.gate.generate.model import Uncompiled
from sigil.gate.generate.traceability import Covered, lines_of
from sigil.gate.generate.validating import Candidate, Validation
from sigil.gate.intent import Intent
from sigil.gate.intent.rows import both_names_of_rows
from sigil.gate.model import Half

_NO_RECORD: Final = "what it held the service to is on no record"


@dataclass(frozen=True, slots=True)
class Loss:
    """A scenario that an exam has and would not have any more.

    Args:
        id: of it.
        half: that it is in.
        clause: that it holds the service to; None if it is on no record.
        line: of the clause in the intent; None if it is not there any more.
        reason: why nothing takes its place, as a clause.
    """

    id: str
    half: Half
    clause: str | None
    line: int | None
    reason: str

    @property
    def where(self) -> str:
        """The clause and its line, as far as they are known."""
        line = "" if self.line is None else f"line {self.line}"
        return ", ".join(filter(None, (self.clause, line)))


def losses(
    before: Sequence[Covered],
    after: Sequence[Candidate],
    staying: Collection[str],
    reasons: Mapping[str, str],
    intent: Intent,
    *,
    retired: Sequence[str],
) -> tuple[Loss, ...]:
    """Return what would be lost, each once, in the order of ``before``, then of ``retired``.

    Args:
        before: what holds the service to each clause, as far as it is really there.
        after: all that the exam is to have of the intent.
        staying: ids that the exam goes on to have.
        reasons: why nothing came of a clause, as `reasons_of` gives them.
        intent: as it is now.
        retired: ids of the holdouts that are to go.
    """
    lines = lines_of(intent)
    renamed = _renamed(intent)
    found: dict[str, Loss] = {}
    for clause in before:
        reason = reasons.get(clause.clause) or _reason(clause.clause, lines, renamed)
        for half, id_ in _of_clause(clause, after, staying):
            line = lines.get(clause.clause)
            found.setdefault(id_, Loss(id_, half, clause.clause, line, reason))
    listed = {id_ for clause in before for id_ in clause.holdout}
    for id_ in retired:
        if id_ not in listed:
            found.setdefault(id_, Loss(id_, "holdout", None, None, _NO_RECORD))
    return tuple(found.values())


def _of_clause(
    clause: Covered, after: Sequence[Candidate], staying: Collection[str]
) -> Iterator[tuple[Half, str]]:
    """Yield what would be lost of one clause; what a half gains, the other may lose."""
    ours = [one.half for one in after if clause.clause in one.clauses]
    seen, sealed = ours.count("visible"), ours.count("holdout")
    moved_here = max(sealed - len(clause.holdout), 0)
    moved_there = max(seen - len(clause.visible), 0)
    for id_ in _lost(clause.visible, staying, seen + moved_here):
        yield "visible", id_
    for id_ in _lost(clause.holdout, staying, sealed + moved_there):
        yield "holdout", id_


def _lost(had: Sequence[str], staying: Collection[str], have: int) -> list[str]:
    """Return those that nothing takes the place of, the last ones first to go."""
    going = [id_ for id_ in had if id_ not in staying]
    missing = max(len(had) - have, 0)
    return going[len(going) - min(missing, len(going)) :]


def _reason(clause: str, lines: Collection[str], renamed: Mapping[str, str]) -> str:
    """Return why nothing takes the place of a clause's scenarios, if no other reason is known.

    Args:
        clause: its id.
        lines: ids that the intent has now.
        renamed: see `_renamed`.
    """
    if formerly.is_by_place(clause):
        return formerly.REASON
    if clause not in lines:
        gone = f"the intent has no such {'row' if '.row-' in clause else 'clause'} any more"
        return renamed.get(clause, gone)
    return "fewer scenarios come of it now"


def _renamed(intent: Intent) -> dict[str, str]:
    """Return why a row that stands there is not called so any more, by what it may have been."""
    found: dict[str, str] = {}
    for table in intent.tables:
        both = both_names_of_rows(table.heads, table.before, [row.cells for row in table.rows])
        for row, names in zip(table.rows, both, strict=True):
            alone, beside = (f"{table.id}.row-{name}" for name in names)
            if row.id == alone:
                found[beside] = f"one row alone asks for this now, and is called {alone}"
            else:
                found[alone] = "several rows ask for this now, and each is called by all it says"
    return found


def reasons_of(
    validations: Sequence[Validation], uncompiled: Sequence[Uncompiled]
) -> dict[str, str]:
    """Return why nothing, or less, came of each clause."""
    reasons = {one.clause: one.reason for one in uncompiled}
    for validation in validations:
        if validation.refused:
            reasons |= dict.fromkeys(validation.candidate.clauses, validation.refused)
    return reasons
