"""A seatbelt profile for macOS: what `policy` is to Linux, as text for ``sandbox-exec``.

Pure: it only describes. **Not exercised**: nothing here has been run on macOS. Whoever
starts a program under it has that program prove, from inside, what it cannot do, exactly as
on Linux; a profile that does not hold is a rung that does not hold.

Not here: calls. They need AF_UNIX SEQPACKET sockets, which macOS lacks, so there they are
`SandboxUnavailable` and a Linux container is the way.
Source: the profiles in ``/System/Library/Sandbox/Profiles``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sigil.sandbox.policy import Network

_SANDBOX_EXEC: Final = "/usr/bin/sandbox-exec"
_ALWAYS: Final = (
    "(version 1)",
    "(deny default)",
    "(allow process-fork)",
    "(allow sysctl-read)",
    "(allow signal (target same-sandbox))",
    '(allow file-read-metadata (literal "/"))',
    '(allow file-read* file-write-data (literal "/dev/null") (literal "/dev/zero"))',
    '(allow file-read* (literal "/dev/random") (literal "/dev/urandom"))',
)


def profile(readable: Sequence[str], writable: Sequence[str], *, network: Network = "none") -> str:
    """Return a profile that denies all but what a command needs.

    Args:
        readable: absolute folders whose files may be read and started.
        writable: absolute folders in which everything is allowed but making devices.
        network: ``loopback`` allows connections to this machine only.
    """
    rules = list(_ALWAYS)
    rules += [f"(allow file-read* process-exec (subpath {_quoted(path)}))" for path in readable]
    rules += [
        f"(allow file-read* file-write* process-exec (subpath {_quoted(path)}))"
        for path in writable
    ]
    if network == "loopback":
        rules += [
            '(allow network* (local ip "localhost:*"))',
            '(allow network-outbound (remote ip "localhost:*"))',
        ]
    return "\n".join(rules)


def command(text: str) -> tuple[str, ...]:
    """Return what stands before a command line to run it under a profile."""
    return (_SANDBOX_EXEC, "-p", text)


def _quoted(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
