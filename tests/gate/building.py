"""Results and answers in a few words."""

from __future__ import annotations

from sigil.gate.model import Half, Priority, Result, Status, StepStatus
from sigil.gate.scoring import Answers, Question

_STEPS = {
    "p": StepStatus.PASS,
    "f": StepStatus.FAIL,
    "s": StepStatus.SKIP,
    "e": StepStatus.ERROR,
    "i": StepStatus.ERROR,
    "o": StepStatus.ERROR,
}

_STATUSES = (
    ("i", Status.INCONCLUSIVE), ("f", Status.FAIL), ("e", Status.ERROR), ("o", Status.ERROR),
)  # fmt: skip


def result(steps: str, scenario: str = "x") -> Result:
    """``ppf`` is two steps that passed and one that failed; ``i`` is one left inconclusive.

    ``e`` is an error, and ``o`` one that may lie with whoever examines.
    """
    status = Status.PASS
    for letter, found in _STATUSES:
        status = found if letter in steps else status
    shown = tuple(_STEPS[letter] for letter in steps)
    return Result(scenario, status, shown, is_ours="o" in steps)


def answers(
    pr: str,
    baseline: str = "ppp",
    *,
    name: str = "x",
    half: Half = "visible",
    priority: str = "P1",
    spec: str = "",
) -> Answers:
    """Repeats are separated by spaces; an empty text is a side that was never run."""
    return Answers(
        Question(name, half, Priority(priority), spec),
        tuple(result(steps, name) for steps in pr.split()),
        tuple(result(steps, name) for steps in baseline.split()),
    )
