"""`sigil validate-patch`: check a diff against the pins of a spec."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import as_json, print_json, repo_root, spec_name


@click.command("validate-patch")
@spec_name
@click.option(
    "--patch-file", required=True, type=click.Path(path_type=Path), help="A unified diff."
)
@repo_root
@as_json
def validate_patch(spec_name: str, patch_file: Path, repo_root: Path | None, as_json: bool) -> None:
    """Check that a diff applies, stays inside the pins, parses and keeps signatures."""
    from sigil.cli.options import repository
    from sigil.optimize.candidates import validate_patch as validate
    from sigil.optimize.spec import load_spec

    changed = sorted(validate(load_spec(repository(repo_root), spec_name), patch_file))
    if as_json:
        print_json({"valid": True, "files": changed})
    else:
        click.echo(f"valid: changes {', '.join(changed) or 'nothing'} inside the pins")
