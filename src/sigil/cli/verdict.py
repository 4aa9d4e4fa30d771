"""`sigil verdict`: what a human would have decided."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.gate_context import evaluation, reason
from sigil.cli.options import repo_root

WORDS = click.Choice(["allow", "review", "block"], case_sensitive=False)


@click.command()
@evaluation
@click.argument("word", metavar="allow|review|block", type=WORDS)
@reason
@repo_root
def verdict(evaluation: str, word: str, reason: str, repo_root: Path | None) -> None:
    """Record what you would have decided on an evaluation.

    The agreement of such verdicts with the recommendations is what a service climbs by, so they
    are signed with a key of your own (sigil trust reviewer), never with an evaluator's. A verdict
    changes no decision; for that there is sigil override.

    Example: sigil verdict eval_01M7YYY3SNRFJA allow --reason "read it line by line"
    """
    from sigil.cli.gate_context import gate_of, open_ledger, refuse_unless_reviewer
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import judge, uncounted
    from sigil.gate.decision import Verdict
    from sigil.gate.record.steps import announce

    root = repository(repo_root)
    ledger = open_ledger(root, "reviewer")
    gate = gate_of(root)
    refuse_unless_reviewer(ledger, gate)
    idle = uncounted(ledger, evaluation, gate)
    entry = judge(ledger, evaluation, Verdict(word.upper()), reason)
    announce(ledger, entry.service, gate, SYSTEM_CLOCK.now())
    click.echo(f"{evaluation}: you would say {word.upper()} · entry {entry.seq}")
    if idle:
        click.echo(f"  on record, and it does not count: {idle}")
