"""All rewrites. Those that promise most are tried first, in this order among equals.

Not here: the rules themselves, a module for each family.
"""

from __future__ import annotations

from sigil.search.rewrite import (
    appending,
    binary,
    bisecting,
    callbacks,
    classes,
    comprehensions,
    consuming,
    counting,
    deciding,
    exits,
    grouping,
    invariants,
    keyed,
    lookups,
    membership,
    memoising,
    preparing,
    queues,
    ranges,
    reductions,
    regexes,
    seen,
    sorting,
    strings,
    sums,
    thresholds,
)
from sigil.search.rewrite.rule import Rule

_FAMILIES = (
    seen,
    membership,
    lookups,
    counting,
    sums,
    sorting,
    thresholds,
    bisecting,
    deciding,
    memoising,
    keyed,
    appending,
    queues,
    consuming,
    invariants,
    exits,
    regexes,
    binary,
    classes,
    comprehensions,
    strings,
    reductions,
    ranges,
    preparing,
    callbacks,
    grouping,
)

RULES: tuple[Rule, ...] = tuple(rule for family in _FAMILIES for rule in family.RULES)
"""Every rule, each under a name of its own."""
