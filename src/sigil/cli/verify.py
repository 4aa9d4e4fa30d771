"""``sigil verify``: re-derive every hash of a record."""

from __future__ import annotations

from pathlib import Path

import click

from sigil.cli.options import as_json, print_json
from sigil.errors import Corrupt


@click.command()
@click.argument("path", type=click.Path(path_type=Path), default=".sigil")
@as_json
def verify(path: Path, as_json: bool) -> None:
    """Re-derive every hash of a run, a journal, or all of them below PATH.

    Ends with code 43 if anything is not what was written. A run that has not ended is
    said to be unfinished, which is no damage.
    """
    import dataclasses

    from sigil.store.verify import verify as check

    report = check(path)
    if as_json:
        print_json({**dataclasses.asdict(report), "intact": report.intact})
    else:
        for finding in report.findings:
            click.echo(str(finding))
        click.echo(
            f"{report.root}: {report.runs} runs, {report.files} files, {report.bytes} bytes, "
            f"{report.frames} frames: {'intact' if report.intact else 'CORRUPT'}"
        )
    if not report.intact:
        raise SystemExit(Corrupt.exit_code)
