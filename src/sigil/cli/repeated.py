"""`sigil replay EVAL`: an evaluation again, from what was observed."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import print_json

if TYPE_CHECKING:
    from sigil.gate.bundle.keys import Identities
    from sigil.gate.model import Scenario
    from sigil.gate.record.dossier import Kept
    from sigil.gate.record.summary import Summary
    from sigil.gate.scoring import Score


def replay_evaluation(root: Path, name: str, identities: Identities, *, as_json: bool) -> None:
    """Run every scenario of an evaluation again on its recorded replies, and compare.

    Raises:
        ReplayDiffers: a result, a piece of evidence or the score is not what is on record, or the
            record is not what the ledger says.
    """
    from sigil.errors import ReplayDiffers
    from sigil.gate.exam.examining import SITTING_S
    from sigil.gate.policy import MAX_BYTES, PATH, load_policy
    from sigil.gate.record import dossier
    from sigil.gate.repeating import repeat
    from sigil.gate.trees import CommitTree
    from sigil.gate.view import reporting
    from sigil.gate.view.present import counted
    from sigil.gate.view.summarizing import figures

    folder = dossier.find(root, name)
    found = dossier.read_summary(folder)
    scenarios, recorded = reporting.opened(root, folder, identities)
    control = CommitTree(root, found.commits["control"])
    weights = load_policy(control.read(PATH, MAX_BYTES)).gate.policy.weights
    again = repeat(
        recorded,
        scenarios,
        weights=(Fraction(weights.visible), Fraction(weights.holdout)),
        lanes=os.cpu_count() or 1,
        most_seconds=SITTING_S,
    )
    same_score = figures(again.score) == found.scores
    facts: dict[str, Any] = {
        "eval": found.eval,
        "sittings": again.count,
        "left": again.left,
        "differing": dict(again.differing),
        "same_score": same_score,
    }
    if as_json:
        print_json(facts)
    else:
        done = counted(again.count - again.left, "sitting")
        click.echo(f"{found.eval}: {done} repeated from their recorded replies")
        if again.left:
            click.echo(
                f"{counted(again.left, 'sitting')} of which no calls were kept cannot be repeated: "
                f"in error on record, see sigil report {found.eval}"
            )
    if any(again.differing.values()) or not same_score:
        halves = ", ".join(f"{count} {half}" for half, count in again.differing.items() if count)
        raise ReplayDiffers(
            f"{found.eval} does not come out as it is on record: {halves or 'the score'}",
            remedy="was it evaluated by another version? see eval.json",
        )
    _compare(root, found, folder / dossier.SEALED, (scenarios, recorded), again.score)
    if not as_json:
        click.echo("every result, every piece of evidence and the score are the same")


def _compare(
    root: Path,
    found: Summary,
    sealed: Path,
    opened: tuple[dict[str, Scenario], list[Kept]],
    score: Score,
) -> None:
    """Hold the dossier against the ledger's entry."""
    from sigil.canonical import digest
    from sigil.cli.gate_context import LEDGER
    from sigil.errors import ReplayDiffers
    from sigil.gate.policy import MAX_BYTES, PATH, load_policy
    from sigil.gate.record.history import read_history
    from sigil.gate.repeating import disagreements
    from sigil.gate.trees import CommitTree
    from sigil.ledger.ledger import Ledger
    from sigil.ledger.pins import Pin
    from sigil.store.files import read_file

    path, (scenarios, recorded) = root / LEDGER, opened
    control = CommitTree(root, found.commits["control"])
    gate = load_policy(control.read(PATH, MAX_BYTES)).gate
    history = read_history(Ledger.open(path, pin=Pin.of(path)), found.service, gate)
    known = [one for one in history.completed() if one.eval == found.eval]
    seal, about = digest(read_file(sealed)), found.provenance
    wrong = (
        disagreements(known[-1], seal, recorded, score, scenarios, about=about)
        if known
        else ["the evaluation itself"]
    )
    if wrong:
        raise ReplayDiffers(
            f"{found.eval}: the ledger does not know {', '.join(wrong)}",
            remedy="the dossier was changed, or is that of another repository",
        )
