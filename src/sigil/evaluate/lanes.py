"""Several evaluators at once, each in a process of its own.

A lane is a process with one `Evaluator`. It ignores Ctrl-C (its parent decides), dies when
its parent does, and is replaced when it dies itself: the candidate it was on is tried once
more on another lane and is then a result of status ``error``, never a hang.

Not here: what an evaluation is (`sigil.evaluate.evaluator`), how a lane comes to be
(`sigil.evaluate.nursery`).
"""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import signal
import socket
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from sigil.errors import SandboxUnavailable
from sigil.evaluate.nursery import Child, Nursery, taken
from sigil.evaluate.result import Evaluation, Failure
from sigil.process_wide import Setting

if TYPE_CHECKING:
    from sigil.evaluate.definition import Eval
    from sigil.evaluate.facts import Facts
    from sigil.evaluate.settings import Effort, Settings
    from sigil.evaluate.target import Target

ATTEMPTS = 2
"""How often a candidate whose lane died is tried in all."""

GRACE_S = 5.0
"""Seconds that a lane has to put its things in order when it is told to end."""

START_S = 60.0
"""Seconds that a lane may take to open its sandboxes."""

TURN_S = 0.0005
"""Seconds that a thread computes at most while another one waits, as long as lanes are open."""


def default_count(*, timed: bool) -> int:
    """Return how many lanes this machine should have.

    Args:
        timed: whether a metric is a time; one core is then left to everything else, because
            lanes that fight for cores measure each other.
    """
    cores = len(os.sched_getaffinity(0))
    return max(1, cores - 1 if timed else cores)


class Lanes:
    """A fixed number of lanes. A context manager; leaving it ends every process.

    Args:
        definition: the eval.
        target: what it measures.
        settings: as for `Evaluator`.
        count: how many lanes.
        patience_s: seconds after which a silent lane counts as dead; by default longer than
            the eval's own budgets allow any evaluation to take.
    """

    def __init__(
        self,
        definition: Eval,
        target: Target,
        settings: Settings,
        count: int,
        *,
        patience_s: float | None = None,
    ):
        self._patience_s = patience_s or _patience_s(definition)
        self._opening = pickle.dumps((definition, target, settings))
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._facts: Facts | None = None
        self._closed = False
        self._baseline_lock = threading.Lock()
        self._nursery = taken()
        self._lanes = [_Lane(self._opening, self._nursery) for _ in range(count)]
        self._threads = [
            threading.Thread(target=self._serve, args=(lane,), daemon=True) for lane in self._lanes
        ]
        for thread in self._threads:
            thread.start()
        _short_turns.begin()
        self._hurries = True

    def baseline(self) -> Evaluation:
        """Measure the unchanged code in one lane, and let all others rely on it.

        Raises:
            SigilError: as `Evaluator.baseline`.
        """
        return self.facts.evaluation

    @property
    def facts(self) -> Facts:
        """What the baseline taught; measured now if it was not yet."""
        with self._baseline_lock:
            if self._facts is None:
                facts: Facts = self._queue("baseline").result()
                self._facts = facts
            return self._facts

    def adopt(self, facts: Facts) -> None:
        """Rely on a baseline that was measured before, as when a run is resumed."""
        self._facts = facts

    def environment(self) -> Future[dict[str, Any]]:
        """Have any lane find out what values depend on besides the code.

        See `Evaluator.describe_environment`.
        """
        return self._queue("environment")

    def submit(
        self, files: Mapping[str, str], effort: Effort, bar: Sequence[float] = ()
    ) -> Future[Evaluation]:
        """Queue a candidate; the first free lane takes it.

        Args:
            files: whole texts of the changed files, by path relative to the root.
            effort: see `Effort`.
            bar: see `Evaluator.evaluate`.
        """
        self.baseline()
        return self._queue("evaluate", dict(files), effort, tuple(bar))

    def dismiss(self) -> None:
        """Tell every lane to end, and return at once; what was not finished is cancelled."""
        if self._closed:
            return
        self._closed = True
        self._cancel_waiting()
        for lane in self._lanes:
            self._jobs.put(None)
            lane.terminate()

    def close(self) -> None:
        """End every lane, and return when all are gone."""
        self.dismiss()
        try:
            for thread in self._threads:
                thread.join(2 * GRACE_S)
            self._nursery.close()
            self._cancel_waiting()
        finally:
            if self._hurries:
                self._hurries = False
                _short_turns.end()

    def __enter__(self) -> Self:
        """Return the lanes, already starting."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End every lane."""
        self.close()

    def _serve(self, lane: _Lane) -> None:
        """Feed one lane, from a thread that lives as long as the lane does."""
        self._start(lane)
        while (job := self._jobs.get()) is not None:
            if not job.begin():
                continue
            try:
                _settle(job.future, result=self._do(lane, job))
            except _LaneDied as death:
                lane.end()
                self._after_death(lane, job, death)
            except Exception as error:  # noqa: BLE001 - whatever it is belongs to whoever waits
                _settle(job.future, error=error)
        lane.end()

    def _queue(self, kind: str, *arguments: Any) -> Future[Any]:
        """Have the first free lane answer a question."""
        job = _Job(kind, arguments)
        self._jobs.put(job)
        return job.future

    def _cancel_waiting(self) -> None:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting = self._jobs.get_nowait()
                if waiting is not None and waiting.begin():
                    _settle(waiting.future, error=CancelledError())

    @staticmethod
    def _start(lane: _Lane) -> None:
        with contextlib.suppress(OSError):  # the first question then finds no lane
            lane.start()

    def _do(self, lane: _Lane, job: _Job) -> Any:
        lane.ready()
        if job.kind == "evaluate" and lane.adopted is not self._facts:
            lane.ask("adopt", (self._facts,), START_S)
            lane.adopted = self._facts
        return lane.ask(job.kind, job.arguments, self._patience_s)

    def _after_death(self, lane: _Lane, job: _Job, death: _LaneDied) -> None:
        if self._closed:
            _settle(job.future, error=CancelledError())
            return
        self._start(lane)
        job.attempts += 1
        if job.attempts < ATTEMPTS:
            self._jobs.put(job)
        elif job.kind == "evaluate":
            failure = Failure("lane", "exited", f"its evaluator died twice: {death}")
            _settle(job.future, result=Evaluation("error", failure=failure))
        else:
            problem = f"an evaluator died twice before any candidate was tried: {death}"
            _settle(job.future, error=SandboxUnavailable(problem, remedy="see `sigil doctor`"))


_short_turns = Setting(sys.getswitchinterval, sys.setswitchinterval, lambda now: min(now, TURN_S))
"""Threads take turns often, so that no lane idles while the next candidates are made: to hand one
over takes some system calls, and after each of them a lane's thread waits for the one that
computes, 5 ms each as Python comes."""


@dataclass(slots=True, eq=False)
class _Job:
    kind: str
    arguments: tuple[Any, ...]
    future: Future[Any] = field(default_factory=Future[Any])
    attempts: int = 0

    def begin(self) -> bool:
        """Return whether anybody still waits for it; from now on it cannot be cancelled."""
        return self.attempts > 0 or self.future.set_running_or_notify_cancel()


class _LaneDied(Exception):
    """The process of a lane ended, or fell silent, while something was asked of it."""


class _Lane:
    """One process and the connection to it, from the side of the parent."""

    def __init__(self, opening: bytes, nursery: Nursery):
        self._opening = opening
        self._nursery = nursery
        self._process: Child | None = None
        self._connection: Connection | None = None
        self._is_ready = False
        self.adopted: object = None

    def start(self) -> None:
        """Start the process; it opens its sandboxes while nobody waits for it yet."""
        self._is_ready = False
        self.adopted = None
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = self._nursery.fork(theirs)
            self._connection = Connection(ours.detach())
        with contextlib.suppress(OSError):  # it died at once: `ready` finds that out
            self._connection.send_bytes(self._opening)

    def ready(self) -> None:
        """Wait until the sandboxes are open; raises what opening raised."""
        if not self._is_ready:
            self._answer(START_S)
            self._is_ready = True

    def ask(self, kind: str, arguments: tuple[Any, ...], timeout_s: float) -> Any:
        """Return the answer to one question, or raise the error that it answered with."""
        if self._connection is None:
            raise _LaneDied("it never started")
        try:
            self._connection.send((kind, *arguments))
        except OSError as error:
            raise _LaneDied(self._epitaph()) from error
        return self._answer(timeout_s)

    def terminate(self) -> None:
        """Tell the process to put its things in order and end."""
        if self._process is not None:
            self._process.send(signal.SIGTERM)

    def end(self) -> None:
        """End the process, and wait for it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._process is None:
            return
        self.terminate()
        if not self._process.wait(GRACE_S):
            self._process.send(signal.SIGKILL)
            self._process.wait()

    def _answer(self, timeout_s: float) -> Any:
        if self._connection is None:
            raise _LaneDied("it never started")
        try:
            if not self._connection.poll(timeout_s):
                raise _LaneDied(f"silent for {timeout_s:g} s")
            succeeded, value = self._connection.recv()
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            raise _LaneDied(self._epitaph()) from error
        if not succeeded:
            raise value
        return value

    def _epitaph(self) -> str:
        if self._process is None:
            return "it never started"
        if not self._process.wait(GRACE_S):
            return "it closed its connection"
        code = self._process.code
        if code is None:
            return "it was killed with all others"
        return f"signal {-code}" if code < 0 else f"exit status {code}"


def _settle(future: Future[Any], *, result: Any = None, error: Exception | None = None) -> None:
    """Give a future its end."""
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _patience_s(definition: Eval) -> float:
    """Return how long a lane may be silent: every command at its deadline, several times."""
    model = definition.model
    commands = 2 + len(model.build) + len(model.metrics)
    return 60 + 40 * commands * model.budgets.candidate_timeout_s
