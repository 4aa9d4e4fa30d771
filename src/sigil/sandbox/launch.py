"""Start the zygote of commands and speak with it.

A zygote that died or was ended is simply started anew: it holds no state that matters.

Not here: what to ask of it (`sigil.sandbox.commands`), what it does (`sigil.sandbox.inside`).
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from sigil.errors import SandboxUnavailable
from sigil.sandbox.cgroup import CommandGroup

_SCRIPT = Path(__file__).parent / "inside" / "commands.py"
_START_S = 60.0
_END_S = 5.0
_MAX_PACKET = 32768


class Begun(NamedTuple):
    """What a started command is watched by.

    Args:
        control: the zygote's socket, over which it says that all has ended.
        gate: the command's own, to be closed by the caller.
    """

    control: socket.socket
    gate: socket.socket


class CommandZygote:
    """A running zygote. Its death, or ours, ends every command of it.

    Attributes:
        shared: as in `Isolation.shared`, under L3.
    """

    shared: tuple[str, ...] = ()

    def __init__(
        self,
        python: Path,
        config: Mapping[str, Any],
        env: Mapping[str, str],
        group: CommandGroup | None,
    ):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control = ours
        self.gate: socket.socket | None = None
        try:
            with theirs:
                self._process = _start(python, theirs.fileno(), env)
        except OSError as error:
            ours.close()
            raise SandboxUnavailable(f"{python} cannot be started ({error.strerror})") from error
        try:
            if group is not None:
                group.add(self._process.pid)
            self.control.settimeout(_START_S)
            _send(self.control, config, [])
            self._await_ready()
        except BaseException:
            self.close()
            raise

    def fork(self) -> None:
        """Have a command's process prepared ahead, unless one is; does not wait for it.

        Raises:
            SandboxUnavailable: the zygote is gone.
        """
        if self.gate is not None:
            return
        self.gate, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            try:
                socket.send_fds(self.control, [b"fork"], [theirs.fileno()])
            except OSError as error:
                raise _gone() from error

    def ask(self, request: Mapping[str, Any], streams: Sequence[int]) -> socket.socket:
        """Hand a request and three streams to the prepared process; return its gate.

        The gate is the caller's to close.

        Raises:
            SandboxUnavailable: the zygote is gone.
        """
        self.fork()
        gate, self.gate = self.gate, None
        if gate is None:
            raise _gone()
        try:
            _send(gate, request, streams)
        except OSError as error:
            gate.close()
            raise _gone() from error
        return gate

    def alive(self) -> bool:
        """Say whether it still answers."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it and every command of it, and wait until they are gone."""
        if self.gate is not None:
            self.gate.close()
        self.control.close()  # at which it ends, having ended what runs
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _await_ready(self) -> None:
        try:
            answer = json.loads(self.control.recv(2**16) or b'{"failed": "it ended at once"}')
        except (OSError, ValueError) as error:
            raise SandboxUnavailable(f"the process that starts commands: {error}") from error
        if "ready" not in answer:
            raise SandboxUnavailable(str(answer.get("failed")))
        self.shared = tuple(map(str, answer.get("shared", ())))


def _start(python: Path, control: int, env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start the interpreter with streams like those of a command, which forks will inherit.

    Its stdout and stderr are pipes that nobody reads: it has nothing to say there.
    """
    read, write = os.pipe2(os.O_CLOEXEC)
    try:
        return subprocess.Popen(
            [python, str(_SCRIPT), str(control)],
            pass_fds=[control],
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write,
            env=dict(env),
            cwd="/",
        )
    finally:
        os.close(read)
        os.close(write)


def _send(channel: socket.socket, message: Mapping[str, Any], descriptors: Sequence[int]) -> None:
    """Send a message; a long one as a descriptor, with its length in the packet."""
    data = json.dumps(message).encode()
    if len(data) <= _MAX_PACKET:
        socket.send_fds(channel, [data], list(descriptors))
        return
    number = in_memory(data)
    try:
        socket.send_fds(channel, [b"%d" % len(data)], [number, *descriptors])
    finally:
        os.close(number)


def _gone() -> SandboxUnavailable:
    return SandboxUnavailable(
        "the process that starts commands is gone", remedy="the next command starts a new one"
    )


def in_memory(data: bytes) -> int:
    """Return a descriptor from which ``data`` can be read and nothing written."""
    number = os.memfd_create("input", os.MFD_CLOEXEC)
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(number, view) :]
        return os.open(f"/proc/self/fd/{number}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(number)
