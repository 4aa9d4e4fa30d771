"""Why does a search ask for no further round?

Pure: facts in, a reason in words out, or None to go on.

Not here: rounds (`sigil.optimize.searching`), the limits themselves (`sigil.optimize.plan`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sigil.evaluate.definition import Eval
from sigil.optimize.confirming import trusted
from sigil.optimize.history import Candidate, History
from sigil.optimize.plan import Limits
from sigil.optimize.present import counted

NOTHING_LEFT = "nothing is left to try"
QUESTIONS_PER_EVALUATION = 4
"""Questions asked of models for each evaluation of a budget, however often they are in vain."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a search is.

    Args:
        asked: candidates proposed.
        inquired: questions asked of models; None if there are none to ask.
        stale: evaluations, and answers of models, since the last progress.
        converged: whether the optimizer has nothing left to try.
    """

    asked: int
    inquired: int | None
    stale: int
    converged: bool


def why_enough(standing: Standing, limits: Limits) -> str | None:
    """Return why no further round is asked for, time and goal aside."""
    evals, inquired = limits.evals, standing.inquired
    if evals is not None and standing.asked >= evals:
        return f"the budget of {counted(evals, 'evaluation')} is spent"
    if evals and inquired is not None and inquired >= QUESTIONS_PER_EVALUATION * evals:
        brought = counted(standing.asked, "evaluation")
        return f"{counted(inquired, 'question')} brought only {brought}"
    if standing.stale >= limits.patience:
        of = "evaluations" if inquired is None else "evaluations and answers"
        return f"no progress in {limits.patience} {of}"
    return NOTHING_LEFT if standing.converged else None


def why_late(elapsed_s: float, limits: Limits) -> str | None:
    """Return why time is up for searching: some of it is kept for confirming."""
    if elapsed_s < limits.wall_clock_s - limits.confirming_s:
        return None
    kept = f"{limits.confirming_s:.3g} s are kept for measuring the best anew"
    return f"out of time (a budget of {limits.wall_clock_s:g} s, of which {kept})"


def is_goal_reached(candidates: Iterable[Candidate], history: History, definition: Eval) -> bool:
    """Say whether a candidate reaches the goal that may still turn out to be right.

    Args:
        candidates: that reached it when they were screened, of rounds of which everything is
            known: no lane's speed matters.
        history: of the run.
        definition: the eval.
    """
    reaching = [
        candidate
        for candidate in candidates
        if candidate.screened is not None and definition.goal_reached(candidate.screened)
    ]
    return bool(trusted(history, reaching))
