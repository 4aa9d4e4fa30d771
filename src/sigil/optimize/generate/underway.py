"""What is being done while inputs are looked for, and how long that may take.

Looking for further inputs ends once all calls took `bound_s` together: what was found by then is
kept. The first of the inputs that are known is called in any case, and all that were given are.

A function that never comes back from much of what it is called with, as one that is exponential
in a number, would keep every step of the search for inputs waiting. Once calls took `PATIENCE_S`
that did not come back, no call gets longer than `IN_HASTE_S`: who comes back quickly is found yet.

Not here: calling (`sigil.optimize.generate.trying`), who shows it (`sigil.cli.looking`).
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from math import inf

PATIENCE_S = 10.0
"""How long all calls may take together that do not come back."""
IN_HASTE_S = 0.25
"""The deadline of a batch of calls, and of each call, after that."""
LEAST_S = 10.0
"""How long looking may take however short a search is: far more than quick functions need, so that
their inputs are the same however busy a machine is."""
_OF_A_BUDGET = 1 / 2
_FURTHER = 1 / 2
"""What part of that further inputs have, however long those took that are known."""
_TIMEOUTS = 6


def bound_s(search_s: float | None, call_s: float) -> float:
    """Return how long calls may take before no further inputs are looked for.

    Args:
        search_s: how long the search may take that inputs are for; None if that is not known.
        call_s: deadline of a batch of calls.
    """
    wanted_s = _TIMEOUTS * call_s if search_s is None else _OF_A_BUDGET * search_s
    return max(LEAST_S, wanted_s)


class Underway:
    """Written by who looks for inputs, read by who shows it, in another thread.

    Args:
        patience_s: how long calls may be waited for in vain; None for as long as it takes.
    """

    def __init__(self, patience_s: float | None = PATIENCE_S):
        self.step = "reading the repository"
        self.calls = 0
        self.vain = 0
        self.last_vain_s = 0.0
        self._left_s = patience_s
        self._in_haste = False
        self._waits = False
        self._bound_s = inf
        self._share_s = 0.0
        self._spent_s = 0.0
        self._is_further = False
        self._is_cut = False

    def begins(self, bound_s: float, *, waits: bool) -> None:
        """Set for how long further inputs are looked for.

        Args:
            bound_s: how long all calls may take together before that ends.
            waits: whether inputs that are known are given, so that all of them are waited for.
        """
        self._bound_s = bound_s
        self._share_s = bound_s * _FURTHER
        self._waits = waits
        self._left_s = None if waits else self._left_s

    @contextmanager
    def further(self) -> Generator[None]:
        """Look for further inputs in a block, in which no call goes beyond the bound.

        The first such block moves the bound, if known inputs left less than a share of it.
        """
        self._bound_s = max(self._bound_s, self._spent_s + self._share_s)
        self._share_s = 0.0
        before, self._is_further = self._is_further, True
        try:
            yield
        finally:
            self._is_further = before

    def within_s(self, seconds: float, needed_s: float = 0.0) -> float:
        """Return the deadline of calls; 0 if they are not to begin.

        Args:
            seconds: what they else had.
            needed_s: what they take at least, as far as that is known.
        """
        self.last_vain_s = 0.0
        left_s = self._bounded_s() if self._is_further else seconds
        if needed_s > seconds:
            return 0.0
        if left_s <= 0 or needed_s > left_s:
            self._is_cut = True
            return 0.0
        hurries = self._left_s is not None and self._left_s <= 0 and seconds > IN_HASTE_S
        self._in_haste |= hurries
        return min(IN_HASTE_S if hurries else seconds, left_s)

    def goes_on(self) -> bool:
        """Return whether there is time for more of the inputs that are known."""
        if self._is_further or self._waits or self._bounded_s() > 0:
            return True
        self._is_cut = True
        return False

    def ended(self, calls: int, seconds: float, *, in_vain: bool) -> None:
        """Note that a batch of calls has ended: all came back, or it was given up."""
        self.calls += calls
        self.vain += in_vain
        self._spent_s += seconds
        if in_vain and self._left_s is not None:
            self._left_s -= seconds
        self.last_vain_s = seconds if in_vain else self.last_vain_s
        self._is_cut |= in_vain and self._is_further and self._bounded_s() <= 0

    def forgives(self, seconds: float) -> None:
        """Take back that calls were waited for in vain: one by one, all came back."""
        if self._left_s is not None:
            self._left_s += seconds

    def said(self) -> str:
        """Return what is being done, as a clause."""
        counts = [f"{self.calls:,} calls"] if self.calls else []
        counts += [f"{self.vain:,} did not come back in time"] if self.vain else []
        return ", ".join([self.step, *counts])

    def note(self) -> str:
        """Return what was left out for want of time; nothing if nothing was."""
        if self._is_cut:
            return (
                f"looking for further inputs ended early, after {self._bound_s:.0f} s of calls, so "
                "that the search need not wait"
            )
        if not self._in_haste:
            return ""
        return (
            f"calls that did not come back took {PATIENCE_S:g} s, after which what takes over "
            f"{IN_HASTE_S:g} s was left out"
        )

    def _bounded_s(self) -> float:
        return self._bound_s - self._spent_s
