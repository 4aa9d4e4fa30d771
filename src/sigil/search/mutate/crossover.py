"""Bring an expression of one candidate into another one.

Only what makes sense there: every name that the expression reads has a value at its new
place, and its kind is what the place expects.
"""

from __future__ import annotations

import random

from sigil.search.mutate.change import Change, replaced
from sigil.search.mutate.fragments import fits
from sigil.search.mutate.sites import Site
from sigil.search.mutate.subject import Subject


def crossed(subject: Subject, site: Site, donor: Subject, random: random.Random) -> Change | None:
    """Return ``site`` replaced by a random fitting expression of ``donor``, if there is one."""
    if site.role not in ("value", "test", "index"):
        return None
    fitting = [
        part.fragment for part in donor.reusables
        if fits(part.fragment.kind, site.want) and part.names <= site.scope.names
    ]  # fmt: skip
    if not fitting:
        return None
    return next(replaced(subject, site, random.choice(fitting), "crossover"), None)
