"""``sigil reindex``: bring the index up to date with the files."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import as_json, print_json


@click.command()
@click.option(
    "--root",
    type=click.Path(path_type=Path),
    default=".sigil",
    show_default=True,
    help="Directory whose runs are indexed; the index stands in it.",
)
@as_json
def reindex(root: Path, as_json: bool) -> None:
    """Rebuild the index from the files alone.

    Only manifests that have changed are read. Deleting the index loses nothing.
    """
    import dataclasses

    from sigil.store.index import reindex as build

    summary = build(root)
    if as_json:
        print_json(dataclasses.asdict(summary))
        return
    for reason in summary.refused:
        click.echo(f"left out: {reason}", err=True)
    click.echo(
        f"{root}: {summary.runs} runs indexed, {summary.read} read, {summary.removed} removed"
    )
