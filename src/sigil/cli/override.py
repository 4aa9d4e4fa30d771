"""`sigil override`: a human sets a decision aside."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.gate_context import evaluation
from sigil.cli.options import repo_root
from sigil.cli.verdict import WORDS


@click.command()
@evaluation
@click.option("--to", "word", type=WORDS, required=True, help="What holds instead.")
@click.option("--reason", required=True, help="Why, for whoever reads the ledger.")
@repo_root
def override(evaluation: str, word: str, reason: str, repo_root: Path | None) -> None:
    """Set a decision aside, on record and with a reason.

    Nothing is merged by it. An override of an ALLOW or a BLOCK costs the service trust.

    Example: sigil override eval_01M7YYY3SNRFJA --to block --reason "it drops the discount"
    """
    from sigil.cli.gate_context import open_ledger
    from sigil.cli.options import repository
    from sigil.gate import acting
    from sigil.gate.decision import Verdict

    ledger = open_ledger(repository(repo_root), "reviewer")
    entry = acting.override(ledger, evaluation, Verdict(word.upper()), reason)
    decided = entry.body["decided"]
    click.echo(f"{evaluation}: {decided} overridden to {word.upper()} · entry {entry.seq}")
