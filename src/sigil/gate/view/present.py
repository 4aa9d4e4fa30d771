"""Scores, reasons, trust and feedback as lines of text.

Pure, and behind the wall: what comes in holds nothing of a scenario but the id of a visible one.

Not here: colours and progress (`sigil.cli`), labels of steps (`sigil.gate.view.labels`), the
operator's frames (`sigil.gate.view.frames`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from math import ceil
from typing import Any

from sigil.gate.decision import Code, Decision, Reason, Verdict
from sigil.gate.feedback import NOT_RESET, Cause, Disclosure, Feedback, Silence
from sigil.gate.model import StepStatus
from sigil.gate.record.remarks import Remark
from sigil.gate.record.summary import Summary
from sigil.gate.scoring import Pair, Score
from sigil.gate.trust import Condition, Tier, Trust
from sigil.gate.view.labels import scenario_lines
from sigil.printable import printable, printable_once

MINUS = "−"
_DIGITS = 8
_SUBJECT = 72
"""Characters of a subject, as git advises."""


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: ``1 scenario``, ``2 scenarios``."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def short(digest: str) -> str:
    """Return a digest as people tell it apart: ``sha256:9f42…c0b1``."""
    name, _, digits = digest.partition(":")
    return f"{name}:{digits[:4]}…{digits[-4:]}" if len(digits) > _DIGITS else digest


def commit_text(commit: str, subject: str) -> str:
    """Return a commit as people tell it apart: 12 digits of its id, and its subject."""
    return f"{commit[:12]} {printable(subject, _SUBJECT)}".rstrip()


# --- scores -----------------------------------------------------------------------------


NO_FIGURES = ("–", "–", "–")
"""In the place of the figures of a half that has no scenario."""


def score_table(score: Score) -> list[str]:
    """Return the table of both halves and of the whole, on both sides."""
    rows = [("visible", score.visible), ("holdout", score.holdout), ("overall", score.overall)]
    return table([(name, NO_FIGURES if pair is None else _figures(pair)) for name, pair in rows])


def table(rows: Sequence[tuple[str, tuple[str, str, str]]]) -> list[str]:
    """Return scores with their head, as lines.

    Args:
        rows: name of each, and its figures on the change, on its baseline, and between them.
    """
    return [
        "              pr     baseline   Δ",
        *(f" {name:<9}{_row(*cells)}" for name, cells in rows),
    ]


def _row(change: str, baseline: str, delta: str) -> str:
    if change == NO_FIGURES[0]:
        return f"   {change}         {baseline}        {delta}"
    return f"  {change}      {baseline}    {delta}"


def _figures(pair: Pair) -> tuple[str, str, str]:
    change, baseline = figure(pair.pr), figure(pair.baseline)
    return change, baseline, difference(baseline, change)


def figure(value: Fraction) -> str:
    """Return a satisfaction with two decimals, rounded down: what is not whole is not 1.00."""
    hundredths = int(value * 100)
    return f"{hundredths // 100}.{hundredths % 100:02}"


def difference(before: str, after: str) -> str:
    """Return what lies between two figures, with its sign.

    Of figures as they are shown, so that whoever subtracts one from the other comes to the same.
    """
    hundredths = int((Fraction(after) - Fraction(before)) * 100)
    sign = MINUS if hundredths < 0 else "+"
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02}"


# --- reasons ----------------------------------------------------------------------------

_VOUCH = " (once a reviewer has looked: sigil override EVAL --to allow; then evaluate again)"
_SAID = {
    Code.STAGE_FAILED: "{about} failed",
    Code.NOT_KNOWN: "{about} is not known",
    Code.NOTHING_SCORED: "nothing was scored",
    Code.NO_PROVENANCE: "what it would be about is not fully known",
    Code.NO_VISIBLE: "the exam has no visible scenario",
    Code.NO_HOLDOUT: "the exam has no holdout",
    Code.NOT_RUN: "{scenarios} not run",
    Code.ERRORED: "{scenarios} in error",
    Code.INCONCLUSIVE: "a judge would not say on {scenarios}",
    Code.FLICKERS: "{scenarios} pass and fail by turns",
    Code.P0_FAILED: "{scenarios} of P0 failed",
    Code.BELOW_THRESHOLD: "satisfaction {satisfaction} — below {about} threshold ({threshold})",
    Code.BELOW_FLOOR: "satisfaction {satisfaction} — below {about} floor ({threshold})",
    Code.REGRESSION: "regression on {scenarios}",
    Code.BASELINE_SANK: "the baseline came to {now}, and earlier to {earlier}" + _VOUCH,
    Code.STALE_LEDGER: "the ledger's newest state is not of the last {about} (ledger attest, sync)",
    Code.LEDGER_UNKNOWN: "the ledger could not be asked",
    Code.EVALUATOR_UNKNOWN: "the key that signs is not among the evaluators of the base ref",
    Code.CONTRADICTED: "the same change came to other scores in this exam as well" + _VOUCH,
    Code.SEED_KNOWN: "the seed was chosen, so generated values could be known beforehand",
    Code.UNBOUND: "nothing ties what was examined to the commits",
    Code.UNVOUCHED: "no exam vouches for {paths} that it edits: {about}",
    Code.TIER: "the service is at {about}",
    Code.SPOKEN_AGAINST: "{about} on record against this evaluation",
    Code.BROKEN_OFF: "a later evaluation of this change came to no decision: {about}",
    Code.RECORDED: "it was decided so, and time makes nothing better",
    Code.MOVED: "the {about} is no longer what was decided on",
    Code.EXPIRED: "the decision has expired",
    Code.OF_THE_FUTURE: "the decision lasts longer than any of now: one of two clocks is wrong",
    Code.USED: "the decision was acted on already",
}
_SHARES = {"satisfaction", "threshold", "now", "earlier"}


def reason_text(reason: Reason) -> str:
    """Return one reason as a clause."""
    values = {name: _number(name, value) for name, value in reason.figures}
    if "scenarios" in values:
        half = f"{reason.about} " if reason.code is Code.REGRESSION else ""
        count = int(dict(reason.figures)["scenarios"])
        values["scenarios"] = counted(count, f"{half}scenario")
    if "paths" in values:
        values["paths"] = counted(int(dict(reason.figures)["paths"]), "path")
    return _SAID[reason.code].format(about=reason.about, **values)


def _number(name: str, value: float) -> str:
    return figure(Fraction(str(value))) if name in _SHARES else f"{value:g}"


def reason_lines(decision: Decision) -> list[str]:
    """Return all reasons, worst first, each with the best that it leaves."""
    order = tuple(Verdict)
    worst_first = sorted(decision.reasons, key=lambda reason: -order.index(reason.verdict))
    return [f"{reason.verdict.value:<6}  {reason_text(reason)}" for reason in worst_first]


_COARSE = {
    Code.BELOW_THRESHOLD: "satisfaction below {about} threshold",
    Code.BELOW_FLOOR: "satisfaction below {about} floor",
    Code.REGRESSION: "regression on {about} scenarios",
    Code.BASELINE_SANK: "the baseline came to less than earlier",
}
"""What is said without the figures that it rests on."""


def recorded_lines(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return reasons as the ledger holds them, without a figure, worst first.

    Args:
        reasons: each with ``code``, ``verdict`` and ``about``; a later version's code is shown as
            it is.
    """
    return _worst_first(reasons, [printable(_recorded(one)) for one in reasons])


def kept_lines(reasons: Sequence[Mapping[str, Any]], found: Summary) -> list[str]:
    """Return reasons as the ledger holds them, in the words of the evaluation that is kept here.

    Args:
        reasons: as of `recorded_lines`.
        found: of the same evaluation; where it was decided for other reasons than these, the
            ledger's words are taken.
    """
    if list(reasons) != found.reasons or len(found.lines) != len(found.reasons):
        return recorded_lines(reasons)
    return _worst_first(reasons, [printable_once(line) for line in found.lines])


def _worst_first(reasons: Sequence[Mapping[str, Any]], said: Sequence[str]) -> list[str]:
    order = [verdict.value for verdict in Verdict]
    both = sorted(zip(reasons, said, strict=True), key=lambda one: -order.index(one[0]["verdict"]))
    return [f"{one['verdict']:<6}  {line}" for one, line in both]


def _recorded(reason: Mapping[str, Any]) -> str:
    if reason["code"] not in set(Code):
        return f"{reason['code']} {reason['about']}".strip()
    code = Code(reason["code"])
    said = _COARSE.get(code, _SAID[code])
    return said.format(about=reason["about"], scenarios="scenarios", paths="paths")


# --- trust ------------------------------------------------------------------------------

UNENROLLED = "until it is enrolled again every decision is REVIEW, also where its exam says BLOCK"
DAYS = "days without an incident"
ENROLLED = "enrolled"
_COUNTS = {"evaluations": "evaluation", "human verdicts": "human verdict"}
_RUNGS = {Tier.SHADOW: Tier.ADVISORY, Tier.ADVISORY: Tier.AUTO}


def told_once(lines: Sequence[str], troubles: Sequence[Mapping[str, str]]) -> list[str]:
    """Return reasons and what failed as lines, each stage once, with its problem where it has one.

    Args:
        lines: reasons in words.
        troubles: each with ``stage`` and ``problem``.
    """
    failed = dict.fromkeys(f"{one['stage']} failed: {one['problem']}" for one in troubles)
    bare = {f"{one['stage']} failed" for one in troubles}
    return [*failed, *(line for line in lines if line not in bare)]


def exam_alone(recommended: Verdict, verdict: Verdict) -> str:
    """Return what the exam alone says, beside what was decided."""
    beside = "" if recommended is verdict else f", and with the trust earned so far: {verdict}"
    return f"by the exam alone: {recommended}{beside}"


def enrolling(decision: Decision, service: str) -> str:
    """Return how a service is enrolled, if a decision says that it is not; else nothing."""
    is_none = any((one.code, one.about) == (Code.TIER, Tier.NONE) for one in decision.reasons)
    return _to_shadow(service) if is_none else ""


def _to_shadow(service: str) -> str:
    return f"to SHADOW: sigil trust enroll --service {service}"


def next_rung(stands: Trust, service: str) -> str:
    """Return what a service still lacks on its way up; empty at the top."""
    if stands.tier is Tier.NONE:
        return _to_shadow(service)
    above = _RUNGS.get(stands.tier)
    if above is None:
        return ""
    lacks = [_lacking(one) for one in stands.conditions if not one.is_met]
    return f"to {above}: {' · '.join(lacks) or 'a day after the last step'}"


def fall_lines(stands: Trust, service: str, moment: datetime) -> list[str]:
    """Return what an event cost a service, and what it may do about it; nothing if it cost nothing.

    Args:
        stands: where the service stands after the event.
        service: its name.
        moment: of the event.
    """
    falls = [one for one in stands.history if one.ts == moment and one.is_fall]
    if not falls:
        return []
    fall = falls[-1]
    lost = f"{service} fell from {fall.before} to {fall.after}: {fall.reason}"
    return [
        f"{lost}; what was counted before counts no more",
        *([UNENROLLED] if fall.after is Tier.NONE else []),
        next_rung(stands, service),
    ]


def _lacking(condition: Condition) -> str:
    if condition.name in _COUNTS:
        return f"{counted(_gap(condition), _COUNTS[condition.name])} more"
    if condition.name == DAYS:
        return f"{counted(_gap(condition), 'more day')} without an incident"
    return f"{condition.name} {share(condition.needed)} (now {share(condition.value)})"


def _gap(condition: Condition) -> int:
    return ceil(condition.needed - (condition.value or 0.0))


def condition_line(condition: Condition) -> str:
    """Return one condition of the next rung: whether it is met, how it stands, what it needs."""
    mark = "✓" if condition.is_met else "·"
    if condition.name == ENROLLED:
        return f"{mark} {'' if condition.is_met else 'not '}enrolled"
    is_count = condition.name in _COUNTS or condition.name == DAYS
    shown = _whole if is_count else share
    return f"{mark} {condition.name:<26} {shown(condition.value)} of {shown(condition.needed)}"


def _whole(value: float | None) -> str:
    return "undefined" if value is None else str(int(value))


def share(value: float | None) -> str:
    """Return a share as a figure, rounded down; κ may lie below nothing."""
    if value is None:
        return "undefined"
    whole = figure(Fraction(str(abs(value))))
    return f"{MINUS}{whole}" if value < 0 else whole


def remark_lines(said: Remark) -> list[str]:
    """Return what somebody put on record of an evaluation: what, when, by whom, and why."""
    lines = [
        f"{printable(said.what)} · {said.ts:%Y-%m-%d %H:%M} UTC · entry {said.entry}",
        f"  by {printable(said.key)}",
    ]
    return [*lines, *([f"  because: {printable(said.reason)}"] if said.reason else [])]


# --- feedback ---------------------------------------------------------------------------

OPERATORS = "whoever runs the gate knows why"


def feedback_lines(told: Feedback) -> list[str]:
    """Return what the author of a change reads."""
    counts = told.counts()
    failed = counts[StepStatus.FAIL] + counts[StepStatus.ERROR]
    total = f"{counts[StepStatus.PASS]} pass · {failed} fail"
    if skipped := counts[StepStatus.SKIP]:
        total += f" · {skipped} skip"
    if told.disclosure is not Disclosure.STEPS:
        total = f"of visible steps {total}"
    wall = wall_lines(told)
    return [
        *obstacle_lines(told),
        *scenario_lines(told.lines),
        *_coarse(told),
        "",
        *cause_lines(told),
        f"aggregate: {total} · decision = {told.verdict.value}",
        f"wall: {wall[0]}",
        *(f"  {line}" for line in wall[1:]),
    ]


def obstacle_lines(told: Feedback) -> Iterator[str]:
    """Yield what kept the evaluation from its end, as far as it is the author's."""
    for one in told.obstacles:
        yield f"{one.stage.value} failed: {printable_once(one.problem) or OPERATORS}"
        yield from (f"  │ {line}" for line in one.output)
    yield from (NOT_RESET[side] for side in told.unreset)


def cause_lines(told: Feedback) -> Iterator[str]:
    """Yield why it was decided so, as far as it is the author's, with the paths that it edits."""
    for one in told.reasons:
        yield f"{one.verdict.value:<6}  {cause_text(one)}"
        yield from (f"  {printable(path)}" for path in one.paths)
        if one.more:
            yield f"  and {one.more} more"
    is_explained = told.reasons or told.obstacles or told.failing_specs
    is_missed = any(line.failed for line in told.lines)
    if told.verdict is not Verdict.ALLOW and not (is_explained or is_missed):
        yield f"{told.verdict.value:<6}  {OPERATORS}"


def cause_text(cause: Cause) -> str:
    """Return a reason that the author of a change may know, as a clause without its paths."""
    if cause.paths:
        count = counted(len(cause.paths) + cause.more, "path")
        return f"no exam vouches for {count} that it edits"
    return printable(_SAID[cause.code].format(about=cause.about, paths="paths"))


def _coarse(told: Feedback) -> list[str]:
    if told.disclosure is not Disclosure.SPECS:
        return []
    if not told.failing_specs:
        return ["holdouts: no intent is missed"]
    return ["holdouts miss:", *(f"  {spec}" for spec in told.failing_specs)]


_SILENCE = {
    Silence.SPENT: (
        "all submissions to them are spent",
        "to be told again: a new holdout for each, made by whoever runs the gate",
        "(sigil scenario seal, rotate --retire); sigil report shows these to them",
    ),
    Silence.EMPTY: ("the exam has none", "whoever runs the gate makes them: sigil scenario seal"),
    Silence.UNSHARED: (
        "the ledger's remote was not reached",
        "once it is (sigil ledger sync), evaluate again",
    ),
}
"""Why nothing is said of holdouts, and what to do about it."""


def wall_lines(told: Feedback) -> list[str]:
    """Return why there is no more of the holdouts: the cause, then what to do."""
    if told.disclosure is Disclosure.STEPS:
        return ["holdout/* frames not available to the authoring agent (by design)"]
    if told.disclosure is Disclosure.SPECS:
        return ["holdout steps are shown again when more holdouts pass than ever before"]
    cause, *remedy = _silence(told)
    return [f"no word of holdouts: {cause}", *remedy]


def _silence(told: Feedback) -> Sequence[str]:
    if told.silence is not None:
        return _SILENCE[told.silence]
    if told.obstacles:
        return (f"{told.obstacles[0].stage.value} failed",)
    return (OPERATORS,)  # kept by a version that did not say


def decision_line(verdict: Verdict, ref: str, service: str) -> str:
    """Return the last line of an evaluation."""
    return f"decision: {verdict.value} · sigil decide {ref} --service {service}"
