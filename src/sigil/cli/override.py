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

    Nothing is merged by it. An override of an ALLOW or a BLOCK costs the service a rung and what
    it has counted so far; at SHADOW, that of a BLOCK. Below SHADOW every
    decision is a REVIEW, also where the exam says BLOCK.

    Example: sigil override eval_01M7YYY3SNRFJA --to block --reason "it drops the discount"
    """
    from sigil.cli.gate_context import gate_of, open_ledger
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate import acting
    from sigil.gate.decision import Verdict
    from sigil.gate.record.steps import announce
    from sigil.gate.view.present import fall_lines

    root = repository(repo_root)
    ledger, gate = open_ledger(root, "reviewer"), gate_of(root)
    entry = acting.override(ledger, evaluation, Verdict(word.upper()), reason)
    stands = announce(ledger, entry.service, gate, SYSTEM_CLOCK.now())
    done = f"{entry.body['decided']} overridden to {word.upper()}"
    click.echo(f"{evaluation}: {done} · entry {entry.seq} · now {stands.tier.value}")
    for line in fall_lines(stands, entry.service, entry.ts):
        click.echo(f"  {line}")
