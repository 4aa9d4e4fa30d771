"""News of the steps that a service takes on the trust ladder, for whoever reads the ledger.

Where a service stands is computed from what happened (`sigil.gate.trust`) and never from this:
a step that was not told of, or was told of twice, changes nothing but what people read.

Not here: the rules of the ladder (`sigil.gate.trust`).
"""

from __future__ import annotations

from datetime import datetime

from sigil.gate.policy import Gate
from sigil.gate.record.events import TRANSITION
from sigil.gate.record.history import read_history
from sigil.gate.trust import Trust
from sigil.ledger.ledger import Ledger


def announce(ledger: Ledger, service: str, gate: Gate, moment: datetime) -> Trust:
    """Append ``trust.transition`` for each step that the ledger does not tell of yet.

    Args:
        ledger: able to sign.
        service: whose steps.
        gate: whose evaluations and verdicts count.
        moment: until which.

    Returns:
        Where the service stands.

    Raises:
        SigilError: the ledger is not what it should be, or cannot be written.
    """
    history = read_history(ledger, service, gate)
    told = {entry.body.get("step") for entry in history.entries if entry.kind == TRANSITION}
    trust = history.trust(moment)
    for number, step in enumerate(trust.history, start=1):
        if number not in told:
            body = {
                "step": number,
                "before": step.before.value,
                "after": step.after.value,
                "reason": step.reason,
            }
            ledger.append(TRANSITION, service, body)
    return trust
