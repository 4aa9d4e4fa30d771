"""What the gate writes into the ledger, and what it reads out of it.

Pure: bodies of events in, facts out. The ledger knows nothing of these kinds:

    eval.complete     an exam came to an end: who, against what, scores in hundredths
    eval.decision     ALLOW, REVIEW or BLOCK, bound to one change, one baseline, one exam
    eval.merge        an ALLOW was used
    trust.enrolled    the service was registered
    trust.transition  news of a computed step on the ladder; never read back
    verdict.human     what a human would have decided
    override.human    a human set a decision aside
    incident.<tag>    something went wrong in production

Scores stand here in hundredths: a finer figure would be a channel out of the sealed half.

A body of another shape raises, because a ledger that is not understood is not a ledger that was
read: whoever decides without it does not allow.

Not here: signatures and order (`sigil.ledger`), what people say of evaluations
(`sigil.gate.record.told`), evaluations without a decision (`sigil.gate.record.unfinished`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from itertools import takewhile
from typing import Any, Protocol, TypeVar

import msgspec

from sigil.errors import LedgerBroken
from sigil.gate.decision import Decision, Verdict
from sigil.gate.feedback import Disclosure, Submission
from sigil.gate.scoring import Pair, Score
from sigil.gate.trust import Tier

COMPLETE = "eval.complete"
DECISION = "eval.decision"
MERGE = "eval.merge"
ENROLLED = "trust.enrolled"
TRANSITION = "trust.transition"
VERDICT = "verdict.human"
OVERRIDE = "override.human"
INCIDENT = "incident."
_HUNDRED = 100
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_T = TypeVar("_T")


class Recorded(Protocol):
    """An entry of the ledger, as far as the gate looks at it."""

    @property
    def kind(self) -> str:
        """Its kind."""
        ...

    @property
    def ts(self) -> datetime:
        """When, as far as the ledger goes."""
        ...

    @property
    def service(self) -> str:
        """Which service it concerns."""
        ...

    @property
    def key(self) -> str:
        """Whose signature it carries."""
        ...

    @property
    def body(self) -> Mapping[str, Any]:
        """Its facts."""
        ...


@dataclass(frozen=True, slots=True)
class Signers:
    """Who may say what.

    Args:
        evaluators: keys whose evaluations and decisions count.
        reviewers: keys whose verdicts count; if there are none, every key that is no evaluator's.
    """

    evaluators: frozenset[str]
    reviewers: frozenset[str] = frozenset()

    def reviews(self, key: str) -> bool:
        """Say whether a verdict by this key is a human's."""
        return key in self.reviewers or not (self.reviewers or key in self.evaluators)


@dataclass(frozen=True, slots=True)
class Provenance:
    """The six fields under which a score is the same again.

    Args:
        artifact: digest of the change.
        baseline: digest of what it is compared with.
        scenarios: digest of the exam.
        seed: of its generators.
        control: digest of the base branch that exam and policy were read from.
        evaluator: name and version of the program.
    """

    artifact: str
    baseline: str
    scenarios: str
    seed: str
    control: str
    evaluator: str


@dataclass(frozen=True, slots=True)
class Hundredths:
    """A figure for both sides, 0 to 100."""

    pr: int
    baseline: int


@dataclass(frozen=True, slots=True)
class Complete:
    """The body of ``eval.complete``.

    Args:
        eval: id of the evaluation.
        ref: the change, as it was asked for; what its submissions are counted by.
        commit: of the change.
        provenance: the six fields.
        overall: both halves, weighed.
        visible: None where the half is empty.
        holdout: likewise.
        scenarios: how many of each half.
        complete: whether every scenario came to a verdict on both sides.
        disclosed: how much its feedback says of holdouts, at most: less, if the remote had taken
            another evaluation first, or could not be reached.
        observations: digest of what was observed, as it is kept under seal.
        rubrics: digests of the rubrics that judges were asked by, ascending; those of holdouts
            are salted. None in an entry of a version that did not record them.
        holdouts: salted digests of the holdouts that were asked, ascending, as the manifest has
            them. None likewise.
    """

    eval: str
    ref: str
    commit: str
    provenance: Provenance
    overall: Hundredths
    visible: Hundredths | None
    holdout: Hundredths | None
    scenarios: dict[str, int]
    complete: bool
    disclosed: Disclosure
    observations: str = ""
    rubrics: list[str] | None = None
    holdouts: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Decided:
    """The body of ``eval.decision``.

    Args:
        eval: id of the evaluation.
        verdict: with regard to the tier.
        recommended: without.
        reasons: each as its code, the best that it leaves, and what it is about.
        tier: where the service stood.
        provenance: what the decision is about, and nothing else.
        commit: of the change.
        base: the commit of the base branch that it may be merged into.
        size: of the ledger when it was decided.
        nonce: that makes it one of its kind.
        expires: until when it may be acted on.
    """

    eval: str
    verdict: Verdict
    recommended: Verdict
    reasons: list[dict[str, Any]]
    tier: Tier
    provenance: Provenance
    commit: str
    base: str
    size: int
    nonce: str
    expires: datetime


@dataclass(frozen=True, slots=True)
class _OfMerge:
    """The body of ``eval.merge``, as far as it is read."""

    nonce: str


# --- writing ----------------------------------------------------------------------------


def eval_id(moment: datetime, chance: bytes) -> str:
    """Return the id of an evaluation: ``eval_`` and 14 characters that sort by time.

    Args:
        moment: milliseconds of it make ten of the characters.
        chance: 20 bits of it make the others.

    Source: Crockford's base 32, in the order of a ULID.
    """
    ticks = int(moment.timestamp() * 1000) << 20 | int.from_bytes(chance) & 0xFFFFF
    return "eval_" + "".join(_CROCKFORD[ticks >> 5 * place & 31] for place in range(13, -1, -1))


def hundredths(pair: Pair | None) -> Hundredths | None:
    """Return a pair of scores as they are recorded: rounded down, so that 1 is 1."""
    if pair is None:
        return None
    return Hundredths(int(pair.pr * _HUNDRED), int(pair.baseline * _HUNDRED))


def complete_body(known: Complete) -> dict[str, Any]:
    """Return the body of ``eval.complete``."""
    return msgspec.to_builtins(known)


def decision_body(known: Decided) -> dict[str, Any]:
    """Return the body of ``eval.decision``."""
    return msgspec.to_builtins(known)


def reasons(decision: Decision) -> list[dict[str, Any]]:
    """Return the reasons of a decision as they are recorded: without a figure or a count."""
    return [
        {"code": reason.code.value, "verdict": reason.verdict.value, "about": reason.about}
        for reason in decision.reasons
    ]


def scores(found: Score) -> tuple[Hundredths, Hundredths | None, Hundredths | None]:
    """Return overall, visible and holdout as they are recorded."""
    overall = hundredths(found.overall)
    assert overall is not None
    return overall, hundredths(found.visible), hundredths(found.holdout)


# --- reading ----------------------------------------------------------------------------


def completed(entries: Iterable[Recorded], service: str, signers: Signers) -> list[Complete]:
    """Return the evaluations of a service by its evaluators, oldest first.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    return [
        read_body(one, Complete)
        for one in entries
        if _is(one, service, COMPLETE) and one.key in signers.evaluators
    ]


def submitted(entries: Iterable[Recorded], service: str) -> list[Complete]:
    """Return the evaluations of a service by whomever the ledger trusts, oldest first.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    return [read_body(one, Complete) for one in entries if _is(one, service, COMPLETE)]


def decided(entries: Iterable[Recorded], service: str, signers: Signers) -> list[Decided]:
    """Return the decisions of a service by its evaluators, oldest first.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    return [
        read_body(one, Decided)
        for one in entries
        if _is(one, service, DECISION) and one.key in signers.evaluators
    ]


def before(known: Iterable[Complete] | None, name: str) -> list[Complete] | None:
    """Return the evaluations that stand before one; None where they are not known."""
    return None if known is None else list(takewhile(lambda one: one.eval != name, known))


def taken(known: Iterable[Complete], one: Complete) -> list[Complete]:
    """Return the evaluations that asked any holdout that one asked, oldest first.

    Of all changes, whatever branch they came from: the budget counts them all, because a name costs
    nothing, and what is told is told. Whatever else the exam holds now: what was learnt of a
    holdout is not forgotten when a visible scenario is added. Of an entry that does not say which
    holdouts were asked, those of the same exam count.
    """
    return [other for other in known if _asked_the_same(other, one)]


def _asked_the_same(other: Complete, one: Complete) -> bool:
    if other.provenance.scenarios == one.provenance.scenarios:
        return True
    return not set(other.holdouts or ()).isdisjoint(one.holdouts or ())


def submissions(known: Iterable[Complete]) -> list[Submission]:
    """Return evaluations as submissions to their exam."""
    return [Submission(_of_hundred(one.holdout)) for one in known]


def contradicts(
    known: Iterable[Complete], one: Complete, vouched: Collection[str] = frozenset()
) -> bool:
    """Say whether the very same change once came to other scores by the very same questions.

    Of the same exam every score has to be the same, of another with the same holdouts that of
    the holdouts.

    Args:
        known: evaluations, oldest first.
        one: any evaluation.
        vouched: ids of those by which the change is to be measured from then on, whatever it came
            to before (`sigil.gate.record.told.vouched`).
    """
    same = [
        other
        for other in known
        if (other.provenance.artifact, other.provenance.baseline)
        == (one.provenance.artifact, one.provenance.baseline)
        and _asked_the_same(other, one)
    ]
    return any(_differ(other, one) for other in _since(same, vouched))


def _since(known: Sequence[Complete], vouched: Collection[str]) -> Sequence[Complete]:
    """Return the evaluations from the last one on that is vouched for; all if none is."""
    places = [place for place, one in enumerate(known) if one.eval in vouched]
    return known[max(places, default=0) :]


def _differ(other: Complete, one: Complete) -> bool:
    if other.provenance.scenarios == one.provenance.scenarios:
        return (other.overall, other.visible, other.holdout) != (
            one.overall,
            one.visible,
            one.holdout,
        )
    return bool(one.holdouts) and other.holdouts == one.holdouts and other.holdout != one.holdout


def earlier(
    known: Iterable[Complete],
    baseline: str,
    scenarios: str,
    vouched: Collection[str] = frozenset(),
) -> Fraction | None:
    """Return the best that this very code ever came to in this exam, 0 to 1; None if never seen.

    Args:
        known: evaluations, oldest first.
        baseline: digest of the code.
        scenarios: digest of the exam.
        vouched: ids of those by whose baseline it is to be measured from then on.
    """
    asked = [one for one in known if one.provenance.scenarios == scenarios]
    ours = frozenset(one.eval for one in asked if one.provenance.baseline == baseline)
    seen = [
        value
        for one in _since(asked, ours.intersection(vouched))
        for digest, value in (
            (one.provenance.artifact, one.overall.pr),
            (one.provenance.baseline, one.overall.baseline),
        )
        if digest == baseline
    ]
    return Fraction(max(seen), _HUNDRED) if seen else None


def used(entries: Iterable[Recorded], service: str) -> frozenset[str]:
    """Return the nonces of the decisions of a service that were acted on.

    Raises:
        LedgerBroken: an entry of another shape.
    """
    return frozenset(read_body(one, _OfMerge).nonce for one in entries if _is(one, service, MERGE))


def _of_hundred(found: Hundredths | None) -> Fraction | None:
    return None if found is None else Fraction(found.pr, _HUNDRED)


def _is(entry: Recorded, service: str, kind: str) -> bool:
    return entry.service == service and entry.kind == kind


def read_body(entry: Recorded, kind: type[_T]) -> _T:
    """Return the facts of an entry.

    Args:
        entry: of the ledger.
        kind: their shape; what an entry holds besides is left out.

    Raises:
        LedgerBroken: they are of another shape.
    """
    try:
        return msgspec.convert(entry.body, kind)
    except msgspec.ValidationError as error:
        raise LedgerBroken(
            f"an entry {entry.kind} of {entry.service} is of another shape: {error}",
            remedy="was it written by a later version?",
        ) from error
