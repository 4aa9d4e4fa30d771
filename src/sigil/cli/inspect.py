"""`sigil inspect`: lineage, gains with their intervals, and the front of a run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.options import (
    as_json,
    print_json,
    repo_root,
    run_name,
    shown,
    spec_name,
    workspace_name,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.tree import Tree

    from sigil.optimize.history import Candidate, History
    from sigil.optimize.workspace import Workspace

SHOWN = 10


@click.command()
@click.argument("candidate", required=False)
@spec_name
@workspace_name
@run_name
@click.option("--runs", "list_runs", is_flag=True, help="List the runs of the workspace.")
@click.option(
    "--top", type=click.IntRange(min=1), default=SHOWN, show_default=True, help="How many to show."
)
@click.option(
    "--html",
    "html",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write one self-contained page about the run; - is standard output.",
)
@repo_root
@as_json
def inspect(
    candidate: str | None,
    spec_name: str,
    workspace_name: str,
    run_name: str | None,
    list_runs: bool,
    top: int,
    html: str | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Show the latest run of a workspace, or one CANDIDATE of it with its whole change.

    Works on a run that is still going on, and on one that was killed. --html writes a page
    to send to somebody: into the workspace, under the name of the run, unless you name a FILE.
    """
    from sigil.cli.options import repository, wide_console
    from sigil.errors import UsageError
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import load_history, open_workspace, state
    from sigil.printable import printable

    if html is not None and (candidate is not None or list_runs or as_json):
        raise UsageError("--html is about a whole run", remedy="leave out what else is asked for")
    spec = load_spec(repository(repo_root), spec_name)
    workspace = open_workspace(spec, workspace_name)
    console = wide_console()
    if html is not None:
        _write_page(workspace, run_name, spec.home.parent, html, console)
        return
    if list_runs:
        _show_runs(workspace, console, as_json=as_json)
        return
    run = workspace.find_run(run_name)
    history = load_history(run)
    if candidate is not None:
        _show_candidate(run, history, history.candidate(candidate), console, as_json=as_json)
    elif as_json:
        print_json(run_json(run, history))
    else:
        console.print(printable(shown(run)), highlight=False, markup=False, soft_wrap=True)
        show_run(history, console, top, state(run, history))
        _say_what_was_not_checked(run, history, console)


def run_json(run: Path, history: History) -> dict[str, object]:
    """Return a run as ``sigil inspect --json`` prints it."""
    from sigil.cli.progress import candidate_json
    from sigil.optimize.doubting import doubt_of
    from sigil.optimize.picture.reading import read_objective
    from sigil.optimize.undecided import undecided

    baseline, spent = history.baseline, history.spent()
    return {
        "run": run.name,
        "ended": history.ended,
        "winner": history.winner,
        "undecided": undecided(history, read_objective(run).minimised) or None,
        "may_differ": doubt_of(run, history, history.best_accepted()) or None,
        "baseline": baseline.to_json() if baseline else None,
        "front": [candidate.id for candidate in history.front()],
        "models": asdict(spent) if spent else None,
        "candidates": [candidate_json(c) for c in history.candidates.values()],
    }


def _write_page(
    workspace: Workspace, run_name: str | None, repository: Path, name: str, console: Console
) -> None:
    """Write the page about a run to the file ``name``, or into the workspace if that is empty.

    Not into the current folder: a new file there would change the tree that a run began
    with, and it could be neither resumed nor replayed.
    """
    from sigil.optimize.picture.facts import Facts
    from sigil.optimize.picture.page import page
    from sigil.optimize.picture.reading import read_recorded
    from sigil.optimize.workspace import load_history
    from sigil.printable import printable
    from sigil.store.files import write_atomic

    run = workspace.find_run(run_name)
    text = page(Facts(read_recorded(run, repository), load_history(run)))
    if name == "-":
        click.echo(text, nl=False)
        return
    path = Path(name) if name else workspace.root / f"{run.name}.html"
    write_atomic(path, text.encode())
    told = f"wrote {shown(path)}, {len(text.encode()) / 1000:.0f} kB: one file, to open or to send"
    console.print(printable(told), markup=False, highlight=False, soft_wrap=True)


def _show_runs(workspace: Workspace, console: Console, *, as_json: bool) -> None:
    from sigil.optimize.present import SHORT
    from sigil.optimize.workspace import load_history, state
    from sigil.printable import printable_once

    histories = {name: load_history(workspace.runs / name) for name in workspace.run_names()}
    if as_json:
        print_json(
            [
                {"run": n, "evaluated": h.measured(), "ended": h.ended, "winner": h.winner}
                for n, h in histories.items()
            ]
        )
        return
    for name, history in histories.items():
        winner = f"winner {history.winner[:SHORT]}" if history.winner else "no winner"
        end = state(workspace.runs / name, history)
        line = f"{name}  {history.measured()} evaluated  {winner}  {end}"
        console.print(printable_once(line), markup=False, highlight=False, soft_wrap=True)
    if not histories:
        console.print(f"no runs in {shown(workspace.root)}")


def show_run(history: History, console: Console, top: int, state: str) -> None:
    """Print a run as `sigil inspect` shows it; ``state`` says whether it goes on."""
    from sigil.optimize import present

    baseline = history.baseline
    if baseline is None:
        console.print("the baseline was not measured yet")
        return
    failed = [c for c in history.candidates.values() if c.verdict and not c.verdict.costs]
    console.print(
        f"{history.measured()} measured, {len(failed)} of them failed; {state}", highlight=False
    )
    spent = history.spent()
    if spent is not None:
        console.print(present.exchanges(spent), highlight=False)
    values = ", ".join(f"{n} {present.measured(v)}" for n, v in baseline.metrics.items())
    console.print(f"baseline    {values}\n", highlight=False, markup=False)
    ranked = history.ranked()
    if ranked:
        _show_ranked(history, ranked, console, top)
    if failed:
        console.print("why candidates failed")
        for reason, count in _reasons(failed)[:5]:
            console.print(f"  {count:>5}  {reason}", highlight=False, markup=False)
    if history.refused:
        console.print("why proposals were not measured")
        for line in present.refusals(history, at_most=5):
            console.print(f"  {line}", highlight=False, markup=False)


def _say_what_was_not_checked(run: Path, history: History, console: Console) -> None:
    from sigil.optimize import present
    from sigil.optimize.doubting import doubt_of
    from sigil.printable import printable_once

    winner = history.best_accepted()
    if winner is not None and present.held_out(winner) == present.UNCHECKED:
        console.print(f"of the winner, {present.UNCHECKED}", highlight=False)
    doubt = doubt_of(run, history, winner)
    if doubt:
        said = printable_once(f"the winner may differ {doubt}")
        console.print(said, markup=False, highlight=False, soft_wrap=True)


def _show_ranked(history: History, ranked: list[Candidate], console: Console, top: int) -> None:

    front = {candidate.id for candidate in history.front()}
    console.print(_ranking(history, ranked[:top], front))
    legend = (
        "* no other is better; ~ too few samples for an interval; screened: not measured anew; "
        "gains are against the unchanged code measured beside it"
    )
    console.print(f"{legend}; {len(ranked)} with a score", highlight=False)
    console.print()
    console.print(_lineage(history, ranked[: min(top, 3)]))


def _ranking(history: History, ranked: list[Candidate], front: set[str]) -> object:
    from rich.table import Table
    from rich.text import Text

    from sigil.optimize import present

    baseline = history.baseline
    assert baseline is not None  # a ranked candidate was compared with it
    table = Table(box=None, pad_edge=False)
    table.add_column("candidate", no_wrap=True)
    names = [name for name, value in baseline.metrics.items() if not isinstance(value.value, bool)]
    for name in names:
        table.add_column(name)
        table.add_column("gain")
    held_out = any(c.verdict and c.verdict.holdout for c in ranked)
    if held_out:
        table.add_column("held out")
    table.add_column("verdict")
    table.add_column("what")
    for candidate in ranked:
        found = candidate.verdict
        assert found is not None  # it is ranked by its costs
        cells: list[str] = []
        for name in names:
            value = found.metrics.get(name)
            cells += [present.measured(value), present.gain(value)] if value else ["", ""]
        if held_out:
            found_there = found.holdout.items()
            cells.append(", ".join(f"{n} {present.measured(v)}" for n, v in found_there))
        mark = "*" if candidate.id in front else " "
        short = candidate.id[: present.SHORT]
        what = present.why(candidate, history.lineage(candidate))
        row = (f"{mark} {short}", *cells, present.verdict(candidate), what)
        table.add_row(*map(Text, row))
    return table


def _lineage(history: History, chosen: list[Candidate]) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    from sigil.optimize import present
    from sigil.printable import printable_once

    root = Tree("BASELINE")
    branches: dict[str, Tree] = {}
    for candidate in chosen:
        branch = root
        for step in history.lineage(candidate):
            if step.id not in branches:
                label = f"{step.id[: present.SHORT]} {step.proposer}: {printable_once(step.note)}"
                branches[step.id] = branch.add(Text(label))
            branch = branches[step.id]
    return root


def _reasons(failed: list[Candidate]) -> list[tuple[str, int]]:
    from collections import Counter

    counts = Counter(
        f"{c.verdict.failure.metric}: {c.verdict.failure.kind}"
        for c in failed
        if c.verdict and c.verdict.failure
    )
    return counts.most_common()


def _show_candidate(
    run: Path, history: History, candidate: Candidate, console: Console, *, as_json: bool
) -> None:
    from rich.syntax import Syntax

    from sigil.cli.progress import candidate_json, print_gains
    from sigil.optimize import present
    from sigil.optimize.promote import preview
    from sigil.printable import printable_once

    change = preview(run, candidate.id)
    if as_json:
        print_json({**candidate_json(candidate), "baseline_diff": change})
        return
    console.print(f"candidate {candidate.id}", highlight=False, soft_wrap=True)
    console.print(f"verdict   {present.verdict(candidate)}")
    console.print(f"by        {candidate.proposer}: {printable_once(candidate.note)}", markup=False)
    if candidate.verdict and candidate.verdict.metrics:
        print_gains(console, candidate, history.baseline)
    if candidate.verdict and candidate.verdict.failure:
        console.print(f"failed    {present.why(candidate)}", markup=False, highlight=False)
    console.print("\nagainst the baseline:")
    console.print(Syntax(present.diff_text(change), "diff", background_color="default"))
