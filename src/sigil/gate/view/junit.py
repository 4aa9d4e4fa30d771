"""Results as JUnit XML, which every CI shows.

Pure. A holdout is a number here and its steps are labels, because it is made of feedback; the
frames of visible scenarios come in where their author runs them.

Not here: who writes the file (`sigil.cli`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from sigil.gate.feedback import Feedback
from sigil.gate.model import Status, StepStatus
from sigil.gate.view.present import OPERATORS


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario.

    Args:
        name: its id, or a holdout's number.
        status: what became of it.
        seconds: None where that is not told.
        text: shown with a failure.
    """

    name: str
    status: Status
    seconds: float | None = None
    text: str = ""


def of_feedback(told: Feedback) -> list[Case]:
    """Return the cases of an evaluation, without times.

    What kept it from its end is a case in error, and so is an exam of which nothing was scored: a
    suite without cases is green everywhere.
    """
    stages = [
        Case(one.stage.value, Status.ERROR, text="\n".join((one.problem or OPERATORS, *one.output)))
        for one in told.obstacles
    ]
    lines = [Case(line.name, line.status, text=_labels(line.steps)) for line in told.lines]
    if not stages + lines:
        return [Case("exam", Status.ERROR, text=f"no exam was held; decision: {told.verdict}")]
    return stages + lines


def _labels(steps: Sequence[StepStatus]) -> str:
    return "\n".join(f"step_{number}: {step.value}" for number, step in enumerate(steps, 1))


def junit(suite: str, cases: Sequence[Case]) -> bytes:
    """Return an XML document with one suite.

    Args:
        suite: its name, such as the service's.
        cases: in order.
    """
    failed = sum(case.status is Status.FAIL for case in cases)
    errors = sum(case.status in {Status.ERROR, Status.INCONCLUSIVE} for case in cases)
    counts = {"tests": str(len(cases)), "failures": str(failed), "errors": str(errors)}
    root = ET.Element("testsuites", counts)
    element = ET.SubElement(root, "testsuite", {"name": suite, **counts})
    for case in cases:
        seconds = {} if case.seconds is None else {"time": f"{case.seconds:.3f}"}
        names = {"classname": suite, "name": case.name}
        found = ET.SubElement(element, "testcase", {**names, **seconds})
        if case.status is not Status.PASS:
            tag = "failure" if case.status is Status.FAIL else "error"
            said = ET.SubElement(found, tag, {"message": case.status.value})
            said.text = _legal(case.text)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _legal(text: str) -> str:
    """Return text without the characters that XML 1.0 has no form for."""
    return "".join(
        letter
        for letter in text
        if letter in "\t\n\r"
        or " " <= letter <= "\ud7ff"
        or "\ue000" <= letter <= "\ufffd"
        or letter > "\uffff"
    )
