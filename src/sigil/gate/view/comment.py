"""What an evaluation came to, as Markdown for a pull request.

Not here: lines for a terminal (`sigil.gate.view.present`), posting it (`sigil.gate.forge`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from sigil.gate.decision import Code, Verdict
from sigil.gate.feedback import NOT_RESET, Disclosure, Feedback
from sigil.gate.model import StepStatus
from sigil.gate.record.summary import Summary
from sigil.gate.view import present

_MARKS = {Verdict.ALLOW: "✅", Verdict.REVIEW: "👀", Verdict.BLOCK: "⛔"}


def markdown(found: Summary, told: Feedback) -> str:
    """Return a comment for a pull request: the decision, and no more than the author's feedback.

    Scores and reasons that may rest on holdouts are there only while the feedback discloses steps,
    since whoever wrote the change reads it. Of a failed stage it says what the feedback says.
    """
    return "\n".join(
        [*_decision(found, told), *_scores(found, told), *_feedback(told), *_bound(found), ""]
    )


def _decision(found: Summary, told: Feedback) -> Iterator[str]:
    yield f"## {_MARKS[found.verdict]} {found.verdict.value} · {_plain(found.service)}"
    yield ""
    for name, commit, subject in found.compared():
        yield f"- {name} {_plain(present.commit_text(commit, subject))}"
    yield ""
    is_whole = told.disclosure is Disclosure.STEPS
    if is_whole:
        yield from _others(found, told)
    for one in told.reasons:
        yield f"- {present.cause_text(one)}"
        yield from (f"  - {_plain(path)}" for path in one.paths)
        if one.more:
            yield f"  - and {one.more} more"
    if is_whole and found.recommended is not found.verdict:
        yield f"- {present.exam_alone(found.recommended, found.verdict)}"
    if is_whole or told.reasons:
        yield ""


def _others(found: Summary, told: Feedback) -> Iterator[str]:
    """Yield the reasons that the feedback does not hold; none of them has a text of the change."""
    known = {Code.UNVOUCHED, *(one.code for one in told.reasons)}
    for reason, line in zip_longest(found.reasons, found.lines):
        if line is not None and (reason is None or reason["code"] not in known):
            yield f"- {line}"


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
    yield from (f"- {NOT_RESET[side]}" for side in told.unreset)
    if told.obstacles or told.unreset:
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
    if told.disclosure is not Disclosure.STEPS and (told.silence or not told.obstacles):
        cause, *remedy = present.wall_lines(told)
        yield f"- {'; '.join([cause, ' '.join(remedy)] if remedy else [cause])}"
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
