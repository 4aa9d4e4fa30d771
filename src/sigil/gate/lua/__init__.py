"""Scenarios: a sealed Lua 5.4 that runs one of them as a function of its text, seed and replies.

    text -> outline -> rewrite -> interpreter (+ prelude) -> run -> Result, Evidence

A scenario reaches nothing but the calls of `sigil.gate.effects`. It cannot read the clock, cannot
tell two processes apart, and is stopped when its budget is spent, whatever it does to catch that;
only a C function that works for very long is left to the wall clock of its process.

Not here: that process (`sigil.gate.exam.hall`), who answers the calls, what the results add up to
(`sigil.gate.scoring`).
"""

from sigil.gate.lua.forking import apart
from sigil.gate.lua.limits import Limits
from sigil.gate.lua.lint import Finding, lint, lint_helper
from sigil.gate.lua.run import Run, declare, prepare, run_scenario

__all__ = [
    "Finding", "Limits", "Run", "apart", "declare", "lint", "lint_helper", "prepare",
    "run_scenario",
]  # fmt: skip
