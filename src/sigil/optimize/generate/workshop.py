"""What all steps of making an eval share: the request, a frozen repository, sealed processes.

Not here: what is tried in them (`gathering`, `choosing`), the documents (`generating`).
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from sigil.errors import BaselineFailed
from sigil.evaluate.cases import GivenCase
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.optimize.generate.adapting import ENTRY, adapter_of, adapter_path
from sigil.optimize.generate.advising import COMMAND, Advice
from sigil.optimize.generate.locating import Function
from sigil.optimize.generate.trying import Outcome, Trial
from sigil.optimize.generate.underway import Underway
from sigil.sandbox.base import Base, freeze
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import CandidateFailed, Case, Level
from sigil.store.files import sweep, temporary_directory

Goal = Literal["auto", "speed", "repair"]


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
        advice: how whoever asked gives more, for errors and notes.
        underway: what is being done for it.
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
    advice: Advice = COMMAND
    underway: Underway = field(default_factory=Underway, compare=False)


@dataclass(frozen=True, slots=True)
class Workshop:
    """A frozen repository and the means to run code of it.

    Args:
        request: what for.
        base: the frozen repository.
        settings: of sandboxes.
        target: the interpreter and the function's file.
    """

    request: Request
    base: Base
    settings: Settings
    target: Target

    def plain_adapter(self) -> str | None:
        """Return the adapter that the function needs for its kind alone."""
        function = self.request.function
        return adapter_of(function, prints=False) if function.needs_adapter else None

    def trial(self, adapter: str | None) -> Trial:
        """Return the unchanged function, called through an adapter if there is one."""
        target, request = self.target, self.request
        called = request.function.reference
        if adapter is not None:
            path = adapter_path(request.name)
            target = Target(target.base, {**target.files, path: adapter}, target.interpreter)
            called = f"{path}:{ENTRY}"
        underway = request.underway if request.cases is None else None
        return Trial(target, called, self.settings, request.call_s, underway)

    def load(self) -> None:
        """Import the function's module in a sealed process, before anything else of it is run.

        Raises:
            BaselineFailed: it cannot be, or does not come to an end.
        """
        with self.trial(self.plain_adapter()) as trial:
            try:
                trial.load()
            except CandidateFailed as failed:
                raise self._not_loaded(failed) from failed

    def answers(self, trial: Trial, cases: Sequence[Case]) -> Sequence[Outcome]:
        """Return what cases come to.

        Raises:
            BaselineFailed: the module cannot be imported in a sealed process.
        """
        try:
            return trial.answers(cases)
        except CandidateFailed as failed:
            raise self._not_loaded(failed) from failed

    def _not_loaded(self, failed: CandidateFailed) -> BaselineFailed:
        remedy = "what it does at import must need no file, process or network"
        if failed.kind in {"timeout", "cpu"}:
            remedy = (
                "what it does at import must come to an end; allow it more with "
                f"{self.request.advice.timeout}"
            )
        return BaselineFailed(
            f"its module cannot be imported in a sealed process: {failed.detail}",
            where=self.request.function.where(),
            remedy=remedy,
        )

    def commands(self) -> CommandSandbox:
        """Return a sandbox that runs the tests of the repository."""
        return CommandSandbox(
            python=self.target.interpreter.python,
            readable=self.target.interpreter.path,
            level=self.settings.level,
            unsafe=self.settings.unsafe,
        )


@contextmanager
def open_workshop(request: Request) -> Generator[Workshop]:
    """Freeze the repository of a function; everything is deleted on leaving."""
    function = request.function
    place = Path(tempfile.gettempdir())
    sweep(place)  # what killed processes left there
    with temporary_directory(place) as scratch:
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
        yield Workshop(request, base, settings, target)
