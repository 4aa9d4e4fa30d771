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
from contextlib import suppress
from pathlib import Path
from typing import Any

from sigil.errors import SandboxUnavailable
from sigil.sandbox.cgroup import CommandGroup

_SCRIPT = Path(__file__).parent / "inside" / "commands.py"
_START_S = 60.0


class CommandZygote:
    """A running zygote. Its death, or ours, ends every command of it."""

    def __init__(
        self,
        python: Path,
        config: Mapping[str, Any],
        env: Mapping[str, str],
        group: CommandGroup | None,
    ):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [python, str(_SCRIPT), str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=dict(env),
                    cwd="/",
                )
        except OSError as error:
            ours.close()
            raise SandboxUnavailable(f"{python} cannot be started ({error.strerror})") from error
        try:
            if group is not None:
                group.add(self._process.pid)
            self._control.settimeout(_START_S)
            self.request(config, [])
            self._await_ready()
        except BaseException:
            self.close()
            raise

    def request(self, message: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        """Send a message with descriptors.

        Raises:
            SandboxUnavailable: the zygote is gone.
        """
        number = in_memory(json.dumps(message).encode())
        try:
            socket.send_fds(self._control, [b"request"], [number, *descriptors])
        except OSError as error:
            raise SandboxUnavailable("the process that starts commands is gone") from error
        finally:
            os.close(number)

    def alive(self) -> bool:
        """Say whether it still answers."""
        return self._process.poll() is None

    def close(self) -> None:
        """End it and every command of it."""
        self._control.close()
        with suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()

    def _await_ready(self) -> None:
        try:
            answer = json.loads(self._control.recv(2**16) or b'{"failed": "it ended at once"}')
        except (OSError, ValueError) as error:
            raise SandboxUnavailable(f"the process that starts commands: {error}") from error
        if "ready" not in answer:
            raise SandboxUnavailable(str(answer.get("failed")))


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
