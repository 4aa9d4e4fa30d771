"""What a function of the suite is called with, as a function of a seed.

Promises: the same seed gives the same calls; visible, held-out and fresh calls come from
streams that share nothing, and differ in size, in shape where `Inputs.unlike` says so, and in the
small cases written by hand.

Not here: the functions, and running them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

Call = list[object]
"""The positional arguments of one call: plain data."""

SHOWN_SMALL, HELD_OUT_SMALL, FRESH_SMALL = (3, 5, 7), (4, 6, 8), (2, 3, 4, 5, 6, 9, 10)
"""Sizes at which ends, repetitions and empty parts meet."""

Make = Callable[[Random, int], Call]
"""Draws one call of a size; what the size counts is up to the function."""


@dataclass(frozen=True)
class Inputs:
    """Calls of one function.

    Args:
        make: draws a realistic call.
        visible: sizes of the calls that a search may see; they are what is timed.
        held_out: sizes of those that it may not.
        edges: small calls beside the visible ones: empty, single, repeated …
        hidden_edges: the same beside the held-out ones.
        unlike: draws calls of another shape, for every second held-out call.
        tolerance: relative, for floats whose last digits depend on the order of operations.
    """

    make: Make
    visible: tuple[int, ...]
    held_out: tuple[int, ...]
    edges: Sequence[Call]
    hidden_edges: Sequence[Call]
    unlike: Make | None = None
    tolerance: float = 0.0

    def visible_calls(self, seed: int) -> list[Call]:
        """Return what a search may see."""
        stream = Random(f"visible {seed}")
        return [self.make(stream, size) for size in (*self.visible, *SHOWN_SMALL)] + list(
            self.edges
        )

    def held_out_calls(self, seed: int, *, visible: Sequence[Call]) -> list[Call]:
        """Return what it may not see, and what is not among ``visible`` by chance."""
        stream = Random(f"held out {seed}")
        makers = (self.make, self.unlike or self.make)
        drawn = [makers[i % 2](stream, size) for i, size in enumerate(self.held_out)]
        small = [make(stream, size) for size in HELD_OUT_SMALL for make in makers]
        calls = [*drawn, *small, *self.hidden_edges]
        return [call for call in calls if call not in visible]

    def fresh_calls(self, seed: int) -> list[Call]:
        """Return what no part of a search has met: more large calls, and many small ones."""
        stream = Random(f"fresh {seed}")
        makers = (self.make, self.unlike or self.make)
        sizes = (*self.held_out, *FRESH_SMALL, *FRESH_SMALL)
        drawn = [make(stream, size) for size in sizes for make in makers]
        return [*drawn, *self.edges, *self.hidden_edges]
