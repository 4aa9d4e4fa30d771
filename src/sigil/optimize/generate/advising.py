"""What a person can give more of, by the name under which they give it.

Not here: when to advise it (`choosing`, `gathering`, `generating`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Advice:
    """Flags of a command, or arguments of a call.

    Args:
        cases: inputs.
        timeout: how long the unchanged function may take.
        speed: that its answers are right and it shall be quicker.
    """

    cases: str
    timeout: str
    speed: str


COMMAND = Advice("--cases", "--timeout", "--goal speed")
"""Of `sigil evolve` and `sigil generate-eval`."""
PYTHON = Advice("inputs=", "timeout=", 'goal="speed"')
"""Of `sigil.evolve`."""
