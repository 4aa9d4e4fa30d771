"""What a page about a run speaks of, and how it tells what others wrote.

Pure. A page may be sent to anybody: paths of this machine become ``…``, what reorders or
hides text is shown as an escape, and of held-out inputs nothing but verdicts is here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sigil.evaluate.expressions import Goal, Objective
from sigil.evaluate.result import Evaluation
from sigil.evaluate.schema import EvalModel
from sigil.optimize.doubting import doubts
from sigil.optimize.history import Candidate, History
from sigil.optimize.present import diff_text, gain, measured, number
from sigil.optimize.undecided import undecided
from sigil.printable import shorten

LONGEST_LINE = 300
LONGEST_NOTE = 2000
"""Of what a candidate does: when its result may differ stands at the end, and has to be read."""
_FOLDERS = "bin dev etc home lib lib64 mnt nix opt private proc root run srv sys tmp usr Users var"
_ABSOLUTE = re.compile(rf"(?<![\w.~/])/(?:{'|'.join(_FOLDERS.split())})/(?:[\w.@+-]+/)*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """How a run was run.

    Args:
        run: its name.
        place: its folder, relative to the repository.
        workspace: its name.
        spec: its name.
        description: of the spec; may be empty.
        eval: its name.
        objective: what the search aimed at.
        rule: when a candidate is accepted.
        inputs_hash: of the frozen inputs.
        tree: digest of the repository's files as they were.
        commit: which the spec names, if it does.
        settings: the body of ``run.json``.
        times: ``created_at`` and, if it ended, ``finished_at``.
        files: text of the pinned files as the run found them, by path.
        model: of the eval, whole.
        private: paths that the page must not show, longest first.
        cases: digests of the files of inputs, by path.
    """

    run: str
    place: str
    workspace: str
    spec: str
    description: str
    eval: str
    objective: Objective
    rule: str
    inputs_hash: str
    tree: str
    commit: str | None
    settings: Mapping[str, Any]
    times: Mapping[str, str]
    files: Mapping[str, str]
    model: EvalModel
    private: tuple[str, ...] = ()
    cases: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Reading:
    """One goal of one candidate, in the unit of its metric.

    Args:
        value: as measured.
        low: lower end of its interval, or ``value`` where there is no finite one.
        high: upper end.
    """

    value: float
    low: float
    high: float


class Facts:
    """A run, with what several parts of its page ask for worked out once."""

    def __init__(self, recorded: Recorded, history: History):
        self.recorded = recorded
        self.history = history
        self.goals: tuple[Goal, ...] = recorded.objective.goals

    # --- candidates ---------------------------------------------------------------------

    @cached_property
    def evaluated(self) -> list[Candidate]:
        """The candidates that were measured, in the order in which they were asked for."""
        return [candidate for candidate in self.history.candidates.values() if candidate.verdict]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """Which evaluation each candidate was, from 1."""
        return {candidate.id: n for n, candidate in enumerate(self.evaluated, start=1)}

    @cached_property
    def failed(self) -> list[Candidate]:
        """The candidates that have no score."""
        return [c for c in self.evaluated if c.verdict and not c.verdict.costs]

    @cached_property
    def ranked(self) -> list[Candidate]:
        """The candidates with a score, best first."""
        return self.history.ranked()

    @cached_property
    def front(self) -> list[Candidate]:
        """The candidates that no other one beats in everything."""
        return self.history.front()

    @cached_property
    def winner(self) -> Candidate | None:
        """The accepted best, of a run that has not ended, too."""
        named = self.history.winner
        return self.history.candidates[named] if named else self.history.best_accepted()

    @property
    def shown(self) -> Candidate | None:
        """The candidate whose change is shown: the winner, or else the best that has a score."""
        return self.winner or (self.ranked[0] if self.ranked else None)

    @cached_property
    def undecided(self) -> str:
        """How the best looked that was neither accepted nor refused, as a clause, or nothing."""
        return undecided(self.history, self.recorded.objective.minimised)

    @cached_property
    def doubt(self) -> str:
        """When the winner's result may differ, as a clause, or nothing."""
        if self.winner is None:
            return ""
        recorded = self.recorded
        return doubts(recorded.model, recorded.cases, recorded.files, self.history, self.winner)

    # --- values -------------------------------------------------------------------------

    def goal_name(self, index: int) -> str:
        """Return what a goal measures, as it is written in the eval."""
        return str(self.goals[index].node)

    def unit(self, index: int) -> str:
        """Return the unit of a goal that is a metric, or nothing."""
        baseline, metric = self.history.baseline, self.goals[index].metric
        found = baseline.metrics.get(metric) if baseline and metric else None
        return found.unit if found else ""

    def reading(self, evaluation: Evaluation | None, index: int) -> Reading | None:
        """Return one goal of an evaluation; None where it has no score."""
        if evaluation is None or len(evaluation.costs) <= index:
            return None
        goal = self.goals[index]
        value = goal.cost(evaluation.costs[index])
        found = evaluation.metrics.get(goal.metric) if goal.metric else None
        ends = found.interval if found else None
        if ends is None or not (math.isfinite(ends.low) and math.isfinite(ends.high)):
            return Reading(value, value, value)
        return Reading(value, ends.low, ends.high)

    def gain(self, evaluation: Evaluation, index: int) -> str:
        """Return how one goal stands against the baseline, as `present.gain` says it."""
        metric = self.goals[index].metric
        if metric is not None and metric in evaluation.metrics:
            return gain(evaluation.metrics[metric])
        before, now = self.reading(self.history.baseline, index), self.reading(evaluation, index)
        if before is None or now is None or before.value == 0:
            return ""
        return f"{100 * (now.value / before.value - 1):+.1f} %"

    def value(self, evaluation: Evaluation, index: int) -> str:
        """Return one goal as a person would say it."""
        metric = self.goals[index].metric
        if metric is not None and metric in evaluation.metrics:
            return measured(evaluation.metrics[metric])
        found = self.reading(evaluation, index)
        return number(found.value) if found else ""

    # --- text ---------------------------------------------------------------------------

    def prose(self, text: str, cap: int = LONGEST_LINE) -> str:
        """Return foreign text on one line, with no path of this machine in it."""
        told = self.code(shorten(text.replace("\n", " "), 4 * cap))
        return shorten(_ABSOLUTE.sub("…/", told), cap)

    def code(self, text: str) -> str:
        """Return foreign lines as they are, but for private paths and what hides or reorders."""
        for path in self.recorded.private:
            if len(path) > 1:
                text = text.replace(path, "…")
        return diff_text(text)
