"""The parent's handle on a calls zygote: start it, have it fork and reap, end it.

Every wait has a deadline; a zygote that misses one is killed through its guard, which takes
every worker along. What it reports about a dead worker (status, CPU time) comes from wait4
in a process that never ran a candidate.

Not here: which rung to start at (`sigil.sandbox.ladder`), what workers are told
(`sigil.sandbox.calls`), the other end (`inside/calls.py`).
"""

from __future__ import annotations

import array
import marshal
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sigil.errors import BaselineFailed, SandboxUnavailable
from sigil.sandbox import wire

INSIDE: Final = Path(__file__).with_name("inside")
_PACKET: Final = 65536
_REQUEST: Final = struct.Struct("=cI")
_REAPED: Final = struct.Struct("=cIiqq")
_START_S: Final = 60.0
"""Preloading a large library from a cold disk takes seconds."""
_ANSWER_S: Final = 10.0
_REPORTS_WAITING: Final = 16
"""So many reports of discarded workers may lie in the socket before they are read."""
_TIMEVAL: Final = struct.Struct("@ll")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the target's interpreter found out about where it runs."""

    landlock_abi: int
    euid: int


@dataclass(frozen=True, slots=True)
class Death:
    """How a worker ended: wait4's status, CPU time in seconds, peak resident KiB."""

    status: int
    cpu_s: float
    peak_kib: int


class RungMissing(SandboxUnavailable):
    """This kernel does not give what one rung of the ladder needs; a lower one may hold."""


Plan = Callable[[Facts], Mapping[str, object]]


class Zygote:
    """A started, sealed zygote. Use `start`; `close` ends it and all its workers."""

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket):
        self._process = process
        self._control = control
        self._deaths: dict[int, Death] = {}
        self._unforked: dict[int, int] = {}
        self._discarded: set[int] = set()
        self._next = 0
        self.facts = Facts(0, 0)
        self.namespaces: tuple[str, ...] = ()
        self.uid = -1
        self.sealed = True
        self.extra: frozenset[str] = frozenset()

    @classmethod
    def start(cls, python: str, plan: Plan) -> Zygote:
        """Start the target's interpreter on ``inside`` and see it through its preparation.

        Args:
            python: the target's interpreter.
            plan: called once with the facts, returns what `inside/calls.py` calls the plan.

        Raises:
            RungMissing: a namespace, landlock or seccomp was refused.
            BaselineFailed: a stable module raised.
            SandboxUnavailable: the interpreter does not start or a preload does not import.
        """
        ours, theirs = _socket_pair()
        try:
            with theirs:
                process = _spawn(python, theirs.fileno())
        except BaseException:
            ours.close()
            raise
        zygote = cls(process, ours)
        try:
            zygote._prepare(plan)
        except BaseException:
            zygote.close()
            raise
        return zygote

    def _prepare(self, plan: Plan) -> None:
        wait_at_most(self._control, _START_S)
        facts = self._hear()
        self.facts = Facts(facts["landlock"], facts["euid"])
        body = marshal.dumps(dict(plan(self.facts)), 2)
        try:
            self._control.send(b"%d" % len(body))
            view = memoryview(body)
            for start in range(0, len(body), _PACKET):
                self._control.send(view[start : start + _PACKET])
        except OSError as error:
            raise _gone("while it was told its plan") from error
        ready = self._hear()
        self.namespaces = tuple(ready["namespaces"])
        self.uid = int(ready["uid"])
        wait_at_most(self._control, _ANSWER_S)

    def _hear(self) -> dict[str, Any]:
        """Return the next message of the preparation, or raise what it reports."""
        try:
            packet = self._control.recv(_PACKET)
        except OSError as error:
            raise _gone("before it was ready") from error
        if not packet:
            raise _gone("before it was ready")
        message = _read(packet)
        stage = message.get("failed")
        if stage == "seal":
            raise RungMissing(f"the kernel refused: {message['text']}")
        if stage == "modules":
            raise BaselineFailed(f"a module of the baseline cannot be imported: {message['text']}")
        if stage is not None:
            raise SandboxUnavailable(
                f"the target's interpreter cannot preload: {message['text']}",
                remedy="install it for that interpreter, or do not preload it",
            )
        return message

    # --- workers ----------------------------------------------------------------------------

    def fork(self) -> tuple[int, socket.socket]:
        """Ask for one worker; return its number and our end of its socket, without waiting.

        Raises:
            SandboxUnavailable: the zygote is gone.
        """
        number = self._next
        self._next += 1
        ours, theirs = _socket_pair()
        with theirs:
            passed = array.array("i", [theirs.fileno()])
            try:
                self._control.sendmsg(
                    [_REQUEST.pack(b"F", number)],
                    [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)],
                )
            except OSError as error:
                ours.close()
                raise _gone("when a worker was asked for") from error
        return number, ours

    def discard(self, number: int) -> None:
        """Have a worker killed and reaped, and do not wait for it."""
        self._discarded.add(number)
        with suppress(OSError):
            self._control.send(_REQUEST.pack(b"R", number))
            while len(self._discarded) > _REPORTS_WAITING:
                self._collect()

    def reap(self, number: int) -> Death:
        """Have a worker killed, if it still lives, and return how it ended.

        Raises:
            SandboxUnavailable: the zygote is gone or does not answer.
        """
        try:
            self._control.send(_REQUEST.pack(b"R", number))
            while number not in self._deaths and number not in self._unforked:
                self._collect()
        except OSError as error:
            self.close()
            raise _gone("when a worker had ended") from error
        if number in self._unforked:
            reason = os.strerror(self._unforked.pop(number))
            raise SandboxUnavailable(f"no worker could be forked: {reason}")
        return self._deaths.pop(number)

    def _collect(self) -> None:
        """Take one report from the control socket; those of discarded workers end here."""
        packet = self._control.recv(_REAPED.size)
        if len(packet) != _REAPED.size:
            raise ConnectionError("the zygote closed its socket")
        kind, number, status, cpu, peak = _REAPED.unpack(packet)
        if number in self._discarded:
            self._discarded.discard(number)
        elif kind == b"U":
            self._unforked[number] = status
        else:
            self._deaths[number] = Death(status, cpu / 1e6, peak)

    @property
    def pid(self) -> int:
        """The pid of the guard."""
        return self._process.pid

    def close(self) -> None:
        """End the zygote and every worker; returns when all are gone. May be called again."""
        self._control.close()
        try:
            self._process.wait(_ANSWER_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def wait_at_most(connected: socket.socket, seconds: float) -> None:
    """Let the kernel end waits on a socket, which saves the poll that `settimeout` costs."""
    whole = int(seconds)
    value = _TIMEVAL.pack(whole, max(1, int((seconds - whole) * 1e6)))
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, value)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, value)


def _socket_pair() -> tuple[socket.socket, socket.socket]:
    try:
        return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    except OSError as error:
        raise SandboxUnavailable(
            f"no socket pair for a worker: {error.strerror}",
            remedy="calls need a system with AF_UNIX SEQPACKET sockets, and free descriptors",
        ) from error


def _spawn(python: str, descriptor: int) -> subprocess.Popen[bytes]:
    """Start the interpreter with nothing of ours but one socket.

    ``-I`` would also forget PYTHONHASHSEED, so its parts are spelled out: no site, no user
    site, and an environment in which nothing else stands.
    """
    command = [python, "-s", "-S", "-B", "-X", "utf8", str(INSIDE / "__main__.py"), "calls"]
    environment = {
        "PYTHONHASHSEED": "0",
        "LC_ALL": "C.UTF-8",
        "PATH": os.defpath,
        "LD_BIND_NOW": "1",  # link now, once, rather than in every worker
    }
    try:
        return subprocess.Popen(
            [*command, str(descriptor)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
            pass_fds=(descriptor,),
            start_new_session=sys.platform != "win32",
        )
    except OSError as error:
        raise SandboxUnavailable(
            f"the target's interpreter does not start: {error}",
            remedy="name a CPython of 3.9 or later",
        ) from error


def _read(packet: bytes) -> dict[str, Any]:
    """Return a message of the zygote; it may have run a user's modules, so it is not believed."""
    try:
        return wire.message(packet)
    except wire.Violation as violation:
        raise _gone("saying what is no message") from violation


def _gone(when: str) -> SandboxUnavailable:
    return SandboxUnavailable(
        f"the zygote that forks sealed workers ended or hung {when}",
        remedy="the next worker starts a new one; if it recurs, look for an out-of-memory kill",
    )
