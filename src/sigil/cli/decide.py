"""`sigil decide`: what the recorded decision on a change is worth now; and the merge."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import branches
from sigil.cli.gate_context import base_branch, remote_name
from sigil.cli.options import as_json, repo_root
from sigil.cli.scenario.choosing import service_name

if TYPE_CHECKING:
    from sigil.gate.acting import Stands
    from sigil.gate.record.events import Decided
    from sigil.gate.record.unfinished import Unfinished


@click.command()
@click.argument("ref", shell_complete=branches)
@service_name
@base_branch
@remote_name
@click.option("--merge", "merges", is_flag=True, help="Merge if it is an ALLOW that stands.")
@click.option("--dry-run", is_flag=True, help="With --merge: say what would be, do nothing.")
@repo_root
@as_json
@click.pass_context
def decide(
    ctx: click.Context,
    ref: str,
    service: str,
    base: str | None,
    remote: str,
    merges: bool,
    dry_run: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Say what the last decision on a change is worth now: ALLOW, REVIEW or BLOCK.

    An ALLOW stands for the policy's freshness window, for this very change, baseline, exam and base
    branch, and for one merge. --merge needs the service at AUTO; below, merging is a human's.
    Exits with 0 for ALLOW, 3 for REVIEW, 4 for BLOCK.

    Example: sigil decide my-branch --service api
    """
    from sigil.cli.gate_context import open_ledger, share_ledger
    from sigil.cli.options import print_json, repository
    from sigil.effects import SYSTEM_CLOCK
    from sigil.gate.acting import decision_on
    from sigil.gate.decision import Verdict
    from sigil.gate.merging import merge, merges_alone
    from sigil.gate.revisions import resolve

    root = repository(repo_root)
    revisions = resolve(root, ref, base=base, remote=remote)
    ledger = open_ledger(root)
    stands = decision_on(root, revisions, ledger, service, SYSTEM_CLOCK.now())
    verdict = stands.worth.verdict
    for doubt in filter(None, (revisions.doubt, *stands.doubts)):
        click.echo(f"sigil: warning: {doubt}", err=True)
    for later in stands.unfinished:
        click.echo(f"sigil: warning: {_newer(later, stands.recorded.eval)}", err=True)
    merged = None
    if merges and verdict is Verdict.ALLOW:
        merges_alone(stands.tier)
        if not dry_run:
            branch = revisions.control.ref
            share = partial(share_ledger, root, ledger)
            merged = merge(
                root,
                branch,
                stands.recorded,
                ledger=ledger,
                service=service,
                seen=stands.seen,
                share=share,
            )
    if as_json:
        print_json({**_facts(stands), "merged": merged})
    else:
        _print(root, stands, service, merged, would=merges and dry_run and verdict is Verdict.ALLOW)
    ctx.exit(verdict.exit_code)


def _newer(later: Unfinished, decided: str) -> str:
    """Return that this is not about the newest evaluation of the change."""
    from sigil.printable import printable

    newer = f"{printable(later.eval)} ({printable(later.cause)})"
    return f"a later evaluation came to no decision: {newer}; this is about {decided}"


def _facts(stands: Stands) -> dict[str, object]:
    from sigil.gate.record.events import reasons

    return {
        "eval": stands.recorded.eval,
        "entry": stands.entry,
        "tier": stands.tier.value,
        "recorded": stands.recorded.verdict.value,
        "recorded_tier": stands.recorded.tier.value,
        "recommended": stands.recorded.recommended.value,
        "verdict": stands.worth.verdict.value,
        "reasons": reasons(stands.worth),
        "decided_for": stands.recorded.reasons,
        "unfinished": [{"eval": one.eval, "cause": one.cause} for one in stands.unfinished],
        "overridden": [verdict.value for verdict in stands.overridden],
        "lacks": [one.name for one in stands.trust.conditions if not one.is_met],
    }


def _print(root: Path, stands: Stands, service: str, merged: str | None, *, would: bool) -> None:
    from sigil.gate.record import dossier
    from sigil.gate.view.present import exam_alone, next_rung, reason_lines

    recorded = stands.recorded
    since = "" if stands.tier is recorded.tier else f", {stands.tier} now"
    click.echo(
        f"{recorded.eval} · entry {stands.entry} · {recorded.verdict} at {recorded.tier}{since}"
    )
    for line in _decided_for(root, recorded):
        click.echo(f"    {line}")
    for line in reason_lines(stands.worth):
        click.echo(f"  {line}")
    for verdict in stands.overridden:
        click.echo(f"  a human overrode it to {verdict.value}: on record, and it merges nothing")
    click.echo(f"  {exam_alone(recorded.recommended, recorded.verdict)}")
    if rung := next_rung(stands.trust, service):
        click.echo(f"  {rung}")
    if recorded.eval in dossier.names(root):
        click.echo(f"  more: sigil report {recorded.eval}")
    else:
        click.echo("  more is kept where it was evaluated, and not here")
    click.echo(f"decision: {stands.worth.verdict.value}")
    if merged is not None:
        click.echo(f"merged as {merged}")
    elif would:
        click.echo("would be merged")


def _decided_for(root: Path, recorded: Decided) -> list[str]:
    """Return the reasons of a decision, with their figures where the operator's copy is here.

    The ledger, which is shared, has none.
    """
    from sigil.errors import SigilError
    from sigil.gate.record import dossier
    from sigil.gate.view.present import kept_lines, recorded_lines

    try:
        found = dossier.read_summary(dossier.find(root, recorded.eval))
    except SigilError:  # what counts is on record, and is told in the ledger's words
        return recorded_lines(recorded.reasons)
    return kept_lines(recorded.reasons, found)
