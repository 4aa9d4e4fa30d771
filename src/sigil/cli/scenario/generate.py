"""`sigil scenario generate`: an intent into scenarios of both halves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sigil.cli.by_model import model_flags, refuse_flags_of_models
from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import (
    dry_run_flag,
    key_descriptor,
    key_file_option,
    recipient_keys,
    seed_option,
    service_name,
)

REFUSED = 3
"""How the command ends where it was done, and some scenarios did not become part of the exam."""


@click.command()
@click.option(
    "--from",
    "source",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The intent: docs/specs/….md.",
)
@service_name
@click.option(
    "--ratio",
    type=click.FloatRange(0.0, 1.0),
    default=0.4,
    show_default=True,
    help="Of holdouts among the scenarios of one claim.",
)
@seed_option
@click.option("--expect-failing", is_flag=True, help="Keep what fails on the baseline.")
@click.option("--no-baseline", is_flag=True, help="Do not put the service up; two stages alone.")
@click.option("--rotate", is_flag=True, help="Replace the holdouts of this intent, without a key.")
@click.option("--prune", is_flag=True, help="Remove scenarios that nothing takes the place of.")
@click.option("--llm", is_flag=True, help="Let a model draft further scenarios.")
@click.option("--llm-seed", type=click.IntRange(min=0), help="Of --llm; another one asks anew.")
@model_flags
@recipient_keys
@key_file_option
@key_descriptor
@dry_run_flag
@repo_root
@as_json
@click.pass_context
def generate(
    ctx: click.Context,
    source: Path,
    service: str,
    ratio: float,
    seed: int | None,
    expect_failing: bool,
    no_baseline: bool,
    rotate: bool,
    prune: bool,
    llm: bool,
    llm_seed: int | None,
    recipients: tuple[str, ...],
    key_file: Path | None,
    key_fd: int | None,
    dry_run: bool,
    repo_root: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Compile an intent into scenarios: a half that everybody reads, and a sealed one.

    No model is asked unless you say --llm: then one drafts visible scenarios beside those that
    are compiled, and sealed variants are made of them without it. Each scenario has to parse, to
    run against the service as it stands here, and to fail against services that are wrong. What
    could not be compiled is listed with its line. Holdouts are sealed in memory; where some of
    this intent exist, the key tells whether they still hold. What is part of the exam stays part
    of it, even if it fails on the baseline today; if something would be lost because the intent
    has changed, nothing is written until you say --prune. Ends with code 3 if scenarios were
    refused: the exam is written, without them; and if nothing at all was compiled.
    """
    from sigil.cli.deployed import telling_its_output
    from sigil.cli.options import repository
    from sigil.cli.scenario.gathering import Showing
    from sigil.cli.scenario.generated import facts_of, print_generated
    from sigil.cli.scenario.generating import Asking, Flags, generate_exam

    if not llm:
        refuse_flags_of_models({**flags, "llm_seed": llm_seed}, "--llm")
    asked = Flags(
        source=source,
        service=service,
        ratio=ratio,
        seed=seed,
        expect_failing=expect_failing,
        no_baseline=no_baseline,
        rotate=rotate,
        prune=prune,
        recipients=recipients,
        key_file=key_file,
        key_fd=key_fd,
        dry_run=dry_run,
        asking=Asking(1 if llm_seed is None else llm_seed, flags) if llm else None,
    )
    with telling_its_output(), Showing(quiet=as_json) as showing:
        generated = generate_exam(repository(repo_root), asked, showing)
    if as_json:
        print_json(facts_of(generated))
    else:
        print_generated(generated)
    wanted = generated.wanted
    is_empty = bool(wanted.uncompiled) and not wanted.passed
    if is_empty:
        click.echo("sigil: warning: nothing was compiled, so this intent has no exam", err=True)
    if is_empty or any(one.refused for one in wanted.validations):
        ctx.exit(REFUSED)
