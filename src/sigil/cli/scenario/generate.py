"""`sigil scenario generate`: an intent into scenarios of both halves."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import (
    dry_run_flag,
    key_descriptor,
    key_file_option,
    recipient_keys,
    seed_option,
    service_name,
)


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
@recipient_keys
@key_file_option
@key_descriptor
@dry_run_flag
@repo_root
@as_json
def generate(
    source: Path,
    service: str,
    ratio: float,
    seed: int | None,
    expect_failing: bool,
    no_baseline: bool,
    rotate: bool,
    prune: bool,
    recipients: tuple[str, ...],
    key_file: Path | None,
    key_fd: int | None,
    dry_run: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Compile an intent into scenarios: a half that everybody reads, and a sealed one.

    No model is asked. Each scenario has to parse, to run against the service as it stands here,
    and to fail against services that are wrong. What could not be compiled is listed with its
    line. Holdouts are sealed in memory; where some of this intent exist, the key tells whether
    they still hold. What is part of the exam stays part of it, even if it fails on the baseline
    today; if something would be lost because the intent has changed, nothing is written until
    you say --prune.
    """
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import recipients_of
    from sigil.cli.scenario.gathering import Showing, examiner_of, held_of, intent_at, seed_of
    from sigil.cli.scenario.generated import Generated, facts_of, print_generated
    from sigil.effects import random_bytes
    from sigil.gate.generate.drafting import draft
    from sigil.gate.generate.marks import SECRET_BYTES
    from sigil.gate.generate.validating import validate
    from sigil.gate.generate.writing import Publication, change_of, publish

    root = repository(repo_root)
    raw, intent = intent_at(root, source)
    chosen = seed_of(root, service, seed)
    held = held_of(root, service, intent.path, key_file, key_fd, rotate=rotate)
    secret = held.secret
    if secret is None:
        secret = int.from_bytes(random_bytes(SECRET_BYTES))
    drafted = draft(intent, ratio=ratio, seed=chosen, secret=secret)
    with ExitStack() as stack:
        showing = stack.enter_context(Showing(quiet=as_json))
        showing.says("putting the service up" if not no_baseline else "trying wrong services")
        examiner = examiner_of(
            stack,
            root,
            service,
            intent.path,
            held=held,
            expect_failing=expect_failing,
            no_baseline=no_baseline,
        )
        validations = validate(drafted.candidates, examiner, showing.tried)
    wanted = Publication(
        intent,
        raw,
        recipients_of(root, service, recipients),
        tuple(validations),
        drafted.uncompiled,
        held,
        chosen,
        ratio,
    )
    published = None if dry_run else publish(root, service, wanted, prune=prune)
    change = change_of(root, service, wanted) if published is None else published.change
    generated = Generated(wanted, change, published, prune=prune)
    if as_json:
        print_json(facts_of(generated))
    else:
        print_generated(generated)
