"""`sigil feedback`: what the author of a change may know."""

from __future__ import annotations

from collections.abc import Iterator
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

    The first line, a comment, says which evaluation it is. Visible scenarios by name, holdouts
    by a letter that is drawn anew each time. It is safe to hand to whoever wrote the change.

    Example: sigil feedback --last
    """
    from sigil.cli.options import repository
    from sigil.errors import UsageError
    from sigil.gate.feedback import Feedback
    from sigil.gate.record import dossier
    from sigil.gate.view.present import feedback_lines
    from sigil.printable import printable

    if (evaluation is None) != last:
        raise UsageError("which evaluation?", remedy="name one, or say --last")
    root = repository(repo_root)
    folder = dossier.find(root, evaluation)
    told = dossier.read_feedback(folder)
    assert isinstance(told, Feedback)
    if as_json:
        print_json(dossier.plain(told))
        return
    found = dossier.read_summary(folder)
    named = f"{found.eval} · {found.service} · {found.ref} · {told.verdict.value}"
    click.echo(f"# {printable(named)}")
    for line in (*(_later(root, found.eval) if last else ()), *feedback_lines(told)):
        click.echo(line)


def _later(root: Path, name: str) -> Iterator[str]:
    """Yield which evaluations began after the latest with a decision, as far as that is known."""
    from sigil.cli.gate_context import LEDGER
    from sigil.errors import SigilError
    from sigil.gate.record.unfinished import unfinished_since
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin
    from sigil.printable import printable

    path = root / LEDGER
    try:
        later = unfinished_since(Ledger.open(path, None, Pin.of(path)).entries(), name)
    except SigilError:  # a line more; what is wrong with a ledger is said by those who need it
        return
    for one in later:
        yield f"# later, without a decision: {printable(one.eval)} ({printable(one.cause)})"
