"""All rewrites. Those that promise most are tried first, in this order among equals.

Not here: the rules themselves, a module for each family.
"""

from __future__ import annotations

from itertools import chain

from sigil.search.rewrite import exits, invariants, lookups, membership, queues, regexes
from sigil.search.rewrite.rule import Rule

RULES: tuple[Rule, ...] = tuple(
    chain(
        membership.RULES, lookups.RULES, queues.RULES, invariants.RULES, exits.RULES, regexes.RULES
    )
)
"""Every rule, each under a name of its own."""
