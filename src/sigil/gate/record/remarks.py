"""What people put on record about one evaluation, as its operator reads it: who, what, why, when.

Pure: entries in, remarks out.

    verdict.human     what somebody would have decided
    override.human    somebody set the decision aside
    incident.<tag>    its change went wrong in production

Not here: what follows from them (`sigil.gate.record.told`, `sigil.gate.trust`), putting them on
record (`sigil.gate.acting`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sigil.gate.record.events import INCIDENT, OVERRIDE, VERDICT, Recorded, read_body


class Numbered(Recorded, Protocol):
    """An entry with its place in the ledger."""

    @property
    def seq(self) -> int:
        """Its number."""
        ...


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that somebody said.

    Args:
        kind: of the entry.
        decided: what was set aside; empty but for an override.
        verdict: what holds instead, or what somebody would have decided; empty for an incident.
        reason: in their words; may be empty.
        key: that signed it.
        ts: when, as far as the ledger goes.
        entry: its number in the ledger.
    """

    kind: str
    decided: str
    verdict: str
    reason: str
    key: str
    ts: datetime
    entry: int

    @property
    def what(self) -> str:
        """What was said, in a few words."""
        if self.kind == OVERRIDE:
            return f"{self.decided} overridden to {self.verdict}"
        if self.kind == VERDICT:
            return f"a human would say {self.verdict}"
        return f"incident {self.kind.removeprefix(INCIDENT)}"


@dataclass(frozen=True, slots=True)
class _Body:
    """What the three kinds say, as far as it is shown."""

    eval: str = ""
    decided: str = ""
    verdict: str = ""
    reason: str = ""
    note: str = ""


def remarks(entries: Iterable[Numbered], name: str) -> list[Remark]:
    """Return what was said of an evaluation, oldest first.

    Args:
        entries: in the ledger's order.
        name: id of the evaluation.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    found: list[Remark] = []
    for entry in entries:
        if entry.kind not in {OVERRIDE, VERDICT} and not entry.kind.startswith(INCIDENT):
            continue
        said = read_body(entry, _Body)
        if said.eval == name:
            why = said.reason or said.note
            found.append(
                Remark(entry.kind, said.decided, said.verdict, why, entry.key, entry.ts, entry.seq)
            )
    return found
