"""`sigil generate-spec`: pins from a name, from files, from words, or from a profile."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.evolve import Duration
from sigil.cli.options import as_json, print_json, shown, unsafe

_ROWS = 15


@click.command("generate-spec")
@click.argument("name", required=False)
@click.argument("description", required=False, default="")
@click.option("--function", "reference", help="What may change: path/to/file.py:name.")
@click.option("--files", help="Whole files that may change, separated by commas.")
@click.option(
    "--profile",
    is_flag=True,
    help="Run the tests under a profiler and take the function with the most time.",
)
@click.option(
    "--timeout", type=Duration(), default="120s", show_default=True, help="Deadline of the tests."
)
@click.option("--llm", is_flag=True, help="Let a model propose the pins; still to come.")
@click.option("--force", is_flag=True, help="Overwrite a spec of that name.")
@unsafe
@click.option(
    "--repo-root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The repository; by default found from the current folder upward.",
)
@as_json
def generate_spec(
    name: str | None,
    description: str,
    reference: str | None,
    files: str | None,
    profile: bool,
    timeout: float,
    llm: bool,
    force: bool,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Write a spec, .sigil/NAME.sigil.yaml, that pins what may change.

    Takes --function or --files, or --profile, or else the function that DESCRIPTION names.
    --profile without NAME only shows where the tests spend their time.

    Example: sigil generate-spec wrap --function src/textwrap2.py:wrap
    """
    from sigil.cli.generating import WantedSpec, profile_table, write_spec
    from sigil.errors import NotYet, UsageError

    if llm:
        raise NotYet("pins from a model are still to come", remedy="leave --llm out")
    wanted = WantedSpec(name or "", description, reference, files, unsafe=unsafe, force=force)
    rows = profile_table(repo_root, timeout, unsafe=unsafe) if profile else []
    if as_json and profile and name is None:
        print_json([row.as_json() for row in rows])
        return
    for row in rows[:_ROWS] if not as_json else []:
        click.echo(
            f"{row.total_s:8.3f} s  own {row.own_s:8.3f} s  {row.calls:>9} ×  {row.reference}"
        )
    if name is None:
        if not profile:
            raise UsageError("no name for the spec", remedy="sigil generate-spec NAME --function …")
        return
    path, pinned = write_spec(wanted, rows[0].reference if rows else None, repo_root)
    if as_json:
        print_json({"spec": name, "path": shown(path), "pins": pinned})
        return
    click.echo(f"wrote {shown(path)}, which pins {', '.join(pinned)}")
    click.echo(f"next  sigil generate-eval --spec {name} {name}")
