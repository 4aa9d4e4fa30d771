"""`sigil trust show`: where a service stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.completing import services
from sigil.cli.options import as_json, print_json, repo_root

if TYPE_CHECKING:
    from sigil.gate.trust import Trust


@click.command()
@click.option(
    "--service",
    "-s",
    help="Of one service; else of all that the ledger knows.",
    shell_complete=services,
)
@repo_root
@as_json
def show(service: str | None, repo_root: Path | None, as_json: bool) -> None:
    """Say where services stand, and what the next rung asks.

    Example: sigil trust show --service api
    """
    from sigil.cli.gate_context import check_known, open_ledger, policy_here
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import trust_of
    from sigil.gate.view.present import condition_line, next_rung

    root = repository(repo_root)
    ledger, policy = open_ledger(root), policy_here(root)
    known = {entry.service for entry in ledger.entries()} | set(policy.gate.services)
    names = [check_known(policy, ledger, service)] if service else sorted(known)
    now = SYSTEM_CLOCK.now()
    found = {name: trust_of(ledger, name, policy.gate, now) for name in names}
    if as_json:
        print_json({
            name: {**_facts(stands), "next": next_rung(stands, name)}
            for name, stands in found.items()
        })  # fmt: skip
        return
    for name, stands in found.items():
        since = f" since {stands.since:%Y-%m-%d}" if stands.since else ""
        click.echo(f"{name}: {stands.tier.value}{since}")
        for condition in stands.conditions:
            click.echo(f"  {condition_line(condition)}")
        if rung := next_rung(stands, name):
            click.echo(f"  {rung}")


def _facts(stands: Trust) -> dict[str, Any]:
    return {
        "tier": stands.tier.value,
        "since": stands.since.isoformat() if stands.since else None,
        "conditions": [
            {"name": one.name, "value": one.value, "needed": one.needed, "met": one.is_met}
            for one in stands.conditions
        ],
    }
