"""`sigil trust enroll`: register a service."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import repo_root
from sigil.cli.scenario.choosing import service_name


@click.command()
@service_name
@repo_root
def enroll(service: str, repo_root: Path | None) -> None:
    """Register a service, so that its evaluations begin to count: NONE becomes SHADOW.

    Example: sigil trust enroll --service api
    """
    from sigil.cli.gate_context import open_ledger, policy_here
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate import acting
    from sigil.gate.names import check_service
    from sigil.gate.record.steps import announce
    from sigil.gate.trust import Tier

    root = repository(repo_root)
    policy = policy_here(root)
    policy.service(check_service(service))
    ledger = open_ledger(root)
    already = acting.trust_of(ledger, service, policy.gate, SYSTEM_CLOCK.now())
    if already.tier is not Tier.NONE:
        click.echo(f"{service}: enrolled already, at {already.tier.value}; nothing was recorded")
        return
    entry = acting.enroll(ledger, service)
    stands = announce(ledger, service, policy.gate, SYSTEM_CLOCK.now())
    click.echo(f"{service}: {stands.tier.value} · entry {entry.seq}")
