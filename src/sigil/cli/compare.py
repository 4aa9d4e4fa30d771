"""`sigil compare`: judges beside each other, on what scenarios had judged."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import evaluations
from sigil.cli.gate_context import base_branch
from sigil.cli.options import as_json, print_json, repo_root
from sigil.cli.scenario.choosing import key_descriptor, key_file_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigil.cli.judges import Compared


@click.command()
@click.argument("evals", metavar="[EVAL]...", nargs=-1, shell_complete=evaluations)
@click.option(
    "--judge",
    "entries",
    multiple=True,
    metavar="NAME",
    help="Ask this entry of the service's models too; may be given several times.",
)
@click.option("--holdouts", is_flag=True, help="What holdouts had judged too; a terminal alone.")
@base_branch
@key_file_option
@key_descriptor
@repo_root
@as_json
def compare(
    evals: tuple[str, ...],
    entries: tuple[str, ...],
    holdouts: bool,
    base: str | None,
    key_file: Path | None,
    key_fd: int | None,
    repo_root: Path | None,
    as_json: bool,
) -> None:
    """Compare judges: what was said in EVAL, by default the latest, and what the rules say.

    What scenarios had judged is read from the record, so nobody is asked unless you name an entry
    of `models` in .sigil/gate.yaml of the base branch with --judge. Of several evaluations, what
    was the same to judge in them is compared. It needs the key of the exam, because calls are kept
    sealed; what holdouts had judged is left out unless you say --holdouts, at a terminal.

    Example: sigil compare --judge strict
    """
    from sigil.cli.judges import compare_judges, facts_of
    from sigil.cli.options import repository
    from sigil.cli.scenario.choosing import identities_of
    from sigil.errors import UsageError
    from sigil.gate.record import dossier

    if holdouts and (as_json or not sys.stdout.isatty()):
        raise UsageError(
            "what holdouts had judged is shown on a terminal alone, never in a pipe or in JSON",
            remedy="leave out --holdouts, or what takes its output from the terminal",
        )
    root = repository(repo_root)
    folders = [dossier.find(root, name) for name in evals or (None,)]
    services = {dossier.read_summary(folder).service for folder in folders}
    if len(services) > 1:
        raise UsageError("these are evaluations of several services", remedy="name those of one")
    identities = identities_of(services.pop(), key_file, key_fd)
    found = compare_judges(root, folders, entries, identities, base=base, holdouts=holdouts)
    if as_json:
        print_json(facts_of(found))
    for line in () if as_json else _lines(found):
        click.echo(line)
    if found.failures:  # what was found out is told first
        for other in found.failures[1:]:
            click.echo(f"sigil: {other}", err=True)
        raise found.failures[0]


def _lines(found: Compared) -> Iterator[str]:
    from sigil.cli.judges import HALVES
    from sigil.gate.opinions import disputed, pairs
    from sigil.gate.view.present import counted, share
    from sigil.printable import printable

    half = HALVES[found.holdouts]
    yield f"{counted(len(found.subjects), 'subject')} of {half}"
    for pair in pairs(found.subjects, found.judges):
        kappa = share(None if pair.kappa is None else float(pair.kappa))
        names = " and ".join(map(printable, pair.judges))
        yield f"{names}: {pair.same} alike of {pair.both} that both judge · κ {kappa}"
    for subject in disputed(found.subjects, found.judges):
        scenario, number = subject.name
        said = " · ".join(
            f"{printable(one.judge)} {_score(one.scores.get(subject.key))}" for one in found.judges
        )
        yield f"disputed: {printable(scenario)}, judgement {number}, from {subject.least:g}: {said}"
    yield from (f"cost: {line}" for line in found.costs)


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"
