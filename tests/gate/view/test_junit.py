"""JUnit that every CI reads, whatever stands in it."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.decision import Stage, Verdict
from sigil.gate.feedback import Disclosure, Feedback, Line, Obstacle
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


def test_an_exam_that_was_not_held_is_a_case_in_error():
    [case] = of_feedback(told())
    assert (case.name, case.status) == ("exam", Status.ERROR)
    assert parsed(case).attrib == {"tests": "1", "failures": "0", "errors": "1"}


def test_what_kept_an_exam_from_its_end_is_a_case_in_error():
    deploying = Obstacle(Stage.DEPLOY_PR, "it exited with status 1", ("DATABASE_URL is not set",))
    sealed = Obstacle(Stage.BUNDLE)
    found = of_feedback(replace(told(), obstacles=(deploying, sealed)))
    assert [(one.name, one.status) for one in found] == [
        ("deploy pr", Status.ERROR),
        ("bundle", Status.ERROR),
    ]
    assert found[0].text == "it exited with status 1\nDATABASE_URL is not set"
    assert found[1].text == "whoever runs the gate knows why"


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
