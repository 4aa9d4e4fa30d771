"""Who is measured anew before the last word, and when is that enough?

Pure. Not here: the measuring (`sigil.optimize.last_word`).
"""

from __future__ import annotations

from operator import le, lt

from sigil.evaluate.result import Evaluation
from sigil.optimize.history import Candidate, History


def hopeful(history: History) -> list[Candidate]:
    """Return the candidates that deserve a fresh measurement, best first.

    Those that had none and that beat the baseline in some objective, or in the tie
    breakers where the objectives are equal.
    """
    return [one for one in history.ranked() if is_hopeful(one, history.baseline)]


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


def is_settled(history: History, next_best: Candidate) -> bool:
    """Return whether a fresh, accepted measurement already beats the next screened one."""
    winner = history.best_accepted()
    if winner is None or winner.confirmed is None or next_best.screened is None:
        return False
    return all(map(le, winner.confirmed.costs, next_best.screened.costs))


def fails_on_held_out(candidate: Candidate) -> bool:
    """Return whether a fresh measurement refused it for what it does on held-out inputs."""
    found = candidate.confirmed
    return found is not None and found.failure is not None and found.failure.kind == "holdout"
