"""What the results of a batch are worth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import BaselineFailed, CommandTimedOut, NotANumber, Where
from sigil.evaluate.cases import MISSING, GivenCase, Tolerance
from sigil.evaluate.failure import Failed, error_of, status_of
from sigil.evaluate.schema import Metric
from sigil.evaluate.scoring import (
    compared,
    differing,
    disagreement,
    mean_error,
    mean_score,
    new_errors,
    printable,
    scorer_cases,
    shown,
)
from sigil.sandbox.model import Case, Raised, Returned

SILENT = [GivenCase(Case((1,))), GivenCase(Case((2,)))]
TOLD = [GivenCase(Case((1,)), expected=1.0), GivenCase(Case((2,)), expected=4.0)]
BASE = (Returned(10), Raised("ValueError", "no"))


@pytest.mark.parametrize(("baseline", "candidate", "differs"), [
    ("", "whole", True), ("", "part", True), ("part", "whole", True),
    ("whole", "", False), ("whole", "part", False), ("part", "part", False),
])  # fmt: skip
def test_a_copy_stays_a_copy(baseline, candidate, differs):
    given = [GivenCase(Case(([1],)))]
    results = [Returned([1], shared=candidate)], [Returned([1], shared=baseline)]
    assert bool(differing(given, *results)) is differs


@pytest.mark.parametrize("expected", [MISSING, {"a": 1, "b": 2}])
def test_keys_come_in_the_order_of_the_unchanged_code_where_that_is_right(expected):
    given = [GivenCase(Case(), expected)]
    one, other = Returned({"b": 2, "a": 1}), Returned({"a": 1, "b": 2})
    assert differing(given, [one], [other]) == [0]
    assert differing(given, [one], [one]) == []
    assert "in the order of {'a': 1, 'b': 2}" in disagreement(given, [one], [other], 0)


def test_where_the_unchanged_code_is_wrong_its_order_of_keys_counts_for_nothing():
    given = [GivenCase(Case(), {"a": 1, "b": 2})]
    assert differing(given, [Returned({"b": 2, "a": 1})], [Returned({"a": 1})]) == []


def test_a_value_that_is_no_copy_any_more_is_told():
    given = [GivenCase(Case(([1],)))]
    said = disagreement(given, [Returned([1], shared="whole")], [Returned([1])], 0)
    assert said.endswith("gave an argument itself, expected a copy")


def test_a_result_that_holds_one_list_twice_is_told_where_each_was_new():
    given, once, twice = [GivenCase(Case())], Returned([[1], [1]]), Returned([[1], [1]], twice=True)
    assert differing(given, [once], [twice]) == []
    assert differing(given, [twice], [once]) == [0]
    said = disagreement(given, [twice], [once], 0)
    assert said.endswith(
        "gave one list, dict or set at two places of its result, expected a new one at each"
    )


def test_a_case_without_an_expected_value_expects_what_the_baseline_returned():
    assert differing(SILENT, (Returned(11), Returned(20)), (Returned(10), Returned(20))) == [0]


def test_raising_is_no_answer_even_if_the_baseline_raises():
    assert differing(SILENT, (Returned(10), Raised("ValueError", "no")), BASE) == [1]


@pytest.mark.parametrize(
    ("result", "differs"),
    [(Raised("KeyError", "k"), False), (Raised("ValueError", "k"), True), (Returned(1), True)],
)
def test_a_case_may_ask_for_an_exception(result: Returned | Raised, differs: bool):
    asks = [GivenCase(Case((1,)), raises="KeyError")]
    assert bool(differing(asks, [result], [Returned(1)])) is differs


def test_what_a_call_leaves_in_its_arguments_counts():
    given = [GivenCase(Case(([2, 1],)))]
    sorts, sorts_not = Returned(None, (([1, 2],), {})), Returned(None)
    assert differing(given, [sorts], [sorts]) == []
    assert differing(given, [sorts_not], [sorts]) == [0]
    assert differing(given, [sorts], [sorts_not]) == [0]
    assert disagreement(given, [sorts_not], [sorts], 0) == (
        "case 1 ([2, 1]) left its arguments as (([2, 1],), {}), expected (([1, 2],), {})"
    )


def test_arguments_are_compared_where_the_baselines_own_answer_is_right():
    given = [GivenCase(Case(([2, 1],)), expected=3)]
    right, wrong = Returned(3, (([],), {})), Returned(0, (([7],), {}))
    assert differing(given, [Returned(3)], [right]) == [0]
    assert differing(given, [Returned(3)], [wrong]) == []


def test_raising_where_a_value_is_expected_differs_even_if_the_baseline_raises():
    raised = (Returned(1.0), Raised("ValueError", ""))
    assert differing(TOLD, raised, raised) == [1]


def test_a_tolerance_is_for_numbers():
    results = (Returned(1.0), Returned(4.001))
    assert differing(TOLD, results, results, Tolerance(relative=0.01)) == []
    assert differing(TOLD, results, results) == [1]


def test_only_errors_that_the_baseline_did_not_raise_are_new():
    assert new_errors(SILENT, (Raised("E", ""), Raised("E", "")), BASE) == [0]


def test_the_error_of_a_batch_is_the_mean_over_its_cases():
    assert mean_error("m", TOLD, (Returned(1.0), Returned(5.0)), BASE) == 0.5


@pytest.mark.parametrize("bad", [Raised("E", "x"), Returned("text"), Returned([4.0])])
def test_one_case_without_a_distance_leaves_no_error_at_all(bad: Returned | Raised):
    with pytest.raises(Failed):
        mean_error("m", TOLD, (Returned(1.0), bad), BASE)


def test_a_scorer_sees_arguments_value_and_what_is_expected():
    (first, _) = scorer_cases("m", TOLD, (Returned("a"), Returned("b")))
    assert first.args == ({"args": [1], "kwargs": {}, "expected": 1.0}, "a")


@pytest.mark.parametrize("score", [True, "3", None, math.inf])
def test_a_score_that_is_no_finite_number_is_a_failure(score: object):
    with pytest.raises(Failed, match="number"):
        mean_score("m", [Returned(1), Returned(score)])


def test_a_disagreement_shows_case_result_and_expectation():
    assert disagreement(TOLD, (Returned(1.0), Returned(5)), BASE, 1) == (
        "case 2 (2) gave 5, expected 4.0"
    )
    assert disagreement(SILENT, (Returned(10), Returned(5)), BASE, 1) == (
        "case 2 (2) gave 5, expected raised ValueError: no"
    )


@given(st.text(max_size=300), st.integers(1, 80))
def test_what_is_shown_is_short_and_printable(text: str, cap: int):
    found = printable(text, cap)
    assert len(found) <= cap
    assert found.isprintable()


def test_nothing_is_escaped_twice():
    assert shown("\x1b\\") == repr("\x1b\\")
    told = disagreement(TOLD, (Returned(1.0), Raised("E", r"\x1b\\")), BASE, 1)
    assert told == r"case 2 (2) raised E: \x1b\\, expected 4.0"


def test_a_value_too_large_to_show_is_named():
    assert shown(10**5000) == "a int too large to show"


# --- what a failure means ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "status"),
    [("check", "failed"), ("holdout", "failed"), ("cpu", "timeout"), ("load", "error")],
)
def test_the_end_of_a_candidate_has_a_status(kind: str, status: str):
    assert status_of(Failed("m", kind, "x")) == status


@pytest.mark.parametrize(
    ("kind", "error"),
    [("timeout", CommandTimedOut), ("number", NotANumber), ("raised", BaselineFailed)],
)
def test_the_same_end_of_the_baseline_is_an_error_with_a_place(kind: str, error: type[Exception]):
    found = error_of(Failed("m", kind, "why"), Where("x.eval.yaml", 3, "metrics[0].command"))
    assert isinstance(found, error)
    assert str(found).startswith("x.eval.yaml:3: metrics[0].command: on the unchanged code: why;")


MIXED = [*TOLD, GivenCase(Case((3,))), GivenCase(Case((4,)), raises="KeyError")]


def comparing(measure: str) -> Metric:
    return Metric(id="m", kind="call", measure=measure)


@pytest.mark.parametrize(
    ("measure", "value"),
    [("matches", False), ("agreement", 0.25), ("stated", 1 / 3), ("changed", 1)],
)
def test_stated_answers_and_those_of_the_unchanged_code_count_apart(measure: str, value: float):
    assert compared(comparing(measure), [0, 2, 3], MIXED) == pytest.approx(value)


def test_stated_answers_need_a_case_that_states_one():
    with pytest.raises(Failed, match="no case says what is expected"):
        compared(comparing("stated"), [], SILENT)
