"""Which inputs are shown, which are held out, and which are worth timing?

Every case that is chosen was answered alike by two sealed processes of the unchanged code. What
is held out never stands among what is shown, and comes from the same sources.

Not here: making inputs (`inputs`, `scaling`), writing them down (`writing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from sigil.effects import random_stream
from sigil.errors import BaselineFailed, SigilError, Where
from sigil.evaluate.scoring import shown
from sigil.optimize.generate.inputs import (
    Key,
    Pool,
    case_text,
    distinct,
    edges,
    pool_of,
    variations,
)
from sigil.optimize.generate.scaling import MOST_NS, Scaled, enlarged, scale
from sigil.optimize.generate.sharing import shared_edges
from sigil.optimize.generate.trying import Died, Outcome, Trial
from sigil.sandbox.model import CandidateFailed, Case, Raised, Returned

T = TypeVar("T")

TRIED_AT_MOST = 300
SHOWN_AT_MOST, HELD_AT_MOST = 60, 40
_VARIED, _EDGED, _SCALED = 240, 6, 3
_LEAST_NS = 400_000
"""A batch that is quicker is timed on more cases."""
_PADDED = 400
_SEALED = frozenset({"PermissionError", "BlockingIOError", "OSError", "FileNotFoundError"})


@dataclass(frozen=True, slots=True)
class Checked:
    """A case and what the unchanged code does with it: returns, or raises an error by name."""

    case: Case
    raises: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """The inputs of an eval.

    Args:
        shown: what candidates are measured on.
        held_out: what they meet at the end.
        known: how many of the shown ones are from where the inputs came from, unchanged.
        scaled: those of the shown ones that were enlarged, for the timer.
        batch_ns: what all shown ones together take.
        floats: whether some answer holds a float.
    """

    shown: tuple[Checked, ...]
    held_out: tuple[Checked, ...]
    known: int
    scaled: tuple[Scaled, ...]
    batch_ns: int
    floats: bool


def choose(
    trial: Trial, given: Iterable[Case], *, seed: int, where: Where, fixed: frozenset[Key]
) -> Chosen:
    """Return the inputs to measure on, made from those that are known.

    Args:
        trial: the unchanged function.
        given: known inputs.
        seed: of all that is drawn.
        where: the function, for errors.
        fixed: parameters that are never varied.

    Raises:
        BaselineFailed: no input is answered with plain data, or not always alike.
    """
    tried = _spread(distinct(given), TRIED_AT_MOST)
    outcomes = trial.settled(tried)
    _refuse_moods(tried, outcomes, where)
    known = [found for pair in zip(tried, outcomes, strict=True) if (found := _checked(*pair))]
    answered = [one.case for one in known if one.raises is None]
    if not answered:
        raise no_answer(tried, outcomes, where)
    pool = pool_of(answered)
    new = _varied(trial, answered, pool, seed, fixed)
    shown_known, held_known = _deal(known, 4)
    shown_new, held_new = _deal(new, 3)
    shown_cases = [*shown_known[:SHOWN_AT_MOST], *shown_new[:SHOWN_AT_MOST]]
    held_cases = [*held_known[:HELD_AT_MOST], *held_new[:HELD_AT_MOST]]
    scaled, held_scaled = _enlarge(trial, answered, pool, seed, fixed)
    shown_cases += [Checked(one.case) for one in scaled]
    held_cases += [Checked(one) for one in held_scaled]
    shown_cases = _trimmed(trial, shown_cases)
    if trial.time_ns([one.case for one in shown_cases]) < _LEAST_NS:
        shown_cases += [*shown_new, *shown_known][SHOWN_AT_MOST:_PADDED]
    shown_cases, held_cases = _apart(shown_cases, held_cases)
    return Chosen(
        shown=tuple(shown_cases),
        held_out=tuple(held_cases),
        known=sum(one in known for one in shown_cases),
        scaled=scaled,
        batch_ns=trial.time_ns([one.case for one in shown_cases]),
        floats=any(_holds_float(found) for found in outcomes),
    )


def no_answer(
    tried: Sequence[Case], outcomes: Sequence[Outcome | None], where: Where
) -> SigilError:
    """Return the error that says why no input is of use: the most frequent reason."""
    reasons: dict[tuple[str, str], int] = {}
    for case, outcome in zip(tried, outcomes, strict=True):
        reason = _reason(case, outcome)
        reasons[reason] = reasons.get(reason, 0) + 1
    (problem, remedy), _ = max(reasons.items(), key=lambda item: item[1])
    return BaselineFailed(problem, where=where, remedy=remedy)


def divide(wrong: Sequence[T], right: Sequence[T]) -> tuple[list[T], list[T]]:
    """Return what is shown and what is held out: a third of each, but never all that is wrong."""
    shown_wrong, held_wrong = _deal(wrong, 3)
    shown_right, held_right = _deal(right, 3)
    return [*shown_wrong, *shown_right], [*held_wrong, *held_right]


# --- what of it is of use ---------------------------------------------------------------


def _checked(case: Case, outcome: Outcome | None) -> Checked | None:
    if isinstance(outcome, Returned):
        return Checked(case)
    if isinstance(outcome, Raised) and outcome.error not in {"NotJson", *_SEALED}:
        return Checked(case, outcome.error)
    return None


def _reason(case: Case, outcome: Outcome | None) -> tuple[str, str]:
    """Return why a case is of no use, and what to do."""
    call = shown_call(case)
    if isinstance(outcome, Died):
        if outcome.kind in {"timeout", "cpu", "untried"}:
            return (
                f"a call {call} does not return in time",
                "allow it more with --timeout, or give smaller inputs with --cases",
            )
        return f"a call {call} ends its process ({outcome.detail})", "mend that first"
    if isinstance(outcome, Raised) and outcome.error == "NotJson":
        return (
            f"it returns what is no plain data: {outcome.message}",
            "name a function that returns plain data, or write one that calls it",
        )
    if isinstance(outcome, Raised) and outcome.error in _SEALED:
        problem = f"a sealed call can use no file, process or network ({outcome.error}"
        return (
            f"{problem}: {outcome.message})",
            "split off the part that computes, and name that",
        )
    if isinstance(outcome, Raised):
        problem = f"every input makes it raise, such as {call}: {outcome.error}: {outcome.message}"
        return problem, "give inputs that it takes with --cases"
    return f"the call {call} is of no use", "give inputs with --cases"


def _refuse_moods(cases: Sequence[Case], outcomes: Sequence[Outcome | None], where: Where) -> None:
    """Refuse a function that does not always answer alike."""
    for case, outcome in zip(cases, outcomes, strict=True):
        if outcome is None:
            raise BaselineFailed(
                f"the same input {shown_call(case)} is not always answered alike, so there is "
                "nothing to hold a change to",
                where=where,
                remedy="it depends on chance, the time or earlier calls: pass these as arguments",
            )


def shown_call(case: Case) -> str:
    """Return a call for a message."""
    given = [shown(value, 40) for value in case.args]
    given += [f"{name}={shown(value, 40)}" for name, value in case.kwargs.items()]
    return f"({', '.join(given)})"


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


# --- more of it -------------------------------------------------------------------------


def _varied(
    trial: Trial, cases: Sequence[Case], pool: Pool, seed: int, fixed: frozenset[Key]
) -> list[Checked]:
    """Return variations that are answered: those with shared edges, then others as drawn."""
    stream = random_stream(seed, "variations")
    few = _spread(cases, _EDGED)
    drawn = [*islice(variations(cases, pool, stream, fixed), _VARIED)]
    shared = shared_edges([*few, *drawn[:_EDGED]], fixed)
    known = {case_text(case) for case in cases}
    made = distinct([*shared, *edges(few, fixed), *drawn])
    fresh = [case for case in made if case_text(case) not in known]
    answers = trial.settled(fresh)
    found = [Checked(c) for c, a in zip(fresh, answers, strict=True) if isinstance(a, Returned)]
    together = {case_text(case) for case in shared}
    first = [one for one in found if case_text(one.case) in together]
    others = [one for one in found if case_text(one.case) not in together]
    stream.shuffle(others)
    return [*first, *others]


def _enlarge(
    trial: Trial, cases: Sequence[Case], pool: Pool, seed: int, fixed: frozenset[Key]
) -> tuple[tuple[Scaled, ...], list[Case]]:
    """Return enlarged cases, and others of the same sizes to be held out."""

    def measure(case: Case) -> int | None:
        try:
            (answer,), time_ns = trial.timed([case])
            return time_ns if isinstance(answer, Returned) else None
        except CandidateFailed:
            return None

    scaled: list[Scaled] = []
    held: list[Case] = []
    for number, case in enumerate(_largest(cases, _SCALED)):
        found = scale(
            case,
            pool,
            measure,
            lambda label, n=number: random_stream(seed, "scale", n, label),
            fixed,
        )
        if found is None:
            continue
        scaled.append(found)
        stream = random_stream(seed, "held out", number)
        other = enlarged(case, pool, found.way, found.factor, stream=stream, fixed=fixed)
        if other is not None and measure(other) is not None:
            held.append(other)
    return tuple(scaled), held


def _largest(cases: Sequence[Case], count: int) -> list[Case]:
    """Return the cases that hold the most, largest first."""
    return sorted(cases, key=lambda case: -len(case_text(case)))[:count]


def _trimmed(trial: Trial, cases: list[Checked]) -> list[Checked]:
    """Return cases that together take no longer than is good for a search, or the first four."""
    while len(cases) > 4 and trial.time_ns([one.case for one in cases]) > 2 * MOST_NS:  # noqa: PLR2004
        cases = cases[::2] if len(cases) % 2 else cases[1::2]
    return cases


# --- dividing ---------------------------------------------------------------------------


def _spread(cases: Sequence[Case], most: int) -> list[Case]:
    """Return at most ``most`` of the cases, evenly from all over."""
    if len(cases) <= most:
        return list(cases)
    return [cases[i * len(cases) // most] for i in range(most)]


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
