"""Run a program that may hang, fill memory or leave children, and say what it took and left.

Bounded in time and in address space; whatever it started is ended with it, also what has left
its process group: this process adopts orphans, so that none can hide from it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import select
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MEMORY_BYTES = 6 << 30
"""Address space of each process, well under the machine's memory."""
GRACE_S = 2.0
"""How long what a program started may outlive it without counting as left behind."""

_ADOPT_ORPHANS = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h


@dataclass(frozen=True, slots=True)
class Ran:
    """How a program ended.

    Args:
        code: its exit status, negative for a signal; None if its time was up.
        elapsed_s: from its start to its end.
        cpu_s: of the program and of all that it started and that ended before it.
        peak_mib: resident memory of the largest of these processes.
        left: processes that still ran `GRACE_S` after its end, ended since.
        said: the end of what it printed.
    """

    code: int | None
    elapsed_s: float
    cpu_s: float
    peak_mib: float
    left: int
    said: str


def run_bounded(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, seconds: float
) -> Ran:
    """Run ``command`` in ``folder`` for at most ``seconds``."""
    ctypes.CDLL(None).prctl(_ADOPT_ORPHANS, 1, 0, 0, 0)
    others, log = _children(), folder / "printed"
    with log.open("wb") as out:
        began = time.perf_counter()
        program = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_limit,  # noqa: PLW1509 - this process has no other threads
        )
    in_time = _ends(program.pid, seconds)
    if not in_time:
        os.killpg(program.pid, signal.SIGKILL)
    _, status, used = os.wait4(program.pid, 0)
    elapsed_s = time.perf_counter() - began
    program.returncode = os.waitstatus_to_exitcode(status)
    left = _end_orphans(others, GRACE_S if in_time else 0)
    return Ran(
        program.returncode if in_time else None,
        elapsed_s,
        used.ru_utime + used.ru_stime,
        used.ru_maxrss / 1024,
        left,
        log.read_text(errors="replace")[-2000:],
    )


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _ends(pid: int, seconds: float) -> bool:
    """Say whether a child ends within ``seconds``; it is left to be waited for."""
    watched = os.pidfd_open(pid)
    try:
        ready, _, _ = select.select([watched], [], [], seconds)
    finally:
        os.close(watched)
    return bool(ready)


def _end_orphans(others: set[int], grace_s: float) -> int:
    """End every child that is not among ``others``; return how many outlived the grace."""
    until = time.monotonic() + grace_s
    while (orphans := _running(others)) and time.monotonic() < until:
        time.sleep(0.02)
    left = len(orphans)
    while orphans:  # the end of one may hand us its own children
        for pid in orphans:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        orphans = _running(others)
    return left


def _running(others: set[int]) -> list[int]:
    """Return the children beside ``others`` that run; those that ended are reaped."""
    running: list[int] = []
    for pid in sorted(_children() - others):
        ended, _ = os.waitpid(pid, os.WNOHANG)
        if not ended:
            running.append(pid)
    return running


def _children() -> set[int]:
    tasks = Path("/proc/self/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}
