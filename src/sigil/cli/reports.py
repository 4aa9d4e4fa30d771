"""How a run shows where it stands, on a terminal and in a pipe.

On a terminal one line is redrawn; piped, a plain line appears every few seconds.

Not here: which of them is chosen, and what a run came to (`sigil.cli.progress`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from sigil.cli.options import shown
from sigil.effects import SYSTEM_CLOCK
from sigil.evaluate.result import Evaluation
from sigil.llm.budget import Budget, Spent
from sigil.optimize import present
from sigil.optimize.history import Candidate
from sigil.optimize.plan import Plan
from sigil.optimize.proposing import INBOX
from sigil.optimize.report import SEARCH, Progress
from sigil.printable import printable_once

PLAIN_EVERY_NS = 2_000_000_000
QUIET_EVERY_NS = 60_000_000_000
"""Between two lines while nothing but the time left changes, such as while a model thinks."""

_ROUGHLY = (
    "~: from too few samples for an interval, and the luckiest of many; the best are measured "
    "anew in the end, which may well say less"
)


class Plain:
    """A report of plain lines, for logs and pipes."""

    def __init__(self, plan: Plan, console: Console):
        self._plan = plan
        self._console = console
        self._shown_ns = 0
        self._shown: object = None
        self._explained = False

    def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
        """Print the run's name, and what its eval could be cheated by."""
        verb = "resumed" if resumed else "run"
        self._console.print(f"{verb} {shown(run)}", soft_wrap=True, highlight=False)
        inboxes = _inboxes(self._plan, run)
        waiting = (f"requests come into {shown(i)}; write each reply beside it" for i in inboxes)
        for line in (*waiting, *warnings):
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def baseline(self, evaluation: Evaluation, *, notes: Sequence[str]) -> None:
        """Print how the unchanged code measures, and what is odd about that."""
        values = ", ".join(f"{n} {present.measured(v)}" for n, v in evaluation.metrics.items())
        self._console.print(f"baseline: {values}", markup=False, highlight=False, soft_wrap=True)
        for note in notes:
            self.warning(note)

    def warning(self, problem: str) -> None:
        """Print what went wrong."""
        line = f"warning: {printable_once(problem)}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def progress(self, progress: Progress) -> None:
        """Print where the run stands: soon if that has changed, else now and then."""
        now, state = SYSTEM_CLOCK.monotonic_ns(), replace(progress, elapsed_s=0.0, rate=0.0)
        pause_ns = PLAIN_EVERY_NS if state != self._shown else QUIET_EVERY_NS
        if now - self._shown_ns >= pause_ns:
            self._shown_ns, self._shown = now, state
            line = self.line(progress)
            self._console.print(line, markup=False, highlight=False, soft_wrap=True)
            self._explain(line)

    def _explain(self, line: str) -> None:
        """Say once what a mark on a line means, and that the best may look worse later."""
        if not self._explained and " ~" in line:
            self._explained = True
            self._console.print(_ROUGHLY, markup=False, highlight=False, soft_wrap=True)

    def line(self, progress: Progress) -> str:
        """Return the one line that says where the run stands."""
        parts = [
            progress.phase,
            *(["goal reached, looking on for a simpler one"] if progress.looking_on else []),
            f"{progress.evaluated} evaluated",
            *_rate(progress),
            *self._best(progress.best),
            _left(self._plan, progress)
            if progress.phase == SEARCH
            else f"measuring the best anew, {progress.confirming} so far",
            *_models(progress),
        ]
        return " · ".join(parts)

    def _best(self, best: Candidate | None) -> list[str]:
        if best is None or best.verdict is None:
            return ["best: the baseline"]
        objectives = self._plan.definition.objective.minimised
        anew = " (measured anew)" if best.confirmed is not None else ""
        shown = [
            f"best {name} {present.measured(value)}{anew}"
            for name, value in best.verdict.metrics.items()
            if name in objectives
        ]
        return shown[:2]


class Redrawn(Plain):
    """A report that redraws one line on a terminal."""

    def __init__(self, plan: Plan, console: Console, live: Live):
        super().__init__(plan, console)
        self._spinner = Spinner("dots", Text("measuring the baseline"))
        live.update(self._spinner)

    def baseline(self, evaluation: Evaluation, *, notes: Sequence[str]) -> None:
        """Print how the unchanged code measures, and that the search begins."""
        super().baseline(evaluation, notes=notes)
        self._spinner.update(text=Text("beginning the search"))

    def progress(self, progress: Progress) -> None:
        """Redraw the line."""
        line = self.line(progress)
        self._spinner.update(text=Text(line))
        self._explain(line)


def _inboxes(plan: Plan, run: Path) -> list[Path]:
    """Return the folders in which somebody has to answer, if models are asked there."""
    inboxes = [model for model in plan.models if model.provider == INBOX]
    return [Path(model.path) if model.path else run / INBOX for model in inboxes]


def _rate(progress: Progress) -> list[str]:
    """Return how many are evaluated in a second, or in a minute where that is less than one."""
    if progress.phase != SEARCH or not progress.evaluated:
        return []
    rate = progress.rate
    return [f"{rate:.0f}/s" if rate >= 1 else f"{60 * rate:.0f}/min"]


def _models(progress: Progress) -> list[str]:
    """Return what models are asked and what they took, where there are any."""
    if progress.spent is None:
        return []
    asking = [f"{present.counted(progress.asking, 'question')} open"] if progress.asking else []
    return [*asking, present.spent(progress.spent)]


def _left(plan: Plan, progress: Progress) -> str:
    limits = plan.limits
    left = [f"{max(0.0, limits.wall_clock_s - progress.elapsed_s):.0f} s"]
    if limits.evals is not None:
        left.append(present.counted(max(0, limits.evals - progress.evaluated), "evaluation"))
    left += _budget_left(limits.budget, progress.spent)
    left.append(f"{max(0, limits.patience - progress.stale)} until convergence")
    return f"left: {', '.join(left)}"


def _budget_left(budget: Budget, spent: Spent | None) -> list[str]:
    """Return what is left to be spent on models, as far as that is limited."""
    if spent is None:
        return []
    left: list[str] = []
    if budget.usd is not None:
        left.append(present.money(max(0.0, budget.usd - spent.cost_usd)))
    if budget.tokens is not None:
        taken = spent.input_tokens + spent.output_tokens
        left.append(present.tokens(max(0, budget.tokens - taken)))
    return left
