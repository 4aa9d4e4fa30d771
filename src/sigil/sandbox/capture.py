"""Watch one command from outside: take what it prints, stop it in time, learn how it ended.

The parent alone has the clock, the caps and the socket to the zygote. What arrives on that
socket comes from our own code; the command never holds it.

Not here: starting (`sigil.sandbox.launch`), what the ending means (`sigil.sandbox.commands`).
"""

from __future__ import annotations

import json
import os
import selectors
import socket
from dataclasses import dataclass, field
from typing import Any, Literal

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import SandboxUnavailable
from sigil.sandbox.model import Limits

_CHUNK = 2**16
_SETUP_S = 30.0
_GRACE_S = 10.0
_LOOK_S = 0.25
_RESERVE_BYTES = 2**30
"""What a command has to leave free on the disk, where so much was free at its start."""

Stopped = Literal["timeout", "flood"]


@dataclass
class Captured:
    """What was seen of one command.

    Args:
        out: stdout and stderr so far, by stream.
        stopped: why we stopped it, if we did.
        missing: why it could not be started, if so.
        warm: whether a prepared interpreter ran it.
        status: as `os.waitpid` gives it.
        elapsed_ns: from when it was sealed until the last process had ended.
    """

    out: dict[str, bytearray] = field(
        default_factory=lambda: {"stdout": bytearray(), "stderr": bytearray()}
    )
    stopped: Stopped | None = None
    missing: str | None = None
    warm: bool = False
    status: int = 0
    elapsed_ns: int = 0
    cpu_ns: int = 0
    max_rss_bytes: int = 0


class Watch:
    """Our ends of what leads to one command. Use once, then `close`.

    Args:
        control: the zygote's socket, over which it says that all has ended.
        gate: the command's, until it becomes somebody else's program.
        stdout: a pipe.
        stderr: a pipe.
        place: a path on the disk that the command writes to.
    """

    def __init__(
        self, control: socket.socket, gate: socket.socket, stdout: int, stderr: int, place: str
    ):
        self._control = control
        self._place = place
        self._room = _free(place)
        self._gate = gate
        self._pipes = {stdout: "stdout", stderr: "stderr"}
        self._captured = Captured()
        self._start = 0
        self._deadline = 0

    def close(self) -> None:
        """Let go of the gate and the pipes."""
        self._gate.close()
        for number in self._pipes:
            os.close(number)

    def run(self, limits: Limits, asked_ns: int) -> Captured:
        """Watch the command from when it is sealed until nothing of it is left.

        Args:
            limits: its deadline and its cap.
            asked_ns: when we asked for it.

        Raises:
            SandboxUnavailable: it could not be sealed, or the zygote died.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(self._gate, selectors.EVENT_READ)
            self._await_start(selector, asked_ns)
            for number in self._pipes:
                os.set_blocking(number, False)
                selector.register(number, selectors.EVENT_READ)
            self._watch(selector, limits)
            self._drain(selector, limits)
        return self._captured

    def _await_start(self, selector: selectors.BaseSelector, asked_ns: int) -> None:
        """Learn when the sealed process, still our own code, began to become the program.

        It reads the clock itself, which is ours too: a word from us to go would cost two
        wake-ups in the time that is measured. It is believed within what we saw.
        """
        ready = {key.fileobj for key, _ in selector.select(_SETUP_S)}
        frame = _frame(self._gate) if self._gate in ready else {}
        if "started_ns" not in frame:
            reason = frame.get("failed", "its process died")
            raise SandboxUnavailable(f"the command could not be sealed ({reason})")
        now = SYSTEM_CLOCK.monotonic_ns()
        self._start = max(asked_ns, min(int(frame["started_ns"]), now))
        self._captured.warm = frame.get("warm") is True
        self._captured.cpu_ns = -int(frame["cpu_ns"])  # what sealing took is not the command's

    def _watch(self, selector: selectors.BaseSelector, limits: Limits) -> None:
        self._deadline = self._start + int(limits.wall_s * 1e9)
        while True:
            left = (self._deadline - SYSTEM_CLOCK.monotonic_ns()) / 1e9
            if left <= 0 and self._captured.stopped is not None:
                raise SandboxUnavailable("a command could not be ended")
            if left <= 0:
                self._stop("timeout")
                continue
            for key, _ in selector.select(min(left, _LOOK_S)):
                if self._attend(key, selector, limits):
                    return
            if self._fills_the_disk():
                self._stop("flood")

    def _attend(
        self, key: selectors.SelectorKey, selector: selectors.BaseSelector, limits: Limits
    ) -> bool:
        """Take what has arrived; True when it was the last word."""
        if key.fileobj is self._control:
            self._hear_the_end()
            return True
        if key.fileobj is self._gate:
            self._hear_at_gate(selector)
        elif self._take(key.fd, selector, limits) == "flood":
            self._stop("flood")
        return False

    def _stop(self, reason: Stopped) -> None:
        """Have everything ended, once; after that it has some seconds to be gone."""
        if self._captured.stopped is None:
            self._captured.stopped = reason
            self._control.send(b"stop")
            self._deadline = SYSTEM_CLOCK.monotonic_ns() + int(_GRACE_S * 1e9)

    def _fills_the_disk(self) -> bool:
        """Say whether, while the command ran, the disk came close to being full."""
        return self._room > 2 * _RESERVE_BYTES and _free(self._place) < _RESERVE_BYTES

    def _hear_at_gate(self, selector: selectors.BaseSelector) -> None:
        """Learn that the program could not be started, or that it was: the gate is closed."""
        frame = _frame(self._gate)
        if "missing" in frame:
            self._captured.missing = str(frame["missing"])
        selector.unregister(self._gate)

    def _hear_the_end(self) -> None:
        frame = _frame(self._control)
        if "ended" not in frame:
            raise SandboxUnavailable("the process that starts commands died")
        if self._gate.fileno() >= 0 and self._captured.missing is None:
            self._captured.missing = _left_at(self._gate)
        self._captured.elapsed_ns = SYSTEM_CLOCK.monotonic_ns() - self._start
        self._captured.status = int(frame["ended"] or 0)
        self._captured.cpu_ns = max(0, self._captured.cpu_ns + int(frame["cpu_ns"]))
        self._captured.max_rss_bytes = int(frame["max_rss_bytes"])

    def _take(
        self, number: int, selector: selectors.BaseSelector, limits: Limits
    ) -> Literal["flood"] | None:
        """Read once from a pipe; say so if that passes the cap."""
        try:
            data = os.read(number, _CHUNK)
        except BlockingIOError:
            return None
        if not data:
            selector.unregister(number)
            return None
        out = self._captured.out
        room = limits.output_bytes - sum(map(len, out.values()))
        out[self._pipes[number]] += data[:room]
        return "flood" if len(data) > room else None

    def _drain(self, selector: selectors.BaseSelector, limits: Limits) -> None:
        """Take what is left in the pipes; every writer is dead, so this ends."""
        for number in self._pipes:
            while number in selector.get_map():
                before = sum(map(len, self._captured.out.values()))
                if self._take(number, selector, limits) == "flood":
                    self._captured.stopped = self._captured.stopped or "flood"
                    break
                if number in selector.get_map() and before == sum(
                    map(len, self._captured.out.values())
                ):
                    break


def _free(place: str) -> int:
    """Return the bytes that are free on the disk of ``place``."""
    try:
        found = os.statvfs(place)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize


def _frame(channel: socket.socket) -> dict[str, Any]:
    """Return the next message of our own code; empty when the other end is closed."""
    try:
        data = channel.recv(2**16)
    except OSError:
        return {}
    return json.loads(data) if data else {}


def _left_at(gate: socket.socket) -> str | None:
    """Return why the program could not be started, if that was said just before the end."""
    gate.setblocking(False)
    missing = _frame(gate).get("missing")
    return None if missing is None else str(missing)
