"""Choose who shows a run while it goes on, and say what it came to.

What draws is imported where something is drawn: JSON needs none of it.

Not here: what is shown meanwhile (`sigil.cli.reports`).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sigil.cli.options import print_json, shown, wide_console
from sigil.evaluate.presence import preflight
from sigil.evaluate.result import Evaluation
from sigil.optimize import present
from sigil.optimize.doubting import doubt_of
from sigil.optimize.ending import NOTHING_LEFT
from sigil.optimize.history import Candidate, History
from sigil.optimize.plan import Plan
from sigil.optimize.proposing import check_models
from sigil.optimize.report import Progress, Report, Summary
from sigil.optimize.undecided import undecided
from sigil.optimize.workbench import read_target
from sigil.optimize.workspace import Workspace, candidate_folder
from sigil.printable import printable_once

if TYPE_CHECKING:
    from rich.console import Console


class Silent:
    """A report for whoever wants none."""

    def started(self, run: Path, *, resumed: bool, warnings: Sequence[str]) -> None:
        """Say nothing."""

    def baseline(self, evaluation: Evaluation, *, notes: Sequence[str]) -> None:
        """Say nothing."""

    def warning(self, problem: str) -> None:
        """Say nothing."""

    def progress(self, progress: Progress) -> None:
        """Say nothing."""


@contextmanager
def choose_report(plan: Plan) -> Generator[Report]:
    """Yield the report that fits where standard error goes; standard output may be JSON."""
    from rich.console import Console
    from rich.live import Live

    from sigil.cli.reports import Plain, Redrawn

    console = Console(stderr=True)
    if console.is_terminal:
        with Live(console=console, refresh_per_second=8, transient=True) as live:
            yield Redrawn(plan, console, live)
    else:
        yield Plain(plan, console)


def print_dry_run(plan: Plan, workspace: Workspace, *, as_json: bool) -> None:
    """Say what a run would do, having checked all that can be checked without running."""
    target = read_target(plan.spec, plan.definition)
    preflight(plan.definition, target)
    check_models(plan)
    regions = plan.spec.locate(target.files)
    model, limits = plan.definition.model, plan.limits
    facts = {
        "workspace": shown(workspace.root),
        "may change": [f"{r.path}:{r.first}-{r.last}  {r.pin_id}" for r in regions],
        "measures": [f"{metric.id} ({metric.kind})" for metric in model.metrics],
        "objective": model.aggregate.objective,
        "accepts": model.accept.rule,
        "asks": [present.model(entry) for entry in plan.models],
        "ends": _limits(limits.evals, limits.wall_clock_s, limits.patience),
    }
    if as_json:
        print_json(facts)
        return
    from rich.console import Console

    console = Console()
    for name, value in facts.items():
        for line in value if isinstance(value, list) else [value]:
            console.print(f"{name:<12}{line}", markup=False, highlight=False, soft_wrap=True)
    console.print("nothing was run and nothing recorded; the first run also tries the inputs")


def print_summary(plan: Plan, workspace: Workspace, summary: Summary, *, as_json: bool) -> None:
    """Print what improved, by how much, with which confidence, and where the record is."""
    if as_json:
        print_json(summary_json(plan, summary))
        return
    console = wide_console()
    history = summary.history
    record = shown(summary.run)
    if summary.interrupted:
        done = present.counted(history.measured(), "evaluation")
        console.print(f"interrupted after {done}; the record is whole")
        console.print(f"go on with: {_command(plan, workspace, 'run')} --resume", soft_wrap=True)
        return
    console.print(
        f"{present.counted(history.measured(), 'candidate')}, {summary.elapsed_s:.1f} s; "
        f"{summary.reason}",
        highlight=False,
    )
    if summary.spent is not None:
        console.print(present.exchanges(summary.spent), highlight=False)
    winner = history.candidates[history.winner] if history.winner else None
    if winner is None:
        _print_nothing(console, plan, history, summary.reason)
        if undecided(history, plan.definition.objective.minimised):
            longer = f"--resume --budget-time {2 * plan.limits.wall_clock_s:g}s"
            resume = f"{_command(plan, workspace, 'run')} {longer}"
            console.print(f"go on with more time: {resume}", soft_wrap=True, highlight=False)
        inspect = _command(plan, workspace, "inspect")
        console.print(f"what was tried  {inspect}", soft_wrap=True, highlight=False)
    else:
        print_gains(console, winner, history.baseline)
        if not present.gains_clearly(winner, plan.definition.objective.minimised):
            console.print("the accept rule takes it, but no gain is clear of its interval")
        doubt = doubt_of(summary.run, history, winner)
        if doubt:
            console.print(f"may differ  {printable_once(doubt)}", markup=False, soft_wrap=True)
        folder = shown(candidate_folder(summary.run, winner.id))
        name = winner.id[: present.SHORT]
        steps = [printable_once(step.note) for step in history.lineage(winner)]
        console.print(f"candidate   {name}  {', then '.join(steps)}", markup=False, soft_wrap=True)
        console.print(f"the change  {folder}/baseline.diff", soft_wrap=True, highlight=False)
        console.print(f"keep it     {_command(plan, workspace, 'select')} --apply", soft_wrap=True)
    console.print(f"the record  {record}", soft_wrap=True, highlight=False)
    console.print(f"verify it   sigil verify {record}", soft_wrap=True, highlight=False)


def _print_nothing(console: Console, plan: Plan, history: History, reason: str) -> None:
    """Say why a run has no winner, as far as its record tells."""
    looked = undecided(history, plan.definition.objective.minimised)
    if looked:
        console.print(f"nothing better was accepted: {looked}", soft_wrap=True, highlight=False)
    elif history.measured():
        console.print("nothing better was found that the accept rule lets through")
    elif history.exchanges:
        console.print("nothing came of what models answered")
    elif plan.models:
        console.print("no model answered in that time")
    elif reason == NOTHING_LEFT:
        said = "no proposer found anything to change there, and more time would not help"
        console.print(f"{said}; a model may find something: --provider", soft_wrap=True)
    else:
        console.print("no candidate was measured in that time; give it more: --budget-time 2m")
    for line in present.refusals(history, at_most=3):
        console.print(f"not measured: {line.strip()}", markup=False, soft_wrap=True)


def print_gains(console: Console, winner: Candidate, baseline: Evaluation | None) -> None:
    """Print the table of metrics before and after."""
    found = winner.verdict
    assert found is not None  # a winner was measured
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in ("metric", "baseline", "now", "gain"):
        table.add_column(heading, no_wrap=True)
    for row in present.metric_rows(found, baseline):
        table.add_row(*map(Text, row))
    console.print(table)
    told = (present.held_out(winner), present.confidence(found))
    console.print("; ".join(line for line in told if line), highlight=False)


def summary_json(plan: Plan, summary: Summary) -> dict[str, object]:
    """Return the summary as `sigil run --json` prints it."""
    objectives = plan.definition.objective.minimised
    history = summary.history
    winner = history.candidates[history.winner] if history.winner else None
    facts: dict[str, object] = {
        "run": summary.run.name,
        "record": shown(summary.run),
        "reason": summary.reason,
        "interrupted": summary.interrupted,
        "evaluated": history.measured(),
        "elapsed_s": round(summary.elapsed_s, 3),
        "baseline": history.baseline.to_json() if history.baseline else None,
        "winner": candidate_json(winner) if winner else None,
        "undecided": undecided(history, objectives) or None,
        "may_differ": doubt_of(summary.run, history, winner) or None,
    }
    return facts | ({"models": asdict(summary.spent)} if summary.spent else {})


def candidate_json(candidate: Candidate) -> dict[str, object]:
    """Return a candidate as every command with ``--json`` prints it."""
    found = candidate.verdict
    return {
        "id": candidate.id,
        "parent": candidate.parent,
        "proposer": candidate.proposer,
        "note": candidate.note,
        "verdict": present.verdict(candidate),
        "patch": candidate.patch,
        "evaluation": found.to_json() if found else None,
    }


def _limits(evals: int | None, wall_clock_s: float, patience: int) -> str:
    parts = [f"after {present.counted(evals, 'evaluation')}"] if evals else []
    parts += [f"after {wall_clock_s:g} s", f"after {patience} evaluations without progress"]
    return ", ".join(parts)


def _command(plan: Plan, workspace: Workspace, name: str) -> str:
    repository = plan.spec.home.parent
    inside = repository in (Path.cwd(), *Path.cwd().parents)
    place = "" if inside else f" --repo-root {repository}"
    return f"sigil {name} --spec {plan.spec.name} --workspace {workspace.root.name}{place}"
