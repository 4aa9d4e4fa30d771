"""`sigil generate-spec`: pins from a name, files, words, a profile, or a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.by_model import by_model, print_described, refuse_flags_of_models
from sigil.cli.completing import functions
from sigil.cli.evolve import Duration
from sigil.cli.options import as_json, print_json, shown, unsafe

if TYPE_CHECKING:
    from sigil.cli.generating import WantedSpec

_ROWS = 15


@click.command("generate-spec")
@click.argument("name", required=False)
@click.argument("description", required=False, default="")
@click.option(
    "--function",
    "reference",
    shell_complete=functions,
    help="What may change: path/to/file.py:name.",
)
@click.option("--files", help="Whole files that may change, separated by commas.")
@click.option(
    "--profile",
    is_flag=True,
    help="Run the tests under a profiler and take the function with the most time.",
)
@click.option(
    "--timeout", type=Duration(), default="120s", show_default=True, help="Deadline of the tests."
)
@click.option("--llm", is_flag=True, help="Let a model choose the pins, among --files.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of --llm.")
@by_model
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
    seed: int,
    dry_run: bool,
    force: bool,
    unsafe: bool,
    repo_root: Path | None,
    as_json: bool,
    **flags: Any,
) -> None:
    """Write a spec, .sigil/NAME.sigil.yaml, that pins what may change.

    Takes --function or --files, or --profile, or else the function that DESCRIPTION names.
    --profile without NAME only shows where the tests spend their time. With --llm, a model reads
    DESCRIPTION and --files, and chooses the pins; a single argument is then the description.

    Example: sigil generate-spec wrap --function src/textwrap2.py:wrap
    """
    from sigil.cli.generating import WantedSpec, profile_table
    from sigil.errors import UsageError

    if llm:
        if reference or profile:
            raise UsageError("--llm chooses the pins itself", remedy="give --files alone")
        _by_model(
            name if description else None, description or name or "", files, repo_root,
            seed=seed, force=force, dry_run=dry_run, as_json=as_json, flags=flags,
        )  # fmt: skip
        return
    refuse_flags_of_models({"--dry-run": dry_run or None, **flags}, "--llm")
    wanted = WantedSpec(name or "", description, reference, files, unsafe=unsafe, force=force)
    rows = profile_table(repo_root, timeout, unsafe=unsafe) if profile else []
    if as_json and profile and name is None:
        print_json([row.as_json() for row in rows])
        return
    for row in rows[:_ROWS] if not as_json else []:
        click.echo(
            f"{row.total_s * 1e3:12.3f} ms  own {row.own_s * 1e3:12.3f} ms  "
            f"{row.calls:>9} ×  {row.reference}"
        )
    if name is not None:
        _write(wanted, rows[0].reference if rows else None, repo_root, as_json=as_json)
    elif not profile:
        raise UsageError("no name for the spec", remedy="sigil generate-spec NAME --function …")


def _write(wanted: WantedSpec, hottest: str | None, root: Path | None, *, as_json: bool) -> None:
    from sigil.cli.generating import write_spec

    path, pinned = write_spec(wanted, hottest, root)
    if as_json:
        print_json({"spec": wanted.name, "path": shown(path), "pins": pinned})
        return
    click.echo(f"wrote {shown(path)}, which pins {', '.join(pinned)}")
    click.echo(f"next  sigil generate-eval --spec {wanted.name} {wanted.name}")


def _by_model(
    name: str | None,
    description: str,
    files: str | None,
    root: Path | None,
    *,
    as_json: bool,
    **wanted: Any,
) -> None:
    from sigil.cli.describing import Wanted, spec_by_model

    made = spec_by_model(Wanted(name, description, **wanted), files, root)
    print_described(made, as_json=as_json)
    if made.written and not as_json:
        click.echo(f"next  sigil generate-eval --spec {made.name} {made.name}")
