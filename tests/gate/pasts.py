"""A ledger with a long past: the shortest one that leads to AUTO."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.gate.evaluations import reviewer_of

from sigil.gate.decision import Verdict
from sigil.gate.feedback import Disclosure
from sigil.gate.record import events
from sigil.gate.record.events import Complete, Decided, Hundredths, Provenance
from sigil.gate.trust import Ladder, Tier
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger
from sigil.testing.clocks import FixedClock

_LADDER = Ladder()


def make_auto_past(path: Path, signer: keys.PrivateKey) -> None:
    """Write a past of two months in which humans always agreed and nothing went wrong."""
    clock = FixedClock(datetime.now(UTC) - timedelta(days=60))
    ledger = Ledger.create(path, signer, clock=clock)
    human = Ledger.open(path, reviewer_of(path), clock=clock)
    ledger.append(events.ENROLLED, "api", {})
    for number in range(_LADDER.advisory_evals + 2):
        clock.advance(3600)
        is_judged = number < _LADDER.shadow_evals and number % 2 == 0
        is_recent = number > _LADDER.advisory_evals - _LADDER.window - 2
        _tell(ledger, number, is_recent=is_recent)
        if is_judged:
            body = {"eval": f"eval_{number}", "verdict": _verdict(number).value}
            human.append(events.VERDICT, "api", body)


def _verdict(number: int) -> Verdict:
    return Verdict.BLOCK if number % 4 == 0 else Verdict.ALLOW


def _tell(ledger: Ledger, number: int, *, is_recent: bool) -> None:
    verdict = _verdict(number)
    some = f"sha256:{number:064x}"
    about = Provenance(some, some, some, "0x0", some, "sigil@0")
    if is_recent:
        ledger.append(events.COMPLETE, "api", events.complete_body(_complete(number, about)))
    ledger.append(events.DECISION, "api", events.decision_body(_decided(number, verdict, about)))


def _complete(number: int, about: Provenance) -> Complete:
    return Complete(
        eval=f"eval_{number}",
        ref="change",
        commit="0" * 40,
        provenance=about,
        overall=Hundredths(100, 100),
        visible=None,
        holdout=None,
        scenarios={"visible": 2, "holdout": 2},
        complete=True,
        disclosed=Disclosure.NOTHING,
    )


def _decided(number: int, verdict: Verdict, about: Provenance) -> Decided:
    return Decided(
        eval=f"eval_{number}",
        verdict=verdict,
        recommended=verdict,
        reasons=[],
        tier=Tier.SHADOW,
        provenance=about,
        commit="0" * 40,
        base="0" * 40,
        size=number,
        nonce=f"{number:032x}",
        expires=datetime.now(UTC),
    )
