"""How far has a service earned that its changes are decided without a human?

Pure: a fold over what the ledger holds of one service, in its order. Trust is computed, never
configured: a recorded transition is news for people and no input here.

    NONE ── enrolled ──▶ SHADOW ── 50 evals, κ ≥ 0.80 ──▶ ADVISORY ── 200 evals, 14 days without an
    incident, scorecard ≥ 0.92 ──▶ AUTO

    AUTO: one incident or contradiction ▶ ADVISORY, two incidents in 30 days ▶ SHADOW
    ADVISORY: an incident tagged eval.regression ▶ SHADOW, a contradiction ▶ SHADOW
    SHADOW: a BLOCK that a human overrides ▶ NONE

A change is counted once, by its first evaluation and the first verdict on it; an evaluation that
recommends REVIEW for nothing but a circumstance of whoever evaluates stands for it only until one
rests on the exam. Each promotion waits a day after the last transition, and what was counted before
a fall does not count after it.

Not here: reading the ledger (`sigil.gate.record.history`), what a tier allows
(`sigil.gate.decision`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from itertools import islice
from typing import Literal

Word = Literal["ALLOW", "REVIEW", "BLOCK"]


class Tier(StrEnum):
    """A rung of the ladder, from the lowest."""

    NONE = "NONE"
    SHADOW = "SHADOW"
    ADVISORY = "ADVISORY"
    AUTO = "AUTO"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """The service was registered."""

    ts: datetime


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A change was decided on.

    Args:
        ts: when.
        eval: the id of the evaluation.
        artifact: digest of the change, with its baseline and exam: what makes it one change.
        recommended: the verdict without regard to the tier.
        is_complete: whether nothing failed that was not the change's fault.
        is_circumstantial: whether nothing but a circumstance of whoever evaluated, such as a stale
            ledger, keeps it from an ALLOW.
    """

    ts: datetime
    eval: str
    artifact: str
    recommended: Word
    is_complete: bool = True
    is_circumstantial: bool = False

    @property
    def is_provisional(self) -> bool:
        """Whether a later one of the same change may take its place: no ALLOW or BLOCK ever."""
        return self.is_circumstantial and self.recommended == "REVIEW"


@dataclass(frozen=True, slots=True)
class Judged:
    """A human said what they would have decided on an evaluation."""

    ts: datetime
    eval: str
    verdict: Word


@dataclass(frozen=True, slots=True)
class Overridden:
    """Somebody set a decision aside.

    Args:
        ts: when.
        eval: of the decision.
        decided: what it was.
        to: what holds instead.
        is_verdict: whether that counts as what a human would have decided; an override by somebody
            whose verdicts do not count speaks against the service, and for nothing.
    """

    ts: datetime
    eval: str
    decided: Word
    to: Word
    is_verdict: bool = True


@dataclass(frozen=True, slots=True)
class Incident:
    """Something went wrong in production.

    Args:
        ts: when.
        tag: such as ``eval.regression`` or ``safety``.
        eval: of the change that caused it; empty if that is not known.
    """

    ts: datetime
    tag: str
    eval: str = ""


TrustEvent = Enrolled | Evaluated | Judged | Overridden | Incident


@dataclass(frozen=True, slots=True)
class Ladder:
    """What each promotion asks. The defaults are the published rules.

    Args:
        shadow_evals: evaluations before ADVISORY.
        agreement: least Cohen's κ between recommendations and human verdicts.
        verdicts: least human verdicts that κ may rest on.
        advisory_evals: evaluations before AUTO.
        quiet: without an incident before AUTO.
        scorecard: least share of clean evaluations.
        clean_allows: least share of ALLOWs that nothing contradicted.
        window: how many of the latest evaluations κ and the shares look at.
        cooldown: after any transition before a promotion.
        twice: two incidents within it cost AUTO two rungs.
    """

    shadow_evals: int = 50
    agreement: Fraction = Fraction(80, 100)
    verdicts: int = 20
    advisory_evals: int = 200
    quiet: timedelta = timedelta(days=14)
    scorecard: Fraction = Fraction(92, 100)
    clean_allows: Fraction = Fraction(98, 100)
    window: int = 50
    cooldown: timedelta = timedelta(hours=24)
    twice: timedelta = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Transition:
    """A step on the ladder, with the reason in a few fixed words."""

    ts: datetime
    before: Tier
    after: Tier
    reason: str

    @property
    def is_fall(self) -> bool:
        """Whether it led down."""
        order = tuple(Tier)
        return order.index(self.after) < order.index(self.before)


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that the next promotion asks.

    Args:
        name: what is counted.
        value: as it is; None where it is undefined, which counts as not met.
        needed: as it has to be, at least.
    """

    name: str
    value: float | None
    needed: float

    @property
    def is_met(self) -> bool:
        """Whether there is enough."""
        return self.value is not None and self.value >= self.needed


@dataclass(frozen=True, slots=True)
class Trust:
    """Where a service stands.

    Args:
        tier: now.
        since: of the last transition; None if there was none.
        history: all transitions, oldest first.
        conditions: of the next promotion; none for AUTO.
    """

    tier: Tier
    since: datetime | None
    history: tuple[Transition, ...]
    conditions: tuple[Condition, ...]


def trust(events: Iterable[TrustEvent], now: datetime, ladder: Ladder = Ladder()) -> Trust:
    """Return where a service stands after these events.

    Args:
        events: of one service, in the ledger's order.
        now: for what depends on time alone, such as days without an incident.
        ladder: the rules.
    """
    state = _State(ladder)
    for event in events:
        _promote(state, event.ts)  # what time alone had earned when it happened
        _tell(state, event)
    _promote(state, now)
    return Trust(state.tier, state.since, tuple(state.history), _conditions(state, now))


def cohens_kappa(pairs: Sequence[tuple[str, str]]) -> Fraction | None:
    """Return the agreement of two raters beyond chance; None where it is undefined.

    Args:
        pairs: the category that each of the two chose, one pair per item.

    Source: Cohen 1960, A coefficient of agreement for nominal scales.
    """
    if not pairs:
        return None
    first, second = (Counter(pair[side] for pair in pairs) for side in (0, 1))
    observed = Fraction(sum(a == b for a, b in pairs), len(pairs))
    expected = Fraction(sum(first[word] * second[word] for word in first), len(pairs) ** 2)
    return None if expected == 1 else (observed - expected) / (1 - expected)


# --- the fold ---------------------------------------------------------------------------


@dataclass(slots=True)
class _State:
    """What is remembered of the events so far.

    Args:
        ladder: the rules.
        tier: now.
        since: of the last transition.
        evaluated: since the last fall, of each change the first evaluation that is not provisional,
            or else the first; in the order in which they happened.
        change: by evaluation: what it was about.
        judged: the first human verdict on each change.
        contradicted: changes that a human or an incident spoke against.
        incidents: when each happened.
        history: transitions.
    """

    ladder: Ladder
    tier: Tier = Tier.NONE
    since: datetime | None = None
    evaluated: dict[str, Evaluated] = field(default_factory=dict[str, Evaluated])
    change: dict[str, str] = field(default_factory=dict[str, str])
    judged: dict[str, Word] = field(default_factory=dict[str, Word])
    contradicted: set[str] = field(default_factory=set[str])
    incidents: list[datetime] = field(default_factory=list[datetime])
    history: list[Transition] = field(default_factory=list[Transition])

    def about(self, name: str) -> str:
        """Return the change that an evaluation was about."""
        return self.change.get(name, name)

    @property
    def window(self) -> list[Evaluated]:
        """The latest evaluations, latest first."""
        return list(islice(reversed(self.evaluated.values()), self.ladder.window))


def _tell(state: _State, event: TrustEvent) -> None:
    match event:
        case Enrolled():
            if state.tier is Tier.NONE:
                _move(state, Tier.SHADOW, event.ts, "enrolled")
        case Evaluated():
            state.change[event.eval] = event.artifact
            _count(state, event)
        case Judged():
            state.judged.setdefault(state.about(event.eval), event.verdict)
        case Overridden():
            _override(state, event)
        case Incident():
            _shake(state, event)


def _count(state: _State, event: Evaluated) -> None:
    """Let an evaluation stand for its change, if none does that is worth as much."""
    first = state.evaluated.get(event.artifact)
    if first is None:
        state.evaluated[event.artifact] = event
    elif first.is_provisional and not event.is_provisional:
        del state.evaluated[event.artifact]  # it is the latest now
        whole = first.is_complete and event.is_complete  # repeating does not tidy the scorecard
        state.evaluated[event.artifact] = replace(event, is_complete=whole)


def _override(state: _State, event: Overridden) -> None:
    if event.is_verdict:
        state.judged.setdefault(state.about(event.eval), event.to)
    if event.decided == "REVIEW":
        return
    state.contradicted.add(state.about(event.eval))
    if state.tier is Tier.SHADOW and event.decided == "BLOCK":
        _move(state, Tier.NONE, event.ts, "a BLOCK was overridden")
    elif state.tier is Tier.AUTO:
        _move(state, Tier.ADVISORY, event.ts, "a decision was overridden")
    elif state.tier is Tier.ADVISORY:
        _move(state, Tier.SHADOW, event.ts, "a decision was overridden")


def _shake(state: _State, event: Incident) -> None:
    if event.eval:
        state.contradicted.add(state.about(event.eval))
    state.incidents.append(event.ts)
    recent = [ts for ts in state.incidents if event.ts - ts <= state.ladder.twice]
    if len(recent) > 1 and _was_auto(state, recent):
        _move(state, Tier.SHADOW, event.ts, "two incidents in 30 days")
    elif state.tier is Tier.AUTO:
        _move(state, Tier.ADVISORY, event.ts, "an incident")
    elif state.tier is Tier.ADVISORY and event.tag == "eval.regression":
        _move(state, Tier.SHADOW, event.ts, "an incident tagged eval.regression")


def _was_auto(state: _State, recent: Sequence[datetime]) -> bool:
    """Say whether the service is at AUTO, or fell from there to ADVISORY by a recent incident."""
    fell = any(one.before is Tier.AUTO and one.ts >= min(recent) for one in state.history)
    return state.tier is Tier.AUTO or (state.tier is Tier.ADVISORY and fell)


def _move(state: _State, to: Tier, ts: datetime, reason: str) -> None:
    state.history.append(Transition(ts, state.tier, to, reason))
    if state.history[-1].is_fall:
        state.evaluated.clear()
        state.judged.clear()
    state.tier, state.since = to, ts


def _promote(state: _State, now: datetime) -> None:
    if state.tier not in {Tier.SHADOW, Tier.ADVISORY} or state.since is None:
        return
    if now - state.since < state.ladder.cooldown:
        return
    if all(one.is_met for one in _conditions(state, now)):
        above = Tier.ADVISORY if state.tier is Tier.SHADOW else Tier.AUTO
        _move(state, above, now, "earned")


def _conditions(state: _State, now: datetime) -> tuple[Condition, ...]:
    ladder, count = state.ladder, float(len(state.evaluated))
    if state.tier is Tier.NONE:
        return (Condition("enrolled", 0.0, 1.0),)
    if state.tier is Tier.SHADOW:
        pairs = _pairs(state)
        kappa = cohens_kappa(pairs)
        return (
            Condition("evaluations", count, ladder.shadow_evals),
            Condition("human verdicts", float(len(pairs)), ladder.verdicts),
            Condition("agreement κ", _number(kappa), float(ladder.agreement)),
        )
    if state.tier is Tier.ADVISORY:
        return (
            Condition("evaluations", count, ladder.advisory_evals),
            Condition("days without an incident", _quiet(state, now), ladder.quiet.days),
            Condition("scorecard", _number(_scorecard(state)), float(ladder.scorecard)),
            Condition("clean ALLOWs", _number(_clean_allows(state)), float(ladder.clean_allows)),
        )
    return ()


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), 6)


def _pairs(state: _State) -> list[tuple[str, str]]:
    return [
        (one.recommended, state.judged[one.artifact])
        for one in state.window
        if one.artifact in state.judged
    ]


def _quiet(state: _State, now: datetime) -> float:
    """Return the days since the last incident, or since the last fall or enrolment."""
    since = max([*state.incidents[-1:], *_falls(state)], default=now)
    return round((now - since) / timedelta(days=1), 3)


def _falls(state: _State) -> list[datetime]:
    """Return when the service was last enrolled or last fell."""
    moved = [one.ts for one in state.history if one.before is Tier.NONE or one.is_fall]
    return moved[-1:]


def _scorecard(state: _State) -> Fraction | None:
    """Return the share of evaluations that were complete and that nothing contradicted."""
    window = state.window
    clean = [one for one in window if one.is_complete and one.artifact not in state.contradicted]
    return Fraction(len(clean), len(window)) if window else None


def _clean_allows(state: _State) -> Fraction | None:
    """Return the share of ALLOWs that nothing contradicted; None of none."""
    allows = [one for one in state.window if one.recommended == "ALLOW"]
    spoiled = [
        one
        for one in allows
        if one.artifact in state.contradicted or state.judged.get(one.artifact, "ALLOW") != "ALLOW"
    ]
    return Fraction(len(allows) - len(spoiled), len(allows)) if allows else None
