"""`sigil feedback`: what the author of a change may know."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.completing import evaluations
from sigil.cli.options import as_json, print_json, repo_root


@click.command()
@click.argument("evaluation", metavar="[EVAL]", required=False, shell_complete=evaluations)
@click.option("--last", is_flag=True, help="Of the latest evaluation here.")
@repo_root
@as_json
def feedback(evaluation: str | None, last: bool, repo_root: Path | None, as_json: bool) -> None:
    """Print what the author of a change may know of its evaluation: labels of steps.

    Visible scenarios by name, holdouts by a number that is drawn anew each time. It is safe to
    hand to whoever wrote the change.

    Example: sigil feedback --last
    """
    from sigil.cli.options import repository
    from sigil.errors import UsageError
    from sigil.gate.feedback import Feedback
    from sigil.gate.record import dossier
    from sigil.gate.view.present import feedback_lines

    if (evaluation is None) != last:
        raise UsageError("which evaluation?", remedy="name one, or say --last")
    folder = dossier.find(repository(repo_root), evaluation)
    told = dossier.read_feedback(folder)
    assert isinstance(told, Feedback)
    if as_json:
        print_json(dossier.plain(told))
        return
    for line in feedback_lines(told):
        click.echo(line)
