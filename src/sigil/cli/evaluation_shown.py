"""Show an evaluation while it goes on, and what it came to.

What is printed here is behind the wall: stages, counts, scores, and words of the policy. Frames of
visible scenarios are the operator's, and have a command of their own (`sigil report`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from sigil.cli.status_line import StatusLine
from sigil.gate.decision import Stage, Verdict
from sigil.gate.outcome import Outcome
from sigil.gate.revisions import Revisions
from sigil.gate.telling import for_operator
from sigil.gate.view import present
from sigil.llm.redaction import redact
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
_NARROW = 78
"""Characters of a line, with two before it: one that wraps is read as two."""
_SAID = {Stage.BUNDLE, Stage.RUN}
_STYLE = {Verdict.ALLOW: "bold green", Verdict.REVIEW: "bold yellow", Verdict.BLOCK: "bold red"}


class Shown(StatusLine):
    """How far an evaluation is."""

    def __init__(self, *, quiet: bool):
        super().__init__(quiet=quiet)
        self._said = ""

    def begins(self, stage: Stage) -> None:
        """Show what is being done."""
        self.shows(_DOING[stage])
        if stage in _SAID:
            self.prints(f" {_DOING[stage]}")

    def says(self, text: str) -> None:
        """Print a line, once in a row: each side is put up for each half of the exam."""
        if text == self._said:
            return
        self._said = text
        self.prints(f"  {printable(text, _NARROW)}")

    def sat(self, done: int, total: int) -> None:
        """Show how many scenarios have been run."""
        self.shows(f"{_DOING[Stage.RUN]} {done} of {total}")


def _reason(line: str) -> Text:
    """Return a reason with its verdict in its colour."""
    word, _, clause = line.partition(" ")
    return Text.assemble(" ", (word, _STYLE[Verdict(word)]), f" {clause}")


def failures_for_operator(outcome: Outcome) -> Iterator[str]:
    """Yield which stages failed and why, with what was printed, as the operator may see it."""
    for trouble in outcome.troubles:
        yield f"{trouble.stage.value} failed: {printable_once(redact(trouble.problem))}"
        yield from (f"  │ {line}" for line in for_operator(trouble.output))


def compared_lines(revisions: Revisions) -> list[str]:
    """Return what was compared: by content, and by the commits that it is of."""
    change, baseline = (
        f"{present.short(one.digest)} · {present.commit_text(one.commit, one.subject)}"
        for one in (revisions.change, revisions.baseline)
    )
    return [f" {printable(revisions.change.ref)} → {change}", f"  baseline → {baseline}"]


def print_outcome(outcome: Outcome, console: Console, failures: Iterable[str]) -> None:
    """Print what an evaluation came to.

    Args:
        outcome: of it.
        console: where.
        failures: stages that failed, in lines for whoever reads there: `failures_for_operator`, or
            `present.obstacle_lines`.
    """
    revisions = outcome.revisions
    for line in compared_lines(revisions):
        console.print(line, markup=False, soft_wrap=True)
    console.print()
    if outcome.score is not None:
        for line in present.score_table(outcome.score):
            console.print(line, markup=False)
        console.print()
    for line in failures:
        console.print(f" {line}", markup=False, soft_wrap=True)
    for line in present.reason_lines(outcome.decision):
        console.print(_reason(line), soft_wrap=True)
    if outcome.score is not None:
        alone = present.exam_alone(outcome.decision.recommended, outcome.decision.verdict)
        console.print(f" {alone}", markup=False)
    if rung := present.enrolling(outcome.decision, outcome.service):
        console.print(f" {rung}", markup=False)
    recorded = "not recorded" if outcome.entry is None else f"entry {outcome.entry}"
    console.print(f" ledger · {outcome.eval} · {recorded}\n")
    verdict = outcome.decision.verdict
    line = present.decision_line(verdict, printable(revisions.change.ref), outcome.service)
    console.print(line, style=_STYLE[verdict], markup=False)
