"""What an evaluation comes to, out of all that it found out: facts, entries, what may be told.

Pure: whatever is known comes in, whatever is not known is left open, and nothing is guessed.

Not here: finding it out (`sigil.gate.evaluation`), deciding (`sigil.gate.decision`), appending
(`sigil.gate.record.recording`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from sigil import __version__
from sigil.canonical import salted_digest
from sigil.gate.decision import Decision, Facts, Threshold
from sigil.gate.deploy.settings import Plugin
from sigil.gate.feedback import Disclosure, Silence, disclosure
from sigil.gate.judge import rubrics
from sigil.gate.model import Priority, SideName, Status
from sigil.gate.policy import Policy, Service
from sigil.gate.record import events
from sigil.gate.record.events import Complete, Decided, Provenance
from sigil.gate.record.told import NOTHING_VOUCHED, Vouched
from sigil.gate.revisions import Revisions
from sigil.gate.scoring import Answers, Score
from sigil.gate.sittings import SIDES, Observed
from sigil.gate.telling import Telling
from sigil.gate.trust import Tier

EVALUATOR = f"sigil@{__version__}"
_UNCLEAR = (Status.ERROR, Status.INCONCLUSIVE)


@dataclass(slots=True)
class Examined:
    """What the exam came to, as far as it got.

    Args:
        scenarios: digest of the exam; None until it was read.
        holdouts: salted digests of its holdouts, ascending; None until then.
        seed: of the generators; None until it was drawn.
        is_seed_secret: whether nobody could know it beforehand; None until it was drawn.
        is_bound: whether what was examined is what the commits hold; None until that is known.
        unvouched: paths that the change edits and that no exam can vouch for; None until then.
        observed: of both sides; holds holdouts.
        answers: results alone.
        score: of them; None until there is one.
        observations: digest of what was kept; empty until it was.
        ended: sides whose service of the visible half ended by itself; the operator's alone.
    """

    scenarios: str | None = None
    holdouts: tuple[str, ...] | None = None
    seed: int | None = None
    is_seed_secret: bool | None = None
    is_bound: bool | None = None
    unvouched: tuple[str, ...] | None = None
    observed: tuple[Observed, ...] = field(default=(), repr=False)
    answers: tuple[Answers, ...] = ()
    score: Score | None = None
    observations: str = ""
    ended: tuple[SideName, ...] = ()

    def provenance(self, revisions: Revisions) -> Provenance | None:
        """Return the six fields, once all are known."""
        if self.scenarios is None or self.seed is None:
            return None
        return Provenance(
            artifact=revisions.change.digest,
            baseline=revisions.baseline.digest,
            scenarios=self.scenarios,
            seed=f"0x{self.seed:016X}",
            control=revisions.control.digest,
            evaluator=EVALUATOR,
        )


@dataclass(slots=True)
class Consulted:
    """What the ledger knows of the service; None is what is not known.

    Args:
        completed: evaluations that were on record when it was asked, oldest first.
        tier: where the service stands.
        age_s: seconds since the ledger was last known to hold all there is.
        is_evaluator_known: whether the key that signs is one that the base ref names.
    """

    completed: list[Complete] | None = None
    tier: Tier | None = None
    age_s: float | None = None
    is_evaluator_known: bool | None = None


def disclosed(complete: Complete, before: Sequence[Complete] | None, *, most: int) -> Disclosure:
    """Return how much the feedback may say of holdouts: nothing where the past is not known.

    Args:
        complete: what the exam came to.
        before: evaluations that stand before it in the ledger; None if that is not known.
        most: submissions to the same holdouts before nothing is said.
    """
    if before is None:
        return Disclosure.NOTHING
    taken = events.taken(before, complete)
    (now,) = events.submissions([complete])
    return disclosure(events.submissions(taken), now.holdout, left=most - len(taken))


def silence(complete: Complete, before: Sequence[Complete] | None, *, most: int) -> Silence | None:
    """Return why nothing may be said of holdouts; None where something may, or nobody knows.

    Args:
        complete: what the exam came to.
        before: see `disclosed`.
        most: see `disclosed`.
    """
    if complete.holdout is None:
        return Silence.EMPTY
    is_spent = before is not None and len(events.taken(before, complete)) >= most
    return Silence.SPENT if is_spent else None


def telling(
    service: Service | None,
    revisions: Revisions,
    environment: Mapping[str, str],
    machine: Collection[str],
) -> Telling:
    """Return what makes the words of a deployment fit for the author of the change.

    Args:
        service: of the base ref; None if that could not be read.
        revisions: what was compared, which the author knows.
        environment: of the evaluator.
        machine: words that name its machine.
    """
    names = [] if service is None else service.env
    deploy = None if service is None else service.deploy
    health = "" if deploy is None or isinstance(deploy, Plugin) else deploy.health
    commits = (revisions.change, revisions.baseline, revisions.control)
    return Telling(
        vault={name: environment[name] for name in names if name in environment},
        environment=environment,
        machine=machine,
        public={health, *(one.commit for one in commits)},
    )


def numbers(answers: Sequence[Answers], secret: bytes) -> dict[str, int]:
    """Return a number for each holdout that says nothing of its place in the bundle."""
    sealed = [one.question.id for one in answers if one.question.half == "holdout"]
    sealed.sort(key=lambda name: salted_digest(secret, name.encode()))
    return {name: number for number, name in enumerate(sealed, 1)}


def unreset(observed: Sequence[Observed]) -> tuple[SideName, ...]:
    """Return the sides that were not reset before a scenario of the visible half.

    What comes of a reset before a holdout is as secret as what comes of the holdout.
    """
    found = {
        one.side for one in observed if one.is_unreset and one.sitting.scenario.half == "visible"
    }
    return tuple(side for side in SIDES if side in found)


def completed(name: str, revisions: Revisions, examined: Examined) -> Complete | None:
    """Return the body of ``eval.complete``, telling nothing yet; None if nothing was scored."""
    about, found = examined.provenance(revisions), examined.score
    if about is None or found is None:
        return None
    overall, visible, holdout = events.scores(found)
    answers = examined.answers
    halves = [one.question.half for one in answers]
    return Complete(
        eval=name,
        ref=revisions.change.ref,
        commit=revisions.change.commit,
        provenance=about,
        overall=overall,
        visible=visible,
        holdout=holdout,
        scenarios={half: halves.count(half) for half in ("visible", "holdout")},
        complete=all(one.pr and one.baseline for one in answers)
        and not any(one.has(status) for one in answers for status in _UNCLEAR),
        disclosed=Disclosure.NOTHING,
        observations=examined.observations,
        rubrics=rubrics.digests((one.sitting.scenario, one.answered) for one in examined.observed),
        holdouts=None if examined.holdouts is None else list(examined.holdouts),
    )


def facts(
    examined: Examined,
    consulted: Consulted,
    *,
    complete: Complete | None,
    others: Sequence[Complete],
    policy: Policy | None,
    about: Provenance | None,
    vouched: Vouched = NOTHING_VOUCHED,
) -> Facts:
    """Return what the decision rests on, but for the stages that failed.

    Args:
        examined: the exam.
        consulted: the past.
        complete: what the exam came to.
        others: evaluations of the service that are on record when it is decided, but for this one.
        policy: of the base ref.
        about: the six fields.
        vouched: of the others, those that a reviewer vouches for.
    """
    earlier = (
        None
        if about is None
        else events.earlier(others, about.baseline, about.scenarios, vouched.baselines)
    )
    found = Facts(
        answers=examined.answers,
        score=examined.score,
        tier=consulted.tier,
        has_provenance=about is not None,
        ledger_age_s=consulted.age_s,
        is_evaluator_known=consulted.is_evaluator_known,
        earlier=earlier,
        differs=complete is not None and events.contradicts(others, complete, vouched.scores),
        is_seed_secret=examined.is_seed_secret,
        is_bound=examined.is_bound,
        unvouched=examined.unvouched,
    )
    if policy is None:
        return found
    return replace(found, freshness_s=policy.freshness_s, thresholds=thresholds(policy))


def thresholds(policy: Policy) -> Mapping[Priority, Threshold]:
    """Return the thresholds of a policy, exactly."""
    known = policy.thresholds
    return {
        priority: Threshold(Fraction(str(one.allow)), Fraction(str(one.review)))
        for priority, one in zip(Priority, (known.P0, known.P1, known.P2), strict=True)
    }


@dataclass(frozen=True, slots=True)
class Bound:
    """What binds a decision to its place and time.

    Args:
        size: of the ledger.
        nonce: that makes it one of its kind.
        moment: now.
        lasts_s: seconds that it may be acted on.
    """

    size: int
    nonce: str
    moment: datetime
    lasts_s: float


def decided(
    name: str,
    decision: Decision,
    revisions: Revisions,
    *,
    about: Provenance,
    tier: Tier | None,
    bound: Bound,
) -> Decided:
    """Return the body of ``eval.decision``."""
    return Decided(
        eval=name,
        verdict=decision.verdict,
        recommended=decision.recommended,
        reasons=events.reasons(decision),
        tier=tier or Tier.NONE,
        provenance=about,
        commit=revisions.change.commit,
        base=revisions.control.commit,
        size=bound.size,
        nonce=bound.nonce,
        expires=bound.moment + timedelta(seconds=bound.lasts_s),
    )
