"""Where lanes come from: one process that has imported what a lane needs, and forks.

To start an interpreter and import everything takes a quarter of a second of processor time, a
fork a few milliseconds; so it is done once, however many lanes there are and however often one
is replaced. A command that knows that it will need lanes has it done `ahead`, while it is still
importing itself.

Promises: a nursery has one thread and inherits nothing but the environment and the standard
streams; it and its lanes end when the process that started it does, whatever way that goes; a
nursery that is killed takes its lanes along, and the next lane starts another.

Imports as little as it can. Not here: the other end (`sigil.evaluate.forking`).
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from struct import Struct
from typing import Final

ANSWER_S: Final = 60.0
"""Seconds that a nursery may take to answer, its imports from a cold disk included."""

FORK: Final = b"F"
REAP: Final = b"W"
NUMBER: Final = Struct("=i")
"""A pid, an exit code as `os.waitstatus_to_exitcode` gives it, or less an errno."""

_PROGRAM: Final = """
import gc
gc.disable()  # what is imported stays: a fifth of a start goes into looking for garbage there
from sigil.evaluate.forking import main
gc.freeze()  # and no collection of a lane's copies it
main({})
"""


class Child:
    """A process that a nursery forked.

    Args:
        pid: its number.
        watched: a pidfd of it, which this owns.
        nursery: that reaps it.

    Attributes:
        code: its exit code once it has ended, negative for a signal; None if nobody can tell.
    """

    def __init__(self, pid: int, watched: int, nursery: _Process):
        self.pid = pid
        self.code: int | None = None
        self._watched = watched
        self._nursery = nursery
        self._lock = threading.Lock()
        self._is_reaped = False

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended; from any thread."""
        with self._lock, contextlib.suppress(ProcessLookupError):
            if not self._is_reaped:
                signal.pidfd_send_signal(self._watched, number)

    def wait(self, seconds: float | None = None) -> bool:
        """Say whether it ends within ``seconds``; if so, it is reaped. From one thread."""
        if self._is_reaped:
            return True
        watch = select.poll()
        watch.register(self._watched, select.POLLIN)
        if not watch.poll(None if seconds is None else 1000 * seconds):
            return False
        with contextlib.suppress(OSError):  # who could tell is gone as well
            self.code = self._nursery.reap(self.pid)
        with self._lock:
            self._is_reaped = True
            os.close(self._watched)
        return True


class Nursery:
    """Forks lanes, at the request of any thread. It starts at once, and `close` ends it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._closed = False
        with contextlib.suppress(OSError):  # the first fork says so
            self._process = _Process()

    def fork(self, connection: socket.socket) -> Child:
        """Return a new lane that serves ``connection``.

        Raises:
            OSError: it cannot be had.
        """
        with self._lock:
            if self._closed:
                raise OSError("the nursery of lanes is closed")
            if self._process is not None:
                try:
                    return self._process.fork(connection)
                except (ConnectionError, TimeoutError):  # it was killed, perhaps for its memory
                    self._process.end()
                    self._process = None
            self._process = _Process()
            return self._process.fork(connection)

    def close(self) -> None:
        """End the process and every lane that is left, and wait for it."""
        with self._lock:
            self._closed = True
            if self._process is not None:
                self._process.end()


class _Process:
    """One process of a nursery, and our end of its socket."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-c", _PROGRAM.format(theirs.fileno())],
                    stdin=subprocess.DEVNULL,
                    pass_fds=[theirs.fileno()],
                    process_group=0,  # a terminal's Ctrl-C reaches neither it nor its lanes
                )
            except BaseException:
                ours.close()
                raise
        ours.settimeout(ANSWER_S)
        self._control = ours

    def fork(self, connection: socket.socket) -> Child:
        with self._turn:
            socket.send_fds(self._control, [FORK], [connection.fileno()])
            packet, passed, _, _ = socket.recv_fds(
                self._control, NUMBER.size, 1, socket.MSG_CMSG_CLOEXEC
            )
        pid = self._number(packet)
        if pid < 0:
            raise OSError(-pid, f"no lane could be forked: {os.strerror(-pid)}")
        return Child(pid, passed[0], self)

    def reap(self, pid: int) -> int:
        with self._turn:
            self._control.send(REAP + NUMBER.pack(pid))
            return self._number(self._control.recv(NUMBER.size))

    def end(self) -> None:
        self._control.close()
        self._process.kill()  # it has nothing to put in order, and may still be importing
        self._process.wait()

    @staticmethod
    def _number(packet: bytes) -> int:
        if len(packet) != NUMBER.size:
            raise ConnectionError("the nursery of lanes ended")
        (number,) = NUMBER.unpack(packet)
        return number


_waiting: list[Nursery] = []
"""Nurseries that were started ahead and that nobody has taken yet."""


@contextmanager
def ahead() -> Generator[None]:
    """Start a nursery now for whoever needs one inside; end it if nobody did."""
    nursery = Nursery()
    _waiting.append(nursery)
    try:
        yield
    finally:
        if nursery in _waiting:
            _waiting.remove(nursery)
            nursery.close()


def taken() -> Nursery:
    """Return the nursery that was started ahead, if there is one, else a new one."""
    with contextlib.suppress(IndexError):
        return _waiting.pop()
    return Nursery()
