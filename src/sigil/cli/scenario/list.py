"""`sigil scenario list`: what belongs to an exam, as far as anybody may know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.completing import services
from sigil.cli.options import as_json, print_json, repo_root

if TYPE_CHECKING:
    from sigil.gate.bundle.manifest import Manifest
    from sigil.gate.trees import Tree


@click.command("list")
@click.option(
    "--service", "-s", help="Whose exam; else those of all services.", shell_complete=services
)
@click.option("--ref", help="As this commit has it, instead of the working tree.")
@repo_root
@as_json
def list_(service: str | None, ref: str | None, repo_root: Path | None, as_json: bool) -> None:
    """List ids, halves, intents and digests, after verifying every file.

    Of a holdout there is no title and no text: nobody needs a key for this, and none is used.
    """
    from sigil.cli.options import repository
    from sigil.gate.bundle.read import read_bundle, services_in
    from sigil.gate.trees import CommitTree, FolderTree

    root = repository(repo_root)
    tree: Tree = FolderTree(root) if ref is None else CommitTree(root, ref)
    names = [service] if service else services_in(tree)
    manifests = [read_bundle(tree, name).manifest for name in names]
    if as_json:
        print_json([_facts(manifest) for manifest in manifests])
        return
    for manifest in manifests:
        _print(manifest)
    if not manifests:
        click.echo("no service has scenarios; see sigil scenario seal --help")


def _facts(manifest: Manifest) -> dict[str, Any]:
    from sigil.gate.bundle.manifest import entry_facts

    return {
        "service": manifest.service,
        "version": manifest.version,
        "set": manifest.set_hash,
        "seed": manifest.seed,
        "recipients": list(manifest.recipients),
        "library": [path for path, _ in manifest.library],
        "scenarios": [entry_facts(entry) for entry in manifest.entries],
    }


def _print(manifest: Manifest) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from sigil.printable import printable

    click.echo(f"{manifest.service} · {manifest.version} · {manifest.set_hash}")
    table = Table(box=None, pad_edge=False)
    for heading in ("scenario", "half", "spec", "digest"):
        table.add_column(heading, overflow="fold")
    for entry in (*manifest.visible, *manifest.holdouts):
        cells = (entry.id, entry.half, printable(entry.spec) or "–", entry.digest[:19])
        table.add_row(*map(Text, cells))
    Console().print(table)
    click.echo(
        f"{len(manifest.visible)} visible · {len(manifest.holdouts)} holdout · "
        f"recipients: {len(manifest.recipients)}"
    )
