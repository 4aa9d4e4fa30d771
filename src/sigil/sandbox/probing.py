"""Which rungs of the ladder hold on this machine? Each is tried with a real worker."""

from __future__ import annotations

from sigil.errors import SandboxUnavailable
from sigil.sandbox.calls import CallSandbox
from sigil.sandbox.ladder import LEVELS, Rung


def probe() -> list[Rung]:
    """Try every rung with a real worker and return what holds, strongest first.

    Takes some tenths of a second: each rung starts a zygote and seals a worker.
    """
    rungs: list[Rung] = []
    for level in LEVELS:
        try:
            with CallSandbox(level=level, unsafe=True, ahead=0) as sandbox:
                rungs.append(Rung(level, holds=True, reason="", isolation=sandbox.isolation))
        except SandboxUnavailable as missing:
            rungs.append(Rung(level, holds=False, reason=missing.problem, isolation=None))
    return rungs
