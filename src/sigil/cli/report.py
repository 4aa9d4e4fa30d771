"""`sigil report`: the operator's view of an evaluation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import evaluations
from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import key_descriptor, key_file_option

if TYPE_CHECKING:
    from sigil.gate.record.remarks import Remark
    from sigil.gate.record.summary import Summary
    from sigil.gate.view.frames import Frames

PAGE = "report.html"
"""Of an evaluation, beside what is kept of it, unless another file is named."""


@click.command()
@click.argument("evaluation", metavar="[EVAL]", required=False, shell_complete=evaluations)
@click.option("--holdouts", is_flag=True, help="Frames of holdouts too; needs the key.")
@click.option(
    "--html",
    is_flag=False,
    flag_value="",
    metavar="[FILE]",
    help="Write one self-contained page of it; - is standard output.",
)
@key_file_option
@key_descriptor
@repo_root
@as_json
def report(
    evaluation: str | None,
    holdouts: bool,
    html: str | None,
    key_file: Path | None,
    key_fd: int | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Show an evaluation as its operator sees it, the latest by default: frames of what failed.

    What people have put on record of it since, such as an override, stands below the verdict, and
    what its baseline alone failed comes after what the change failed. --html writes the page
    beside what is kept of the evaluation, unless you name a FILE. Frames of holdouts are opened
    for your terminal alone: --holdouts is refused where standard output is a pipe or a file, and
    with --html or --json.

    Example: sigil report --html report.html
    """
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import identities_of
    from sigil.errors import UsageError
    from sigil.gate.pictures import read_pictures
    from sigil.gate.record import dossier
    from sigil.gate.view import reporting
    from sigil.gate.view.frames import Frames
    from sigil.gate.view.page import page

    if holdouts and (as_json or html is not None or not sys.stdout.isatty()):
        raise UsageError(
            "holdouts are shown on a terminal alone, never in a pipe, a file, a page or JSON",
            remedy="leave out --holdouts, or what takes its output from the terminal",
        )
    root = repository(repo_root)
    folder = dossier.find(root, evaluation)
    found = dossier.read_summary(folder)
    frames = Frames()
    if sat := dossier.read_visible(folder):
        visible = {one.id: one for one in reporting.exam_of(root, folder).visible}
        frames = reporting.frames(visible, sat)
    if holdouts:
        identities = identities_of(found.service, key_file, key_fd)
        scenarios, everything = reporting.opened(root, folder, identities)
        frames = reporting.frames(scenarios, everything)
    said = _said(root, found)
    if html is not None:
        told, pictures = dossier.read_feedback(folder), read_pictures(folder)
        _write(page(found, told, frames, pictures, said), Path(html) if html else folder / PAGE)
    elif as_json:
        shown = {"frames": frames.change, "baseline_frames": frames.baseline}
        print_json({**dossier.plain(found), **shown, "said": [_facts(one) for one in said]})
    else:
        for line in _lines(found, frames, said, of_all=holdouts):
            click.echo(line)


def _write(text: str, path: Path) -> None:
    from sigil.cli.options import shown
    from sigil.store.files import write_atomic

    if str(path) == "-":
        click.echo(text, nl=False)
        return
    write_atomic(path, text.encode())
    click.echo(f"written: {shown(path)}")


def _said(root: Path, found: Summary) -> list[Remark]:
    """Return what people put on record of an evaluation; a warning where nobody can know."""
    from sigil.cli.gate_context import LEDGER
    from sigil.errors import NotFound, SigilError
    from sigil.gate.record.remarks import remarks
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin
    from sigil.printable import printable_once

    path = root / LEDGER
    try:
        ledger = Ledger.open(path, None, Pin.of(path))
        known = ledger.known()
        checked = ledger.verify(known.keys, known)
        return remarks(checked.snapshot.genuine(known.keys, service=found.service), found.eval)
    except NotFound:
        return []  # a dossier that was brought here without its ledger
    except SigilError as error:
        unknown = f"whether somebody overrode it is not known: {printable_once(str(error))}"
        click.echo(f"sigil: warning: {unknown}", err=True)
        return []


def _facts(said: Remark) -> dict[str, object]:
    return {
        "kind": said.kind,
        "decided": said.decided,
        "verdict": said.verdict,
        "reason": said.reason,
        "key": said.key,
        "ts": said.ts.isoformat(),
        "entry": said.entry,
    }


def _lines(found: Summary, frames: Frames, said: list[Remark], *, of_all: bool) -> Iterator[str]:
    from sigil.gate.deploy.model import ended_text
    from sigil.gate.view import present
    from sigil.printable import printable, printable_once

    yield f"{found.eval} · {found.service} · {printable(found.ref)} · {found.verdict.value}"
    yield from (
        f"  {name:<8}  {present.commit_text(commit, subject)}"
        for name, commit, subject in found.compared()
    )
    yield from (f"  {printable_once(note)}" for note in found.notes)
    yield from (f"  {line}" for one in said for line in present.remark_lines(one))
    if found.scores:
        yield f"  {present.exam_alone(found.recommended, found.verdict)}"
        cells = [
            (name, present.NO_FIGURES if one is None else (one.pr, one.baseline, one.delta))
            for name, one in found.halves()
        ]
        yield from ("", *present.table(cells), "")
    for line in present.told_once(found.lines, found.troubles):
        yield f"  {printable_once(line)}"
    yield from (f"  {ended_text(side)}" for side in found.ended)
    for trouble in found.troubles:
        yield from (f"    │ {printable_once(line)}" for line in _printed(trouble))
    yield from (f"\n{frame}" for frame in frames.change)
    if not frames.change:
        failed = f"no {'' if of_all else 'visible '}scenario failed on the change"
        yield f"  no frames: {failed if found.scores else 'nothing was scored'}"
    if frames.baseline:
        yield f"\nfailed on its baseline alone, not on the change: {len(frames.baseline)}"
        yield from (f"\n{frame}" for frame in frames.baseline)
    if not of_all and found.scores and (found.is_holdout_missed or not frames.change):
        yield f"  of holdouts, with the key: sigil report {found.eval} --holdouts"


def _printed(trouble: dict[str, str]) -> list[str]:
    return trouble.get("output", "").splitlines()
