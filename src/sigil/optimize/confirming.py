"""Who is measured anew before the last word, and when is that enough?

Where the visible inputs let a mistake pass, it is soon in most of the best candidates. So what
fails on held-out inputs speaks against its steps, and against whoever has them too, until one
that shares some of them passes.

Pure. Not here: the measuring (`sigil.optimize.last_word`).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from operator import le, lt

from sigil.evaluate.result import Evaluation
from sigil.optimize.history import Candidate, History

FAILED_AT_MOST = 24
"""Candidates of a run that may fail on held-out inputs: asked often enough, they let something
wrong pass at last."""
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
    if is_worn_out(history):
        return None
    chances = [_chance(history, one, blamed) for one in waiting]
    likely = next((one for one, p in zip(waiting, chances, strict=True) if p >= _LIKELY), None)
    best = max(chances, default=0.0)
    return likely or (waiting[chances.index(best)] if best > 0 else None)


def is_worn_out(history: History) -> bool:
    """Return whether so many failed on held-out inputs that these say nothing any more."""
    return sum(map(fails_on_held_out, history.candidates.values())) >= FAILED_AT_MOST


def trusted(history: History, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return those of ``candidates`` that `next_hopeful` would still have measured."""
    waiting = [one for one in candidates if is_hopeful(one, history.baseline)]
    blamed = _blamed(history) if waiting else set[frozenset[str]]()
    return [one for one in waiting if _chance(history, one, blamed) > 0]


def _blamed(history: History) -> set[frozenset[str]]:
    """Return sets of steps of which one each must be to blame for failures on held-out inputs.

    What passes clears its steps, but for those that fail without what came after them. A set
    that holds another one adds nothing to it.
    """
    candidates = history.candidates.values()
    failed = [one for one in candidates if fails_on_held_out(one)]
    if not failed:
        return set()
    passed = (_line(history, one) for one in candidates if _passes(one))
    cleared = set[str]().union(*passed).difference(one.id for one in failed)
    blamed = {_open(history, one) - cleared for one in failed}
    return {some for some in blamed if not any(other < some for other in blamed)}


def _chance(history: History, candidate: Candidate, blamed: Iterable[frozenset[str]]) -> float:
    """Return how likely no step of a candidate is to blame, if all are equally suspect."""
    steps = _open(history, candidate)
    return prod(1 - len(steps & some) / len(some) for some in blamed)


def _open(history: History, candidate: Candidate) -> frozenset[str]:
    """Return the steps of a candidate since the last one that passed."""
    line = history.lineage(candidate)
    since = max((i for i, one in enumerate(line[:-1]) if _passes(one)), default=-1)
    return frozenset(one.id for one in line[since + 1 :])


def _line(history: History, candidate: Candidate) -> set[str]:
    return {one.id for one in history.lineage(candidate)}


def _is_beaten(candidate: Candidate, winner: Candidate | None) -> bool:
    """Return whether a fresh, accepted measurement is at least as good as a screened one."""
    if winner is None or winner.confirmed is None or candidate.screened is None:
        return False
    known, found = winner.confirmed, candidate.screened
    if not all(map(le, known.costs, found.costs)):
        return False
    return known.costs != found.costs or known.ties <= found.ties


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
