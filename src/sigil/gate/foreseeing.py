"""What will keep a change from an ALLOW whatever its exam comes to, told before anything is put up.

An exam may take minutes, and whoever waits for it wants to know first that the ledger is stale, or
that the key that signs counts for nothing. Nothing is decided by it: what is told here is asked
anew when it is decided, and the exam is held all the same, because its scores are of use.

Pure. Not here: the decision (`sigil.gate.decision`), what keeps an evaluation from being held at
all, which is a stage that fails (`sigil.gate.evaluation`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

NO_ALLOW: Final = "no ALLOW can come of this"
"""Begins what is told, since nothing of it is an error."""
_RUNG: Final = "  and none can below ADVISORY either: sigil trust show"
"""Ends it: a remedy alone brings no ALLOW where the service has not earned it yet."""


def foreseen(
    age_s: float | None, freshness_s: float, *, has_remote: bool, is_evaluator_known: bool
) -> list[str]:
    """Return what speaks against an ALLOW already, each with its remedy.

    Args:
        age_s: seconds since the ledger was last known to hold all there is; None if never.
        freshness_s: how many there may be.
        has_remote: whether the ledger has a remote.
        is_evaluator_known: whether the key that signs is one that the base branch names.

    Returns:
        Lines of at most 80 characters.
    """
    lines: list[str] = []
    remedy = "sigil ledger sync" if has_remote else "sigil ledger attest"
    if age_s is None:
        lines += [f"{NO_ALLOW}: its ledger was never in step with its remote", f"  first: {remedy}"]
    elif age_s < 0:
        lines += [f"{NO_ALLOW}: its ledger is of the future", "  first: look at the clock"]
    elif age_s > freshness_s:
        ages = f"{_told(age_s)} old, of at most {_told(freshness_s)}"
        lines += [f"{NO_ALLOW}: its ledger is {ages}", f"  first: {remedy}"]
    if not is_evaluator_known:
        lines += [
            f"{NO_ALLOW}: the key that signs is none of the evaluators",
            "  first: name it in .sigil/gate.yaml, on the base branch",
        ]
    return [*lines, _RUNG] if lines else []


def _told(seconds: float) -> str:
    """Return a time as people say it: ``45 s``, ``0:05:00``, ``3 days``."""
    whole = timedelta(seconds=int(seconds))
    if whole.days:
        return f"{whole.days} day{'' if whole.days == 1 else 's'}"
    return f"{whole.seconds} s" if whole < timedelta(minutes=2) else str(whole)
