"""How satisfied is the exam with a change, relative to its baseline?

Pure, and exact: every score is a fraction, so the same results give the same bytes.

* A scenario's satisfaction on one side is the mean of its repeats: 1 for a pass, the share of
  steps that passed for a failure, 0 for a failed P0 scenario and for an error. An errored scenario
  stays in the denominator.
* A half's satisfaction is the mean of its scenarios; both halves are weighed together.
* An error of the change is its own where the baseline passes the same scenario in every repeat of
  the same evaluation, and nothing of whoever examines failed. Any other error may be somebody
  else's doing, and counts as a pass in what the change comes to at best.
* A regression is a scenario that satisfies less than it did before the change.

Not here: what follows from a score (`sigil.gate.decision`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sigil.gate.model import Half, Priority, Result, SideName, Status, StepStatus


@dataclass(frozen=True, slots=True)
class Question:
    """What is known of a scenario besides its text.

    Args:
        id: the scenario's.
        half: which half it belongs to.
        priority: as declared; P0 where a scenario could not even be read.
        spec: path of its intent; empty if unknown.
    """

    id: str
    half: Half
    priority: Priority
    spec: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """What both sides made of one question.

    Args:
        question: the question.
        pr: the results of the change, one per repeat; empty where it was never run.
        baseline: likewise, without the change.
    """

    question: Question
    pr: tuple[Result, ...]
    baseline: tuple[Result, ...]

    def of(self, side: SideName) -> tuple[Result, ...]:
        """Return the results of one side."""
        return self.pr if side == "pr" else self.baseline

    def has(self, status: Status) -> bool:
        """Say whether any result of either side is of this status."""
        return any(result.status is status for result in (*self.pr, *self.baseline))

    def is_own_error(self, result: Result) -> bool:
        """Say whether an error of the change is its own doing, and nobody else's."""
        witnessed = bool(self.baseline) and all(r.status is Status.PASS for r in self.baseline)
        return result.status is Status.ERROR and not result.is_ours and witnessed

    @property
    def is_broken(self) -> bool:
        """Whether the change ends in an error of its own each time."""
        return bool(self.pr) and all(map(self.is_own_error, self.pr))

    @property
    def flickers(self) -> bool:
        """Whether repeats on one side disagree."""
        return any(
            len({(r.status, r.steps) for r in side}) > 1 for side in (self.pr, self.baseline)
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """One figure for both sides, 0 to 1."""

    pr: Fraction
    baseline: Fraction

    @property
    def delta(self) -> Fraction:
        """How much better the change is; negative if it is worse."""
        return self.pr - self.baseline


@dataclass(frozen=True, slots=True)
class Score:
    """What an evaluation comes to.

    Args:
        visible: mean of the visible scenarios; None if there are none.
        holdout: mean of the holdouts; None if there are none.
        overall: both, weighed; of one half alone where the other is empty.
        scenarios: satisfaction of each scenario by id, in the order of the exam.
        at_best: overall satisfaction of the change if it passed whatever was not run, or ended in
            an error that may be somebody else's; None where there is no such thing.
    """

    visible: Pair | None
    holdout: Pair | None
    overall: Pair
    scenarios: tuple[tuple[str, Pair], ...]
    at_best: Fraction | None = None


def satisfaction(results: Sequence[Result], priority: Priority) -> Fraction:
    """Return how far a scenario is satisfied, 0 to 1: the mean over its repeats; 0 of none."""
    if not results:
        return Fraction(0)
    return sum((_satisfied(result, priority) for result in results), Fraction(0)) / len(results)


def _satisfied(result: Result, priority: Priority) -> Fraction:
    if result.status is Status.PASS:
        return Fraction(1)
    blocks = result.status is Status.FAIL and priority is Priority.P0
    if result.status is Status.ERROR or blocks or not result.steps:
        return Fraction(0)
    return Fraction(result.steps.count(StepStatus.PASS), len(result.steps))


def score(
    answers: Sequence[Answers],
    *,
    visible: Fraction = Fraction(2),
    holdout: Fraction = Fraction(1),
) -> Score:
    """Return what these answers come to.

    Args:
        answers: one per scenario of the exam, run or not.
        visible: the weight of the visible half.
        holdout: the weight of the holdouts.

    Raises:
        ValueError: there is no scenario, or nothing that is there has a weight.
    """
    weights: dict[Half, Fraction] = {"visible": visible, "holdout": holdout}
    pairs = [
        Pair(*(satisfaction(one.of(side), one.question.priority) for side in ("pr", "baseline")))
        for one in answers
    ]
    halves = _halves(answers, pairs)
    overall = _weighed(halves, weights)
    best = [
        Pair(satisfaction(_hoped(one), one.question.priority), pair.baseline)
        for one, pair in zip(answers, pairs, strict=True)
    ]
    is_open = any(_hoped(one) != one.pr for one in answers)
    named = tuple((one.question.id, pair) for one, pair in zip(answers, pairs, strict=True))
    return Score(
        halves["visible"],
        halves["holdout"],
        overall,
        named,
        _weighed(_halves(answers, best), weights).pr if is_open else None,
    )


def _hoped(answers: Answers) -> tuple[Result, ...]:
    """Return the results of the change, with a pass for each that is missing or may be no fault."""
    passed = Result(answers.question.id, Status.PASS, ())
    found = [
        passed if one.status is Status.ERROR and not answers.is_own_error(one) else one
        for one in answers.pr
    ]
    missing = max(1, len(answers.baseline)) - len(found)
    return (*found, *[passed] * missing)


def _halves(answers: Sequence[Answers], pairs: Sequence[Pair]) -> dict[Half, Pair | None]:
    """Return the mean of each half; None of one that is empty."""
    found = list(zip(answers, pairs, strict=True))
    names: tuple[Half, Half] = ("visible", "holdout")
    return {half: _mean(pair for one, pair in found if one.question.half == half) for half in names}


def _weighed(halves: Mapping[Half, Pair | None], weights: Mapping[Half, Fraction]) -> Pair:
    """Return both halves together; one alone where the other is empty.

    Raises:
        ValueError: nothing that is there has a weight.
    """
    there = [(pair, weights[half]) for half, pair in halves.items() if pair is not None]
    total = sum((weight for _, weight in there), Fraction(0))
    if not total:
        raise ValueError("a score needs a scenario, and a weight for what is there")
    return Pair(
        sum((pair.pr * weight for pair, weight in there), Fraction(0)) / total,
        sum((pair.baseline * weight for pair, weight in there), Fraction(0)) / total,
    )


def _mean(pairs: Iterable[Pair]) -> Pair | None:
    found = list(pairs)
    if not found:
        return None
    return Pair(
        sum((pair.pr for pair in found), Fraction(0)) / len(found),
        sum((pair.baseline for pair in found), Fraction(0)) / len(found),
    )


def regressions(found: Score, answers: Sequence[Answers], half: Half) -> tuple[str, ...]:
    """Return the ids of the scenarios of a half that satisfy less than on the baseline."""
    halves = {one.question.id: one.question.half for one in answers}
    return tuple(name for name, pair in found.scenarios if pair.delta < 0 and halves[name] == half)
