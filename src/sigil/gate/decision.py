"""Turn facts into ALLOW, REVIEW or BLOCK.

Pure: no clock, files or chance; `sigil.gate.evaluation` gathers the facts and records the decision.

Invariant I (fail-closed): a verdict begins at ALLOW only where every fact is there, and each
reason can only lower it. A fact that is missing is a reason; where a stage failed, the stage is
that reason, and nothing is said of what it would have found out. Invariant IV (freshness): a ledger
that was last known to be current before the window, or in the future, is a reason.

Not here: scores (`sigil.gate.scoring`), the trust ladder (`sigil.gate.trust`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from sigil.gate.model import Priority, Status
from sigil.gate.scoring import Answers, Score, regressions
from sigil.gate.trust import Tier


class Verdict(StrEnum):
    """What is decided, from the best to the worst."""

    ALLOW = "ALLOW"
    REVIEW = "REVIEW"
    BLOCK = "BLOCK"

    @property
    def exit_code(self) -> int:
        """What a command exits with; 1 and 2 mean errors."""
        return {"ALLOW": 0, "REVIEW": 3, "BLOCK": 4}[self]


class Stage(StrEnum):
    """A part of an evaluation that can fail."""

    RESOLVE = "resolve"
    POLICY = "policy"
    BUNDLE = "bundle"
    DEPLOY_PR = "deploy pr"
    DEPLOY_BASELINE = "deploy baseline"
    RUN = "run"
    SCORE = "score"
    DOSSIER = "dossier"
    TRUST = "trust"
    LEDGER = "ledger"
    TEARDOWN = "teardown"


class Code(StrEnum):
    """Why a verdict is not better than it is."""

    STAGE_FAILED = "stage_failed"
    NOT_KNOWN = "not_known"
    NOTHING_SCORED = "nothing_scored"
    NO_PROVENANCE = "no_provenance"
    NO_VISIBLE = "no_visible"
    NO_HOLDOUT = "no_holdout"
    NOT_RUN = "not_run"
    ERRORED = "errored"
    INCONCLUSIVE = "inconclusive"
    FLICKERS = "flickers"
    P0_FAILED = "p0_failed"
    BELOW_THRESHOLD = "below_threshold"
    BELOW_FLOOR = "below_floor"
    REGRESSION = "regression"
    BASELINE_SANK = "baseline_sank"
    STALE_LEDGER = "stale_ledger"
    LEDGER_UNKNOWN = "ledger_unknown"
    EVALUATOR_UNKNOWN = "evaluator_unknown"
    CONTRADICTED = "contradicted"
    SEED_KNOWN = "seed_known"
    UNBOUND = "unbound"
    UNVOUCHED = "unvouched"
    TIER = "tier"
    RECORDED = "recorded"
    MOVED = "moved"
    EXPIRED = "expired"
    OF_THE_FUTURE = "of_the_future"
    USED = "used"
    SPOKEN_AGAINST = "spoken_against"
    BROKEN_OFF = "broken_off"


_CIRCUMSTANCES = frozenset(
    {
        Code.STAGE_FAILED,
        Code.NOT_KNOWN,
        Code.NOTHING_SCORED,
        Code.NO_PROVENANCE,
        Code.STALE_LEDGER,
        Code.LEDGER_UNKNOWN,
        Code.EVALUATOR_UNKNOWN,
        Code.SEED_KNOWN,
    }
)


def is_circumstance(code: str, about: str) -> bool:
    """Say whether a reason lies with whoever evaluates, and says nothing of change or exam.

    An error, a flicker, other scores or a change that does not come up may be the change's doing,
    and so they are none. Nor is what was not run: one that answers slowly uses up the exam's time.

    Args:
        code: of the reason, as it is recorded; one of a later version is none.
        about: what it concerns.
    """
    return code in _CIRCUMSTANCES and about != Stage.DEPLOY_PR.value


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as data that carries nothing of a scenario.

    Args:
        code: which.
        verdict: the best that it leaves.
        about: what it concerns, such as a half, a stage, a tier or a path; empty for none.
        figures: numbers that it rests on, by name.
    """

    code: Code
    verdict: Verdict
    about: str = ""
    figures: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Threshold:
    """Of one priority.

    Args:
        allow: the least satisfaction that may be allowed.
        review: below it is a block.
    """

    allow: Fraction
    review: Fraction


THRESHOLDS: Mapping[Priority, Threshold] = {
    Priority.P0: Threshold(Fraction(95, 100), Fraction(85, 100)),
    Priority.P1: Threshold(Fraction(90, 100), Fraction(75, 100)),
    Priority.P2: Threshold(Fraction(80, 100), Fraction(60, 100)),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision rests on. None is what is not known, which is neither good nor bad.

    Args:
        answers: to every scenario of the exam; empty if none could be read.
        score: of the answers; None if there is none.
        tier: the service's, from the ledger; None if it is not known.
        has_provenance: whether all six fields of the tuple are known.
        ledger_age_s: of the newest entry or checkpoint of the ledger; None if unknown.
        freshness_s: how old it may be.
        is_evaluator_known: whether the key that signs is one of those that the base ref names.
        earlier: overall satisfaction that this very baseline once had in the same exam; None if
            it was never seen.
        differs: whether the very same change once came to other scores in this exam.
        is_seed_secret: whether nobody could know the generated values beforehand.
        is_bound: whether what was examined is what the commits hold.
        unvouched: paths that the change edits and that no exam can vouch for.
        failed: stages that did not end as they should.
        thresholds: by priority.
    """

    answers: Sequence[Answers] = ()
    score: Score | None = None
    tier: Tier | None = None
    has_provenance: bool = False
    ledger_age_s: float | None = None
    freshness_s: float = 60.0
    is_evaluator_known: bool | None = None
    earlier: Fraction | None = None
    differs: bool = False
    is_seed_secret: bool | None = None
    is_bound: bool | None = None
    unvouched: Sequence[str] | None = None
    failed: frozenset[Stage] = frozenset()
    thresholds: Mapping[Priority, Threshold] = field(default_factory=lambda: THRESHOLDS)


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and why.

    Args:
        verdict: with regard to the tier.
        recommended: without; what a human's verdict is compared with.
        reasons: all of them, worst first; none for an ALLOW.
    """

    verdict: Verdict
    recommended: Verdict
    reasons: tuple[Reason, ...]


_ORDER = tuple(Verdict)
_SANK = Fraction(2, 100)
"""How far a baseline may lie below what it once was before somebody has to look."""


def decide(facts: Facts) -> Decision:
    """Return the decision that these facts lead to. Never raises, and never allows by default."""
    exam = [*_failed(facts), *_missing(facts), *_doubted(facts), *_answered(facts), *_scored(facts)]
    recommended = _worst(exam)
    ladder = _tier(facts.tier, recommended)
    is_enrolled = facts.tier not in {None, Tier.NONE}
    verdict = _worst([*exam, *ladder]) if is_enrolled else Verdict.REVIEW
    reasons = sorted([*exam, *ladder], key=lambda one: -_ORDER.index(one.verdict))
    return Decision(verdict, recommended, tuple(reasons))


def _worst(reasons: Sequence[Reason]) -> Verdict:
    return max((reason.verdict for reason in reasons), key=_ORDER.index, default=Verdict.ALLOW)


def _failed(facts: Facts) -> list[Reason]:
    """Return what went wrong, in the order of the stages."""
    return [
        Reason(Code.STAGE_FAILED, Verdict.REVIEW, stage.value)
        for stage in Stage
        if stage in facts.failed
    ]


def _missing(facts: Facts) -> list[Reason]:
    """Return reasons that lie in what is not known; none beside a stage that failed, its cause."""
    if facts.failed:
        return []
    unnamed = (
        (Code.NOTHING_SCORED, facts.score is None or not facts.answers),
        (Code.NO_PROVENANCE, not facts.has_provenance),
        (Code.LEDGER_UNKNOWN, facts.ledger_age_s is None),
    )
    named = (
        ("whether the key that signs is an evaluator's", facts.is_evaluator_known),
        ("whether the seed was secret", facts.is_seed_secret),
        ("whether the commits are what was examined", facts.is_bound),
        ("what the change edits besides code", facts.unvouched),
        ("the tier of the service", facts.tier),
    )
    return [
        *(Reason(code, Verdict.REVIEW) for code, is_missing in unnamed if is_missing),
        *(Reason(Code.NOT_KNOWN, Verdict.REVIEW, what) for what, fact in named if fact is None),
    ]


def _doubted(facts: Facts) -> list[Reason]:
    """Return reasons that lie in what is known, and is not to be trusted."""
    doubts = (
        (Code.EVALUATOR_UNKNOWN, facts.is_evaluator_known is False),
        (Code.CONTRADICTED, facts.differs),
        (Code.SEED_KNOWN, facts.is_seed_secret is False),
        (Code.UNBOUND, facts.is_bound is False),
    )
    found = [Reason(code, Verdict.REVIEW) for code, holds in doubts if holds]
    if facts.unvouched:
        count = (("paths", float(len(facts.unvouched))),)
        first, *others = facts.unvouched
        named = f"{first} and {len(others)} more" if others else first
        found.append(Reason(Code.UNVOUCHED, Verdict.REVIEW, named, count))
    age = facts.ledger_age_s
    if age is not None and not 0 <= age <= facts.freshness_s:
        found.append(Reason(Code.STALE_LEDGER, Verdict.REVIEW, f"{facts.freshness_s:g} s"))
    return found


def _answered(facts: Facts) -> list[Reason]:
    """Return reasons that lie in single answers."""
    answers = facts.answers
    cases = (
        (Code.NOT_RUN, Verdict.REVIEW, [one for one in answers if not (one.pr and one.baseline)]),
        (Code.ERRORED, Verdict.REVIEW, [one for one in answers if one.has(Status.ERROR)]),
        (Code.INCONCLUSIVE, Verdict.REVIEW, [a for a in answers if a.has(Status.INCONCLUSIVE)]),
        (Code.FLICKERS, Verdict.REVIEW, [one for one in answers if one.flickers]),
        (Code.P0_FAILED, Verdict.BLOCK, [one for one in answers if _blocks(one)]),
    )
    found = [
        Reason(code, verdict, figures=(("scenarios", len(concerned)),))
        for code, verdict, concerned in cases
        if concerned
    ]
    halves = {one.question.half for one in answers}
    if answers and "visible" not in halves:
        found.append(Reason(Code.NO_VISIBLE, Verdict.REVIEW))
    if answers and "holdout" not in halves:
        found.append(Reason(Code.NO_HOLDOUT, Verdict.REVIEW))
    return found


def _blocks(answers: Answers) -> bool:
    """Say whether a P0 scenario fails on the change, every time that it came to a verdict.

    One that passes in some repeats flickers, and a human looks. To come to no verdict at all is no
    way out: an error of the change's own, each time, is a failure.
    """
    verdicts = [r.status for r in answers.pr if r.status in {Status.PASS, Status.FAIL}]
    is_failure = bool(verdicts) and Status.PASS not in verdicts
    return answers.question.priority is Priority.P0 and (is_failure or answers.is_broken)


def _scored(facts: Facts) -> list[Reason]:
    """Return reasons that lie in the score."""
    if facts.score is None or not facts.answers:
        return []
    found: list[Reason] = []
    strictest = min(one.question.priority for one in facts.answers)
    threshold = facts.thresholds.get(strictest, THRESHOLDS[strictest])
    overall = facts.score.overall
    figures = (("satisfaction", _shown(overall.pr)), ("threshold", _shown(threshold.allow)))
    if overall.pr < threshold.review:
        floor = (figures[0], ("threshold", _shown(threshold.review)))
        best = overall.pr if facts.score.at_best is None else facts.score.at_best
        worst = Verdict.BLOCK if best < threshold.review else Verdict.REVIEW
        found.append(Reason(Code.BELOW_FLOOR, worst, strictest.value, floor))
    elif overall.pr < threshold.allow:
        found.append(Reason(Code.BELOW_THRESHOLD, Verdict.REVIEW, strictest.value, figures))
    for half in ("visible", "holdout"):
        worse = regressions(facts.score, facts.answers, half)
        if worse:
            count = (("scenarios", float(len(worse))),)
            found.append(Reason(Code.REGRESSION, Verdict.REVIEW, half, count))
    if facts.earlier is not None and overall.baseline < facts.earlier - _SANK:
        sank = (("now", _shown(overall.baseline)), ("earlier", _shown(facts.earlier)))
        found.append(Reason(Code.BASELINE_SANK, Verdict.REVIEW, figures=sank))
    return found


def _tier(tier: Tier | None, recommended: Verdict) -> list[Reason]:
    """Return the reason that lies in the trust ladder; only its upper two tiers may allow.

    Under NONE everything is a human's to review.
    """
    holds = tier is Tier.NONE or (tier is Tier.SHADOW and recommended is Verdict.ALLOW)
    return [Reason(Code.TIER, Verdict.REVIEW, tier.value)] if tier and holds else []


def _shown(value: Fraction) -> float:
    return int(value * 100) / 100
