"""Inputs of a function, from the best source that has any.

The order is: inputs that are given; calls that tests make; answers that tests and a docstring
state; guesses. Not here: making more of them (`choosing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sigil.errors import BaselineFailed
from sigil.evaluate.cases import MISSING
from sigil.evaluate.scoring import shown
from sigil.optimize.generate.believing import believed
from sigil.optimize.generate.expecting import Stated, stated_answers
from sigil.optimize.generate.guessing import guesses
from sigil.optimize.generate.reasons import shown_call
from sigil.optimize.generate.recording import Recording, record_calls
from sigil.optimize.generate.remedying import (
    SEALED,
    how_to_give,
    if_it_hangs,
    instead_of_calls,
    instead_of_guesses,
    instead_of_inputs,
)
from sigil.optimize.generate.testing import MENTIONS, TestFile, find_tests
from sigil.optimize.generate.trying import Died, Outcome
from sigil.optimize.generate.unrunnable import Unrunnable, unrunnable
from sigil.optimize.generate.workshop import Workshop
from sigil.sandbox.base import manifest
from sigil.sandbox.model import Case, Raised, Returned

_SHOWN = 40
"""Characters of an answer."""
ENOUGH_CALLS = 3
"""With so many recorded calls, no test that is further away is run."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of a function's inputs before any is made.

    Args:
        tests: the repository's files of tests, nearest first.
        recorded: what they call.
        stated: answers that somebody wrote down.
        wrong: those of them that the unchanged function does not give.
        doubted: answers that do not count, such as those of skipped tests; their inputs do.
        notes: what a person should know of what is stated, each a clause.
    """

    tests: tuple[TestFile, ...]
    recorded: Recording
    stated: tuple[Stated, ...]
    wrong: tuple[Stated, ...]
    doubted: tuple[Stated, ...] = ()
    notes: tuple[str, ...] = ()

    def unrunnable(self) -> Unrunnable | None:
        """Return why the nearest tests did not run, so that nobody knows what they call."""
        near = {one.path for one in self.tests if one.nearness == self.tests[0].nearness}
        raised = {path: said for path, said in self.recorded.unrun.items() if path in near}
        failed = near & {path for path, _ in self.recorded.failed}
        return unrunnable(raised, failed, lacks_pytest=self.recorded.lacks_pytest)


def gather(workshop: Workshop) -> Gathered:
    """Run the tests that are about a function and read what they state.

    Raises:
        BaselineFailed: the function's module cannot be imported in a sealed process.
    """
    request = workshop.request
    if request.cases is not None:
        given = [one for one in request.cases if one.expected is not MISSING]
        stated = [Stated(one.case, one.expected, "the cases that were given") for one in given]
        asked = _asked(workshop, stated)
        return Gathered((), Recording(), asked, tuple(one for one in asked if one.got))
    request.underway.step = "importing its module, sealed"
    workshop.load()
    paths = [path for path, _, _ in manifest(workshop.base)]
    tests = find_tests(workshop.base.path, paths, request.function)
    recorded = _recorded(workshop, tests)
    recorded = replace(recorded, notes=_told(recorded, tests))
    asked = _asked(workshop, stated_answers(request.function, tests))
    # What a passing test seems to say was read out of its context, such as a patched setting.
    read = [one for one in asked if not (one.got and one.test and one.test in recorded.passed)]
    found = believed(read, recorded, request.function.qualname)
    return Gathered(
        tuple(tests),
        recorded,
        found.stated,
        tuple(one for one in found.stated if one.got),
        found.others,
        found.notes,
    )


def known_cases(workshop: Workshop, gathered: Gathered) -> tuple[list[Case], str, bool]:
    """Return inputs, where they are from, and whether they are guesses.

    Raises:
        BaselineFailed: there are none; what was tried, and what to do.
    """
    request, recorded = workshop.request, gathered.recorded
    stated = [*gathered.stated, *gathered.doubted]
    if request.cases is not None:
        return [one.case for one in request.cases], "those that were given", False
    if recorded.calls:
        calls = [*recorded.calls, *(one.case for one in stated)]
        return calls, f"calls recorded from {_listed(recorded)}", False
    if stated:
        return [one.case for one in stated], origins_of(stated), False
    guessed, tried = _guessed(workshop)
    if guessed:
        return guessed, "guesses by its parameters, which no test calls", True
    problem, remedy = _tried(workshop, gathered, tried)
    raise BaselineFailed(
        f"no inputs for {request.function.qualname}: {problem}",
        where=request.function.where(),
        remedy=remedy or how_to_give(request.function, request.advice),
    )


def origins_of(stated: Sequence[Stated]) -> str:
    """Return where answers are stated, for a sentence."""
    return " and ".join(dict.fromkeys(one.origin.partition(":")[0] for one in stated))


def _listed(recorded: Recording) -> str:
    """Return the test files that call the function: one by its name, several by their number."""
    files = recorded.calling_files() or recorded.files
    return files[0] if len(files) == 1 else f"{len(files)} files of tests"


def _told(recorded: Recording, tests: Sequence[TestFile]) -> tuple[str, ...]:
    """Return what is to be said of how tests ran, of those alone that are about the function."""
    near = {one.path for one in tests if one.nearness == MENTIONS}
    if not recorded.calls and not near:
        return ()
    failing = {path for path, _ in recorded.failed}
    about = near.union(recorded.calling_files())
    is_foreign = bool(failing) and failing.isdisjoint(about)
    return (*recorded.notes, *([recorded.ending] if recorded.ending and not is_foreign else []))


def _recorded(workshop: Workshop, tests: Sequence[TestFile]) -> Recording:
    """Run the nearest tests first, and further ones only if those call too little."""
    found = Recording()
    if not tests:
        return found
    near = [one for one in tests if one.nearness == tests[0].nearness]
    workshop.request.underway.step = "running the repository's tests"
    with workshop.commands() as sandbox:
        for group in [near] if len(near) == len(tests) else [near, tests]:
            found = record_calls(
                sandbox,
                workshop.base,
                workshop.request.function,
                tests=[one.path for one in group],
                scratch=workshop.settings.scratch,
                seconds=workshop.request.tests_s,
            )
            if len(found.calls) >= ENOUGH_CALLS:
                break
    return found


def _asked(workshop: Workshop, stated: Sequence[Stated]) -> tuple[Stated, ...]:
    """Return stated answers with what the unchanged function gives where that is another one."""
    if not stated:
        return ()
    workshop.request.underway.step = "asking what its tests state"
    with workshop.trial(workshop.plain_adapter()) as trial:
        answers = workshop.answers(trial, [one.case for one in stated])
    pairs = zip(stated, answers, strict=True)
    return tuple(
        one if _gives(answer, one.value) else replace(one, got=_said(answer))
        for one, answer in pairs
    )


def _said(answer: Outcome) -> str:
    if isinstance(answer, Returned):
        return shown(answer.value, _SHOWN)
    return f"{answer.error}" if isinstance(answer, Raised) else f"no answer ({answer.detail})"


def _gives(answer: Outcome, wanted: object) -> bool:
    """Return whether an answer is what a test states, as its ``==`` has it."""
    return isinstance(answer, Returned) and bool(answer.value == wanted)


@dataclass(frozen=True, slots=True)
class _Refused:
    """What a function does with guesses, a clause, and what helps if no input does."""

    clause: str = "it takes none of the inputs guessed"
    remedy: str | None = None


def _guessed(workshop: Workshop) -> tuple[list[Case], _Refused]:
    """Return guesses that are answered with plain data; else what it does with them."""
    refused = _Refused()
    if workshop.request.function.is_method:
        return [], refused
    workshop.request.underway.step = "guessing inputs"
    with workshop.trial(workshop.plain_adapter()) as trial:
        for round_of_guesses in guesses(workshop.request.function):
            answers = workshop.answers(trial, round_of_guesses)
            pairs = list(zip(round_of_guesses, answers, strict=True))
            found = [case for case, answer in pairs if isinstance(answer, Returned)]
            if found:
                return found, refused
            refused = _refused(workshop, pairs) or refused
    return [], refused


def _refused(workshop: Workshop, pairs: Sequence[tuple[Case, Outcome]]) -> _Refused | None:
    """Return what a function does with inputs that it does not answer.

    What is told first is that it asks for a file, then that it hangs, then what it raises.
    """
    instead = instead_of_guesses(workshop.request.function)
    raised = [(case, answer) for case, answer in pairs if isinstance(answer, Raised)]
    sealed = [pair for pair in raised if pair[1].error in SEALED]
    for case, answer in pairs:
        if isinstance(answer, Died) and answer.kind == "timeout" and not sealed:
            remedy = instead or if_it_hangs(workshop.request.advice)
            return _Refused(f"it does not return in time from {shown_call(case)}", remedy)
    for case, answer in [*sealed, *raised]:
        said = f"{answer.error}: {answer.message}"
        return _Refused(
            f"it takes none of the inputs guessed, such as {shown_call(case)}: {said}",
            instead or instead_of_inputs(one for _, one in raised),
        )
    return None


def _tried(workshop: Workshop, gathered: Gathered, refused: _Refused) -> tuple[str, str | None]:
    """Return what was tried, as a clause, and what helps if no input does."""
    function = workshop.request.function
    if gathered.recorded.not_plain:
        what, count = gathered.recorded.not_plain.most_common(1)[0]
        often = "once" if count == 1 else f"{count} times"
        return (
            f"its tests call it with what is no plain data ({what}, {often})",
            instead_of_calls(function, what),
        )
    unrun = gathered.unrunnable()
    if unrun is not None:
        return f"{unrun.problem}, so nobody knows what its tests call", unrun.remedy
    where = "no test calls it" if gathered.tests else "there are no tests"
    if function.is_method:
        return f"{where}, and a method needs an object, which cannot be guessed", None
    return f"{where}, its docstring has no example, and {refused.clause}", refused.remedy
