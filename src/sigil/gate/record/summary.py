"""What an evaluation came to, as plain data that is kept, and as Markdown for a pull request.

Behind the wall: no text of a scenario comes in, so none can come out.

Not here: the author's view (`sigil.gate.feedback`), lines for a terminal
(`sigil.gate.view.present`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sigil.gate.decision import Verdict
from sigil.gate.evaluation import Outcome
from sigil.gate.feedback import Disclosure, Feedback
from sigil.gate.model import StepStatus
from sigil.gate.record import events
from sigil.gate.record.events import Provenance
from sigil.gate.scoring import Score
from sigil.gate.view import present


@dataclass(frozen=True, slots=True)
class Figures:
    """One satisfaction on both sides, with two decimals."""

    pr: str
    baseline: str
    delta: str


@dataclass(frozen=True, slots=True)
class Summary:
    """An evaluation.

    Args:
        eval: its id.
        service: whose.
        ref: the change, as it was asked for.
        commits: of the change, its baseline and the control.
        provenance: the six fields; None if one is not known.
        scores: ``visible``, ``holdout`` and ``overall``; None where there is nothing to score.
        verdict: what was decided.
        recommended: without regard to the trust ladder.
        reasons: as they are recorded.
        lines: the same in words.
        troubles: stages that failed, each with its problem, and the end of what a service printed
            that did not come up.
        entry: number of the decision in the ledger; None if it is on no record.
    """

    eval: str
    service: str
    ref: str
    commits: dict[str, str]
    provenance: Provenance | None
    scores: dict[str, Figures | None]
    verdict: Verdict
    recommended: Verdict
    reasons: list[dict[str, Any]]
    lines: list[str]
    troubles: list[dict[str, str]]
    entry: int | None

    def halves(self) -> list[tuple[str, Figures | None]]:
        """Return the scores in the order in which people read them."""
        return [(name, self.scores[name]) for name in _HALVES if name in self.scores]


_HALVES = ("visible", "holdout", "overall")


def figures(found: Score | None) -> dict[str, Figures | None]:
    """Return a score as it is kept; nothing of none."""
    if found is None:
        return {}
    pairs = (found.visible, found.holdout, found.overall)
    return {
        name: None
        if pair is None
        else _figures(present.figure(pair.pr), present.figure(pair.baseline))
        for name, pair in zip(_HALVES, pairs, strict=True)
    }


def _figures(change: str, baseline: str) -> Figures:
    return Figures(change, baseline, present.difference(baseline, change))


def summary(outcome: Outcome) -> Summary:
    """Return what an evaluation came to."""
    revisions = outcome.revisions
    return Summary(
        eval=outcome.eval,
        service=outcome.service,
        ref=revisions.change.ref,
        commits={
            "change": revisions.change.commit,
            "baseline": revisions.baseline.commit,
            "control": revisions.control.commit,
        },
        provenance=outcome.provenance,
        scores=figures(outcome.score),
        verdict=outcome.decision.verdict,
        recommended=outcome.decision.recommended,
        reasons=events.reasons(outcome.decision),
        lines=[present.reason_text(reason) for reason in outcome.decision.reasons],
        troubles=[
            {
                "stage": trouble.stage.value,
                "problem": trouble.problem,
                "output": "\n".join(trouble.output),
            }
            for trouble in outcome.troubles
        ],
        entry=outcome.entry,
    )


# --- Markdown ---------------------------------------------------------------------------

_MARKS = {Verdict.ALLOW: "✅", Verdict.REVIEW: "👀", Verdict.BLOCK: "⛔"}


def markdown(found: Summary, told: Feedback) -> str:
    """Return a comment for a pull request: the decision, and no more than the author's feedback.

    Scores and reasons that rest on holdouts are there only while the feedback discloses steps: a
    comment is read by whoever wrote the change. Of a failed stage it says what the feedback says.
    """
    return "\n".join(
        [*_decision(found, told), *_scores(found, told), *_feedback(told), *_bound(found), ""]
    )


def _decision(found: Summary, told: Feedback) -> Iterator[str]:
    yield f"## {_MARKS[found.verdict]} {found.verdict.value} · {_plain(found.service)}"
    yield ""
    if told.disclosure is Disclosure.STEPS:
        for line in found.lines:
            yield f"- {line}"
        if found.recommended is not found.verdict:
            yield f"- {present.exam_alone(found.recommended, found.verdict)}"
        yield ""


def _scores(found: Summary, told: Feedback) -> Iterator[str]:
    told_of = [
        (name, one)
        for name, one in found.halves()
        if name == "visible" or told.disclosure is Disclosure.STEPS
    ]
    if not told_of:
        return
    yield "|  | change | baseline | Δ |"
    yield "|---|---:|---:|---:|"
    for name, one in told_of:
        cells = ("–", "–", "–") if one is None else (one.pr, one.baseline, one.delta)
        yield f"| {name} | {' | '.join(cells)} |"
    yield ""


def _feedback(told: Feedback) -> Iterator[str]:
    for one in told.obstacles:
        yield f"- {one.stage.value} failed{f': {_plain(one.problem)}' if one.problem else ''}"
        yield from (f"  - {_plain(line)}" for line in one.output)
    if told.obstacles:
        yield ""
    failed = [line for line in told.lines if line.failed]
    if failed:
        yield "| scenario | intent | steps |"
        yield "|---|---|---|"
    for line in failed:
        steps = " ".join(_STEP[step] for step in line.steps) or "not run"
        yield f"| {_plain(line.name)} | {_plain(line.spec) or '–'} | {steps} |"
    if failed:
        yield ""
    for spec in told.failing_specs:
        yield f"- holdouts miss {_plain(spec)}"
    yield ""


_STEP = {
    StepStatus.PASS: "pass",
    StepStatus.FAIL: "**fail**",
    StepStatus.SKIP: "skip",
    StepStatus.ERROR: "**error**",
}


def _bound(found: Summary) -> Iterator[str]:
    entry = "not recorded" if found.entry is None else f"ledger entry {found.entry}"
    yield f"<sub>{found.eval} · {entry}"
    if found.provenance is not None:
        one = found.provenance
        yield f"· artifact {present.short(one.artifact)} · baseline {present.short(one.baseline)}"
        yield f"· exam {present.short(one.scenarios)} · {one.evaluator}"
    yield "</sub>"


def _plain(text: str) -> str:
    """Return foreign text as code, so that nothing of it is markup."""
    kept = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"`{kept.replace('`', '?').replace('|', '?')}`" if kept else ""
