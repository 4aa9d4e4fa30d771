"""`sigil replay EVAL`: an evaluation again, from what was observed."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sigil.cli.options import print_json

if TYPE_CHECKING:
    from sigil.gate.keys import Identities


def replay_evaluation(root: Path, name: str, identities: Identities, *, as_json: bool) -> None:
    """Run every scenario of an evaluation again on its recorded replies, and compare.

    Raises:
        ReplayDiffers: a result, a piece of evidence or the score is not what is on record.
    """
    from sigil.errors import ReplayDiffers
    from sigil.gate import dossier, reporting
    from sigil.gate.evaluating import SITTING_S
    from sigil.gate.policy import MAX_BYTES, PATH, load_policy
    from sigil.gate.repeating import repeat
    from sigil.gate.summary import figures
    from sigil.gate.trees import CommitTree

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
        "differing": dict(again.differing),
        "same_score": same_score,
    }
    if as_json:
        print_json(facts)
    else:
        click.echo(f"{found.eval}: {again.count} sittings repeated from their recorded replies")
    if any(again.differing.values()) or not same_score:
        halves = ", ".join(f"{count} {half}" for half, count in again.differing.items() if count)
        raise ReplayDiffers(
            f"{found.eval} does not come out as it is on record: {halves or 'the score'}",
            remedy="was it evaluated by another version? see eval.json",
        )
    if not as_json:
        click.echo("every result, every piece of evidence and the score are the same")
