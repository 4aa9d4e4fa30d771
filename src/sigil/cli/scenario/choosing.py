"""Which service, which recipients, which key: what the commands of `sigil scenario` share."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.completing import services

if TYPE_CHECKING:
    from sigil.gate.bundle.changing import Update
    from sigil.gate.bundle.keys import Identities
    from sigil.gate.policy import GatePolicy

service_name = click.option(
    "--service", "-s", required=True, help="Whose exam.", shell_complete=services
)
at_once = click.option(
    "--lanes",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Scenarios at once on each side. What one writes to the service another one then reads.",
)
recipient_keys = click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="age1…",
    help="Public key of a reader; by default those of .sigil/gate.yaml.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**64 - 1), help="Seed to record; else the present one."
)
key_file_option = click.option(
    "--key-file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Private key of a recipient; - is standard input. By default the service's.",
)
key_descriptor = click.option(
    "--key-fd", type=click.IntRange(0), help="Read the private key from this descriptor."
)
dry_run_flag = click.option("--dry-run", is_flag=True, help="Say what would be, write nothing.")


def policy_of(root: Path) -> GatePolicy | None:
    """Return the policy as it stands in the working tree; None if there is none."""
    from sigil.errors import NotFound
    from sigil.gate.policy import MAX_BYTES, PATH, load_policy
    from sigil.gate.trees import FolderTree

    try:
        return load_policy(FolderTree(root).read(PATH, MAX_BYTES))
    except NotFound:
        return None


def recipients_of(root: Path, service: str, given: tuple[str, ...]) -> tuple[str, ...]:
    """Return who may open the holdouts: those given, else those of the policy."""
    if given:
        return given
    policy = policy_of(root)
    return () if policy is None else tuple(policy.service(service).recipients)


def keys_here() -> Path:
    """Return the folder of private keys of this user."""
    from sigil.store.private_files import keys_folder

    return keys_folder(os.environ)


def identities_of(service: str, file: Path | None, descriptor: int | None) -> Identities:
    """Return the private keys that the flags name; by default that of the service."""
    from sigil.errors import UsageError
    from sigil.gate.bundle.keys import identity_path, read_identities, read_identities_from

    if file is not None and descriptor is not None:
        raise UsageError("two keys are named", remedy="say --key-file or --key-fd")
    if descriptor is not None:
        return read_identities_from(descriptor)
    if file == Path("-"):
        return read_identities_from(sys.stdin.fileno())
    return read_identities(file or identity_path(keys_here(), service))


def read_draft() -> bytes:
    """Return the scenario on standard input, and one byte more than a scenario may have."""
    from sigil.gate.bundle.read import MAX_TEXT

    return sys.stdin.buffer.read(MAX_TEXT + 1)


def facts_of(update: Update, *, dry_run: bool) -> dict[str, Any]:
    """Return what an update comes to, for ``--json``. Nothing of what is sealed is in it."""
    manifest = update.manifest
    return {
        "service": manifest.service,
        "version": manifest.version,
        "set": manifest.set_hash,
        "visible": len(manifest.visible),
        "holdout": len(manifest.holdouts),
        "recipients": list(manifest.recipients),
        "sealed": sorted(update.sealed),
        "removed": sorted(update.removed),
        "written": update.changes and not dry_run,
    }


def print_update(update: Update, *, dry_run: bool) -> None:
    """Print what an update comes to."""
    manifest = update.manifest
    would = "would be " if dry_run else ""
    for id_ in sorted(update.sealed):
        click.echo(f"{would}sealed {id_}")
    for path in sorted(update.removed):
        click.echo(f"{would}removed {path}")
    if not update.changes:
        click.echo("nothing has changed")
    click.echo(
        f"{manifest.service}: {len(manifest.visible)} visible · {len(manifest.holdouts)} holdout · "
        f"recipients: {len(manifest.recipients)} · {manifest.version} · {manifest.set_hash}"
    )
