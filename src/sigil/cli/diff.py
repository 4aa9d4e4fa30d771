"""`sigil diff`: what changed between two evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sigil.cli.completing import evaluations
from sigil.cli.options import as_json, print_json, repo_root

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigil.gate.view.comparing import Difference


@click.command()
@click.argument("before", metavar="EVAL", shell_complete=evaluations)
@click.argument("after", metavar="EVAL", shell_complete=evaluations)
@repo_root
@as_json
def diff(before: str, after: str, repo_root: Path | None, as_json: bool) -> None:
    """Say what changed from one evaluation to another.

    Visible scenarios are named. Of holdouts it says what the author of the change was told: how
    many failed, and which intents are missed.

    Example: sigil diff eval_01M7YYY3SNRFJA eval_01M7YYY8ARFV6N
    """
    import msgspec

    from sigil.cli.options import repository
    from sigil.gate.record import dossier
    from sigil.gate.view.comparing import difference

    root = repository(repo_root)
    folders = [dossier.find(root, name) for name in (before, after)]
    one, other = ((dossier.read_summary(one), dossier.read_feedback(one)) for one in folders)
    found = difference(one, other)
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    for line in _lines(found):
        click.echo(line)


def _lines(found: Difference) -> Iterator[str]:
    from sigil.gate.view.comparing import FIELDS
    from sigil.printable import printable

    yield f"{' → '.join(found.evals)}"
    yield f"  decision  {' → '.join(verdict.value for verdict in found.verdicts)}"
    for half, one in found.scores.items():
        yield f"  {half:<9} {one.before or '–'} → {one.after or '–'}  {one.delta or ''}".rstrip()
    for one in found.turned:
        statuses = (status.value if status else "not there" for status in (one.before, one.after))
        yield f"  {' → '.join(statuses)}  {printable(one.scenario)}"
    yield from (f"  {printable(line)}" for line in _holdouts(found))
    yield from (f"  − {line}" for line in found.gone)
    yield from (f"  + {line}" for line in found.new)
    others = [name for name in FIELDS if name not in found.same]
    yield f"  other {', '.join(others)}" if others else "  the same in all six fields"


def _holdouts(found: Difference) -> Iterator[str]:
    told = found.holdouts
    if None not in told.failed:
        yield f"holdouts that fail: {told.failed[0]} → {told.failed[1]}"
    if not told.is_known:
        yield "of the holdouts no more was told than their score"
    yield from (f"no longer missed: {spec}" for spec in told.met)
    yield from (f"now missed: {spec}" for spec in told.missed)
