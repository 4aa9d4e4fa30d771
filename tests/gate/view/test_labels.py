"""Labels of steps, as the author of a change reads them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from tests.gate.summaries import holdout, visible

from sigil.gate.model import StepStatus
from sigil.gate.view.labels import scenario_lines

PASS, FAIL, SKIP = StepStatus.PASS, StepStatus.FAIL, StepStatus.SKIP
STEPS = re.compile(r"  step_(\d+)(?:-(\d+))? *: (\w+)")


def test_many_steps_in_a_row_that_say_the_same_share_a_line():
    steps = (*[PASS] * 3, FAIL, *[SKIP] * 8)
    assert list(scenario_lines([visible("orders/cancel", steps)])) == [
        "scenario: orders/cancel                3 pass · 1 fail · 8 skip",
        "  spec      : docs/specs/a.md",
        "  step_1-3  : pass",
        "  step_4    : fail",
        "  step_5-12 : skip",
    ]


def test_a_tenth_step_stands_in_line_with_the_others():
    lines = list(scenario_lines([holdout(1, (PASS, FAIL) * 6)]))
    assert len({line.index(":") for line in lines[1:]}) == 1
    assert "  step_10 : fail" in lines


def test_two_steps_that_say_the_same_have_a_line_each():
    lines = list(scenario_lines([visible("v", (PASS, PASS, FAIL))]))
    assert lines[2:] == ["  step_1  : pass", "  step_2  : pass", "  step_3  : fail"]


def test_tallies_stand_below_each_other_beside_a_long_name():
    long = visible("quotes/table-1.row-city-zurich-2f0a91c4")
    lines = list(scenario_lines([visible("v"), long]))
    assert len({line.index("1 pass") for line in lines}) == 1


def test_a_name_longer_than_a_line_moves_no_other():
    lines = list(scenario_lines([visible("v"), visible("w" * 150)]))
    assert lines[0] == "scenario: v                            1 pass"


@given(st.lists(st.sampled_from(StepStatus), max_size=40))
def test_grouped_lines_say_of_each_step_its_label_and_no_more(steps):
    lines = scenario_lines([visible("v", (FAIL, *steps))])
    found = [match.groups() for match in map(STEPS.fullmatch, lines) if match]
    told = [
        label for first, last, label in found for _ in range(int(first), int(last or first) + 1)
    ]
    assert told == [FAIL, *steps]
