"""Labels of steps as lines of text: `step_3 : fail`, and `step_4-12 : skip` for many alike.

Pure, and behind the wall: a label is pass, fail, error or skip; nothing else of a step comes in.
However they are grouped, the lines say what each single step's label is, and no more.

Not here: which labels may be told (`sigil.gate.feedback`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from sigil.gate.feedback import Line
from sigil.gate.model import StepStatus

_FEW = 2
"""Steps in a row with one label that have a line each; more share one."""
_LABEL = 8
_NAME = (28, 60)
"""Columns of a scenario's name, at least and at most; a longer one moves its own tally alone."""


def scenario_lines(lines: Sequence[Line]) -> Iterator[str]:
    """Yield each scenario with its tally; of one that did not pass, its intent and its labels."""
    least, most = _NAME
    width = max([least, *(len(one.name) for one in lines if len(one.name) <= most)])
    for one in lines:
        yield f"scenario: {one.name:<{width}} {_tally(one)}"
        if one.failed:
            yield from _detail(one)


def _detail(line: Line) -> Iterator[str]:
    rows = [*([("spec", line.spec)] if line.spec else []), *_steps(line.steps)]
    width = max([_LABEL, *(len(label) + 1 for label, _ in rows)])
    yield from (f"  {label:<{width}}: {said}" for label, said in rows)


def _steps(steps: Sequence[StepStatus]) -> Iterator[tuple[str, str]]:
    """Yield labels with the steps that have them: one step, or a run of many."""
    for status, run in groupby(enumerate(steps, 1), key=lambda pair: pair[1]):
        numbers = [number for number, _ in run]
        if len(numbers) > _FEW:
            yield f"step_{numbers[0]}-{numbers[-1]}", status.value
        else:
            yield from ((f"step_{number}", status.value) for number in numbers)


def _tally(line: Line) -> str:
    if not line.steps:
        return "not run" if line.failed else "pass"
    counts = {status: line.steps.count(status) for status in StepStatus}
    return " · ".join(f"{count} {status.value}" for status, count in counts.items() if count)
