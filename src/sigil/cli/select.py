"""`sigil select`: promote a candidate, and apply it if asked to."""

from __future__ import annotations

import sys
from pathlib import Path

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


@click.command()
@click.argument("candidate", required=False)
@spec_name
@workspace_name
@run_name
@click.option("--apply", "apply_it", is_flag=True, help="Write the change into your own files too.")
@click.option("--dry-run", is_flag=True, help="Show the change and write nothing.")
@click.option("--unaccepted", is_flag=True, help="Allow one that the accept rule did not take.")
@repo_root
@as_json
def select(
    candidate: str | None,
    spec_name: str,
    workspace_name: str,
    run_name: str | None,
    apply_it: bool,
    dry_run: bool,
    unaccepted: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Promote CANDIDATE (by default the winner of the latest run) into selected/.

    With --apply the change is written into your files as well, if what it pins is still what
    the run began with.
    """
    from sigil.cli.options import repository
    from sigil.optimize.present import diff_text
    from sigil.optimize.promote import preview
    from sigil.optimize.promote import select as promote
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    spec = load_spec(repository(repo_root), spec_name)
    workspace = open_workspace(spec, workspace_name)
    run = workspace.find_run(run_name)
    if dry_run:
        change = preview(run, candidate)
        if as_json:
            print_json({"diff": change})
            return
        # A pipe gets the diff as it is, for `git apply`; a terminal gets nothing it would obey.
        click.echo(diff_text(change) if sys.stdout.isatty() else change, nl=False)
        return
    selection = promote(spec, workspace, run, candidate, unaccepted=unaccepted, apply=apply_it)
    if as_json:
        print_json(
            {
                "candidate": selection.candidate.id,
                "links": [link.name for link in selection.links],
                "applied": list(selection.applied),
            }
        )
        return
    for link in selection.links:
        click.echo(f"selected {shown(link)}")
    for path in selection.applied:
        click.echo(f"changed  {path}")
    if apply_it and not selection.applied:
        click.echo("your files have this change already")
    elif not apply_it:
        click.echo("your files are unchanged; --apply writes the change into them")
