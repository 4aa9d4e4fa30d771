"""From a function to the documents of a search for a better one.

Promises: the repository is only read; what comes back are the contents of files, and whoever
asked decides to write them. Everything that is expected was tried on the unchanged code, twice,
sealed.

Not here: where inputs are from (`gathering`), which are shown (`choosing`), the search
(`sigil.optimize.run`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from sigil.canonical import digest
from sigil.errors import BaselineFailed
from sigil.optimize.generate.adapting import PLAIN, adapter_of, adapter_path
from sigil.optimize.generate.admitting import Admitted, admitted
from sigil.optimize.generate.attributes import Objects, objects_of
from sigil.optimize.generate.believing import wrong_now
from sigil.optimize.generate.choosing import Chosen, Known, choose, divide, unstated
from sigil.optimize.generate.defaulting import defaulted, untouched
from sigil.optimize.generate.defaulting import note as note_of_defaults
from sigil.optimize.generate.expecting import Stated
from sigil.optimize.generate.gathering import Gathered, gather, known_cases, origins_of
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.magnitudes import note as note_of_floats
from sigil.optimize.generate.reaching import reach, unreached
from sigil.optimize.generate.record_fields import fields_admitted
from sigil.optimize.generate.refusing import asking
from sigil.optimize.generate.signing import signed
from sigil.optimize.generate.suite import find_suite
from sigil.optimize.generate.trying import Checked, Trial
from sigil.optimize.generate.using import uses_of
from sigil.optimize.generate.workshop import Goal, Request, Workshop, open_workshop
from sigil.optimize.generate.writing import (
    TIMEOUT_S,
    cases_file,
    cases_path,
    holdout_path,
    repair_eval,
    speed_eval,
)
from sigil.optimize.unreached import recorded, said_lines, written
from sigil.sandbox.model import CandidateFailed, Case, Raised, Returned

__all__ = ["Documents", "Goal", "Request", "generate_eval"]

_LATITUDE = 4
"""How many times as long as the unchanged function a candidate may take."""
_LOOKED_AT = 20
"""How many answers show what kind of function it is."""


@dataclass(frozen=True, slots=True)
class Documents:
    """What an eval consists of.

    Args:
        files: contents by path relative to the root, all in ``.sigil``.
        goal: what better means.
        description: where the inputs are from, and how many they are.
        notes: what a person should know, each a clause.
    """

    files: Mapping[str, bytes]
    goal: Goal
    description: str
    notes: tuple[str, ...]


def generate_eval(request: Request) -> Documents:
    """Return the documents of an eval of a function; see `Request`.

    Raises:
        BaselineFailed: the function cannot be held to anything, with the reason and a remedy.
        InvalidValue, SandboxUnavailable: the repository or the machine is not fit.
    """
    with open_workshop(request) as workshop:
        return _Generation(workshop).documents()


class _Generation:
    """One function on its way to an eval."""

    def __init__(self, workshop: Workshop):
        self._workshop = workshop
        self._request = workshop.request
        self._function = workshop.request.function
        self._notes: list[str] = []
        self._source = ""
        self._adapter: str | None = None
        self._unreached: tuple[int, ...] | None = ()

    def documents(self) -> Documents:
        """Return the files."""
        gathered = gather(self._workshop)
        self._notes.extend(gathered.notes)
        wrong, goal = gathered.wrong, self._request.goal
        if goal == "repair" or (goal == "auto" and wrong):
            return self._repair(gathered)
        if wrong:
            count = f"{len(wrong)} of {len(gathered.stated)}"
            self._notes.append(
                f"it does not return what its tests state in {count} places: "
                f"{wrong_now(wrong, self._function.qualname)}"
            )
        cases, self._source, guessed = known_cases(self._workshop, gathered)
        self._notes.extend(gathered.recorded.notes)
        if guessed:
            unrun = gathered.unrunnable()
            reason = unrun.problem if unrun else "no test calls it"
            better = f"{unrun.remedy}, or " if unrun else ""
            self._notes.append(
                f"{reason}, so its inputs are guesses; better ones: "
                f"{better}{self._request.advice.cases}"
            )
        self._request.underway.step = "running its tests as a check"
        suite = find_suite(self._workshop, gathered)
        self._notes.extend([suite.note] if suite.note else [])
        return self._speed(cases, guessed, suite.command)

    # --- what kind of function it is ----------------------------------------------------

    def _plain(self, cases: Sequence[Case]) -> str:
        """Return what makes plain data of what the function returns; nothing if it is."""
        with self._workshop.trial(self._workshop.plain_adapter()) as trial:
            for answer in self._workshop.answers(trial, cases[:_LOOKED_AT]):
                if isinstance(answer, Raised) and answer.error == "NotJson":
                    kind = answer.message.removeprefix("a value of type ").partition(" ")[0]
                    return PLAIN.get(kind, "")
        return ""

    def _prints(self, cases: Sequence[Case]) -> bool:
        """Return whether the function prints; asked only of modules that look as if."""
        if not any(word in self._function.text for word in ("print(", "stdout", "stderr")):
            return False
        with self._workshop.trial(adapter_of(self._function, prints=True)) as trial:
            try:
                found = trial.answers(cases[:_LOOKED_AT])
            except CandidateFailed:
                return False
        return any(_printed(answer) for answer in found)

    # --- documents ----------------------------------------------------------------------

    def _speed(self, cases: Sequence[Case], guessed: bool, tests: str) -> Documents:
        request, name = self._request, self._request.name
        request.underway.step = "varying inputs"
        is_given = request.cases is not None
        plain, prints = self._plain(cases), self._prints(cases)
        if plain or prints or self._function.needs_adapter:
            self._adapter = adapter_of(self._function, prints=prints, plain=plain)
        more: list[Admitted] = []
        if not is_given:
            more.append(admitted(self._function, cases, guessed=guessed))
            more.append(fields_admitted(self._function, cases, guessed=guessed))
        odd = [case for one in more if one.are_inputs for case in one.cases]
        of_types = [] if is_given else signed(self._function, cases)
        of_types += [] if is_given else defaulted(self._function, cases)
        with (
            self._workshop.trial(self._adapter) as trial,
            asking(self._workshop, cases) as would_have,
        ):
            self._workshop.answers(trial, cases[:1])
            objects = objects_of(self._function, cases, would_have)
            chosen = choose(
                trial,
                Known(
                    cases,
                    by_hand=is_given,
                    objects=objects,
                    signed=[*odd, *of_types],
                    uses=uses_of(self._function),
                ),
                seed=request.seed,
                where=self._function.where(),
                advice=request.advice,
            )
            reached = reach(self._workshop, self._adapter, trial, chosen, objects)
            chosen = reached.chosen
            self._unreached = reached.unreached
            told = [one.note(self._taken(trial, one, chosen), request.advice) for one in more]
        measured = [one.case for one in (*chosen.shown, *chosen.held_out)]
        bare = note_of_defaults(untouched(self._function, measured), request.advice)
        said = (objects.note(measured), *told, bare, note_of_floats(cases))
        self._notes.extend([*chosen.notes, *(one for one in said if one)])
        description = self._described(chosen, objects, tests)
        text = speed_eval(
            name,
            self._function,
            description,
            adapter=name if self._adapter else None,
            tests=tests,
            floats=chosen.floats,
            seed=request.seed,
            holdout=bool(chosen.held_out),
            timeout_s=max(TIMEOUT_S, ceil(_LATITUDE * chosen.batch_ns / 1e9)),
        )
        return self._made("speed", text, description, chosen.shown, chosen.held_out)

    def _taken(self, trial: Trial, more: Admitted, chosen: Chosen) -> int:
        """Return how many of the admitted calls are inputs, or, if none shall be, are answered."""
        if more.are_inputs:
            texts = set(map(case_text, more.cases))
            measured = [*chosen.shown, *chosen.held_out]
            return sum(case_text(one.case) in texts for one in measured)
        answers = self._workshop.answers(trial, more.cases)
        return sum(isinstance(one, Returned) for one in answers)

    def _repair(self, gathered: Gathered) -> Documents:
        """Return an eval that asks for the stated answers."""
        stated, wrong = gathered.stated, gathered.wrong
        qualname = self._function.qualname
        if not wrong:
            problem = (
                "returns what its tests state" if stated else "has no test that states a value"
            )
            raise BaselineFailed(
                f"there is nothing to repair: {qualname} {problem}",
                where=self._function.where(),
                remedy="state what it should return in a test or a docstring, or use "
                f"{self._request.advice.speed}",
            )
        right = [one for one in stated if one not in wrong]
        shown, held = divide(wrong, right)
        shown_wrong = [one for one in shown if one.got]
        self._notes.append(f"wrong now: {wrong_now(shown_wrong, qualname)}")
        with self._workshop.trial(self._workshop.plain_adapter()) as trial:
            others = unstated(
                trial,
                [one.case for one in stated],
                gathered.recorded.calls,
                seed=self._request.seed,
            )
        if 2 * len(wrong) > len(stated):
            others = []  # of what is mostly wrong, no other answer is worth keeping
        description = (
            f"{qualname} returns what is stated in {origins_of(stated)}: {len(shown)} "
            f"case{'s' * (len(shown) != 1)}, {len(held)} others held out; {len(wrong)} "
            f"{'is' if len(wrong) == 1 else 'are'} wrong now."
        )
        if others:
            count = f"{len(others)} other input{'s' * (len(others) != 1)}"
            description += f" Of repairs, the one that changes the fewest answers to {count}."
        text = repair_eval(
            self._request.name,
            self._function,
            description,
            seed=self._request.seed,
            holdout=bool(held),
            others=bool(others),
        )
        if not held:
            self._notes.append("too few answers are stated to hold any out")
        measured = [one.case for one in (*stated, *others)]
        self._unreached = unreached(self._workshop, self._workshop.plain_adapter(), measured)
        return self._made("repair", text, description, [*shown, *others], held)

    def _made(
        self,
        goal: Goal,
        text: str,
        description: str,
        shown: Sequence[Checked | Stated],
        held: Sequence[Checked | Stated],
    ) -> Documents:
        name = self._request.name
        cases = {cases_path(name): cases_file(shown)}
        if held:
            cases[holdout_path(name)] = cases_file(held)
        text += self._left_over(cases)
        hasty = self._request.underway.note()
        self._notes.extend(
            [f"{hasty}; better inputs: {self._request.advice.cases}"] if hasty else []
        )
        files = {f".sigil/{name}.eval.yaml": text.encode(), **cases}
        if self._adapter:
            files[adapter_path(name)] = self._adapter.encode()
        return Documents(files, goal, description, tuple(self._notes))

    def _left_over(self, cases: Mapping[str, bytes]) -> str:
        """Note which lines no input reaches, and return what the eval says of them."""
        lines, function = self._unreached or (), self._function
        if self._unreached is None:
            self._notes.append("which of its lines no input reaches could not be found out")
        if lines:
            self._notes.append(
                f"no input reaches line{'s' * (len(lines) > 1)} {said_lines(lines)}: what changes "
                f"there is held to nothing; give {self._request.advice.cases} that do"
            )
        digests = {path: digest(data) for path, data in cases.items()}
        kept = recorded(function.text, function.path, function.qualname, lines, digests)
        return written(kept, lines)

    def _described(self, chosen: Chosen, objects: Objects, tests: str) -> str:
        varied = len(chosen.shown) - chosen.known - chosen.scaled
        of_state = objects.count(one.case for one in chosen.shown) - chosen.scaled
        parts = [
            f"{chosen.known} input{'s' * (chosen.known != 1)} from {self._source}",
            f"{varied} variation{'s' * (varied != 1)}"
            + (f" ({of_state} of them of its object)" if of_state > 0 else ""),
            f"{chosen.scaled} enlarged for the timer",
        ]
        text = f"Same answers as the unchanged {self._function.qualname} on {', '.join(parts)}"
        passed = "; its tests pass" if tests else ""
        return f"{text}; {len(chosen.held_out)} others held out{passed}."


def _printed(answer: object) -> bool:
    value = answer.value if isinstance(answer, Returned) else None
    return isinstance(value, tuple) and bool(value[-1:] and value[-1])  # type: ignore[misc]  # plain data
