"""`sigil trust show`: where a service stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import as_json, print_json, repo_root

if TYPE_CHECKING:
    from sigil.gate.trust import Condition, Trust


@click.command()
@click.option("--service", "-s", help="Of one service; else of all that the ledger knows.")
@repo_root
@as_json
def show(service: str | None, repo_root: Path | None, as_json: bool) -> None:
    """Say where services stand, and what the next rung asks."""
    from sigil.cli.gatekeeping import gate_of, open_ledger
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import trust_of

    root = repository(repo_root)
    ledger, gate = open_ledger(root), gate_of(root)
    names = [service] if service else sorted({entry.service for entry in ledger.entries()})
    now = SYSTEM_CLOCK.now()
    found = {name: trust_of(ledger, name, gate, now) for name in names}
    if as_json:
        print_json({name: _facts(stands) for name, stands in found.items()})
        return
    for name, stands in found.items():
        since = f" since {stands.since:%Y-%m-%d}" if stands.since else ""
        click.echo(f"{name}: {stands.tier.value}{since}")
        for condition in stands.conditions:
            click.echo(f"  {_line(condition)}")


def _line(condition: Condition) -> str:
    value = "undefined" if condition.value is None else f"{condition.value:g}"
    mark = "✓" if condition.is_met else "·"
    return f"{mark} {condition.name:<26} {value} of {condition.needed:g}"


def _facts(stands: Trust) -> dict[str, Any]:
    return {
        "tier": stands.tier.value,
        "since": stands.since.isoformat() if stands.since else None,
        "conditions": [
            {"name": one.name, "value": one.value, "needed": one.needed, "met": one.is_met}
            for one in stands.conditions
        ],
    }
