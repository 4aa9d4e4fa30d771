"""What the ledger holds of one service, out of a ledger that was just verified.

Every entry is read with its signature checked, and counts only for what its signer may say: an
evaluation and a decision are an evaluator's, a human's verdict is a reviewer's. What speaks against
a service, an override or an incident, counts whoever of the trusted says it.

Not here: what the entries mean (`sigil.gate.record.events`), what they lead to
(`sigil.gate.trust`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sigil.gate.policy import Gate
from sigil.gate.record import events
from sigil.gate.record.events import Complete, Decided, Signers
from sigil.gate.record.told import Vouched, trust_events, vouched
from sigil.gate.trust import Trust, trust
from sigil.ledger.ledger import Ledger
from sigil.ledger.statement import Entry


@dataclass(frozen=True, slots=True)
class History:
    """One service's past.

    Args:
        entries: in the ledger's order.
        service: whose.
        signers: who may say what.
        current: when the ledger was last known to hold all there is: with a remote the last sync
            with it, without one the time of its newest state.
    """

    entries: tuple[Entry, ...]
    service: str
    signers: Signers
    current: datetime

    def completed(self) -> list[Complete]:
        """Return the evaluations by those whose word counts, oldest first.

        Raises:
            LedgerBroken: an entry of another shape.
        """
        return events.completed(self.entries, self.service, self.signers)

    def submitted(self) -> list[Complete]:
        """Return the evaluations by whomever the ledger trusts, oldest first.

        What somebody was told of holdouts is told, also by an evaluator that the policy does not
        name, or names no more.

        Raises:
            LedgerBroken: an entry of another shape.
        """
        return events.submitted(self.entries, self.service)

    def decided(self) -> list[tuple[Entry, Decided]]:
        """Return the decisions with their entries, oldest first.

        Raises:
            LedgerBroken: an entry of another shape.
        """
        return [
            (entry, known)
            for entry in self.entries
            for known in events.decided([entry], self.service, self.signers)
        ]

    def vouched(self) -> Vouched:
        """Return the evaluations whose scores a reviewer vouches for.

        Raises:
            LedgerBroken: an entry of another shape.
        """
        return vouched(self.entries, self.service, self.signers)

    def trust(self, moment: datetime) -> Trust:
        """Return where the service stands.

        Raises:
            LedgerBroken: an entry of another shape.
        """
        return trust(trust_events(self.entries, self.service, self.signers), moment)


def signers_of(gate: Gate) -> Signers:
    """Return whose evaluations and verdicts a policy lets count."""
    return Signers(frozenset(gate.evaluators), frozenset(gate.reviewers))


def read_history(ledger: Ledger, service: str, gate: Gate, *, is_noted: bool = True) -> History:
    """Verify the ledger, and return what it holds of a service.

    Args:
        ledger: whose pin says which keys count at all.
        service: whose past.
        gate: of the base ref: whose evaluations and verdicts count.
        is_noted: whether what was found is remembered as seen; False writes nothing, for whoever
            holds the ledger's turn, and whose append remembers it anyway.

    Raises:
        LedgerBroken, LedgerForked, KeyMissing: it is not what it should be.
    """
    known = ledger.known()
    checked = ledger.check() if is_noted else ledger.verify(known.keys, known)
    entries = checked.snapshot.genuine(known.keys, service=service)
    return History(tuple(entries), service, signers_of(gate), ledger.synced_at or checked.ts)
