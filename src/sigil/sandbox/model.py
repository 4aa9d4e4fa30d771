"""The words of the sandbox: how isolated, how limited, how it ended.

Two faces share them: *calls* (a Python function in a sealed worker, `sigil.sandbox.calls`)
and *commands* (a program in a scratch checkout, `sigil.sandbox.commands`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

Level = Literal["L0", "L1", "L2", "L3"]
"""L3 seccomp + landlock + namespaces, L2 seccomp + landlock, L1 seccomp, L0 a bare process."""

FailureKind = Literal[
    "load",  # the source does not compile, import or define the entry
    "timeout",  # the deadline of the parent's clock passed
    "cpu",  # the CPU rlimit was reached
    "memory",  # the memory rlimit was reached and the worker died of it
    "exited",  # the worker ended by itself, with whatever status
    "signalled",  # the worker died of a signal (stack overflow, abort, …)
    "flood",  # more output than the cap
    "protocol",  # a frame that the protocol does not allow: wrong id, surplus, malformed
]


@dataclass(frozen=True, slots=True)
class Isolation:
    """What actually surrounds the code, as probed and self-tested on this machine.

    Args:
        level: the rung of the ladder that holds.
        landlock_abi: 0 where the kernel has no landlock.
        namespaces: those in force, of ``user net pid mount ipc``.
        cgroup: the group that bounds memory and processes, if one could be made.
        uid: the user id that the code runs under, outside any user namespace.
        self_test: ``passed``; a sandbox whose self-test fails is never handed out.
        shared: what the code can open of the machine's own inodes, so that a lock that it takes
            there is seen outside; ``/`` is all that it sees.
    """

    level: Level
    landlock_abi: int
    namespaces: tuple[str, ...]
    cgroup: str | None
    uid: int
    self_test: str
    shared: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        """Return the form that stands in every record."""
        return {
            **asdict(self), "namespaces": list(self.namespaces), "shared": list(self.shared)
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Limits:
    """What one load, one batch of calls or one command may take.

    Args:
        wall_s: deadline on the parent's clock, in seconds.
        memory_bytes: address space beyond what the fresh worker already maps.
        output_bytes: cap of one reply (calls), or of stdout and stderr together (commands).
        processes: how many processes and threads a command may have; calls have one.
        file_bytes: the largest file that a command may write; calls write none.
    """

    wall_s: float = 10.0
    memory_bytes: int = 512 * 2**20
    output_bytes: int = 8 * 2**20
    processes: int = 256
    file_bytes: int = 2**30


class CandidateFailed(Exception):
    """The candidate's own doing ended it. A result, not an error of Sigil.

    Args:
        kind: how it ended.
        detail: for a person: printable, escaped, at most 2,000 characters, treated as data.
    """

    def __init__(self, kind: FailureKind, detail: str):
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


# --- calls ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """The arguments of one call: JSON-like values (see `sigil.sandbox.calls`)."""

    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True)
class Source:
    """One module of the candidate.

    Args:
        text: its source.
        path: the path in the repository, for tracebacks.
        package: whether it is a package's ``__init__``.
    """

    text: str
    path: str
    package: bool = False


@dataclass(frozen=True, slots=True)
class Returned:
    """A call that returned.

    Args:
        value: what it returned, exactly typed.
        changed_args: ``(args, kwargs)`` after the call; None if they are as they were.
        shared: ``whole`` if the value itself is a list, dict or set of the arguments, ``part`` if
            it holds one: whoever changes the one then changes the other.
        twice: whether it holds a list, dict or set at two places, with the same consequence.
    """

    value: object
    changed_args: object = None
    shared: Literal["", "part", "whole"] = ""
    twice: bool = False


@dataclass(frozen=True, slots=True)
class Raised:
    """A call that raised, or returned what has no JSON-like form.

    Args:
        error: the exception's class name, such as ``ZeroDivisionError``.
        message: escaped and capped like `CandidateFailed.detail`.
    """

    error: str
    message: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The results of one batch, and the parent's clock around it.

    Args:
        results: one per case, in order.
        call_ns: from the word "go" to the worker's "done".
        reply_ns: from "done" until the results are decoded. What a candidate defers to
            this phase shows here, so whoever compares times compares both.
    """

    results: tuple[Returned | Raised, ...]
    call_ns: int
    reply_ns: int


# --- commands ---------------------------------------------------------------------------

Ending = Literal["exited", "signalled", "timeout", "flood", "memory", "missing"]
"""How a command ended; ``missing`` is a program that does not exist or may not be run."""


@dataclass(frozen=True, slots=True)
class CommandResult:
    """What a command did, seen from outside.

    Args:
        ending: how it ended; ``exited`` is the only one that has an exit code.
        exit_code: 0 to 255, or None.
        stdout: at most ``Limits.output_bytes`` together with ``stderr``.
        stderr: see ``stdout``.
        elapsed_ns: wall time on the parent's clock, from start to the last process's end.
        cpu_ns: user and system time of the command and its reaped children.
        max_rss_bytes: peak resident memory of the largest process.
        warm: whether a prepared interpreter ran it instead of a fresh one.
    """

    ending: Ending
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    elapsed_ns: int
    cpu_ns: int
    max_rss_bytes: int
    warm: bool
