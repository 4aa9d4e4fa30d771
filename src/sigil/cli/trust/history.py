"""`sigil trust history`: every step, with its reason."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import service_name


@click.command()
@service_name
@repo_root
@as_json
def history(service: str, repo_root: Path | None, as_json: bool) -> None:
    """List every step of a service on the ladder, oldest first, with its reason.

    Example: sigil trust history --service api
    """
    from sigil.cli.gate_context import check_known, open_ledger, policy_here
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import trust_of

    root = repository(repo_root)
    ledger, policy = open_ledger(root), policy_here(root)
    check_known(policy, ledger, service)
    steps = trust_of(ledger, service, policy.gate, SYSTEM_CLOCK.now()).history
    if as_json:
        print_json(
            [
                {
                    "ts": step.ts.isoformat(),
                    "before": step.before.value,
                    "after": step.after.value,
                    "reason": step.reason,
                }
                for step in steps
            ]
        )
        return
    if not steps:
        click.echo(f"no step yet; the first: sigil trust enroll --service {service}")
    for step in steps:
        click.echo(
            f"{step.ts:%Y-%m-%d %H:%M} {step.before.value} → {step.after.value}: {step.reason}"
        )
