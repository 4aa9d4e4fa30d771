"""What an evaluation came to, and what its author was told, as tests want it."""

from __future__ import annotations

from dataclasses import replace

from sigil.gate.decision import Verdict
from sigil.gate.feedback import Disclosure, Feedback, Line, told_as
from sigil.gate.model import StepStatus
from sigil.gate.record.events import Provenance
from sigil.gate.record.summary import Figures, Summary

PROVENANCE = Provenance("sha256:a", "sha256:b", "sha256:c", "0x1", "sha256:d", "sigil@1")
SUMMARY = Summary(
    eval="eval_1",
    service="api",
    ref="change",
    commits={},
    provenance=PROVENANCE,
    scores={"visible": Figures("0.50", "1.00", "−0.50"), "holdout": None},
    verdict=Verdict.BLOCK,
    recommended=Verdict.BLOCK,
    reasons=[],
    lines=["1 scenario of P0 failed", "the service is at SHADOW"],
    troubles=[],
    entry=3,
)


FULL = replace(
    SUMMARY,
    scores={
        "visible": Figures("1.00", "1.00", "+0.00"),
        "holdout": Figures("0.55", "1.00", "−0.45"),
        "overall": Figures("0.85", "1.00", "−0.15"),
    },
)
PASSED, FAILED = (StepStatus.PASS,), (StepStatus.FAIL,)


def told(*lines: Line, disclosed: Disclosure = Disclosure.STEPS, specs=()) -> Feedback:
    return Feedback("eval_1", Verdict.BLOCK, disclosed, lines, tuple(specs))


def visible(name: str, steps=PASSED) -> Line:
    return Line(name, "visible", "docs/specs/a.md", steps, steps != PASSED)


def holdout(number: int, steps=PASSED) -> Line:
    return Line(told_as(number), "holdout", "docs/specs/a.md", steps, steps != PASSED)
