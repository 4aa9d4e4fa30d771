"""All single edits, in the order in which they are worth trying.

Not here: the walk through them (`walk`).
"""

from __future__ import annotations

from sigil.search.mutate.change import Operator
from sigil.search.mutate.growth import (
    combined,
    combined_with_names,
    combined_with_products,
    guarded_division,
    reused,
    with_constants,
    wrapped,
)
from sigil.search.mutate.mending import methods, slices
from sigil.search.mutate.repairs import (
    arithmetic,
    boolean_operators,
    comparison,
    hoisted,
    literal_jumps,
    literal_steps,
    negated,
    off_by_one,
    renamed,
    swapped,
)

TIERS: tuple[tuple[Operator, ...], ...] = (
    (
        comparison,
        literal_steps,
        arithmetic,
        boolean_operators,
        swapped,
        negated,
        off_by_one,
        renamed,
        slices,
        methods,
    ),
    (combined, combined_with_names, combined_with_products),
    (wrapped, hoisted, guarded_division, literal_jumps),
    (with_constants, reused),
)
"""The catalogue: repairs first, then growth, then everything else."""
