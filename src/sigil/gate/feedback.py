"""What the author of a change may know of its evaluation.

Pure. Invariant II (isolation wall): feedback is built of results, which hold no text of a
scenario, and of what failed before anything of the exam was asked. A visible scenario keeps its
name; a holdout has a letter that is drawn anew for every evaluation, and its intent's path, which
is in the repository anyway. It is a letter because files have numbers: nobody should hold the two
against each other, and whoever does learns nothing.

What a change says that does not come up is told only while no holdout was ever asked on record.
One that was asked can leave the question where a later one finds it, such as in which files the
kernel has cached; so from then on its author is told fixed words, and the operator all of it.

Step labels are a channel: a change can fail on purpose to carry out what it saw. So how much is
said of holdouts is a ladder of its own: steps while a change gets better, then which intent is
not met, then nothing.

Not here: the operator's view (`sigil.gate.view.frames`), the score (`sigil.gate.scoring`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from string import ascii_uppercase
from typing import Final

from sigil.gate.decision import Code, Reason, Stage, Verdict
from sigil.gate.model import Half, Result, SideName, Status, StepStatus
from sigil.gate.scoring import Answers
from sigil.gate.stages import Trouble
from sigil.gate.telling import Telling
from sigil.gate.trust import Tier

STARTS: Final = frozenset({Stage.DEPLOY_PR, Stage.DEPLOY_BASELINE})
"""Stages in which a service is started, whose words are told as long as no holdout was asked."""
NOT_UP: Final = "it did not come up"
NOT_RESET: Final[Mapping[SideName, str]] = {
    "pr": "the change is not reset: before a visible scenario it did not answer what `reset` in "
    ".sigil/gate.yaml asks with a status of 200 to 299",
    "baseline": "the baseline is not reset: before a visible scenario it did not answer what "
    "`reset` in .sigil/gate.yaml asks with a status of 200 to 299; bring that path in a change of "
    "its own, before the policy asks for it",
}
"""What is told of a side that was not reset, in words that nothing which it answers can change."""
WITH_OPERATOR: Final = "what it printed is with whoever runs the gate (sigil report)"
TOLD: Final = frozenset(
    {
        Code.NO_VISIBLE,
        Code.NO_HOLDOUT,
        Code.STALE_LEDGER,
        Code.LEDGER_UNKNOWN,
        Code.EVALUATOR_UNKNOWN,
        Code.SEED_KNOWN,
        Code.UNBOUND,
        Code.UNVOUCHED,
    }
)
"""Reasons that follow from the change's paths, the exam's shape and the evaluator's state alone.

What is not here stays out, a code of tomorrow included: it may rest on what holdouts came to.
"""
MOST_PATHS: Final = 20
_SHAPES_ALONE = Telling()


class Disclosure(StrEnum):
    """How much is said of holdouts, from the most to the least."""

    STEPS = "steps"
    SPECS = "specs"
    NOTHING = "nothing"


class Silence(StrEnum):
    """Why nothing is said of holdouts where all stages went well."""

    SPENT = "spent"
    EMPTY = "no holdout"
    UNSHARED = "not shared"


@dataclass(frozen=True, slots=True)
class Submission:
    """An earlier evaluation of the same line of work, in the same exam.

    Args:
        holdout: the change's satisfaction on the holdouts; None if it was never scored.
    """

    holdout: Fraction | None


@dataclass(frozen=True, slots=True)
class Line:
    """One scenario in the feedback.

    Args:
        name: the id of a visible scenario, or what this evaluation calls a holdout.
        half: which half.
        spec: path of its intent; empty if unknown.
        steps: label of each step; empty where steps are withheld.
        failed: whether it did not pass.
    """

    name: str
    half: Half
    spec: str
    steps: tuple[StepStatus, ...]
    failed: bool

    @property
    def status(self) -> Status:
        """What became of it, as far as its labels tell."""
        if not self.failed:
            return Status.PASS
        return Status.FAIL if StepStatus.FAIL in self.steps else Status.ERROR


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What kept an evaluation from coming to its end.

    Args:
        stage: that failed.
        problem: one line; empty where it is the operator's.
        output: the end of what a service printed that did not come up, as `Telling` leaves it;
            empty once a holdout was asked.
    """

    stage: Stage
    problem: str = ""
    output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A reason of the decision that says nothing of any holdout.

    Args:
        code: one of `TOLD`, or the tier.
        verdict: the best that it leaves.
        about: as in the decision.
        paths: that no exam vouches for, the first `MOST_PATHS`; of another code none.
        more: how many further ones there are.
    """

    code: Code
    verdict: Verdict
    about: str = ""
    paths: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the author of a change is told.

    Args:
        eval: id of the evaluation.
        verdict: the decision.
        disclosure: how much is said of holdouts.
        lines: visible scenarios in the exam's order, then holdouts by letter.
        failing_specs: intents that a holdout found not met, sorted; what is left of the holdouts
            under ``specs``.
        obstacles: stages that failed, in the order in which they did.
        silence: why ``nothing`` is said; None where a stage that failed is why, or where more is.
        reasons: of the decision, those that its author may know.
        unreset: sides that were not reset before a scenario of the visible half.
    """

    eval: str
    verdict: Verdict
    disclosure: Disclosure
    lines: tuple[Line, ...]
    failing_specs: tuple[str, ...]
    obstacles: tuple[Obstacle, ...] = ()
    silence: Silence | None = None
    reasons: tuple[Cause, ...] = ()
    unreset: tuple[SideName, ...] = ()

    def counts(self) -> Mapping[StepStatus, int]:
        """Return how many steps were labelled how, over all lines."""
        steps = [step for line in self.lines for step in line.steps]
        return {status: steps.count(status) for status in StepStatus}


def disclosure(earlier: Sequence[Submission], holdout: Fraction | None, *, left: int) -> Disclosure:
    """Return how much may be said of the holdouts this time.

    Args:
        earlier: submissions to the same exam, of whatever change: a name costs nothing.
        holdout: satisfaction on the holdouts now; None if they were not scored.
        left: how many submissions of any change the exam still has; at 0 nothing is said any more.

    Source: the release rule is the Ladder of Blum and Hardt 2015: a score is told only when it
    is better than every one before. One that missed nothing told nothing, and bars nobody.
    """
    if holdout is None or left <= 0:
        return Disclosure.NOTHING
    before = [one.holdout for one in earlier if one.holdout is not None and one.holdout < 1]
    if before and holdout <= max(before):
        return Disclosure.SPECS
    return Disclosure.STEPS


def told_as(number: int) -> str:
    """Return what the feedback of one evaluation calls a holdout: ``holdout-A``, … ``holdout-AA``.

    Args:
        number: from 1, in the order of this evaluation.
    """
    letters = ""
    while number > 0:
        number, place = divmod(number - 1, len(ascii_uppercase))
        letters = ascii_uppercase[place] + letters
    return f"holdout-{letters}"


def feedback(
    name: str,
    verdict: Verdict,
    answers: Sequence[Answers],
    *,
    numbers: Mapping[str, int],
    disclosed: Disclosure,
    troubles: Sequence[Trouble] = (),
    telling: Telling = _SHAPES_ALONE,
    asked: bool = True,
    silence: Silence | None = None,
    reasons: Sequence[Reason] = (),
    unvouched: Sequence[str] = (),
    unreset: Sequence[SideName] = (),
) -> Feedback:
    """Return what the author is told.

    Args:
        name: id of the evaluation.
        verdict: the decision.
        answers: to every scenario.
        numbers: of each holdout in this evaluation, by id, 1 to their count in random order.
        disclosed: how much is said of holdouts.
        troubles: stages that failed.
        telling: makes their words fit for the author.
        asked: whether a holdout of any service may have been asked before: then a start that failed
            is told in fixed words alone.
        silence: why nothing is said of holdouts, if nothing is.
        reasons: of the decision; see `causes`.
        unvouched: paths that no exam vouches for.
        unreset: sides that were not reset before a scenario of the visible half.
    """
    visible = [
        Line(
            one.question.id, "visible", one.question.spec, _worst_of(one.pr).steps, _failed(one.pr)
        )
        for one in answers
        if one.question.half == "visible"
    ]
    sealed = sorted(
        (one for one in answers if one.question.half == "holdout"),
        key=lambda one: numbers[one.question.id],
    )
    holdouts = [
        Line(
            told_as(numbers[one.question.id]),
            "holdout",
            one.question.spec,
            _worst_of(one.pr).steps,
            _failed(one.pr),
        )
        for one in sealed
        if disclosed is Disclosure.STEPS
    ]
    failing = {one.question.spec for one in sealed if _failed(one.pr) and one.question.spec}
    specs = () if disclosed is Disclosure.NOTHING else tuple(sorted(failing))
    obstacles = tuple(_obstacle(trouble, telling, asked) for trouble in troubles)
    why = silence if disclosed is Disclosure.NOTHING else None
    return Feedback(
        name,
        verdict,
        disclosed,
        (*visible, *holdouts),
        specs,
        obstacles,
        why,
        causes(reasons, disclosed, unvouched),
        tuple(unreset),
    )


def causes(
    reasons: Sequence[Reason], disclosed: Disclosure, unvouched: Sequence[str] = ()
) -> tuple[Cause, ...]:
    """Return which reasons of a decision its author may know, in their order.

    The tier is a reason at NONE whatever the exam says, and at SHADOW only of a change that did
    well in both halves: so there it is told while the steps of holdouts are.

    Args:
        reasons: of the decision.
        disclosed: how much is said of holdouts.
        unvouched: paths that no exam vouches for.
    """
    found: list[Cause] = []
    for one in reasons:
        is_rung = one.code is Code.TIER and (
            one.about == Tier.NONE.value or disclosed is Disclosure.STEPS
        )
        if one.code not in TOLD and not is_rung:
            continue
        paths = unvouched if one.code is Code.UNVOUCHED else ()
        shown, more = tuple(paths[:MOST_PATHS]), len(paths[MOST_PATHS:])
        found.append(Cause(one.code, one.verdict, one.about, shown, more))
    return tuple(found)


def _obstacle(trouble: Trouble, telling: Telling, asked: bool) -> Obstacle:
    """Return what is told of a failed stage: of the exam, the run and the ledger nothing."""
    if trouble.stage not in {Stage.POLICY, *STARTS}:
        return Obstacle(trouble.stage)
    if asked and trouble.stage in STARTS:
        return Obstacle(trouble.stage, f"{trouble.ending or NOT_UP}; {WITH_OPERATOR}")
    return Obstacle(
        trouble.stage,
        telling.line(trouble.problem, trouble.tree),
        telling.lines(trouble.output, trouble.tree),
    )


def _failed(results: Sequence[Result]) -> bool:
    return any(result.status is not Status.PASS for result in results) or not results


_NEVER_RUN = Result("", Status.ERROR, ())


def _worst_of(results: Sequence[Result]) -> Result:
    """Return the result of the repeat with the fewest steps that passed."""
    return min(results, key=lambda result: result.steps.count(StepStatus.PASS), default=_NEVER_RUN)
