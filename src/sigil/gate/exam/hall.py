"""Where scenarios sit their exam: a process for each, beside each other, and an end for all.

    with Hall() as hall:
        report = hall.examine(assignment, answer=answers.perform, connect=deployment.connect)

A scenario whose process dies, falls silent past its time or says what it may not say raises
`Lost`: that is an error, never a failed check. One that used up its time or its memory waited for
the service, or held its replies; of any other end nobody knows whose doing it was.

Not here: the inside (`sigil.gate.exam.sitting`), what results come to (`sigil.gate.scoring`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import SandboxUnavailable, install
from sigil.gate.effects import EXHAUSTED, Call, EffectFailed, Json
from sigil.gate.exam.channel import (
    MODELS,
    Assignment,
    Broken,
    Channel,
    Reply,
    Report,
    TooLong,
    Word,
)
from sigil.store.files import sweep

START_S = 30.0
"""Seconds that the first process may take to import what scenarios need."""
GRACE_S = 5.0
"""Seconds past a scenario's own time before the hall stops listening."""
MOST_WORDS = 100_000
"""Messages of one scenario; its budget of calls usually ends it before."""

_PROGRAM = """
import gc
gc.disable()
from sigil.gate.exam.sitting import main
main({}, {})
"""


class Lost(Exception):
    """A scenario that never reported.

    Args:
        problem: a short clause that holds nothing of the scenario.
        is_ours: whether it may lie with whoever examines, such as a machine without memory.
    """

    def __init__(self, problem: str, *, is_ours: bool = True):
        super().__init__(problem)
        self.problem = problem
        self.is_ours = is_ours


class Hall:
    """Starts the process that forks for scenarios. A context manager; called from many threads.

    Raises:
        SandboxUnavailable: the process does not start.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        self._control, self._lock = ours, threading.Lock()
        with theirs:
            program = _PROGRAM.format(theirs.fileno(), os.getpid())
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", program],
                    pass_fds=(theirs.fileno(),),
                    env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"},
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise _unavailable(error) from error
        try:
            ours.settimeout(START_S)
            if ours.recv(1) != b"r":
                raise OSError("it ended")  # noqa: TRY301 (one refusal for all of them)
            ours.settimeout(None)
        except OSError as error:
            self.close()
            raise _unavailable(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End whatever still runs."""
        self._control.close()
        try:
            self._process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        sweep(Path(tempfile.gettempdir()))  # what the browser of a killed scenario left

    def examine(
        self,
        assignment: Assignment,
        *,
        answer: Callable[[Call], Json],
        connect: Callable[[float], socket.socket],
    ) -> Report:
        """Run one scenario in a process of its own, and return its report.

        Args:
            assignment: what to run.
            answer: answers calls that a scenario's process does not answer itself.
            connect: returns a new connection to the service; takes the seconds that it may take.

        Raises:
            Lost: there is no report.
        """
        ours, theirs = socket.socketpair()
        channel, clock = Channel(ours), _SandGlass(assignment.most_seconds)
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
            channel.send(assignment)
            for _ in range(MOST_WORDS):
                word = channel.receive(Word, within_s=clock.left_s + GRACE_S)
                if word.report is not None:
                    return word.report
                ours.settimeout(assignment.most_seconds + GRACE_S)
                with clock.minding(word):
                    _attend(channel, word, answer, connect)
            raise TooLong("it asks without end")  # noqa: TRY301 (one refusal for all of them)
        except TooLong as error:
            raise Lost(f"its process ended without a report: {error}", is_ours=False) from error
        except (Broken, OSError) as error:
            problem = f"its process ended without a report: {error}"
            raise Lost(problem, is_ours=clock.left_s > 0) from error
        finally:
            channel.close()


def _unavailable(error: OSError) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"the process that runs scenarios does not start: {error}",
        remedy=install("gate"),
    )


class _SandGlass:
    """Runs along with the alarm of a scenario's process, and is over no later than that one.

    Args:
        seconds: that the scenario has.
    """

    def __init__(self, seconds: float):
        self._end = SYSTEM_CLOCK.monotonic_ns() + int(seconds * 1e9)

    @property
    def left_s(self) -> float:
        """Seconds until it is over; none or fewer once it is."""
        return (self._end - SYSTEM_CLOCK.monotonic_ns()) / 1e9

    @contextmanager
    def minding(self, word: Word) -> Generator[None]:
        """Stand still where a model thinks, and take note where the scenario has less time."""
        start = SYSTEM_CLOCK.monotonic_ns()
        if word.limit_s is not None:
            self._end = min(self._end, start + int(word.limit_s * 1e9))
        try:
            yield
        finally:
            if word.call is not None and word.call.kind in MODELS:
                self._end += SYSTEM_CLOCK.monotonic_ns() - start


def _attend(
    channel: Channel,
    word: Word,
    answer: Callable[[Call], Json],
    connect: Callable[[float], socket.socket],
) -> None:
    """Answer one call, or hand over one connection."""
    if word.call is not None:
        try:
            reply = Reply(answer(word.call))
        except EffectFailed as failed:
            reply = Reply(failure=failed.problem, is_ours=failed.is_ours)
        channel.send(reply)
    elif word.connect_s is not None:
        try:
            passed = connect(word.connect_s)
        except OSError as error:
            problem = f"no connection to the service: {error.strerror or error}"
            channel.send(Reply(failure=problem, is_ours=error.errno in EXHAUSTED))
            return
        with passed:
            channel.send(Reply())
            channel.send_socket(passed)
    elif word.limit_s is not None:
        channel.send(Reply())
    elif word.is_full:
        raise TooLong("its replies do not fit into its memory")
    else:
        raise Broken("an empty message")
