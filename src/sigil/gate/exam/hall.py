"""Where scenarios sit their exam: a process for each, beside each other, and an end for all.

    with Hall() as hall:
        report = hall.examine(assignment, answer=answers.perform, connect=deployment.connect)

A scenario whose process dies, falls silent past its time or says what it may not say raises
`Lost`: that is an error of the exam, never a failure of the service.

Not here: the inside (`sigil.gate.exam.sitting`), what results come to (`sigil.gate.scoring`).
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import SandboxUnavailable, install
from sigil.gate.effects import Call, EffectFailed, Json
from sigil.gate.exam.channel import Assignment, Broken, Channel, Reply, Report, Word
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
    """

    def __init__(self, problem: str):
        super().__init__(problem)
        self.problem = problem


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
        left = assignment.most_seconds + GRACE_S
        channel = Channel(ours)
        try:
            with theirs, self._lock:
                socket.send_fds(self._control, [b"f"], [theirs.fileno()])
            channel.send(assignment)
            for _ in range(MOST_WORDS):
                start = SYSTEM_CLOCK.monotonic_ns()
                word = channel.receive(Word, within_s=left)
                left -= (SYSTEM_CLOCK.monotonic_ns() - start) / 1e9
                if word.report is not None:
                    return word.report
                ours.settimeout(assignment.most_seconds + GRACE_S)
                _attend(channel, word, answer, connect)
            raise Broken("it asks without end")  # noqa: TRY301 (one refusal for all of them)
        except (Broken, OSError) as error:
            raise Lost(f"its process ended without a report: {error}") from error
        finally:
            channel.close()


def _unavailable(error: OSError) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"the process that runs scenarios does not start: {error}",
        remedy=install("gate"),
    )


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
            reply = Reply(failure=failed.problem)
        channel.send(reply)
    elif word.connect_s is not None:
        try:
            passed = connect(word.connect_s)
        except OSError as error:
            channel.send(Reply(failure=f"no connection to the service: {error.strerror or error}"))
            return
        with passed:
            channel.send(Reply())
            channel.send_socket(passed)
    else:
        raise Broken("an empty message")
