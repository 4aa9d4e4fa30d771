"""Keep a worker and the thread that waits for it on one core.

A wake-up across cores costs several times a whole call (see ``docs/benchmarks.md``), and the
kernel, seeing an idle core, spreads the two sides of a conversation in which only one ever
runs. So a process claims one core as its home; its zygotes and workers live there, and a
thread that has a worker open joins them for as long.

The claim is an abstract socket name, which the kernel keeps unique on the machine and frees
with the process. Whoever finds no free core, or is already confined to one, changes nothing.

Not here: how many lanes to run.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path
from typing import Final

_FIELDS_BEFORE_CPU: Final = 36
"""Of ``/proc/self/stat``, between the end of the name and the processor: proc(5)."""


class _Claim:
    """The core of this process, claimed at the first use; None where there is none to claim."""

    def __init__(self) -> None:
        self._asked = False
        self._held = -1
        self.core: int | None = None

    def make(self) -> int | None:
        """Return the claimed core, trying the one we are on first."""
        if not self._asked:
            self._asked = True
            cores = os.sched_getaffinity(0)
            here = _this_core()
            for core in sorted(cores, key=lambda core: (core != here, core)):
                if len(cores) > 1 and self._bind(core):
                    self.core = core
                    break
        return self.core

    def _bind(self, core: int) -> bool:
        name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            name.bind(f"\0sigil.core.{core}")
        except OSError:
            name.close()
            return False
        self._held = name.detach()  # for the life of this process
        return True


_CLAIM: Final = _Claim()


def _this_core() -> int:
    try:
        text = Path("/proc/self/stat").read_text(encoding="ascii", errors="replace")
        return int(text.rpartition(")")[2].split()[_FIELDS_BEFORE_CPU])
    except (OSError, ValueError, IndexError):
        return -1


class AtHome:
    """A context in which the calling thread, and what it starts, stays on the home core."""

    def __init__(self) -> None:
        self._before: set[int] | None = None

    def __enter__(self) -> None:
        if sys.platform != "linux":
            return
        core = _CLAIM.make()
        if core is None:
            return
        before = os.sched_getaffinity(0)
        # Inside another such context there is nothing to do; nor where one was confined since.
        if len(before) > 1 and core in before:
            self._before = before
            os.sched_setaffinity(0, {core})

    def __exit__(self, *_: object) -> None:
        before, self._before = self._before, None
        if before is not None:
            os.sched_setaffinity(0, before)
