"""From a function to the documents of a search for a better one.

The order is: inputs that are given; else calls that tests make, answers that tests and
docstrings state, and where there are none inputs made from nothing. All are tried on the
unchanged code, twice, sealed.

Promises: the repository is only read; what comes back are the contents of files, and whoever
asked decides to write them. Not here: the search (`sigil.optimize.run`).
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sigil.errors import BaselineFailed
from sigil.evaluate.cases import GivenCase
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.optimize.generate.adapting import ENTRY, adapter_of, adapter_path
from sigil.optimize.generate.choosing import Checked, Chosen, choose, divide, shown_call
from sigil.optimize.generate.expecting import Stated, stated_answers
from sigil.optimize.generate.guessing import guesses
from sigil.optimize.generate.inputs import Key
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.recording import Recording, record_calls
from sigil.optimize.generate.testing import TestFile, find_tests
from sigil.optimize.generate.trying import Died, Outcome, Trial
from sigil.optimize.generate.writing import (
    cases_file,
    cases_path,
    holdout_path,
    repair_eval,
    speed_eval,
)
from sigil.sandbox.base import Base, freeze, manifest
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import CandidateFailed, Case, Level, Returned
from sigil.store.files import temporary_directory

Goal = Literal["auto", "speed", "repair"]
ENOUGH_CALLS = 8
"""With so many recorded calls, no test that is further away is run."""


@dataclass(frozen=True, slots=True)
class Request:
    """What documents are wanted for.

    Args:
        function: which.
        name: of the documents.
        seed: of everything that is drawn.
        goal: what better means; ``auto`` repairs what fails what its tests state.
        cases: inputs that are given; then no test is run.
        call_s: deadline of a batch of calls.
        tests_s: deadline of a run of tests.
        level: demand exactly this rung of the sandbox.
        unsafe: whether no isolation at all is acceptable.
    """

    function: Function
    name: str
    seed: int
    goal: Goal = "auto"
    cases: tuple[GivenCase, ...] | None = None
    call_s: float = 5.0
    tests_s: float = 60.0
    level: Level | None = None
    unsafe: bool = False


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
    with _tools(request) as tools:
        return _Generation(request, tools).documents()


@dataclass(frozen=True, slots=True)
class _Tools:
    """A frozen repository, the settings of sandboxes, and the target's interpreter."""

    base: Base
    settings: Settings
    target: Target


@contextmanager
def _tools(request: Request) -> Generator[_Tools]:
    function = request.function
    with temporary_directory(Path(tempfile.gettempdir())) as scratch:
        base = freeze(function.root, scratch / "base")
        target = Target.of(base, {function.path: function.text}, repo=function.root)
        work = scratch / "work"
        work.mkdir()
        settings = Settings(
            scratch=work,
            cache=scratch / "base",
            seed=request.seed,
            level=request.level,
            unsafe=request.unsafe,
        )
        yield _Tools(base, settings, target)


class _Generation:
    """One function on its way to an eval."""

    def __init__(self, request: Request, tools: _Tools):
        self._request = request
        self._function = request.function
        self._tools = tools
        self._notes: list[str] = []
        self._source = ""
        self._hung = ""
        self._adapter: str | None = None

    def documents(self) -> Documents:
        """Return the files."""
        tests = self._tests()
        stated = [] if self._request.cases is not None else stated_answers(self._function, tests)
        wrong = self._wrong(stated)
        if self._request.goal == "repair" or (self._request.goal == "auto" and wrong):
            return self._repair(stated, wrong)
        if wrong:
            count = f"{len(wrong)} of {len(stated)}"
            self._notes.append(f"it does not return what its tests state in {count} places")
        return self._speed(self._known_cases(tests, stated))

    # --- inputs -------------------------------------------------------------------------

    def _known_cases(self, tests: Sequence[TestFile], stated: Sequence[Stated]) -> list[Case]:
        """Return inputs from the best source that has any."""
        request, function = self._request, self._function
        if request.cases is not None:
            self._source = "those that were given"
            return [one.case for one in request.cases]
        recorded = self._recorded(tests)
        self._notes.extend(recorded.notes)
        if recorded.calls:
            self._source = f"calls recorded from {_listed(recorded.files)}"
            return [*recorded.calls, *(one.case for one in stated)]
        if stated:
            origins = dict.fromkeys(one.origin.partition(":")[0] for one in stated)
            self._source = " and ".join(origins)
            return [one.case for one in stated]
        guessed = self._guessed()
        if guessed:
            self._source = "guesses by its parameters, which no test calls"
            self._notes.append("no test calls it, so its inputs are guesses; better ones: --cases")
            return guessed
        raise BaselineFailed(
            f"no inputs for {function.qualname}: {self._tried(recorded, tests)}",
            where=function.where(),
            remedy=f"write them to a file, one a line as {_template(function)}, and give --cases",
        )

    def _guessed(self) -> list[Case]:
        """Return guesses that the function answers with plain data."""
        if self._function.is_method:
            return []
        with self._trial(self._plain_adapter()) as trial:
            for round_of_guesses in guesses(self._function):
                answers = self._answers(trial, round_of_guesses)
                pairs = list(zip(round_of_guesses, answers, strict=True))
                found = [case for case, answer in pairs if isinstance(answer, Returned)]
                if found:
                    return found
                hung = [c for c, a in pairs if isinstance(a, Died) and a.kind == "timeout"]
                self._hung = shown_call(hung[0]) if hung else self._hung
        return []

    def _tried(self, recorded: Recording, tests: Sequence[TestFile]) -> str:
        """Return what was tried, as a clause."""
        if recorded.not_plain:
            what, count = recorded.not_plain.most_common(1)[0]
            return f"its tests call it with what is no plain data ({what}, {count} times)"
        where = "no test calls it" if tests else "there are no tests"
        if self._function.is_method:
            return f"{where}, and a method needs an object, which cannot be guessed"
        if self._hung:
            return f"{where}, and it does not return in time from {self._hung}"
        return f"{where}, its docstring has no example, and it takes none of the inputs guessed"

    def _tests(self) -> list[TestFile]:
        if self._request.cases is not None:
            return []
        base = self._tools.base
        return find_tests(base.path, [path for path, _, _ in manifest(base)], self._function)

    def _recorded(self, tests: Sequence[TestFile]) -> Recording:
        """Run the nearest tests first, and further ones only if those call too little."""
        base, function = self._tools.base, self._function
        found = Recording()
        if not tests:
            return found
        settings, interpreter = self._tools.settings, self._tools.target.interpreter
        with CommandSandbox(
            python=interpreter.python,
            readable=interpreter.path,
            level=settings.level,
            unsafe=settings.unsafe,
        ) as sandbox:
            for group in _groups(tests):
                found = record_calls(
                    sandbox,
                    base,
                    function,
                    tests=[one.path for one in group],
                    scratch=settings.scratch,
                    seconds=self._request.tests_s,
                )
                if len(found.calls) >= ENOUGH_CALLS:
                    break
        return found

    # --- the unchanged code -------------------------------------------------------------

    def _trial(self, adapter: str | None = None) -> Trial:
        target, text = self._tools.target, adapter or self._adapter
        called = self._function.reference
        if text is not None:
            path = adapter_path(self._request.name)
            target = Target(target.base, {**target.files, path: text}, target.interpreter)
            called = f"{path}:{ENTRY}"
        return Trial(target, called, self._tools.settings, self._request.call_s)

    def _prints(self, cases: Sequence[Case]) -> bool:
        """Return whether the function prints; asked only of modules that look as if."""
        if not any(word in self._function.text for word in ("print(", "stdout", "stderr")):
            return False
        with self._trial(adapter_of(self._function, prints=True)) as trial:
            try:
                found = trial.answers(cases[:20])
            except CandidateFailed:
                return False
        return any(_printed(answer) for answer in found)

    def _plain_adapter(self) -> str | None:
        needed = self._function.needs_adapter
        return adapter_of(self._function, prints=False) if needed else None

    def _answers(self, trial: Trial, cases: Sequence[Case]) -> Sequence[Outcome]:
        try:
            return trial.answers(cases)
        except CandidateFailed as failed:
            raise BaselineFailed(
                f"its module cannot be imported in a sealed process: {failed.detail}",
                where=self._function.where(),
                remedy="what it does at import must need no file, process or network",
            ) from failed

    def _wrong(self, stated: Sequence[Stated]) -> list[Stated]:
        """Return the stated answers that the unchanged function does not give."""
        if not stated:
            return []
        with self._trial() as trial:
            answers = self._answers(trial, [one.case for one in stated])
        pairs = zip(stated, answers, strict=True)
        return [one for one, answer in pairs if not _gives(answer, one.value)]

    # --- documents ----------------------------------------------------------------------

    def _speed(self, cases: Sequence[Case]) -> Documents:
        request, name = self._request, self._request.name
        prints = self._prints(cases)
        if prints or self._function.needs_adapter:
            self._adapter = adapter_of(self._function, prints=prints)
        with self._trial() as trial:
            self._answers(trial, cases[:1])
            chosen = choose(
                trial,
                cases,
                seed=request.seed,
                where=self._function.where(),
                fixed=frozenset[Key]({0} if self._function.is_method else ()),
            )
        description = self._described(chosen)
        text = speed_eval(
            name,
            self._function,
            description,
            adapter=name if self._adapter else None,
            floats=chosen.floats,
            seed=request.seed,
            holdout=bool(chosen.held_out),
        )
        return self._made("speed", text, description, chosen.shown, chosen.held_out)

    def _repair(self, stated: Sequence[Stated], wrong: Sequence[Stated]) -> Documents:
        """Return an eval that asks for the stated answers."""
        qualname = self._function.qualname
        if not wrong:
            problem = (
                "returns what its tests state" if stated else "has no test that states a value"
            )
            raise BaselineFailed(
                f"there is nothing to repair: {qualname} {problem}",
                where=self._function.where(),
                remedy="state what it should return in a test or a docstring, or use --goal speed",
            )
        right = [one for one in stated if one not in wrong]
        shown, held = divide(wrong, right)
        origins = " and ".join(dict.fromkeys(one.origin.partition(":")[0] for one in stated))
        description = (
            f"{qualname} returns what is stated in {origins}: {len(shown)} cases, "
            f"{len(held)} others held out; {len(wrong)} are wrong now."
        )
        text = repair_eval(
            self._request.name,
            self._function,
            description,
            seed=self._request.seed,
            holdout=bool(held),
        )
        if not held:
            self._notes.append("too few answers are stated to hold any out")
        return self._made("repair", text, description, shown, held)

    def _made(
        self,
        goal: Goal,
        text: str,
        description: str,
        shown: Sequence[Checked | Stated],
        held: Sequence[Checked | Stated],
    ) -> Documents:
        name = self._request.name
        files = {f".sigil/{name}.eval.yaml": text.encode(), cases_path(name): cases_file(shown)}
        if held:
            files[holdout_path(name)] = cases_file(held)
        if self._adapter:
            files[adapter_path(name)] = self._adapter.encode()
        return Documents(files, goal, description, tuple(self._notes))

    def _described(self, chosen: Chosen) -> str:
        varied = len(chosen.shown) - chosen.known - len(chosen.scaled)
        parts = [
            f"{chosen.known} inputs from {self._source}",
            f"{varied} variations",
            f"{len(chosen.scaled)} enlarged for the timer",
        ]
        text = f"Same answers as the unchanged {self._function.qualname} on {', '.join(parts)}"
        return f"{text}; {len(chosen.held_out)} others held out."


def _groups(tests: Sequence[TestFile]) -> list[list[TestFile]]:
    """Return the tests that mention the function, and then all of them."""
    near = [one for one in tests if one.nearness == max(one.nearness for one in tests)]
    return [near] if len(near) == len(tests) else [near, list(tests)]


def _gives(answer: Outcome, wanted: object) -> bool:
    """Return whether an answer is what a test states, as its ``==`` has it."""
    return isinstance(answer, Returned) and bool(answer.value == wanted)


def _template(function: Function) -> str:
    names = [one.name for one in function.parameters if one.default is None]
    return json.dumps({"kwargs": dict.fromkeys(names or ["name"], "…")}, ensure_ascii=False)


def _listed(files: Sequence[str]) -> str:
    return files[0] if len(files) == 1 else f"{len(files)} files of tests"


def _printed(answer: object) -> bool:
    value = answer.value if isinstance(answer, Returned) else None
    return isinstance(value, tuple) and bool(value[-1:] and value[-1])  # type: ignore[misc]  # plain data
