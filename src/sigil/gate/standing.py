"""May a decision that is on record still be acted on?

Pure. An ALLOW is bound to one change, one baseline, one exam and one state of the base branch; it
lasts for a short while, under the trust and the ledger of now, and for one merge. Whatever of this
does not hold turns it into a REVIEW; nothing turns anything into an ALLOW.

Not here: making the decision (`sigil.gate.decision`), merging (`sigil.gate.merging`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sigil.gate.decision import Code, Decision, Reason, Verdict
from sigil.gate.record.events import Decided
from sigil.gate.record.unfinished import Unfinished
from sigil.gate.trust import Tier


@dataclass(frozen=True, slots=True)
class Now:
    """What holds at the moment of acting.

    Args:
        moment: the time.
        commit: of the change, as its ref stands now.
        artifact: its digest.
        baseline: digest of where it left the base branch.
        base: commit of the base branch.
        control: its digest.
        tier: the service's.
        ledger_age_s: of the newest state of the ledger; None if unknown.
        freshness_s: how old it may be, and how long a decision lasts.
        used: nonces of the decisions that were acted on.
        is_evaluator_known: whether the key that signed is one that the base ref names.
        against: what was said against the evaluation since, and the best that it leaves.
        unfinished: evaluations of the change that broke off since this one began.
        contradicted: whether the very same change came to other scores in this exam.
    """

    moment: datetime
    commit: str
    artifact: str
    baseline: str
    base: str
    control: str
    tier: Tier
    ledger_age_s: float | None
    freshness_s: float
    used: frozenset[str]
    is_evaluator_known: bool
    against: tuple[tuple[str, Verdict], ...] = ()
    unfinished: tuple[Unfinished, ...] = ()
    contradicted: bool = False


def standing(decided: Decided, now: Now) -> Decision:
    """Return what a recorded decision is worth now."""
    reasons = [
        Reason(Code.SPOKEN_AGAINST, verdict, f"an {what}")
        for what, verdict in now.against
        if verdict is not Verdict.ALLOW
    ]
    if decided.verdict is Verdict.ALLOW:
        reasons += [Reason(code, Verdict.REVIEW, about) for code, about in _spoilt(decided, now)]
    else:
        reasons.append(Reason(Code.RECORDED, decided.verdict, decided.verdict.value))
    order = tuple(Verdict)
    reasons.sort(key=lambda reason: -order.index(reason.verdict))
    worst = reasons[0].verdict if reasons else Verdict.ALLOW
    return Decision(worst, decided.recommended, tuple(reasons))


def _spoilt(decided: Decided, now: Now) -> Sequence[tuple[Code, str]]:
    about = decided.provenance
    same = (
        ("change", decided.commit == now.commit and about.artifact == now.artifact),
        ("baseline", about.baseline == now.baseline),
        ("base branch", decided.base == now.base and about.control == now.control),
    )
    found = [(Code.MOVED, name) for name, holds in same if not holds]
    found += [(Code.BROKEN_OFF, f"{one.eval}, {one.cause}") for one in now.unfinished]
    if now.contradicted:
        found.append((Code.CONTRADICTED, ""))
    if decided.nonce in now.used:
        found.append((Code.USED, ""))
    if now.tier not in {Tier.ADVISORY, Tier.AUTO}:
        found.append((Code.TIER, now.tier.value))
    if not now.is_evaluator_known:
        found.append((Code.EVALUATOR_UNKNOWN, ""))
    return [*found, *_out_of_time(decided, now)]


def _out_of_time(decided: Decided, now: Now) -> Sequence[tuple[Code, str]]:
    """Return what the clock has against it: of the decision, and of the ledger."""
    found: list[tuple[Code, str]] = []
    left = (decided.expires - now.moment).total_seconds()
    if not left >= 0:
        found.append((Code.EXPIRED, ""))
    elif not left <= now.freshness_s:
        found.append((Code.OF_THE_FUTURE, ""))
    if now.ledger_age_s is None:
        found.append((Code.LEDGER_UNKNOWN, ""))
    elif not 0 <= now.ledger_age_s <= now.freshness_s:
        found.append((Code.STALE_LEDGER, f"{now.freshness_s:g} s"))
    return found
