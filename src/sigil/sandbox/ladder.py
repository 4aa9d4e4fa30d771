"""How strongly can this machine isolate? The rungs, what each needs, and the probe.

    L3  seccomp + landlock + namespaces
    L2  seccomp + landlock
    L1  seccomp
    L0  a bare process with rlimits: refused unless the caller says ``unsafe``

A rung is not believed because the kernel has the calls: it holds if a worker that was sealed
at it proves, from inside, that it cannot open, connect, fork or kill. There is no silent
downgrade: who asks for a rung gets that rung or `SandboxUnavailable`, and who asks for the
best gets the best that holds, by name, in every result.

Not here: the policies themselves (`sigil.sandbox.policy`), trying every rung
(`sigil.sandbox.probing`).
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sigil.errors import SandboxUnavailable
from sigil.sandbox import policy
from sigil.sandbox.model import Isolation, Level
from sigil.sandbox.zygote import Facts, RungMissing

LEVELS: Final[tuple[Level, ...]] = ("L3", "L2", "L1", "L0")
_NOBODY: Final = 65534
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung of the ladder on this machine.

    Args:
        level: which.
        holds: whether a worker sealed at it passed its self-test.
        reason: why it does not hold; empty if it does.
        isolation: what was in force when it held.
    """

    level: Level
    holds: bool
    reason: str
    isolation: Isolation | None


def climb(level: Level | None, start: Callable[[Level], _T], *, unsafe: bool = False) -> _T:
    """Start something at one rung, or at the best that holds.

    Args:
        level: exactly this rung, or None for the best of L3, L2, L1 (never L0).
        start: starts it at a rung; raises `RungMissing` if the kernel does not give it.
        unsafe: allows L0, which isolates nothing.

    Raises:
        SandboxUnavailable: the rung, or every rung, does not hold; says what was missing.
    """
    if level == "L0" and not unsafe:
        raise SandboxUnavailable(
            "L0 isolates nothing: the code could read and change all that you can",
            remedy="ask for L1 or higher, or say unsafe",
        )
    refusals: list[str] = []
    for rung in (level,) if level is not None else LEVELS[:3]:
        try:
            return start(rung)
        except RungMissing as missing:
            refusals.append(f"{rung}: {missing.problem}")
    raise SandboxUnavailable(
        f"this machine cannot isolate untrusted code ({'; '.join(refusals)})",
        remedy="see sigil doctor for what each rung needs",
    )


def seal(level: Level, facts: Facts, reading: Sequence[str] = ()) -> dict[str, object]:
    """Return the part of a calls zygote's plan that seals it at ``level``.

    Args:
        level: the rung.
        facts: of the machine, as the target's interpreter sees it.
        reading: what stable modules may still read while they are imported.

    Raises:
        RungMissing: this architecture or kernel cannot have the rung at all.
    """
    if level != "L0" and (sys.platform != "linux" or platform.machine() not in policy.AUDIT_ARCH):
        raise RungMissing(f"no seccomp policy for {sys.platform} on {platform.machine()}")
    if level in ("L2", "L3") and facts.landlock_abi == 0:
        raise RungMissing("the kernel has no landlock")
    sealed = level != "L0"
    landlocked = level in ("L2", "L3")
    abi = facts.landlock_abi
    readable = [(path, policy.READ) for path in reading]
    return {
        "uid": _NOBODY if sealed and facts.euid == 0 else facts.euid,
        "namespaces": _namespaces(level, facts),
        "filter": _program(policy.zygote_filter()) if sealed else b"",
        "worker": _program(policy.calls_filter()) if sealed else b"",
        "reading": policy.landlock(abi, readable).as_tuple() if landlocked else (),
        "nothing": policy.landlock(abi).as_tuple() if landlocked else (),
    }


def _program(described: policy.Filter) -> bytes:
    return policy.assemble(described, platform.machine())


def _namespaces(level: Level, facts: Facts) -> Mapping[str, tuple[str, ...]]:
    """Return which namespaces the guard enters, and which the zygote does after preloading.

    Root needs no user namespace for the others, and without one may still read every file
    that it preloads; then it becomes nobody. Others need one, in which they stay who they are.
    """
    if level != "L3":
        return {"guard": (), "root": ()}
    if facts.euid == 0:
        return {"guard": ("pid",), "root": ("net", "mount", "ipc")}
    return {"guard": ("user", "net", "pid", "mount", "ipc"), "root": ()}


def isolation(
    level: Level, landlock_abi: int, namespaces: Sequence[str], uid: int, self_test: str
) -> Isolation:
    """Return what is in force, in the form that stands in every result."""
    order = ("user", "net", "pid", "mount", "ipc")
    return Isolation(
        level=level,
        landlock_abi=landlock_abi if level in ("L2", "L3") else 0,
        namespaces=tuple(name for name in order if name in namespaces),
        cgroup=None,
        uid=uid,
        self_test=self_test,
    )
