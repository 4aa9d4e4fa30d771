"""`sigil incident`: something went wrong in production."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.completing import evaluations
from sigil.cli.options import repo_root
from sigil.cli.scenario.choosing import service_name


@click.command()
@click.argument("tag")
@service_name
@click.option(
    "--eval",
    "evaluation",
    default="",
    help="Whose change caused it, if that is known.",
    shell_complete=evaluations,
)
@click.option("--note", default="", help="What happened, for people.")
@repo_root
def incident(tag: str, service: str, evaluation: str, note: str, repo_root: Path | None) -> None:
    """Record an incident of a service, such as eval.regression or safety.

    One costs AUTO a rung, two in 30 days cost it two; eval.regression costs ADVISORY one.

    Example: sigil incident eval.regression --service api --eval eval_01M7YYY3SNRFJA
    """
    from sigil.cli.gate_context import check_known, open_ledger, policy_here
    from sigil.cli.options import repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import report_incident
    from sigil.gate.record.steps import announce
    from sigil.gate.view.present import fall_lines

    root = repository(repo_root)
    ledger, policy = open_ledger(root, "reviewer"), policy_here(root)
    check_known(policy, ledger, service)
    entry = report_incident(ledger, service, tag, name=evaluation, note=note)
    stands = announce(ledger, service, policy.gate, SYSTEM_CLOCK.now())
    click.echo(f"incident {tag} of {service} · entry {entry.seq} · now {stands.tier.value}")
    for line in fall_lines(stands, service, entry.ts):
        click.echo(f"  {line}")
