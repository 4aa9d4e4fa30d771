"""What a run tells whoever watches it: where it stands, and how it ended.

Not here: how that is shown (`sigil.cli.progress`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from sigil.evaluate.expressions import Exact
from sigil.evaluate.result import Evaluation
from sigil.llm.asking import Spent
from sigil.optimize.history import Candidate, History
from sigil.optimize.plan import Plan

SEARCH, CONFIRM = "search", "confirm"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands.

    Args:
        evaluated: candidates measured so far, those of an earlier session included.
        elapsed_s: since this session began.
        rate: evaluations a second in this session.
        best: the best candidate so far, if any has costs.
        stale: evaluations since the last progress.
        phase: `SEARCH` or `CONFIRM`.
        confirming: which candidate is measured anew, from 1; 0 while searching.
        asking: how many questions to models are under way.
        spent: what models took in this run so far; None without one.
        looking_on: whether the goal is reached, and a simpler or closer candidate is looked for.
    """

    evaluated: int
    elapsed_s: float
    rate: float
    best: Candidate | None
    stale: int
    phase: str
    confirming: int = 0
    asking: int = 0
    spent: Spent | None = None
    looking_on: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """How a run ended.

    Args:
        run: its folder.
        reason: why it ended, as a clause.
        history: all that it did.
        elapsed_s: of this session.
        interrupted: whether it can be resumed.
        spent: what models took in this run, earlier sessions included; None without one.
    """

    run: Path
    reason: str
    history: History
    elapsed_s: float
    interrupted: bool
    spent: Spent | None = None


class Report(Protocol):
    """Whoever shows a run to a person."""

    def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
        """Tell which run it is, and how its eval could be cheated, before it is measured."""
        ...

    def baseline(self, evaluation: Evaluation, *, notes: Sequence[str]) -> None:
        """Show how the unchanged code measures, and what is odd about that."""
        ...

    def warning(self, problem: str) -> None:
        """Tell of something that went wrong while the run goes on, in one line."""
        ...

    def progress(self, progress: Progress) -> None:
        """Show where the run stands; called several times a second."""
        ...


def baseline_notes(plan: Plan, baseline: Evaluation) -> list[str]:
    """Return what a person should know of the unchanged code before a search begins."""
    notes = [f"{name} says no: {why}" for name, why in baseline.refusals.items()]
    same = {name: Exact(found.value, found.value) for name, found in baseline.metrics.items()}
    rule = plan.definition.rule
    compares = any(f"baseline.{name}" in plan.definition.model.accept.rule for name in same)
    if compares and rule.decide(same):
        notes.append(
            "the accept rule holds for the unchanged code, so it would take a change that "
            "gains nothing"
        )
    return notes
