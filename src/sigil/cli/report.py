"""`sigil report`: the operator's view of an evaluation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import evaluations
from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import key_descriptor, key_file_option

if TYPE_CHECKING:
    from sigil.gate.record.summary import Summary


@click.command()
@click.argument("evaluation", metavar="[EVAL]", required=False, shell_complete=evaluations)
@click.option("--holdouts", is_flag=True, help="Frames of holdouts too; needs the key.")
@click.option("--html", type=click.Path(path_type=Path), help="Write a page of it here.")
@key_file_option
@key_descriptor
@repo_root
@as_json
def report(
    evaluation: str | None,
    holdouts: bool,
    html: Path | None,
    key_file: Path | None,
    key_fd: int | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Show an evaluation as its operator sees it, the latest by default: frames of what failed.

    Frames of holdouts are opened for your terminal alone: --holdouts is refused where standard
    output is a pipe or a file, and with --html or --json.

    Example: sigil report --html report.html
    """
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import identities_of
    from sigil.errors import UsageError
    from sigil.gate.pictures import read_pictures
    from sigil.gate.record import dossier
    from sigil.gate.view import reporting
    from sigil.gate.view.page import page

    if holdouts and (as_json or html or not sys.stdout.isatty()):
        raise UsageError(
            "holdouts are shown on a terminal alone, never in a pipe, a file, a page or JSON",
            remedy="leave out --holdouts, or what takes its output from the terminal",
        )
    root = repository(repo_root)
    folder = dossier.find(root, evaluation)
    found = dossier.read_summary(folder)
    frames: list[str] = []
    if sat := dossier.read_visible(folder):
        visible = {one.id: one for one in reporting.exam_of(root, folder).visible}
        frames = reporting.frames(visible, sat)
    if holdouts:
        identities = identities_of(found.service, key_file, key_fd)
        scenarios, everything = reporting.opened(root, folder, identities)
        frames = reporting.frames(scenarios, everything)
    if html is not None:
        from sigil.store.files import write_atomic

        told, pictures = dossier.read_feedback(folder), read_pictures(folder)
        write_atomic(html, page(found, told, frames, pictures).encode())
        click.echo(f"written: {html}")
    elif as_json:
        print_json({**dossier.plain(found), "frames": frames})
    else:
        _print(found, frames, of_all=holdouts)


def _print(found: Summary, frames: list[str], *, of_all: bool) -> None:
    from sigil.gate.view.present import told_once
    from sigil.printable import printable, printable_once

    click.echo(f"{found.eval} · {found.service} · {printable(found.ref)} · {found.verdict.value}")
    for line in told_once(found.lines, found.troubles):
        click.echo(f"  {printable_once(line)}")
    for trouble in found.troubles:
        for line in trouble.get("output", "").splitlines():
            click.echo(f"    │ {printable_once(line)}")
    for frame in frames:
        click.echo(f"\n{frame}")
    if not frames:
        click.echo(f"  no frames: no {'' if of_all else 'visible '}scenario failed")
    if not frames and not of_all:
        click.echo(f"  of holdouts, with the key: sigil report {found.eval} --holdouts")
