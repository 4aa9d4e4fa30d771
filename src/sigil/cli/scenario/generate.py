"""`sigil scenario generate`: an intent into scenarios of both halves."""

from __future__ import annotations

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from sigil.gate.generate.validating import Examiner
    from sigil.gate.generate.writing import Held
    from sigil.gate.intent import Intent


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
    they still hold.
    """
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import recipients_of
    from sigil.cli.scenario.generated import facts_of, print_generated
    from sigil.effects import random_bytes
    from sigil.gate.generate.drafting import draft
    from sigil.gate.generate.validating import validate
    from sigil.gate.generate.writing import SECRET_BYTES, Publication, publish

    root = repository(repo_root)
    raw, intent = _intent(root, source)
    chosen = _seed(root, service, seed)
    held = _held(root, service, intent.path, key_file, key_fd, rotate=rotate)
    secret = held.secret
    if secret is None:
        secret = int.from_bytes(random_bytes(SECRET_BYTES))
    drafted = draft(intent, ratio=ratio, seed=chosen, secret=secret)
    with ExitStack() as stack:
        examiner = _examiner(
            stack, root, service, intent, expect_failing=expect_failing, no_baseline=no_baseline
        )
        validations = validate(drafted.candidates, examiner)
    passed = [validation.candidate for validation in validations if not validation.refused]
    published = None
    if not dry_run:
        published = publish(
            root,
            service,
            Publication(
                intent,
                raw,
                recipients_of(root, service, recipients),
                tuple(one for one in passed if one.half == "visible"),
                tuple(one for one in passed if one.half == "holdout"),
                drafted.uncompiled,
                held,
                chosen,
                ratio,
            ),
        )
    if as_json:
        print_json(facts_of(intent, drafted, validations, published))
    else:
        print_generated(intent, drafted, validations, published)


def _intent(root: Path, source: Path) -> tuple[bytes, Intent]:
    """Read the intent; it has to be a file of the repository."""
    from sigil.errors import NotFound, UsageError, Where
    from sigil.gate.intent import read_intent
    from sigil.gate.intent.read import MAX_BYTES
    from sigil.gate.trees import FolderTree

    absolute = source.parent.resolve() / source.name
    if not absolute.is_relative_to(root):
        raise UsageError(f"{source} is not in the repository", remedy="keep it in docs/specs/")
    path = absolute.relative_to(root).as_posix()
    try:
        raw = FolderTree(root).read(path, MAX_BYTES)
    except NotFound:
        raise NotFound("there is no such intent", where=Where(path)) from None
    return raw, read_intent(raw, path)


def _seed(root: Path, service: str, given: int | None) -> int:
    """Return the seed: the given one, else the recorded one, else 0."""
    from sigil.errors import NotFound
    from sigil.gate.bundle import read_manifest
    from sigil.gate.trees import FolderTree

    if given is not None:
        return given
    try:
        return read_manifest(FolderTree(root), service).seed
    except NotFound:
        return 0


def _held(
    root: Path,
    service: str,
    spec: str,
    key_file: Path | None,
    key_fd: int | None,
    *,
    rotate: bool,
) -> Held:
    """Return the holdouts of this intent that exist, opened unless they are to be replaced."""
    from sigil.cli.scenario.choosing import identities_of
    from sigil.errors import KeyMissing, NotFound
    from sigil.gate.bundle import read_bundle, read_manifest
    from sigil.gate.evaluator import open_bundle
    from sigil.gate.generate.writing import Held
    from sigil.gate.trees import FolderTree

    tree = FolderTree(root)
    try:
        manifest = read_manifest(tree, service)
    except NotFound:
        return Held({}, ())
    ids = tuple(entry.id for entry in manifest.holdouts if entry.spec == spec)
    if not ids or rotate:
        return Held({}, ids)
    try:
        identities = identities_of(service, key_file, key_fd)
    except KeyMissing as missing:
        raise KeyMissing(
            f"{len(ids)} holdouts of this intent exist, and without the key nobody can tell "
            f"whether they still hold ({missing.problem})",
            where=missing.where,
            remedy="give the key with --key-file, or replace them with --rotate",
        ) from None
    opened = open_bundle(read_bundle(tree, service), identities)
    return Held({one.id: one.text for one in opened.holdouts if one.id in ids}, ids)


def _examiner(
    stack: ExitStack,
    root: Path,
    service: str,
    intent: Intent,
    *,
    expect_failing: bool,
    no_baseline: bool,
) -> Examiner:
    """Put the baseline up, and return what validation needs."""
    from sigil.cli.scenario.choosing import policy_of
    from sigil.effects import random_bytes
    from sigil.errors import NotFound, Where
    from sigil.gate.deploy import Source, deploy
    from sigil.gate.generate.baseline import Baseline
    from sigil.gate.generate.validating import Examiner
    from sigil.gate.hall import Hall
    from sigil.gate.linting import helpers
    from sigil.gate.policy import PATH
    from sigil.gate.trees import FolderTree

    library = helpers(FolderTree(root), service)
    policy = policy_of(root)
    if policy is None and not no_baseline:
        raise NotFound(
            "there is no policy, so nobody can put the service up",
            where=Where(PATH),
            remedy="write it, or say --no-baseline",
        )
    names = [] if policy is None else policy.service(service).env
    environment = {name: os.environ[name] for name in names if name in os.environ}
    run = None
    if policy is not None and not no_baseline:
        deployment = deploy(
            policy.deployment(service), Source(root), "baseline", cache=root / ".sigil" / "cache"
        )
        stack.enter_context(deployment)
        hall = stack.enter_context(Hall())
        # A service that goes on running has seen the values of every seed that came before.
        chance = int.from_bytes(random_bytes(8))
        run = Baseline(hall, deployment, environment, chance).run
    return Examiner(run, environment, library, intent.path, expect_failing)
