"""Who is measured anew before the last word, and when is that enough?

Where the visible inputs let a mistake pass, it is soon in most of the best candidates. So what
fails on held-out inputs speaks against its ancestors and all of their descendants, until one
that shares some of these steps passes.

Pure. Not here: the measuring (`sigil.optimize.last_word`).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import le, lt

from sigil.evaluate.result import Evaluation
from sigil.optimize.history import Candidate, History

_LIKELY = 0.5


def hopeful(history: History) -> list[Candidate]:
    """Return the candidates that deserve a fresh measurement, best first.

    Those that had none and that beat the baseline in some objective, or in the tie
    breakers where the objectives are equal.
    """
    return [one for one in history.ranked() if is_hopeful(one, history.baseline)]


def next_hopeful(history: History) -> Candidate | None:
    """Return who is to be measured anew next; None if nobody else deserves it.

    Of the `hopeful` that may be better than what is accepted by now, that is the best that is
    more likely right than wrong, going by the failures on held-out inputs; where there is none,
    the likeliest one. Whoever holds a step that alone can be to blame is never measured.
    """
    winner = history.best_accepted()
    waiting = [one for one in hopeful(history) if not _is_beaten(one, winner)]
    blamed = _blamed(history)
    if not blamed:
        return next(iter(waiting), None)
    chances = [_chance(_steps(history, one), blamed) for one in waiting]
    likely = next((one for one, p in zip(waiting, chances, strict=True) if p >= _LIKELY), None)
    best = max(chances, default=0.0)
    return likely or (waiting[chances.index(best)] if best > 0 else None)


def _blamed(history: History) -> set[frozenset[str]]:
    """Return sets of steps of which one each must be to blame for failures on held-out inputs.

    A set that holds another one adds nothing to it.
    """
    candidates = history.candidates.values()
    cleared = set[str]().union(*(_steps(history, one) for one in candidates if _passes(one)))
    blamed = {_steps(history, one) - cleared for one in candidates if fails_on_held_out(one)}
    blamed.discard(frozenset())  # of what a later step mends
    return {some for some in blamed if not any(other < some for other in blamed)}


def _chance(steps: frozenset[str], blamed: Iterable[frozenset[str]]) -> float:
    """Return how likely none of ``steps`` is to blame, if all are equally suspect."""
    return prod(1 - len(steps & some) / len(some) for some in blamed)


def _steps(history: History, candidate: Candidate) -> frozenset[str]:
    return frozenset(one.id for one in history.lineage(candidate))


def _is_beaten(candidate: Candidate, winner: Candidate | None) -> bool:
    """Return whether a fresh, accepted measurement already beats a screened one."""
    if winner is None or winner.confirmed is None or candidate.screened is None:
        return False
    return all(map(le, winner.confirmed.costs, candidate.screened.costs))


def is_hopeful(candidate: Candidate, baseline: Evaluation | None) -> bool:
    """Return whether a candidate deserves a fresh measurement; see `hopeful`."""
    found = candidate.screened
    if candidate.confirmed is not None or found is None or not found.costs:
        return False
    return baseline is None or _may_beat(found, baseline)


def _may_beat(found: Evaluation, baseline: Evaluation) -> bool:
    if not baseline.costs or any(map(lt, found.costs, baseline.costs)):
        return True
    return found.costs == baseline.costs and found.ties < baseline.ties


def fails_on_held_out(candidate: Candidate) -> bool:
    """Return whether a fresh measurement refused it for what it does on held-out inputs."""
    found = candidate.confirmed
    return found is not None and found.failure is not None and found.failure.kind == "holdout"


def _passes(candidate: Candidate) -> bool:
    """Return whether a fresh measurement found no fault in what it does."""
    return candidate.confirmed is not None and candidate.confirmed.failure is None
