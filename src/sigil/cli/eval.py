"""`sigil eval`: a change, its baseline, the whole exam, a signed decision."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import branches
from sigil.cli.gate_context import base_branch, remote_name
from sigil.cli.options import as_json, repo_root
from sigil.cli.scenario.choosing import at_once, service_name

if TYPE_CHECKING:
    from sigil.gate.feedback import Feedback
    from sigil.gate.record.summary import Summary


@click.command("eval")
@click.argument("ref", shell_complete=branches)
@service_name
@base_branch
@remote_name
@click.option("--seed", type=click.IntRange(0, 2**64 - 1), help="Of the generators; else secret.")
@click.option("--repeats", type=click.IntRange(1, 100), help="Of each scenario on each side.")
@at_once
@click.option(
    "--key-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Private key that opens the holdouts; - is standard input. By default the service's.",
)
@click.option("--key-fd", type=click.IntRange(0), help="Read the private key from this descriptor.")
@click.option("--junit", type=click.Path(path_type=Path), help="Write JUnit XML here.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write a PR comment here.")
@repo_root
@as_json
@click.pass_context
def eval_(
    ctx: click.Context,
    ref: str,
    service: str,
    base: str | None,
    remote: str,
    seed: int | None,
    repeats: int | None,
    lanes: int,
    key_file: Path | None,
    key_fd: int | None,
    junit: Path | None,
    markdown: Path | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Examine a change beside its baseline, and decide: ALLOW, REVIEW or BLOCK.

    REF is anything that git resolves, or pull/N/head; a name of both a branch and a tag is
    refused, and refs/heads/NAME or refs/tags/NAME taken. Exam and policy are those of the base
    branch: of --base, else of origin/HEAD, else main or master here, else of origin. Exits with
    0 for ALLOW, 3 for REVIEW, 4 for BLOCK.

    Example: sigil eval my-branch --service api
    """
    from rich.console import Console

    from sigil.cli.evaluation import examination
    from sigil.cli.evaluation_shown import failures_for_operator, print_outcome
    from sigil.cli.options import check_writable, print_json, repository
    from sigil.gate.deploy.model import ended_text
    from sigil.gate.parts import Wanted
    from sigil.gate.record.dossier import plain

    root = repository(repo_root)
    for path in (junit, markdown):
        check_writable(path)
    wanted = Wanted(
        root=root,
        service=service,
        ref=ref,
        base=base,
        remote=remote,
        seed=seed,
        repeats=repeats,
        lanes=lanes,
    )
    outcome, found = examination(wanted, (key_file, key_fd), quiet=as_json)
    for side in outcome.ended:
        click.echo(f"sigil: warning: {ended_text(side)}", err=True)
    if as_json:
        print_json({**plain(found), "feedback": plain(outcome.feedback)})
    else:
        print_outcome(outcome, Console(highlight=False), failures_for_operator(outcome))
    _write(found, outcome.feedback, junit=junit, markdown=markdown)
    ctx.exit(outcome.decision.verdict.exit_code)


def _write(found: Summary, told: Feedback, *, junit: Path | None, markdown: Path | None) -> None:
    """Write what CI shows; both are the author's view."""
    from sigil.gate.view import comment
    from sigil.gate.view import junit as cases
    from sigil.store.files import write_atomic

    if junit is not None:
        write_atomic(junit, cases.junit(found.service, cases.of_feedback(told)))
    if markdown is not None:
        write_atomic(markdown, comment.markdown(found, told).encode())
