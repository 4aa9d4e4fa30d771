"""Show an evaluation while it goes on, and what it came to.

What is printed here is behind the wall: stages, counts, scores, and words of the policy. Frames of
visible scenarios are the operator's, and have a command of their own (`sigil report`).
"""

from __future__ import annotations

from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from sigil.effects import SYSTEM_CLOCK
from sigil.gate.decision import Code, Stage, Verdict
from sigil.gate.evaluation import Outcome
from sigil.gate.trust import Tier
from sigil.gate.view import present
from sigil.printable import printable, printable_once

_DOING = {
    Stage.RESOLVE: "resolving",
    Stage.POLICY: "reading the policy",
    Stage.BUNDLE: "opening the scenario bundle",
    Stage.DEPLOY_PR: "deploying the change",
    Stage.DEPLOY_BASELINE: "deploying the baseline",
    Stage.RUN: "running scenarios against both…",
    Stage.SCORE: "adding up",
    Stage.DOSSIER: "keeping what was observed",
    Stage.TRUST: "asking the trust ladder",
    Stage.LEDGER: "writing to the ledger",
    Stage.TEARDOWN: "taking both sides down",
}
_SAID = {Stage.BUNDLE, Stage.RUN}
_STYLE = {Verdict.ALLOW: "bold green", Verdict.REVIEW: "bold yellow", Verdict.BLOCK: "bold red"}


class Shown:
    """Lines on standard error, with a spinner on a terminal. A context manager.

    Args:
        quiet: say nothing, for whoever asked for JSON.
    """

    def __init__(self, *, quiet: bool):
        self._console = Console(stderr=True, highlight=False, quiet=quiet)
        self._status: Status | None = None
        self._start = SYSTEM_CLOCK.monotonic_ns()
        self._said = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._status = self._console.status("")
            self._status.start()
        return self

    def __exit__(self, *ended: object) -> None:
        if self._status is not None:
            self._status.stop()

    def begins(self, stage: Stage) -> None:
        """Show what is being done."""
        if self._status is not None:
            self._status.update(_DOING[stage])
        if stage in _SAID:
            self._console.print(f" {_DOING[stage]}")

    def says(self, text: str) -> None:
        """Print a line, once in a row: each side is put up for each half of the exam."""
        if text == self._said:
            return
        self._said = text
        self._console.print(f"  {printable(text)}", markup=False)

    def sat(self, done: int, total: int) -> None:
        """Show how far it is."""
        if self._status is not None:
            self._status.update(f"running scenarios against both… {done} of {total}")


def _reason(line: str) -> Text:
    """Return a reason with its verdict in its colour."""
    word, _, clause = line.partition(" ")
    return Text.assemble(" ", (word, _STYLE[Verdict(word)]), f" {clause}")


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print what an evaluation came to."""
    revisions = outcome.revisions
    console.print(f" {printable(revisions.change.ref)} → {present.short(revisions.change.digest)}")
    console.print(f"  baseline → {present.short(revisions.baseline.digest)}\n")
    if outcome.score is not None:
        for line in present.score_table(outcome.score):
            console.print(line, markup=False)
        console.print()
    for trouble in outcome.troubles:
        problem = printable_once(trouble.problem)
        console.print(f" {trouble.stage.value} failed: {problem}", markup=False, soft_wrap=True)
        for line in trouble.output:
            console.print(f"   │ {line}", markup=False, soft_wrap=True)
    for line in present.reason_lines(outcome.decision):
        console.print(_reason(line), soft_wrap=True)
    if outcome.score is not None:
        alone = present.exam_alone(outcome.decision.recommended, outcome.decision.verdict)
        console.print(f" {alone}", markup=False)
    if any((one.code, one.about) == (Code.TIER, Tier.NONE) for one in outcome.decision.reasons):
        console.print(f" to SHADOW: sigil trust enroll --service {outcome.service}", markup=False)
    recorded = "not recorded" if outcome.entry is None else f"entry {outcome.entry}"
    console.print(f" ledger · {outcome.eval} · {recorded}\n")
    verdict = outcome.decision.verdict
    line = present.decision_line(verdict, printable(revisions.change.ref), outcome.service)
    console.print(line, style=_STYLE[verdict], markup=False)
