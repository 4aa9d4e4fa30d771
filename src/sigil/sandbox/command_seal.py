"""What seals a command at each rung, in the form that goes into its zygote.

Not here: the policies themselves (`sigil.sandbox.policy`), running (`sigil.sandbox.commands`).
"""

from __future__ import annotations

import platform
import sys

from sigil.sandbox import policy
from sigil.sandbox.inside import kernel
from sigil.sandbox.model import Level
from sigil.sandbox.syscalls import NUMBERS
from sigil.sandbox.zygote import RungMissing

_SEES_TRUNCATION = 3
"""The first landlock ABI that keeps a command from emptying files it may only read."""


def policies(level: Level) -> dict[str, dict[str, object]]:
    """Return what seals a command, for each kind of network, in the form that goes inside."""
    if level == "L0":
        return {}
    machine = platform.machine()
    if sys.platform != "linux" or machine not in policy.AUDIT_ARCH:
        raise RungMissing(f"no seccomp policy for {sys.platform} on {machine}")
    abi = kernel.landlock_abi()
    if abi == 0:
        raise RungMissing("the kernel has no landlock")
    if level == "L2" and abi < _SEES_TRUNCATION:
        raise RungMissing(f"landlock {abi} of this kernel does not see truncation; 3 does")
    found: dict[str, dict[str, object]] = {}
    networks: tuple[policy.Network, ...] = ("none", "loopback") if level == "L3" else ("none",)
    for network in networks:
        ruleset = policy.landlock(abi, network=network)
        alone = level == "L2"
        denied = policy.lone_commands_filter() if alone else policy.commands_filter(network)
        asked = policy.supervised_filter(signals=not ruleset.scoped)
        found[network] = {
            "files": ruleset.files,
            "tcp": ruleset.tcp,
            "scoped": ruleset.scoped,
            "program": policy.assemble(denied, machine).hex(),
            "supervised": policy.assemble(asked, machine).hex() if alone else "",
            "read": policy.READ & ruleset.files,
            "run": policy.RUN & ruleset.files,
            "write": policy.WRITE & ruleset.files,
            "device": (policy.READ_FILE | policy.WRITE_FILE) & ruleset.files,
        }
    return found


def supervised_numbers() -> dict[int, str]:
    """Return the names of the calls that are supervised, by their numbers on this machine."""
    column = 0 if platform.machine() == "x86_64" else 1
    names = [*policy.SUPERVISED.split(), *policy.SUPERVISED_SIGNALS.split()]
    numbers = {NUMBERS[name][column]: name for name in names}
    return {number: name for number, name in numbers.items() if number is not None}
