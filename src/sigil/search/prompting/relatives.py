"""Which other candidates a model is shown beside the parent: the best, and the most unlike.

Two candidates are alike as far as they change the same lines to the same text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from sigil.search.diffing import diff
from sigil.search.model import BASELINE, Parent

_Files = tuple[tuple[str, str], ...]
MOST = 3
_LOOKED_AT = 24


def relatives_of(
    parent: Parent, others: Sequence[Parent], baseline: Mapping[str, str], most: int = MOST
) -> list[Parent]:
    """Return up to ``most`` of ``others``: first the best, then each the most unlike the rest.

    Args:
        parent: whose code is shown whole.
        others: candidates, best first; the first 24 of them are looked at.
        baseline: what they are told apart by. The baseline itself is no relative.
        most: how many.
    """
    pool: list[Parent] = [
        other for other in others[:_LOOKED_AT] if other.id not in {parent.id, BASELINE}
    ]
    changes = {other.id: _changes(baseline, other.files) for other in pool}
    shown = _changes(baseline, parent.files)
    nearest = dict.fromkeys(changes, 1.0)
    chosen: list[Parent] = []
    while len(chosen) < most:
        pool[:] = [other for other in pool if changes[other.id] != shown]
        if not pool:
            break
        for other in pool:
            nearest[other.id] = min(nearest[other.id], _unlike(changes[other.id], shown))
        # The first is the best whatever it looks like; of equals the better one comes first.
        pick = max(pool, key=lambda one: nearest[one.id]) if chosen else pool[0]
        chosen.append(pick)
        shown = changes[pick.id]
    return chosen


def difference(baseline: Mapping[str, str], files: Mapping[str, str]) -> str:
    """Return the unified diff from ``baseline`` to ``files``; see `sigil.search.diffing.diff`."""
    return _difference(tuple(baseline.items()), tuple(files.items()))[0]


def _changes(baseline: Mapping[str, str], files: Mapping[str, str]) -> frozenset[str]:
    """Return the lines that `difference` takes away and adds, with their signs."""
    return _difference(tuple(baseline.items()), tuple(files.items()))[1]


# Prompts show the same candidates again and again. A memo: it changes the time alone.
@lru_cache(maxsize=256)
def _difference(baseline: _Files, files: _Files) -> tuple[str, frozenset[str]]:
    text = diff(dict(baseline), dict(files))
    return text, frozenset(line for line in text.split("\n") if line.startswith(("+", "-")))


def _unlike(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the Jaccard distance between two changes, 0 to 1."""
    shared = len(one & other)
    return 1 - shared / max(len(one) + len(other) - shared, 1)
