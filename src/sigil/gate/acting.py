"""What people and pipelines do with evaluations: decide again, merge, judge, override, report.

Each verifies the ledger, checks what it is about, and appends one event; what the events lead to is
computed elsewhere, from the ledger alone.

Not here: evaluating (`sigil.gate.evaluation`), the rules (`sigil.gate.trust`,
`sigil.gate.standing`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sigil.errors import InvalidValue, NotFound
from sigil.gate.decision import Decision, Verdict
from sigil.gate.policy import MAX_BYTES, PATH, Gate, load_policy
from sigil.gate.record import events
from sigil.gate.record.events import Decided, Signers
from sigil.gate.record.history import read_history
from sigil.gate.record.told import spoken_against, trust_events
from sigil.gate.record.unfinished import Unfinished, unfinished
from sigil.gate.revisions import Revisions
from sigil.gate.standing import Now, standing
from sigil.gate.trees import CommitTree
from sigil.gate.trust import Evaluated, Judged, Overridden, Tier, Trust
from sigil.gate.uncommitted import naming_the_branch
from sigil.ledger.ledger import Ledger
from sigil.ledger.statement import Entry
from sigil.printable import printable

_TAG = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stands:
    """A recorded decision, and what it is worth now.

    Args:
        recorded: as it was decided.
        entry: its number in the ledger.
        worth: now.
        trust: where the service stands now, and what it lacks.
        doubts: what the policy says that can hardly be meant.
        overridden: to what people have set it aside since, oldest first.
        seen: ids of the entries of the service that this rests on.
        unfinished: evaluations of the very same change that began later and came to no decision.
    """

    recorded: Decided
    entry: int
    worth: Decision
    trust: Trust
    doubts: tuple[str, ...] = ()
    overridden: tuple[Verdict, ...] = ()
    seen: frozenset[str] = frozenset()
    unfinished: tuple[Unfinished, ...] = ()

    @property
    def tier(self) -> Tier:
        """The rung that the service is on now."""
        return self.trust.tier


def decision_on(
    root: Path, revisions: Revisions, ledger: Ledger, service: str, moment: datetime
) -> Stands:
    """Return the last decision on a change, and what it is worth.

    Raises:
        NotFound: this very change was never evaluated.
        SigilError: the policy of the base branch, or the ledger, cannot be read.
    """
    control = CommitTree(root, revisions.control.commit)
    make = f"sigil init --service {service}"
    with naming_the_branch(root, PATH, revisions.control.ref, make):
        raw = control.read(PATH, MAX_BYTES)
    policy = load_policy(raw, f"{control.name}:{PATH}")
    history = read_history(ledger, service, policy.gate)
    decided = [
        (entry, known)
        for entry, known in history.decided()
        if known.provenance.artifact == revisions.change.digest
    ]
    if not decided:
        broken = unfinished(history.entries, service, revisions.change.digest)
        said = "never evaluated as it is now"
        if broken:
            said = f"evaluated, and {broken[-1].eval} came to no decision: {broken[-1].cause}"
        raise NotFound(
            f"{printable(revisions.change.ref, 80)} was {said}",
            remedy=f"sigil eval {printable(revisions.change.ref, 80)} --service {service}",
        )
    entry, recorded = decided[-1]
    against = tuple(spoken_against(history.entries, recorded.eval))
    trust = history.trust(moment)
    completed, vouched = history.completed(), history.vouched().scores
    examined = [one for one in completed if one.eval == recorded.eval]
    now = Now(
        moment=moment,
        commit=revisions.change.commit,
        artifact=revisions.change.digest,
        baseline=revisions.baseline.digest,
        base=revisions.control.commit,
        control=revisions.control.digest,
        tier=trust.tier,
        ledger_age_s=(moment - history.current).total_seconds(),
        freshness_s=policy.gate.policy.freshness_s,
        used=events.used(history.entries, service),
        is_evaluator_known=entry.key in policy.gate.evaluators,
        against=against,
        unfinished=tuple(
            unfinished(history.entries, service, revisions.change.digest, after=recorded.eval)
        ),
        contradicted=any(events.contradicts(completed, one, vouched) for one in examined),
    )
    doubts = tuple(policy.doubts())
    overridden = tuple(verdict for what, verdict in against if what == "override")
    seen = frozenset(one.id for one in history.entries)
    return Stands(
        recorded,
        entry.seq,
        standing(recorded, now),
        trust,
        doubts=doubts,
        overridden=overridden,
        seen=seen,
        unfinished=now.unfinished,
    )


def trust_of(ledger: Ledger, service: str, gate: Gate, moment: datetime) -> Trust:
    """Return where a service stands.

    Raises:
        LedgerBroken: the ledger holds what nobody understands.
    """
    return read_history(ledger, service, gate).trust(moment)


def uncounted(ledger: Ledger, name: str, gate: Gate) -> str:
    """Return why a verdict on an evaluation will not count for trust; empty if it will.

    Raises:
        NotFound: the ledger knows no such evaluation.
        LedgerBroken: the ledger holds what nobody understands.
    """
    service, _ = _decided(ledger, name)
    history = read_history(ledger, service, gate)
    falls = [step.ts for step in history.trust(history.current).history if step.is_fall]
    told = trust_events(history.entries, service, history.signers)
    change = {one.eval: one.artifact for one in told if isinstance(one, Evaluated)}
    since = [
        one
        for one in told
        if isinstance(one, Evaluated | Judged | Overridden)
        and (one.is_verdict if isinstance(one, Overridden) else True)
        and all(one.ts > fall for fall in falls)
        and change.get(one.eval) == change.get(name)
    ]
    if not any(isinstance(one, Evaluated) for one in since):
        return "this change was not evaluated since the service fell"
    if not all(isinstance(one, Evaluated) for one in since):
        return "this change has a verdict, and the first one counts"
    return ""


def enroll(ledger: Ledger, service: str) -> Entry:
    """Register a service, so that its evaluations begin to count."""
    return ledger.append(events.ENROLLED, service, {})


def judge(ledger: Ledger, name: str, verdict: Verdict, reason: str) -> Entry:
    """Record what a human would have decided on an evaluation.

    Raises:
        NotFound: the ledger knows no such evaluation.
    """
    service, _ = _decided(ledger, name)
    body = {"eval": name, "verdict": verdict.value, "reason": reason}
    return ledger.append(events.VERDICT, service, body)


def override(ledger: Ledger, name: str, to: Verdict, reason: str) -> Entry:
    """Record that a human sets a decision aside. It moves no branch.

    Raises:
        NotFound: the ledger knows no such evaluation.
        InvalidValue: it was decided so, or there is no reason.
    """
    service, decided = _decided(ledger, name)
    if decided.verdict is to:
        raise InvalidValue(f"{name} was decided {to.value} already")
    if not reason.strip():
        raise InvalidValue("an override needs a reason", remedy="say it with --reason")
    body = {
        "eval": name,
        "decided": decided.verdict.value,
        "verdict": to.value,
        "reason": reason,
    }
    return ledger.append(events.OVERRIDE, service, body)


def report_incident(
    ledger: Ledger, service: str, tag: str, *, name: str = "", note: str = ""
) -> Entry:
    """Record that something went wrong in production.

    Args:
        ledger: where.
        service: whose.
        tag: such as ``eval.regression`` or ``safety``.
        name: of the evaluation whose change caused it; empty if that is not known.
        note: for people.

    Raises:
        NotFound: the ledger knows no such evaluation of this service.
        InvalidValue: the tag is none.
    """
    if not _TAG.fullmatch(tag):
        raise InvalidValue(
            f"{printable(tag, 80)!r} is no tag",
            remedy="write lower-case words between dots or dashes, such as eval.regression",
        )
    if name and _decided(ledger, name)[0] != service:
        raise NotFound(f"{name} is no evaluation of {service}")
    return ledger.append(f"{events.INCIDENT}{tag}", service, {"eval": name, "note": note})


def _decided(ledger: Ledger, name: str) -> tuple[str, Decided]:
    """Return the service and the last decision of an evaluation."""
    found = [
        (entry.service, known)
        for entry in ledger.check().snapshot.entries(kind=events.DECISION)
        for known in events.decided([entry], entry.service, Signers(frozenset({entry.key})))
        if known.eval == name
    ]
    if not found:
        raise NotFound(
            f"the ledger knows no evaluation {printable(name, 80)}",
            remedy="sigil ledger list --kind eval.decision",
        )
    return found[-1]
