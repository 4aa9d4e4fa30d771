"""What the author of a change is told."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import StrEnum
from fractions import Fraction
from types import GenericAlias
from typing import get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.building import answers
from tests.gate.summaries import SUMMARY

from sigil.gate.concluding import unreset
from sigil.gate.decision import Code, Reason, Verdict
from sigil.gate.feedback import (
    MOST_PATHS,
    NOT_RESET,
    Disclosure,
    Submission,
    causes,
    disclosure,
    feedback,
    told_as,
)
from sigil.gate.model import Result, Scenario, Status, StepStatus
from sigil.gate.names import is_holdout_id
from sigil.gate.sittings import Observed, Sitting
from sigil.gate.view.comment import markdown
from sigil.gate.view.present import feedback_lines

EXAM = (
    answers("ppp", name="auth/login"),
    answers("ppf", name="sealed/a", half="holdout", spec="docs/specs/billing.md"),
    answers("pp", name="sealed/b", half="holdout", spec="docs/specs/auth.md"),
)


def told(disclosed=Disclosure.STEPS, exam=EXAM, numbers=None):
    numbers = numbers or {"sealed/a": 2, "sealed/b": 1}
    return feedback("eval_1", Verdict.REVIEW, exam, numbers=numbers, disclosed=disclosed)


def test_a_holdout_has_a_letter_and_step_labels():
    line = told().lines[2]
    assert line.name == "holdout-B"
    assert line.spec == "docs/specs/billing.md"
    assert line.steps == (StepStatus.PASS, StepStatus.PASS, StepStatus.FAIL)


def sat(half, side="pr", *, is_unreset=True) -> Observed:
    sitting = Sitting(Scenario("a", half, "", "a.lua"), side, 0, 1)
    result = Result("a", Status.ERROR, ())
    return Observed(sitting, result, None, None, (), is_unreset=is_unreset)


def test_a_reset_that_fails_before_a_holdout_is_never_told():
    assert unreset([sat("holdout", "pr"), sat("holdout", "baseline")]) == ()


def test_a_reset_that_fails_before_a_visible_scenario_is_told_of_its_side_once():
    observed = [sat("visible", "baseline"), sat("visible"), sat("visible")]
    assert unreset(observed) == ("pr", "baseline")
    assert unreset([sat("visible", is_unreset=False)]) == ()


@pytest.mark.parametrize("side", ["pr", "baseline"])
def test_feedback_and_comment_say_which_side_was_not_reset(side):
    found = feedback(
        "eval_1",
        Verdict.REVIEW,
        EXAM,
        numbers={"sealed/a": 2, "sealed/b": 1},
        disclosed=Disclosure.NOTHING,
        unreset=[side],
    )
    assert NOT_RESET[side] in feedback_lines(found)
    assert f"- {NOT_RESET[side]}" in markdown(SUMMARY, found).splitlines()


def test_holdouts_stand_in_the_order_of_their_letters():
    assert [line.name for line in told().lines] == ["auth/login", "holdout-A", "holdout-B"]


@given(st.integers(1, 999_999))
def test_what_a_holdout_is_called_is_no_name_of_a_file(number):
    assert not is_holdout_id(told_as(number))


def test_letters_go_on_behind_the_last():
    assert [told_as(number) for number in (1, 26, 27, 52, 53, 702, 703)] == [
        f"holdout-{letters}" for letters in ("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]


@given(st.lists(st.integers(1, 99_999), unique=True))
def test_no_two_holdouts_are_called_alike(numbers):
    assert len({told_as(number) for number in numbers}) == len(numbers)


def test_coarse_feedback_names_the_failing_intents_alone():
    found = told(Disclosure.SPECS)
    assert [line.name for line in found.lines] == ["auth/login"]
    assert found.failing_specs == ("docs/specs/billing.md",)


def test_a_spent_budget_says_nothing_of_holdouts():
    found = told(Disclosure.NOTHING)
    assert [line.name for line in found.lines] == ["auth/login"]
    assert found.failing_specs == ()


def test_a_scenario_that_was_never_run_failed():
    found = told(exam=(answers("", name="auth/login"),))
    assert found.lines[0].failed
    assert found.lines[0].steps == ()


def test_of_repeats_the_worst_is_told():
    found = told(exam=(answers("pp pf", name="auth/login"),))
    assert found.lines[0].steps == (StepStatus.PASS, StepStatus.FAIL)


@given(st.text(min_size=3))
def test_the_true_name_of_a_holdout_is_never_told(name):
    secret = f"canary-{name}"
    exam = (answers("pf", name=secret, half="holdout"),)
    assert secret not in repr(told(exam=exam, numbers={secret: 1}))


def test_a_result_has_no_room_for_text_but_the_scenarios_id():
    """The wall stands on this: what feedback is made of cannot carry what a holdout asks."""
    hints = get_type_hints(Result)
    texts = [field.name for field in fields(Result) if _can_hold_text(hints[field.name])]
    assert texts == ["scenario"]


def _can_hold_text(kind: object) -> bool:
    if isinstance(kind, GenericAlias) or get_origin(kind):
        return any(_can_hold_text(part) for part in get_args(kind) if part is not Ellipsis)
    if is_dataclass(kind):
        return any(_can_hold_text(hint) for hint in get_type_hints(kind).values())
    return isinstance(kind, type) and issubclass(kind, str) and not issubclass(kind, StrEnum)


# --- how much is disclosed --------------------------------------------------------------


def test_a_first_submission_is_told_the_steps():
    assert disclosure([], Fraction(1, 2), left=5) is Disclosure.STEPS


def test_a_submission_that_is_no_better_is_told_less():
    earlier = [Submission(Fraction(1, 2))]
    assert disclosure(earlier, Fraction(1, 2), left=5) is Disclosure.SPECS


def test_a_submission_that_missed_nothing_bars_nobody():
    assert disclosure([Submission(Fraction(1))], Fraction(1, 2), left=9) is Disclosure.STEPS


def test_a_submission_that_is_better_than_all_before_is_told_the_steps_again():
    earlier = [
        Submission(Fraction(3, 4)),
        Submission(Fraction(1, 4)),
    ]
    assert disclosure(earlier, Fraction(1, 2), left=5) is Disclosure.SPECS
    assert disclosure(earlier, Fraction(4, 5), left=5) is Disclosure.STEPS


def test_after_the_budget_nothing_is_told_however_good():
    earlier = [Submission(Fraction(0))] * 5
    assert disclosure(earlier, Fraction(1), left=0) is Disclosure.NOTHING


def test_holdouts_that_were_not_scored_are_not_told_of():
    assert disclosure([], None, left=5) is Disclosure.NOTHING


@given(st.lists(st.fractions(0, 1), max_size=30))
def test_failing_on_purpose_is_told_of_steps_only_on_the_way_up(scores):
    """A change that wants to send bits by its failures gets steps for rising scores alone."""
    earlier: list[Submission] = []
    told: list[Disclosure] = []
    for now in scores:
        told.append(disclosure(earlier, now, left=20 - len(earlier)))
        earlier.append(Submission(now))
    by_steps = [
        now
        for now, said in zip(scores, told, strict=True)
        if said is Disclosure.STEPS and now != 1  # else every step passes
    ]
    assert by_steps == sorted(set(by_steps))
    assert all(said is Disclosure.NOTHING for said in told[20:])


# --- reasons --------------------------------------------------------------------------------

OF_NO_HOLDOUT = {
    "no_visible", "no_holdout", "stale_ledger", "ledger_unknown", "evaluator_unknown",
    "seed_known", "unbound", "unvouched",
}  # fmt: skip


@pytest.mark.parametrize("disclosed", Disclosure)
@pytest.mark.parametrize("code", sorted(set(Code) - OF_NO_HOLDOUT - {Code.TIER}))
def test_a_reason_that_may_rest_on_holdouts_is_never_told(code, disclosed):
    assert causes([Reason(code, Verdict.REVIEW, "visible")], disclosed) == ()


@pytest.mark.parametrize("disclosed", Disclosure)
@pytest.mark.parametrize("code", sorted(OF_NO_HOLDOUT))
def test_a_reason_that_says_nothing_of_holdouts_is_told_always(code, disclosed):
    [cause] = causes([Reason(Code(code), Verdict.REVIEW, "x")], disclosed, ("a",))
    assert cause.code == code


@pytest.mark.parametrize(("tier", "disclosed", "told"), [
    ("NONE", Disclosure.NOTHING, True),
    ("NONE", Disclosure.SPECS, True),
    ("SHADOW", Disclosure.STEPS, True),
    ("SHADOW", Disclosure.SPECS, False),
    ("SHADOW", Disclosure.NOTHING, False),
])  # fmt: skip
def test_the_tier_is_not_told_where_it_says_that_the_holdouts_passed(tier, disclosed, told):
    assert bool(causes([Reason(Code.TIER, Verdict.REVIEW, tier)], disclosed)) is told


def test_of_many_paths_the_first_are_told_and_the_others_counted():
    paths = [f"p{number:03}" for number in range(MOST_PATHS + 7)]
    [cause] = causes([Reason(Code.UNVOUCHED, Verdict.REVIEW, "p000")], Disclosure.NOTHING, paths)
    assert (cause.paths, cause.more) == (tuple(paths[:MOST_PATHS]), 7)
