"""What the ledger tells of a service's evaluations once they are decided on.

Pure: entries in; what the trust ladder folds, and what speaks against one evaluation, out.

Not here: the evaluations themselves (`sigil.gate.record.events`), what follows (`sigil.gate.trust`,
`sigil.gate.standing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sigil.errors import LedgerBroken
from sigil.gate.decision import Code, Verdict, is_circumstance
from sigil.gate.record.events import (
    DECISION,
    ENROLLED,
    INCIDENT,
    OVERRIDE,
    VERDICT,
    Decided,
    Recorded,
    Signers,
    completed,
    read_body,
)
from sigil.gate.trust import Enrolled, Evaluated, Incident, Judged, Overridden, TrustEvent


@dataclass(frozen=True, slots=True)
class _OfEval:
    """The body of ``verdict.human`` and ``override.human``, as far as trust reads it."""

    eval: str
    verdict: Verdict
    decided: Verdict | None = None


@dataclass(frozen=True, slots=True)
class _OfIncident:
    """The body of ``incident.*``, as far as trust reads it."""

    eval: str = ""


def trust_events(entries: Sequence[Recorded], service: str, signers: Signers) -> list[TrustEvent]:
    """Return what the trust ladder folds, in the ledger's order.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    complete = {one.eval: one.complete for one in completed(entries, service, signers)}
    found: list[TrustEvent] = []
    seen: set[str] = set()
    for entry in entries:
        if entry.service != service:
            continue
        if entry.kind == DECISION and entry.key in signers.evaluators:
            known = read_body(entry, Decided)
            if known.eval not in seen:  # deciding anew is no new evaluation
                seen.add(known.eval)
                found.append(_evaluated(entry.ts, known, complete.get(known.eval, False)))
            continue
        event = _told(entry, signers)
        if event is not None and (signers.reviews(entry.key) or not isinstance(event, Judged)):
            found.append(event)
    return found


def spoken_against(
    entries: Iterable[Recorded], name: str
) -> list[tuple[Literal["override", "incident"], Verdict]]:
    """Return what speaks against an evaluation: overrides with what holds instead, and incidents.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    found: list[tuple[Literal["override", "incident"], Verdict]] = []
    for entry in entries:
        if entry.kind == OVERRIDE and (one := read_body(entry, _OfEval)).eval == name:
            found.append(("override", one.verdict))
        elif entry.kind.startswith(INCIDENT) and read_body(entry, _OfIncident).eval == name:
            found.append(("incident", Verdict.REVIEW))
    return found


@dataclass(frozen=True, slots=True)
class Vouched:
    """Evaluations whose scores a reviewer has looked at and vouches for.

    Args:
        scores: ids of those that contradicted what their change had come to before.
        baselines: ids of those whose baseline lay below what it had come to before.
    """

    scores: frozenset[str] = frozenset()
    baselines: frozenset[str] = frozenset()


NOTHING_VOUCHED = Vouched()


def vouched(entries: Iterable[Recorded], service: str, signers: Signers) -> Vouched:
    """Return the evaluations that a reviewer has overridden to ALLOW, by their doubts.

    Nothing else vouches: neither a verdict, nor a key of an evaluator, nor an override of a
    decision that did not name the doubt.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    doubted: dict[str, set[str]] = {}
    overridden: set[str] = set()
    for entry in entries:
        if entry.service != service:
            continue
        if entry.kind == DECISION and entry.key in signers.evaluators:
            known = read_body(entry, Decided)
            doubted.setdefault(known.eval, {reason["code"] for reason in known.reasons})
        elif entry.kind == OVERRIDE and signers.reviews(entry.key):
            one = read_body(entry, _OfEval)
            if one.verdict is Verdict.ALLOW and one.eval in doubted:
                overridden.add(one.eval)
            else:
                overridden.discard(one.eval)  # the last word counts
    return Vouched(
        *(
            frozenset(name for name in overridden if code in doubted[name])
            for code in (Code.CONTRADICTED, Code.BASELINE_SANK)
        )
    )


def _evaluated(ts: datetime, known: Decided, is_complete: bool) -> Evaluated:
    one = known.provenance
    change = f"{one.artifact} {one.baseline} {one.scenarios}"
    reasons = [reason for reason in known.reasons if reason["code"] != Code.TIER]
    return Evaluated(
        ts,
        known.eval,
        change,
        known.recommended.value,
        is_complete,
        is_circumstantial=bool(reasons)
        and all(is_circumstance(reason["code"], reason["about"]) for reason in reasons),
    )


def _told(entry: Recorded, signers: Signers) -> TrustEvent | None:
    if entry.kind == ENROLLED:
        return Enrolled(entry.ts)
    if entry.kind == VERDICT:
        judged = read_body(entry, _OfEval)
        return Judged(entry.ts, judged.eval, judged.verdict.value)
    if entry.kind == OVERRIDE:
        one = read_body(entry, _OfEval)
        if one.decided is None:
            raise LedgerBroken("an override that does not say what it overrides")
        return Overridden(
            entry.ts,
            one.eval,
            one.decided.value,
            one.verdict.value,
            is_verdict=signers.reviews(entry.key),
        )
    if entry.kind.startswith(INCIDENT):
        tag = entry.kind.removeprefix(INCIDENT)
        return Incident(entry.ts, tag, read_body(entry, _OfIncident).eval)
    return None
