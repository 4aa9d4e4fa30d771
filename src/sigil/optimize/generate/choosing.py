"""Which inputs are shown, which are held out, and which are worth timing?

Every case that is chosen was answered alike by two sealed processes of the unchanged code. What
is held out never stands among what is shown, and comes from the same sources.

Not here: making inputs (`drawing`), why one is of no use (`reasons`), writing them down
(`writing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sigil.errors import BaselineFailed, Where
from sigil.optimize.generate.advising import COMMAND, Advice
from sigil.optimize.generate.attributes import NO_OBJECTS, Objects
from sigil.optimize.generate.drawing import Drawing
from sigil.optimize.generate.fitting import Fitted, fitted
from sigil.optimize.generate.inputs import case_text, distinct
from sigil.optimize.generate.reasons import (
    SEALED,
    no_answer,
    reason_of,
    refuse_moods,
    shown_call,
)
from sigil.optimize.generate.sampling import sampled, spread
from sigil.optimize.generate.trying import Checked, Outcome, Trial
from sigil.optimize.generate.using import NONE, Uses
from sigil.sandbox.model import Case, Raised, Returned

T = TypeVar("T")

TRIED_AT_MOST = 300
SHOWN_AT_MOST, HELD_AT_MOST = 60, 40
_NAMED = 5
"""So many inputs are named in a note."""
_LEAST_NS = 400_000
"""A batch that is quicker is timed on more cases."""
_PADDED = 400


@dataclass(frozen=True, slots=True)
class Known:
    """Inputs to begin with.

    Args:
        cases: what they are.
        by_hand: whether a person gave them, so that all of them stay.
        objects: what is known of the objects of a method.
        signed: further ones, of types that the signature names and ``cases`` do not have.
        uses: what the function looks at, so that inputs differ in that.
    """

    cases: Sequence[Case]
    by_hand: bool = False
    objects: Objects = NO_OBJECTS
    signed: Sequence[Case] = ()
    uses: Uses = NONE


@dataclass(frozen=True, slots=True)
class Chosen:
    """The inputs of an eval.

    Args:
        shown: what candidates are measured on.
        held_out: what they meet at the end.
        known: how many of the shown ones are from where the inputs came from, unchanged.
        scaled: how many of the shown ones were enlarged, for the timer.
        batch_ns: what all shown ones take together, or all held-out ones: whichever is longer.
        floats: whether some answer holds a float.
        notes: which inputs are missing though a person gave them, and why; each a clause.
    """

    shown: tuple[Checked, ...]
    held_out: tuple[Checked, ...]
    known: int
    scaled: int
    batch_ns: int
    floats: bool
    notes: tuple[str, ...] = ()


def choose(
    trial: Trial, given: Known, *, seed: int, where: Where, advice: Advice = COMMAND
) -> Chosen:
    """Return the inputs to measure on, made from those that are known.

    Args:
        trial: the unchanged function.
        given: known inputs.
        seed: of all that is drawn.
        where: the function, for errors.
        advice: how more is given, for errors and notes.

    Raises:
        BaselineFailed: no input is answered with plain data, or not always alike, or in time.
    """
    distinct_ones = distinct(given.cases)
    tried = distinct_ones if given.by_hand else sampled(distinct_ones, TRIED_AT_MOST)
    outcomes = trial.settled(tried)
    refuse_moods(tried, outcomes, where)
    known = [found for pair in zip(tried, outcomes, strict=True) if (found := _checked(*pair))]
    answered = [one.case for one in known if one.raises is None]
    if not answered:
        raise no_answer(tried, outcomes, where, advice)
    drawing = Drawing(trial, answered, seed, given.objects)
    shown_far, held_far = _deal(drawing.far(given.signed), 3)
    shown_probes, held_probes = _deal(drawing.probing(given.uses), 3)
    shown_made, held_made = _deal(drawing.varied(given.signed), 3)
    scaled, held_scaled = drawing.enlarged(given.uses.texts)
    shown_known, held_known = _deal(known, 4)
    most_shown, most_held = (None, None) if given.by_hand else (SHOWN_AT_MOST, HELD_AT_MOST)
    shown_part = _fitted(
        trial,
        shown_known[:most_shown],
        [*shown_far, *shown_probes],
        [*shown_made[:SHOWN_AT_MOST], *scaled],
        by_hand=given.by_hand,
    )
    held_part = _fitted(
        trial,
        held_known[:most_held],
        [*held_far, *held_probes],
        [*held_made[:HELD_AT_MOST], *held_scaled],
        by_hand=given.by_hand,
    )
    if shown_part.time_ns is None:
        raise BaselineFailed(
            f"its calls do not come back within {trial.seconds:g} s when they are timed",
            where=where,
            remedy=f"allow them more with {advice.timeout}, or give smaller inputs with "
            f"{advice.cases}",
        )
    shown_cases = list(shown_part.cases)
    if shown_part.time_ns < _LEAST_NS:
        shown_cases += [*shown_made, *shown_known][SHOWN_AT_MOST:_PADDED]
    shown_cases, held_cases = _apart(shown_cases, list(held_part.cases))
    familiar = {case_text(one.case) for one in known}
    enlarged_ones = {case_text(one.case) for one in scaled}
    texts = [case_text(one.case) for one in shown_cases]
    return Chosen(
        shown=tuple(shown_cases),
        held_out=tuple(held_cases),
        known=sum(text in familiar for text in texts),
        scaled=sum(text in enlarged_ones for text in texts),
        batch_ns=max(shown_part.time_ns, held_part.time_ns or 0),
        floats=any(_holds_float(found) for found in outcomes),
        notes=tuple(
            _missing(
                list(zip(tried, outcomes, strict=True)),
                [*shown_part.left_out, *held_part.left_out],
                trial.seconds,
                advice,
            )
        )
        if given.by_hand
        else (),
    )


def unstated(
    trial: Trial, stated: Sequence[Case], others: Sequence[Case], *, seed: int
) -> list[Checked]:
    """Return inputs whose answer nobody states, and that the unchanged function answers.

    What it answers there is evidence too, though it is wrong elsewhere.

    Args:
        trial: the unchanged function.
        stated: inputs whose answers are stated.
        others: further ones that are known, such as calls of tests.
        seed: of all that is drawn.
    """
    known = spread(distinct([*stated, *others]), TRIED_AT_MOST)
    outcomes = trial.settled(known)
    answered = [c for c, found in zip(known, outcomes, strict=True) if isinstance(found, Returned)]
    if not answered:
        return []
    drawing = Drawing(trial, answered, seed, NO_OBJECTS)
    taken = {case_text(case) for case in stated}
    made = [*map(Checked, answered), *drawing.varied()]
    return [one for one in made if case_text(one.case) not in taken][:SHOWN_AT_MOST]


def divide(wrong: Sequence[T], right: Sequence[T]) -> tuple[list[T], list[T]]:
    """Return what is shown and what is held out: a third of each, but never all that is wrong."""
    shown_wrong, held_wrong = _deal(wrong, 3)
    shown_right, held_right = _deal(right, 3)
    return [*shown_wrong, *shown_right], [*held_wrong, *held_right]


# --- what of it is of use ---------------------------------------------------------------


def _checked(case: Case, outcome: Outcome | None) -> Checked | None:
    if isinstance(outcome, Returned):
        return Checked(case)
    if isinstance(outcome, Raised) and outcome.error not in {"NotJson", *SEALED}:
        return Checked(case, outcome.error)
    return None


def _holds_float(outcome: object) -> bool:
    waiting: list[object] = [outcome.value] if isinstance(outcome, Returned) else []
    for _ in range(10_000):
        if not waiting:
            return False
        value = waiting.pop()
        if isinstance(value, float | complex):
            return True
        if isinstance(value, dict):
            waiting.extend([*value.keys(), *value.values()])  # type: ignore[misc]  # plain data
        elif isinstance(value, list | tuple | set | frozenset):
            waiting.extend(value)  # type: ignore[misc]  # plain data
    return False


def _fitted(
    trial: Trial, known: list[Checked], few: list[Checked], made: list[Checked], *, by_hand: bool
) -> Fitted:
    if by_hand:
        return fitted(trial, known, made, few)
    return fitted(trial, [], [*known, *made], few)


def _missing(
    tried: Sequence[tuple[Case, Outcome | None]],
    slow: Sequence[Checked],
    seconds: float,
    advice: Advice,
) -> Iterator[str]:
    """Yield which of the inputs that a person gave are not measured on, and why."""
    dropped = [(case, outcome) for case, outcome in tried if _checked(case, outcome) is None]
    if dropped:
        problem, remedy = reason_of(*dropped[0], advice)
        yield f"{_count(dropped)} left out: {problem}; {remedy}"
    if slow:
        calls = ", ".join(shown_call(one.case) for one in slow[:_NAMED])
        yield (
            f"{_count(slow)} left out, because all together do not come back within "
            f"{seconds:g} s: {calls}; allow them more with {advice.timeout}"
        )


def _count(cases: Sequence[object]) -> str:
    return f"{len(cases)} of the inputs that were given {'is' if len(cases) == 1 else 'are'}"


# --- dividing ---------------------------------------------------------------------------


def _deal(cases: Sequence[T], every: int) -> tuple[list[T], list[T]]:
    """Return the cases without every n-th, and every n-th of them."""
    held = list(cases[every - 1 :: every])
    return [one for i, one in enumerate(cases) if i % every != every - 1], held


def _apart(shown_cases: list[Checked], held: list[Checked]) -> tuple[list[Checked], list[Checked]]:
    """Return both without anything twice, and what is shown not among what is held out."""
    texts: dict[str, Checked] = {}
    for one in shown_cases:
        texts.setdefault(case_text(one.case), one)
    others: dict[str, Checked] = {}
    for one in held:
        text = case_text(one.case)
        if text not in texts:
            others.setdefault(text, one)
    return list(texts.values()), list(others.values())
