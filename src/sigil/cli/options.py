"""Options that several commands share, so that one flag means one thing everywhere."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.completing import specs, workspaces

if TYPE_CHECKING:
    from rich.console import Console

repo_root = click.option(
    "--repo-root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The repository; by default the nearest folder upward that has a .sigil folder.",
)
spec_name = click.option(
    "--spec", "spec_name", required=True, help="Name of the spec.", shell_complete=specs
)
workspace_name = click.option(
    "--workspace",
    "workspace_name",
    default="default",
    show_default=True,
    help="Workspace to use.",
    shell_complete=workspaces,
)
eval_name = click.option("--eval", "eval_name", help="Which eval of the spec, if it lists several.")
run_name = click.option("--run", "run_name", help="Run, or the start of its name; else the latest.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
unsafe = click.option(
    "--unsafe", is_flag=True, help="Run untrusted code WITHOUT isolation where none can be had."
)


def repository(given: Path | None) -> Path:
    """Return the repository that ``--repo-root`` or the current folder names."""
    from sigil.optimize.spec import HOME, find_repository

    if given is not None and (given / HOME).is_dir():
        return given.resolve()
    return find_repository(given or Path.cwd())


def repository_or_none(given: Path | None) -> Path | None:
    """Return the repository, or None where there is none."""
    from sigil.errors import NotFound

    try:
        return repository(given)
    except NotFound:
        return None


def shown(path: Path) -> str:
    """Return ``path`` as the user would type it from where they are."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative


def print_json(value: Any) -> None:
    """Print ``value`` as JSON on standard output, whole even when piped.

    What a terminal would obey is an escape of JSON: control and bidirectional characters too.
    """
    text = json.dumps(value, indent=2, ensure_ascii=False)
    if not text.replace("\n", "").isprintable():
        text = "".join(
            one if one.isprintable() or one == "\n" else json.dumps(one)[1:-1] for one in text
        )
    click.echo(text)


def wide_console(width: int = 200) -> Console:
    """Return a console that is ``width`` columns wide where nobody says how wide it is."""
    from rich.console import Console

    console = Console()
    told = console.is_terminal or "COLUMNS" in os.environ
    return console if told else Console(width=width)


def check_writable(path: Path | None) -> None:
    """Refuse a file that cannot be written, before the work whose result it is to hold.

    Raises:
        Unwritable: its folder is not there or not to be written, or it is a folder itself.
    """
    import errno

    from sigil.store.disk_errors import write_error

    if path is None:
        return
    refused = 0
    if path.is_dir():
        refused = errno.EISDIR
    elif not path.parent.is_dir():
        refused = errno.ENOTDIR if path.parent.exists() else errno.ENOENT
    elif not os.access(path.parent, os.W_OK | os.X_OK):
        refused = errno.EACCES
    if refused:
        raise write_error(OSError(refused, os.strerror(refused)), path)
