"""`sigil generate-types`: the scenario language, as an editor understands it."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import repo_root

TYPES = Path(".sigil") / "scenarios" / "types" / "sigil.lua"


@click.command("generate-types")
@click.option(
    "--output",
    type=click.Path(path_type=Path, allow_dash=True, dir_okay=False),
    help=f"Where to; - is standard output. By default {TYPES}.",
)
@repo_root
def generate_types(output: Path | None, repo_root: Path | None) -> None:
    """Write types of the scenario language for the Lua language server (LuaLS).

    Editors then complete sigil.*, expect and invariant, and know what each takes. The file is
    generated from the tables that lint goes by: write it again after an update of Sigil.
    """
    from sigil.cli.options import repository, shown
    from sigil.errors import AlreadyExists, Where
    from sigil.gate.lua.stub import MARK, stub
    from sigil.store.files import make_directory, write_atomic

    if output == Path("-"):
        click.echo(stub(), nl=False)
        return
    path = output or repository(repo_root) / TYPES
    if path.exists() and MARK not in path.read_text(errors="replace")[:200]:
        raise AlreadyExists(
            "is not one that this command wrote",
            where=Where(shown(path)),
            remedy="move it away, or name another by --output",
        )
    make_directory(path.parent)
    write_atomic(path, stub().encode())
    click.echo(f"wrote {shown(path)}")
    click.echo(f'next  name its folder in .luarc.json: "workspace.library": ["{TYPES.parent}"]')
