"""What is being done while inputs are looked for, and how long it may wait for calls in vain.

A function that never comes back from much of what it is called with, as one that is exponential
in a number, would keep every step of the search for inputs waiting. Once calls took `PATIENCE_S`
that did not come back, no call gets longer than `IN_HASTE_S`: who comes back quickly is found yet.

Not here: calling (`sigil.optimize.generate.trying`), who shows it (`sigil.cli.looking`).
"""

from __future__ import annotations

PATIENCE_S = 10.0
"""How long all calls may take together that do not come back."""
IN_HASTE_S = 0.25
"""The deadline of a batch of calls, and of each call, after that."""


class Underway:
    """Written by who looks for inputs, read by who shows it, in another thread.

    Args:
        patience_s: how long calls may be waited for in vain; None for as long as it takes.
    """

    def __init__(self, patience_s: float | None = PATIENCE_S):
        self.step = "reading the repository"
        self.calls = 0
        self.vain = 0
        self._left_s = patience_s
        self._in_haste = False

    def within_s(self, seconds: float) -> float:
        """Return the deadline of calls that else had ``seconds``."""
        hurries = self._left_s is not None and self._left_s <= 0 and seconds > IN_HASTE_S
        self._in_haste |= hurries
        return IN_HASTE_S if hurries else seconds

    def ended(self, calls: int, seconds: float, *, in_vain: bool) -> None:
        """Note that a batch of calls has ended: all came back, or it was given up."""
        self.calls += calls
        self.vain += in_vain
        if in_vain and self._left_s is not None:
            self._left_s -= seconds

    def said(self) -> str:
        """Return what is being done, as a clause."""
        counts = [f"{self.calls:,} calls"] if self.calls else []
        counts += [f"{self.vain:,} did not come back in time"] if self.vain else []
        return ", ".join([self.step, *counts])

    def note(self) -> str:
        """Return that calls were cut off that might have come back; nothing if none were."""
        if not self._in_haste:
            return ""
        return (
            f"calls that did not come back took {PATIENCE_S:g} s, after which what takes over "
            f"{IN_HASTE_S:g} s was left out"
        )
