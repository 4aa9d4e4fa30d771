"""``sigil verify``: re-derive every hash of a record."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import as_json, print_json
from sigil.errors import Corrupt

_OTHERS = {
    "ledger": "sigil ledger verify",
    "scenarios": "sigil scenario list",
    "gate": "sigil replay EVAL",
}
"""What lies beside runs and has a verifier of its own, by its name below ``.sigil``."""


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=".sigil")
@as_json
def verify(path: Path, as_json: bool) -> None:
    """Re-derive every hash of a run, a journal, or all of them below PATH.

    Ends with code 43 if anything is not what was written. A run that has not ended is
    said to be unfinished, which is no damage. The gate's ledger, exams and evaluations are vouched
    for by signatures and seals, and are not looked at here: it says which commands do.
    """
    import dataclasses

    from sigil.store.verify import verify as check

    report, others = check(path), _others(path)
    if as_json:
        print_json({**dataclasses.asdict(report), "intact": report.intact, "not_verified": others})
    else:
        for finding in report.findings:
            click.echo(str(finding))
        click.echo(
            f"{report.root}: {report.runs} runs, {report.files} files, {report.bytes} bytes, "
            f"{report.frames} frames: {'intact' if report.intact else 'CORRUPT'}"
        )
        for place, command in others.items():
            click.echo(f"not verified here: {place} ({command})")
    if not report.intact:
        raise SystemExit(Corrupt.exit_code)


def _others(path: Path) -> dict[str, str]:
    """Return what lies at a path, or in the ``.sigil`` below it, and is verified elsewhere.

    Returns:
        The command that verifies each, by its path.
    """
    inside = path if path.resolve().name == ".sigil" else path / ".sigil"
    found = {inside / name: command for name, command in _OTHERS.items()}
    if path.resolve().parent.name == ".sigil" and path.resolve().name in _OTHERS:
        found = {path: _OTHERS[path.resolve().name]}
    return {str(place): command for place, command in found.items() if place.is_dir()}
