"""`sigil trust reviewer`: a key of one's own for verdicts."""

from __future__ import annotations

import click


@click.command()
def reviewer() -> None:
    """Show this user's key for verdicts, made now if there is none.

    A verdict counts for trust only by a key that is no evaluator's: nobody agrees with themselves.

    Example: sigil trust reviewer
    """
    from sigil.ledger import keys
    from sigil.store.disk_errors import reading

    path = keys.path_of("reviewer")
    with reading(path):
        is_there = path.exists()
    own = keys.load(path) if is_there else keys.create(path)
    click.echo(f"{own.key}")
    click.echo(f"  in {path}")
    click.echo("  name it in .sigil/gate.yaml, under reviewers, on the base branch")
    click.echo(f"  and once on each machine: sigil ledger verify --trust {own.key}")
