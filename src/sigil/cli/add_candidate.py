"""`sigil add-candidate`: evaluate a diff of one's own and record it."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import (
    as_json,
    eval_name,
    print_json,
    repo_root,
    shown,
    spec_name,
    unsafe,
    workspace_name,
)


@click.command("add-candidate")
@spec_name
@workspace_name
@eval_name
@click.option(
    "--patch-file", required=True, type=click.Path(path_type=Path), help="A unified diff."
)
@click.option("--parent", default="BASELINE", show_default=True, help="What the diff is against.")
@click.option("--run", "run_name", help="Add it to this run; by default it gets one of its own.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of the order of measuring.")
@unsafe
@repo_root
@as_json
def add_candidate(
    spec_name: str,
    workspace_name: str,
    eval_name: str | None,
    patch_file: Path,
    parent: str,
    run_name: str | None,
    seed: int | None,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Evaluate a diff in full, as the last step of a search does, and record it."""
    from sigil.cli.options import repository, wide_console
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import candidate_json, print_gains
    from sigil.errors import UsageError
    from sigil.optimize import present
    from sigil.optimize.candidates import add_candidate as add
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import load_history, open_workspace

    spec = load_spec(repository(repo_root), spec_name)
    workspace = open_workspace(spec, workspace_name)
    existing = workspace.find_run(run_name) if run_name else None
    if existing and seed is not None:
        raise UsageError("--seed goes with a run of its own", remedy="leave out --seed or --run")
    plan = make_plan(spec, eval_name, {"seed": seed}, unsafe=unsafe, recorded=existing)
    run, candidate = add(plan, workspace, patch_file, parent=parent, existing=existing)
    if as_json:
        print_json({"run": run.name, **candidate_json(candidate)})
        return
    console = wide_console()
    print_gains(console, candidate, load_history(run).baseline)
    console.print(f"{candidate.id[: present.SHORT]}: {present.verdict(candidate)}")
    if candidate.verdict and candidate.verdict.failure:
        console.print(present.why(candidate), markup=False)
    console.print(f"the record  {shown(run)}", soft_wrap=True, highlight=False)
