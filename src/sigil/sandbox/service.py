"""Run a program that stays: a service in a network of its own, with one way in.

    with CommandSandbox(warm=False) as sandbox, open_checkout(base, {}, scratch=tmp) as checkout:
        with Service(sandbox, "python3 server.py --port 8000", checkout=checkout) as service:
            connection = service.connect(8000, timeout_s=5)

The service is a command like any other (`sigil.sandbox.commands`), with a loopback that it
shares with nobody: it can neither reach the host nor another service, and nobody reaches it but
whoever holds this object. The way in is a socket that the kernel made inside its network and that
is connected from here. Whatever it prints is either dropped by the kernel or kept to a tail.

It ends with `stop`, with the sandbox, with this process however that ends, and before any of
those when it leaves the disk less than its reserve. No signal is sent first: what a service
would do at its end is of no use to anybody.

Needs network namespaces (rung L3).

Not here: what makes a service healthy, and what is asked of it (`sigil.gate`).
"""

from __future__ import annotations

import json
import os
import select
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import SandboxUnavailable
from sigil.sandbox.checkout import Checkout
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.launch import Begun
from sigil.sandbox.model import Limits

LOOPBACK: Final = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
"""What a socket of each family is connected to."""
_SETUP_S: Final = 30.0
_DOOR_S: Final = 10.0
LOOK_S: Final = 0.25
_CHUNK: Final = 2**16
RESERVE_BYTES: Final = 2**30
"""What a service has to leave free on the disk, where twice as much was free at its start."""

ServiceEnding = Literal["exited", "signalled", "memory", "missing", "disk"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a service ended by itself.

    Args:
        ending: ``missing`` is a program that does not exist or may not be run, ``disk`` one that
            was stopped because it had filled the disk.
        code: exit code or number of the signal; None for the others.
        reason: why a program is missing.
    """

    ending: ServiceEnding
    code: int | None = None
    reason: str = ""


class Service:
    """A running service. A context manager: leaving it ends the service and its sandbox.

    Args:
        sandbox: in which it runs; it can run nothing after it.
        command: words, or a string that is split as a shell would.
        checkout: where.
        env: variables besides `sigil.sandbox.argv.environment`.
        limits: all but the deadline count.
        log_bytes: how much of what it printed last is kept; 0 keeps nothing, and then nothing of
            it ever reaches this process.

    Raises:
        InvalidValue: the command does not parse.
        SandboxUnavailable: it could not be sealed, or has no network of its own.
    """

    def __init__(
        self,
        sandbox: CommandSandbox,
        command: str | Sequence[str],
        *,
        checkout: Checkout,
        env: Mapping[str, str] = {},
        limits: Limits | None = None,
        log_bytes: int = 0,
    ):
        self._sandbox = sandbox
        self._ended: Ended | None = None
        self._hearing = threading.Lock()
        self._door: socket.socket | None = None
        self._log = _Tail(log_bytes) if log_bytes else None
        self._disk = _Disk(str(checkout.folder))
        self._begun = self._begin(command, checkout, env, limits)
        try:
            self._await_start()
            self._open_door()
            self._disk.watch(self._begun.control)
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process of it; idempotent. Returns when none is left."""
        if self._door is not None:
            self._door.close()
        self._disk.close()
        self._begun.gate.close()
        self._sandbox.close()
        if self._log is not None:
            self._log.close()

    def connect(self, port: int, *, timeout_s: float) -> socket.socket:
        """Return a stream that is connected to ``port`` of the service's own loopback.

        IPv4 is tried first, then IPv6. Threads and forks of this process may connect at once.

        Raises:
            OSError: nothing listens there, or it does not take the connection in time.
        """
        failure: OSError | None = None
        made = self._sockets()
        for one in made:
            try:
                one.settimeout(timeout_s)
                one.connect((LOOPBACK[one.family], port))
            except OSError as error:
                if failure is None or isinstance(failure, ConnectionRefusedError):
                    failure = error
                continue
            _close_all(other for other in made if other is not one)
            return one
        _close_all(made)
        raise failure or ConnectionRefusedError("nothing listens there")

    def ports(self) -> list[int]:
        """Return the TCP ports that it listens on, a few at most, ascending.

        To say why nothing answers. Nobody may be connecting meanwhile.
        """
        if self._door is None:
            return []
        try:
            self._door.send(b"ports")
            return [int(port) for port in json.loads(self._door.recv(4096) or b"[]")]
        except OSError:
            return []

    def ended(self, wait_s: float = 0.0) -> Ended | None:
        """Return how it ended by itself, waiting at most so long for that; None if it did not."""
        deadline = SYSTEM_CLOCK.monotonic_ns() + int(wait_s * 1e9)
        with self._hearing:
            if self._ended is None and self._begun.control.fileno() >= 0:
                left = (deadline - SYSTEM_CLOCK.monotonic_ns()) / 1e9
                if _readable(self._begun.control, max(left, 0.0)):
                    self._hear_the_end()
            return self._ended

    def hush(self) -> None:
        """Forget what it printed, and keep nothing from now on: the kernel drops what comes."""
        if self._log is not None:
            self._log.forget()

    def tail(self) -> bytes:
        """Return what it printed last, as far as that is kept."""
        return b"" if self._log is None else self._log.read()

    # --- starting ---------------------------------------------------------------------------

    def _begin(
        self,
        command: str | Sequence[str],
        checkout: Checkout,
        env: Mapping[str, str],
        limits: Limits | None,
    ) -> Begun:
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        out = null if self._log is None else self._log.write_end
        try:
            return self._sandbox.begin(
                command, [null, out, out], checkout=checkout, env=env, limits=limits
            )
        finally:
            os.close(null)
            if self._log is not None:
                self._log.start()

    def _await_start(self) -> None:
        """Wait until the sealed process is about to become the program."""
        gate = self._begun.gate
        frame = _frame(gate) if _readable(gate, _SETUP_S) else {}
        if "started_ns" not in frame:
            reason = frame.get("failed", "its process died")
            raise SandboxUnavailable(f"the service could not be sealed ({reason})")

    def _open_door(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._door = ours
        ours.settimeout(_DOOR_S)
        with theirs, suppress(OSError):  # its end is told when somebody asks
            socket.send_fds(self._begun.control, [b"door"], [theirs.fileno()])

    # --- while it runs ----------------------------------------------------------------------

    def _sockets(self) -> list[socket.socket]:
        """Return new, unconnected stream sockets inside the service's network, IPv4 first.

        Who asks at the same time may get each other's: they are all alike.
        """
        if self._door is None or self._door.fileno() < 0:
            raise ConnectionRefusedError("the service was stopped")
        self._door.send(b"sockets")
        data, numbers, _, _ = socket.recv_fds(self._door, 16, len(LOOPBACK))
        made = [socket.socket(fileno=number) for number in numbers]
        for one in made:
            one.set_inheritable(False)
        if not data or not all(map(_is_plain_stream, made)):
            _close_all(made)
            raise ConnectionRefusedError("the service has ended")
        return made

    def _hear_the_end(self) -> None:
        frame = _frame(self._begun.control)
        reason = _left_at(self._begun.gate)
        if "ended" not in frame:
            raise SandboxUnavailable("the process that looks after a service died")
        status = int(frame["ended"] or 0)
        if self._disk.filled:
            self._ended = Ended("disk")
        elif reason is not None:
            self._ended = Ended("missing", reason=reason)
        elif os.WIFEXITED(status):
            self._ended = Ended("exited", os.WEXITSTATUS(status))
        elif self._sandbox.ran_out_of_memory():
            self._ended = Ended("memory")
        else:
            self._ended = Ended("signalled", os.WTERMSIG(status))


class _Disk:
    """Stops a service that comes close to filling the disk, whether or not anybody asks for it.

    Args:
        place: a path on the disk that it writes to.

    Attributes:
        filled: whether it was stopped for that.
    """

    def __init__(self, place: str):
        self._place = place
        self._room = _free(place)
        self._over = threading.Event()
        self._thread: threading.Thread | None = None
        self.filled = False

    def watch(self, control: socket.socket) -> None:
        """Look now and then, and say ``stop`` over the zygote's socket once it is too much."""
        if self._room > 2 * RESERVE_BYTES:
            look = threading.Thread(target=self._look, args=(control,), daemon=True, name="disk")
            self._thread = look
            look.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join(_DOOR_S)

    def _look(self, control: socket.socket) -> None:
        while not self._over.wait(LOOK_S):
            if _free(self._place) < RESERVE_BYTES:
                self.filled = True
                with suppress(OSError):
                    control.send(b"stop")
                return


class _Tail:
    """The last bytes that came out of a pipe, taken by a thread as they come."""

    def __init__(self, size: int):
        self._size = size
        self._read_end, self.write_end = os.pipe2(os.O_CLOEXEC)
        self._kept = bytearray()
        self._lock = threading.Lock()
        self._forgets = False
        self._thread = threading.Thread(target=self._take, daemon=True, name="service log")

    def start(self) -> None:
        """Let go of the end that is written to, and read until nobody holds it."""
        os.close(self.write_end)
        self._thread.start()

    def read(self) -> bytes:
        """Return what is kept now."""
        with self._lock:
            return bytes(self._kept[-self._size :])

    def forget(self) -> None:
        """Keep nothing of what came and of what comes."""
        with self._lock:
            self._forgets = True
            self._kept.clear()

    def close(self) -> None:
        """Wait until all is read; every writer is dead."""
        self._thread.join(_DOOR_S)

    def _take(self) -> None:
        with os.fdopen(self._read_end, "rb", buffering=0) as pipe:
            while data := pipe.read(_CHUNK):
                with self._lock:
                    if self._forgets:
                        break
                    self._kept += data
                    if len(self._kept) > 2 * self._size:
                        del self._kept[: -self._size]
            else:
                return
            with Path(os.devnull).open("wb", buffering=0) as nowhere:
                while os.splice(pipe.fileno(), nowhere.fileno(), _CHUNK):
                    pass


def _is_plain_stream(one: socket.socket) -> bool:
    return one.family in LOOPBACK and one.type == socket.SOCK_STREAM


def _close_all(sockets: Iterable[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _readable(channel: socket.socket, wait_s: float) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(wait_s * 1e3))


def _frame(channel: socket.socket) -> dict[str, Any]:
    """Return the next message of our own code; empty when the other end is closed."""
    try:
        data = channel.recv(2**16)
    except OSError:
        return {}
    return json.loads(data) if data else {}


def _left_at(gate: socket.socket) -> str | None:
    """Return why the program could not be started, if that was said before the end."""
    reason = _frame(gate).get("missing") if _readable(gate, 0) else None
    return None if reason is None else str(reason)


def _free(place: str) -> int:
    """Return the bytes that are free on the disk of ``place``."""
    try:
        found = os.statvfs(place)
    except OSError:
        return 0
    return found.f_bavail * found.f_frsize
