"""Functions of the target, called in fresh sealed workers.

Each batch is a new process that loads the sources and answers all cases once, so nothing
that one batch learns is known to the next. Times are our own clock's: what passes between
handing over the cases and having the results is either the call or beside it.

Not here: what results are worth (`sigil.evaluate.scoring`), comparing times
(`sigil.evaluate.measure`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import Where
from sigil.evaluate.measure import Phases
from sigil.evaluate.scoring import Result
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Program, Target
from sigil.sandbox.calls import CallSandbox
from sigil.sandbox.model import Case, Isolation, Limits, Source

Sources = Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class Batch:
    """What came of one worker: results in order, and where the time went."""

    results: tuple[Result, ...]
    phases: Phases


class CallFace:
    """The warm zygotes of a target, one for each set of roots that its functions need.

    A context manager. Nothing is started before the first batch, or `open`.

    Args:
        target: what is called.
        functions: ``path.py:qualname`` of all that will be, with their places in the eval.
        settings: the rung.
        limits: of one load and of one batch.
        preload: modules besides those that the functions import.

    Raises:
        InvalidValue: a function that does not exist.
    """

    def __init__(
        self,
        target: Target,
        functions: Mapping[str, Where],
        settings: Settings,
        limits: Limits,
        preload: Sequence[str] = (),
    ):
        self._preload = frozenset(preload)
        self._target = target
        self._settings = settings
        self._limits = limits
        self._programs = {name: target.program(name, where) for name, where in functions.items()}
        self._sandboxes: dict[tuple[str, ...], CallSandbox] = {}
        self._stack = ExitStack()

    def open(self) -> None:
        """Start every zygote.

        Raises:
            SandboxUnavailable: the rung does not hold, or a preload fails.
            BaselineFailed: a module of the repository cannot be imported.
        """
        for program in self._programs.values():
            self._sandbox(program)

    @property
    def isolation(self) -> Isolation | None:
        """What surrounds the calls; None where nothing is called."""
        return next((sandbox.isolation for sandbox in self._sandboxes.values()), None)

    def sources(self, function: str, files: Mapping[str, str]) -> Sources:
        """Return what has to be loaded for a candidate with ``files`` before it is called."""
        program = self._programs[function]
        known = self._stable(program.roots)
        found = self._target.sources(program, files)
        return {name: source for name, source in found.items() if name not in known}

    def batch(
        self,
        function: str,
        sources: Sources,
        cases: Sequence[Case],
        within_s: float | None = None,
    ) -> Batch:
        """Return what ``function`` does with the cases, in a process of its own.

        Args:
            function: one of those that are called.
            sources: from `sources`.
            cases: what it is called with.
            within_s: a deadline of the calls that is nearer than that of the limits.

        Raises:
            CandidateFailed: it did not load, hung, died, flooded or broke the protocol.
        """
        program = self._programs[function]
        with self._sandbox(program).worker() as worker:
            load = worker.load(sources, program.entry)
            start = SYSTEM_CLOCK.monotonic_ns()
            reply = worker.call(cases, within_s)
            aside = SYSTEM_CLOCK.monotonic_ns() - start - reply.call_ns
        return Batch(reply.results, Phases(load, reply.call_ns, aside))

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every zygote and worker."""
        self._stack.close()
        self._sandboxes.clear()

    def _stable(self, roots: tuple[str, ...]) -> Mapping[str, Source]:
        """Return the modules that the zygote of these roots has executed."""
        found: dict[str, Source] = {}
        for program in self._programs.values():
            if program.roots == roots:
                found |= program.stable
        return found

    def _sandbox(self, program: Program) -> CallSandbox:
        sandbox = self._sandboxes.get(program.roots)
        if sandbox is None:
            alike = [other for other in self._programs.values() if other.roots == program.roots]
            preload = {name for other in alike for name in other.preload}
            interpreter = self._target.interpreter
            sandbox = self._stack.enter_context(
                CallSandbox(
                    python=interpreter.python,
                    preload=sorted(preload | self._preload),
                    path=interpreter.path,
                    modules=self._stable(program.roots),
                    limits=self._limits,
                    level=self._settings.level,
                    unsafe=self._settings.unsafe,
                )
            )
            self._sandboxes[program.roots] = sandbox
        return sandbox
