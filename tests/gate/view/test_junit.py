"""JUnit that every CI reads, whatever stands in it."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.decision import Verdict
from sigil.gate.feedback import Disclosure, Feedback, Line
from sigil.gate.model import Status, StepStatus
from sigil.gate.view.junit import Case, junit, of_feedback


def told(*lines: Line) -> Feedback:
    return Feedback("eval_1", Verdict.BLOCK, Disclosure.STEPS, lines, ())


def parsed(*cases: Case) -> ET.Element:
    return ET.fromstring(junit("api", cases))


@pytest.mark.parametrize(
    ("steps", "failed", "status"),
    [
        ((StepStatus.PASS,), False, Status.PASS),
        ((StepStatus.PASS, StepStatus.FAIL, StepStatus.SKIP), True, Status.FAIL),
        ((StepStatus.ERROR,), True, Status.ERROR),
        ((), True, Status.ERROR),
    ],
)
def test_a_line_of_feedback_is_a_case(steps, failed, status):
    [case] = of_feedback(told(Line("holdout_001", "holdout", "docs/a.md", steps, failed)))
    assert (case.name, case.status, case.seconds) == ("holdout_001", status, None)


def test_counts_are_those_of_the_cases():
    found = parsed(
        Case("a", Status.PASS, 0.5),
        Case("b", Status.FAIL),
        Case("c", Status.ERROR),
        Case("d", Status.INCONCLUSIVE),
    )
    assert found.attrib == {"tests": "4", "failures": "1", "errors": "2"}
    assert [one.tag for case in found.iter("testcase") for one in case] == [
        "failure",
        "error",
        "error",
    ]


def test_a_time_that_is_not_told_is_not_there():
    one, other = parsed(Case("a", Status.PASS, 0.5), Case("b", Status.PASS)).iter("testcase")
    assert (one.get("time"), other.get("time")) == ("0.500", None)


@given(st.text(), st.text())
def test_any_text_is_xml(name, text):
    legal = "".join(one for one in name if one.isprintable())
    [case] = parsed(Case(legal, Status.FAIL, text=text)).iter("testcase")
    assert case.get("name") == legal
