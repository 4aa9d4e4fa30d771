"""What a cheat is, where it is put, and what became of it. Plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Outcome = Literal["stopped", "scored", "skipped"]
"""scored: the eval would have accepted it. skipped: it does not apply, or was not tried."""


@dataclass(frozen=True, slots=True)
class Place:
    """Lines of one file that a candidate may rewrite.

    Args:
        path: relative to the root.
        first: 1-based line.
        last: inclusive.
        language: such as ``python``; None if it is unknown.
        symbol: whether the lines are one definition, so that nothing may stand beside it.
    """

    path: str
    first: int
    last: int
    language: str | None
    symbol: bool


@dataclass(frozen=True, slots=True)
class Cheat:
    """One way to look good.

    Args:
        id: its name in reports and in docs/anti-gaming.md.
        title: what it does, as a clause.
        body: statements in the place of a function's own. They see ``_honest()``, which does
            the function's work on the arguments as they are by then, and ``_arguments`` and
            ``_keywords``, with which the function was called.
        module: statements at the level of the module; such a cheat needs a pin that holds any.
        works: whether it answers honestly, wholly or in part. Being accepted is then no proof:
            it has cheated only if it gained something.
        acts: whether it does anything besides answering, so that it makes sense at import too.
        inapplicable: why it makes no sense here; empty if it does.
        bodies: statements in the place of a function's own in other languages, by their names;
            nothing where it is written for Python alone.
    """

    id: str
    title: str
    body: str = "return _honest()"
    module: str = ""
    works: bool = False
    acts: bool = False
    inapplicable: str = ""
    bodies: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one cheat.

    Args:
        cheat: which.
        outcome: see `Outcome`.
        how: what stopped it, what it gained, or why it was not tried; one escaped line.
        remedy: what to change in the eval; empty unless it scored.
    """

    cheat: Cheat
    outcome: Outcome
    how: str
    remedy: str = ""
