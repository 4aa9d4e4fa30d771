"""`sigil scenario rotate`: holdouts under new seals."""

from __future__ import annotations

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
@service_name
@recipient_keys
@click.option("--retire", "retired", multiple=True, metavar="ID", help="Drop this holdout.")
@key_file_option
@key_descriptor
@seed_option
@dry_run_flag
@repo_root
@as_json
def rotate(
    service: str,
    recipients: tuple[str, ...],
    retired: tuple[str, ...],
    key_file: Path | None,
    key_fd: int | None,
    seed: int | None,
    dry_run: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Seal the holdouts anew, for those whom .sigil/gate.yaml lists now.

    All get new salts and new ids, in an order that nobody can guess who has no key. Whoever had a
    key can still open what git's history holds: replace the questions themselves, with --retire
    and `sigil scenario seal`, once somebody has seen them.
    """
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import (
        facts_of,
        identities_of,
        print_update,
        recipients_of,
    )
    from sigil.gate.bundle.changing import Update
    from sigil.gate.bundle.read import read_bundle
    from sigil.gate.bundle.updating import apply_update, writing_bundle
    from sigil.gate.evaluator import reseal
    from sigil.gate.trees import FolderTree

    root = repository(repo_root)
    identities = identities_of(service, key_file, key_fd)
    readers = recipients_of(root, service, recipients)

    def planned() -> Update:
        bundle = read_bundle(FolderTree(root), service)
        return reseal(bundle, identities, readers, retired=retired, seed=seed)

    if dry_run:
        update = planned()
    else:
        with writing_bundle(root, service):
            update = planned()
            apply_update(root, update)
    if as_json:
        print_json(facts_of(update, dry_run=dry_run))
    else:
        print_update(update, dry_run=dry_run)
