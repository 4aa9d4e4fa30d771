"""The inside of an exam: one forked process per scenario, which is gone when the scenario is.

Started as a fresh, single-threaded interpreter by `sigil.gate.exam.hall`, which owns the other
ends. It imports once what every scenario needs, and then forks for each. A fork runs one scenario,
answers HTTP, waiting and the browser itself, asks the hall for everything else, reports, and exits.

What holds: no environment but the few names that the hall gives; no core dumps, and memory that
no process of the same user can read; an alarm that the kernel delivers whatever Lua is doing; and
the end of all of it when the hall is gone.

Not here: the language (`sigil.gate.lua`), deployments (`sigil.gate.deploy`).
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import sys
from dataclasses import replace
from typing import NoReturn, cast

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import MalformedScenario
from sigil.gate.effects import Call, Diverged, Effects, Json, Recording, Repeating
from sigil.gate.exam.channel import Assignment, Channel, Reply, Report, Word
from sigil.gate.exam.outside import Outside
from sigil.gate.lua import prepare, run_scenario
from sigil.gate.model import Declared, Evidence, Result, Status
from sigil.gate.secrets import Redactor
from sigil.sandbox.inside import kernel

MEMORY = 2 * 2**30
"""Bytes of data that one scenario's process may hold."""
REPLIES = MEMORY // 4
"""Bytes that its replies may take there: they are held, spelled for the report, and sent."""


def main(descriptor: int, parent: int) -> None:
    """Fork for every channel that arrives on ``descriptor``, until it closes.

    Args:
        descriptor: an inherited socket.
        parent: the process id that must still be our parent's.
    """
    kernel.die_with_parent(parent)
    kernel.adopt_orphans()  # a browser's, of a scenario that was killed
    kernel.set_dumpable(0)
    kernel.limit("CORE", 0)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps
    control = socket.socket(fileno=descriptor)
    prepare()
    gc.collect()
    gc.freeze()
    control.sendall(b"r")
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not data:
            os.killpg(0, signal.SIGKILL)  # whatever scenario still runs, and us
        if os.fork() == 0:
            control.close()
            _sit(Channel(socket.socket(fileno=descriptors[0])))
        os.close(descriptors[0])


def _sit(channel: Channel) -> NoReturn:
    """Run the one scenario that the channel asks for, and exit."""
    status = 1
    try:
        kernel.die_with_parent(os.getppid())
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # a browser is waited for
        kernel.limit("DATA", MEMORY)
        assignment = channel.receive(Assignment)
        signal.setitimer(signal.ITIMER_REAL, assignment.most_seconds)  # SIGALRM ends us
        _answer(assignment, channel)
        status = 0
    finally:
        os._exit(status)


def _answer(assignment: Assignment, channel: Channel) -> None:
    """Run it and say the last word; not the memory of the machine can end here, but its own."""
    try:
        channel.send(Word(report=_run(assignment, channel)))
    except MemoryError:
        pass  # and what was held goes, so that there is room for a word
    else:
        return
    channel.send(Word(is_full=True))


def _run(assignment: Assignment, channel: Channel) -> Report:
    start = SYSTEM_CLOCK.monotonic_ns()
    with Outside(channel, assignment) as outside:
        answers = _Bounded(outside) if assignment.recorded is None else _repeating(assignment)
        recording = Recording(answers)
        declared, result, evidence = _ran(assignment, recording, channel)
    if result.status is Status.ERROR and any(one.is_ours for one in recording.answered):
        result = replace(result, is_ours=True)
    elapsed = (SYSTEM_CLOCK.monotonic_ns() - start) // 1_000_000
    return Report(declared, result, evidence, tuple(recording.answered), elapsed)


class _Bounded:
    """Effects that end once their replies take too much memory.

    Where memory itself ends, libraries below us end the process: whose fault that was nobody
    could tell.

    Args:
        effects: that answer.
    """

    def __init__(self, effects: Effects):
        self._effects = effects
        self._left = REPLIES

    def perform(self, call: Call) -> Json:
        """Have it answered.

        Raises:
            MemoryError: there is no room for the answer.
        """
        reply = self._effects.perform(call)
        self._left -= _bytes_of(reply)
        if self._left < 0:
            raise MemoryError
        return reply


def _bytes_of(value: Json) -> int:
    """Return about how much memory the texts of a reply take."""
    if isinstance(value, dict):
        return sum(map(_bytes_of, cast("dict[str, Json]", value).values()))
    if isinstance(value, list):
        return sum(map(_bytes_of, cast("list[Json]", value)))
    return sys.getsizeof(value)


def _repeating(assignment: Assignment) -> Repeating:
    """Answer from the recording, whose calls hold names where there were values."""
    return Repeating(list(assignment.recorded or ()), Redactor(assignment.secrets).json)


def _ran(
    assignment: Assignment, effects: Effects, channel: Channel
) -> tuple[Declared | None, Result, Evidence | None]:
    """Run it; what is no scenario, or asks what was not recorded, is an error of the exam."""

    def begins(declared: Declared) -> None:
        if declared.max_seconds is not None:
            channel.send(Word(limit_s=declared.max_seconds))
            channel.receive(Reply)  # the hall's clock begins before the kernel's
            _keep_time(declared.max_seconds)

    try:
        run = run_scenario(
            assignment.scenario,
            effects,
            seed=assignment.seed,
            limits=assignment.limits,
            secrets=assignment.secrets,
            begins=begins,
        )
    except (MalformedScenario, Diverged) as error:
        result = Result(assignment.scenario.id, Status.ERROR, (), is_ours=True)
        return None, result, Evidence(str(error))
    return run.declared, run.result, run.evidence


def _keep_time(seconds: float) -> None:
    """Move the alarm to what the scenario allows itself, if that is sooner."""
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, min(left, seconds))
