"""Scores, reasons and feedback as text."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.building import answers
from tests.gate.deciding import facts
from tests.gate.ladders import Service, advisory
from tests.gate.summaries import SUMMARY, told, visible

from sigil.gate.decision import Code, Decision, Reason, Verdict, decide
from sigil.gate.feedback import Cause, Disclosure, Feedback, Line, Silence, feedback
from sigil.gate.model import StepStatus
from sigil.gate.scoring import Pair, Score
from sigil.gate.trust import Condition, Tier, Transition, Trust
from sigil.gate.view.present import (
    condition_line,
    counted,
    difference,
    exam_alone,
    fall_lines,
    feedback_lines,
    figure,
    kept_lines,
    next_rung,
    reason_lines,
    reason_text,
    recorded_lines,
    score_table,
    share,
    short,
    told_once,
    wall_lines,
)


def test_the_published_table_comes_out_as_published():
    score = Score(
        Pair(Fraction(1), Fraction(98, 100)),
        Pair(Fraction(82, 100), Fraction(96, 100)),
        Pair(Fraction(94, 100), Fraction(292, 300)),
        (),
    )
    assert score_table(score) == [
        "              pr     baseline   Δ",
        " visible    1.00      0.98    +0.02",
        " holdout    0.82      0.96    −0.14",
        " overall    0.94      0.97    −0.03",
    ]


def test_a_half_that_is_empty_is_a_dash():
    score = Score(Pair(Fraction(1), Fraction(1)), None, Pair(Fraction(1), Fraction(1)), ())
    assert score_table(score)[2] == " holdout     –         –        –"


def test_what_is_not_whole_is_never_shown_as_whole():
    assert figure(Fraction(999, 1000)) == "0.99"
    assert figure(Fraction(1)) == "1.00"


def test_a_difference_has_a_sign():
    pairs = [("0.96", "0.82"), ("1.00", "1.00"), ("0.98", "1.00")]
    assert [difference(before, after) for before, after in pairs] == ["−0.14", "+0.00", "+0.02"]


def test_a_digest_is_told_by_its_ends():
    assert short("sha256:9f42" + "0" * 56 + "c0b1") == "sha256:9f42…c0b1"


EVERY_FIGURE = (
    ("scenarios", 2.0),
    ("paths", 2.0),
    ("satisfaction", 0.94),
    ("threshold", 0.95),
    ("now", 0.9),
    ("earlier", 0.97),
    ("age_s", 61.5),
    ("window_s", 60.0),
)


@pytest.mark.parametrize("code", Code)
def test_every_reason_on_record_has_words_without_a_figure(code):
    recorded = {"code": code.value, "verdict": "REVIEW", "about": "visible"}
    [line] = recorded_lines([recorded])
    assert line.startswith("REVIEW  ")
    assert not re.search(r"[{}0-9]", line.replace("P0", ""))


def test_reasons_on_record_stand_worst_first_and_those_of_a_later_version_as_they_are():
    recorded = [
        {"code": "of_tomorrow", "verdict": "REVIEW", "about": "x\x1b[2J"},
        {"code": "p0_failed", "verdict": "BLOCK", "about": ""},
    ]
    first, second = recorded_lines(recorded)
    assert first == "BLOCK   scenarios of P0 failed"
    assert second.startswith("REVIEW  of_tomorrow x")
    assert "\x1b" not in second


RECORDED = [
    {"code": "tier", "verdict": "REVIEW", "about": "SHADOW"},
    {"code": "p0_failed", "verdict": "BLOCK", "about": ""},
]


def test_reasons_are_told_in_the_words_of_the_evaluation_that_is_kept_here():
    lines = ["the service is at SHADOW", "1 scenario of P0 failed"]
    found = replace(SUMMARY, reasons=RECORDED, lines=lines)
    assert kept_lines(RECORDED, found) == [f"BLOCK   {lines[1]}", f"REVIEW  {lines[0]}"]


@pytest.mark.parametrize("changed", [{"reasons": RECORDED[:1]}, {"lines": []}])
def test_where_the_copy_has_other_reasons_the_ledgers_words_are_taken(changed):
    found = replace(SUMMARY, **{"reasons": RECORDED, "lines": ["fine", "fine"], **changed})
    assert kept_lines(RECORDED, found) == recorded_lines(RECORDED)


def test_a_fall_is_told_with_what_it_costs_and_other_moments_are_not():
    moment = datetime(2026, 11, 21, tzinfo=UTC)
    up = Transition(moment - timedelta(days=1), Tier.NONE, Tier.SHADOW, "enrolled")
    down = Transition(moment, Tier.SHADOW, Tier.NONE, "a BLOCK was overridden")
    stands = Trust(Tier.NONE, moment, (up, down), ())
    assert fall_lines(stands, "api", moment) == [
        f"api fell from SHADOW to NONE: {down.reason}; what was counted before counts no more",
        "until it is enrolled again every decision is REVIEW, also where its exam says BLOCK",
        "to SHADOW: sigil trust enroll --service api",
    ]
    assert fall_lines(stands, "api", up.ts) == []


def test_a_tally_that_lacks_the_holdouts_says_that_it_counts_what_is_visible():
    line = Line("a", "visible", "", (StepStatus.PASS, StepStatus.FAIL, StepStatus.SKIP), True)
    whole = Feedback("eval_1", Verdict.BLOCK, Disclosure.STEPS, (line,), ())
    part = replace(whole, disclosure=Disclosure.NOTHING)
    shown = [line for line in feedback_lines(whole) if line.startswith("aggregate")]
    assert shown == ["aggregate: 1 pass · 1 fail · 1 skip · decision = BLOCK"]
    shown = [line for line in feedback_lines(part) if line.startswith("aggregate")]
    assert shown == ["aggregate: of visible steps 1 pass · 1 fail · 1 skip · decision = BLOCK"]


def test_a_stage_that_failed_is_told_once_with_its_problem():
    trouble = {"stage": "deploy pr", "problem": "it exited"}
    lines = ["deploy pr failed", "the service is at SHADOW", "run failed"]
    assert told_once(lines, [trouble, trouble]) == [
        "deploy pr failed: it exited",
        "the service is at SHADOW",
        "run failed",
    ]


@pytest.mark.parametrize("code", Code)
def test_every_reason_has_words(code):
    text = reason_text(Reason(code, Verdict.REVIEW, "P0", EVERY_FIGURE))
    assert text
    assert "{" not in text


def test_every_reason_that_a_decision_gives_has_the_figures_that_its_words_need():
    exam = (
        answers("ppf ppp", "ppp ppp", name="a", priority="P0"),
        answers("pi", "pp", name="b"),
        answers("pe", "", name="c", half="holdout"),
    )
    decision = decide(facts(*exam, ledger_age_s=99.0, earlier=Fraction(1)))
    assert len(reason_lines(decision)) == len(decision.reasons) > 5


def test_the_worst_reason_stands_first_and_those_alike_in_their_order():
    reasons = (
        Reason(Code.TIER, Verdict.REVIEW, "SHADOW"),
        Reason(Code.SPOKEN_AGAINST, Verdict.BLOCK, "an override"),
        Reason(Code.EXPIRED, Verdict.REVIEW),
    )
    lines = reason_lines(Decision(Verdict.BLOCK, Verdict.ALLOW, reasons))
    assert [line.split()[0] for line in lines] == ["BLOCK", "REVIEW", "REVIEW"]
    assert "SHADOW" in lines[1]


def test_a_regression_counts_and_names_its_half():
    reason = Reason(Code.REGRESSION, Verdict.REVIEW, "holdout", (("scenarios", 2.0),))
    assert reason_text(reason) == "regression on 2 holdout scenarios"


def test_one_scenario_is_not_several():
    reason = Reason(Code.P0_FAILED, Verdict.BLOCK, "", (("scenarios", 1.0),))
    assert reason_text(reason) == "1 scenario of P0 failed"


def test_feedback_names_a_holdout_by_its_letter_and_its_intent():
    exam = (
        answers("ppppp", name="auth/login"),
        answers("ppf", name="secret", half="holdout", spec="docs/specs/billing-upgrade.md"),
    )
    told = feedback(
        "eval_1", Verdict.REVIEW, exam, numbers={"secret": 3}, disclosed=Disclosure.STEPS
    )
    assert feedback_lines(told) == [
        "scenario: auth/login                   5 pass",
        "scenario: holdout-C                    2 pass · 1 fail",
        "  spec    : docs/specs/billing-upgrade.md",
        "  step_1  : pass",
        "  step_2  : pass",
        "  step_3  : fail",
        "",
        "aggregate: 7 pass · 1 fail · decision = REVIEW",
        "wall: holdout/* frames not available to the authoring agent (by design)",
    ]


def test_coarse_feedback_names_intents():
    exam = (answers("pf", name="secret", half="holdout", spec="docs/specs/a.md"),)
    told = feedback("e", Verdict.BLOCK, exam, numbers={"secret": 1}, disclosed=Disclosure.SPECS)
    assert feedback_lines(told)[:2] == ["holdouts miss:", "  docs/specs/a.md"]


@pytest.mark.parametrize("silence", Silence)
def test_silence_has_one_cause_and_a_remedy(silence):
    found = feedback(
        "e", Verdict.BLOCK, (), numbers={}, disclosed=Disclosure.NOTHING, silence=silence
    )
    cause, *remedy = wall_lines(found)
    assert cause.startswith("no word of holdouts: ")
    assert " or " not in cause
    assert any("sigil " in line for line in remedy)
    assert feedback_lines(found)[-len(remedy) - 1] == f"wall: {cause}"


@pytest.mark.parametrize("silence", [*Silence, None])
def test_each_line_about_silence_fits_a_narrow_terminal(silence):
    found = feedback(
        "e", Verdict.BLOCK, (), numbers={}, disclosed=Disclosure.NOTHING, silence=silence
    )
    assert max(map(len, feedback_lines(found))) <= 80


def test_an_allow_has_no_reasons():
    assert reason_lines(Decision(Verdict.ALLOW, Verdict.ALLOW, ())) == []


# --- trust --------------------------------------------------------------------------------------

LACKING = (
    Condition("evaluations", 49.0, 50.0),
    Condition("human verdicts", 20.0, 20.0),
    Condition("agreement κ", None, 0.8),
)


def stands(tier: Tier, *conditions: Condition) -> Trust:
    return Trust(tier, None, (), conditions)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 scenarios"), (1, "1 scenario"), (2, "2 scenarios")]
)
def test_one_of_a_thing_is_not_several(count, shown):
    assert counted(count, "scenario") == shown


def test_what_the_exam_alone_says_stands_beside_what_was_decided():
    assert exam_alone(Verdict.ALLOW, Verdict.REVIEW) == (
        "by the exam alone: ALLOW, and with the trust earned so far: REVIEW"
    )
    assert exam_alone(Verdict.BLOCK, Verdict.BLOCK) == "by the exam alone: BLOCK"


def test_the_next_rung_names_what_is_lacking_and_nothing_that_is_there():
    assert next_rung(stands(Tier.SHADOW, *LACKING), "api") == (
        "to ADVISORY: 1 evaluation more · agreement κ 0.80 (now undefined)"
    )


def test_days_are_counted_up_to_the_whole_one():
    quiet = Condition("days without an incident", 12.2, 14.0)
    assert next_rung(stands(Tier.ADVISORY, quiet), "api") == (
        "to AUTO: 2 more days without an incident"
    )


def test_the_names_of_conditions_are_those_of_the_ladder():
    ladder = {
        condition.name
        for service in (Service(), advisory())
        for condition in service.trust.conditions
    }
    assert {"evaluations", "human verdicts", "days without an incident"} < ladder


def test_where_only_time_is_lacking_that_is_said():
    met = Condition("evaluations", 50.0, 50.0)
    assert next_rung(stands(Tier.SHADOW, met), "api") == "to ADVISORY: a day after the last step"


def test_at_the_ends_of_the_ladder():
    assert next_rung(stands(Tier.NONE), "api") == "to SHADOW: sigil trust enroll --service api"
    assert next_rung(stands(Tier.AUTO), "api") == ""


@pytest.mark.parametrize(
    ("condition", "shown"),
    [
        (Condition("evaluations", 49.0, 50.0), "· evaluations                49 of 50"),
        (Condition("agreement κ", None, 0.8), "· agreement κ                undefined of 0.80"),
        (Condition("agreement κ", -0.25, 0.8), "· agreement κ                −0.25 of 0.80"),
        (Condition("scorecard", 0.92, 0.92), "✓ scorecard                  0.92 of 0.92"),
    ],
)
def test_a_condition_is_one_line(condition, shown):
    assert condition_line(condition) == shown


@given(st.floats(0, 1, exclude_max=True))
def test_a_share_that_is_not_whole_is_never_shown_as_whole(value):
    assert share(value) != "1.00"


def test_feedback_says_why_a_change_that_passes_everything_is_reviewed():
    reasons = (Cause(Code.UNVOUCHED, Verdict.REVIEW, "a", ("a\u202e", "b"), 2),)
    shown = feedback_lines(replace(told(visible("v")), verdict=Verdict.REVIEW, reasons=reasons))
    place = shown.index("REVIEW  no exam vouches for 4 paths that it edits")
    assert shown[place + 1 : place + 4] == ["  a\\u202e", "  b", "  and 2 more"]


def test_where_no_reason_may_be_told_feedback_says_who_knows_it():
    shown = feedback_lines(replace(told(visible("v")), verdict=Verdict.REVIEW))
    assert "REVIEW  whoever runs the gate knows why" in shown


def test_of_an_allow_there_is_nothing_to_say():
    shown = feedback_lines(replace(told(visible("v")), verdict=Verdict.ALLOW))
    assert not any("knows why" in line for line in shown)
