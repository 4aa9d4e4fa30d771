"""`sigil config show`: the settings, and where each value comes from."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import as_json, print_json, repo_root


@click.group()
def config() -> None:
    """Show the settings and where each comes from."""


@config.command()
@repo_root
@as_json
def show(repo_root: Path | None, as_json: bool) -> None:
    """Print every setting with its value, its source and what it does."""
    from rich.console import Console
    from rich.table import Table

    from sigil.cli.options import repository_or_none
    from sigil.cli.settings import SETTINGS, resolve

    settings = resolve(repository_or_none(repo_root))
    if as_json:
        print_json({name: {"value": s.value, "source": s.source} for name, s in settings.items()})
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("setting", "value", "from", "meaning"):
        table.add_column(heading)
    for name, setting in settings.items():
        value = "–" if setting.value is None else str(setting.value)
        table.add_row(name, value, setting.source, SETTINGS[name].help)
    Console().print(table)
