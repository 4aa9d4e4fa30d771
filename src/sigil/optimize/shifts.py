"""Rounds that were passed over and came back, as a journal and a file of exchanges tell it.

Not here: who is passed over, and when (`sigil.optimize.overtaking`).
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

What = Literal["unanswered", "unmeasured", "returned"]
"""What becomes of a round's place among the others."""


@dataclass(frozen=True, slots=True)
class Shift:
    """A round that later ones do not wait for any more, or that came back (`Passing`).

    Args:
        after: how many rounds had been asked for.
        round: which one, from 0.
        what: it is passed over while it waits for its answer or for its measurement, or it
            returned, behind those that had been asked for.
    """

    after: int
    round: int
    what: What


def by_round(shifts: Iterable[Shift]) -> dict[int, deque[Shift]]:
    """Return what became of each round, in order."""
    found: defaultdict[int, deque[Shift]] = defaultdict(deque)
    for shift in shifts:
        found[shift.round].append(shift)
    return dict(found)


def merged(own: dict[int, deque[Shift]], other: dict[int, deque[Shift]]) -> dict[int, deque[Shift]]:
    """Return what is recorded of each round, and what the other record has beyond that."""
    found = {number: deque(shifts) for number, shifts in own.items()}
    for number, shifts in other.items():
        first = found.setdefault(number, deque())
        first.extend(list(shifts)[len(first) :])
    return found


def returns(shifts: Iterable[Shift]) -> dict[int, list[int]]:
    """Return which rounds came back, by the number of rounds asked for until then, in order."""
    found: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for shift in shifts:
        if shift.what == "returned":
            found[shift.after][shift.round] = None
    return {after: list(rounds) for after, rounds in found.items()}
