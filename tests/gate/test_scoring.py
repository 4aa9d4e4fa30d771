"""How results are added up."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.building import answers, result

from sigil.gate.model import Priority
from sigil.gate.scoring import Pair, regressions, satisfaction, score


def test_a_pass_satisfies_wholly():
    assert satisfaction([result("ppp")], Priority.P0) == 1


def test_a_failure_satisfies_by_the_share_of_its_steps_that_passed():
    assert satisfaction([result("ppfs")], Priority.P1) == Fraction(1, 2)


def test_a_p0_scenario_that_fails_satisfies_nothing():
    assert satisfaction([result("ppfs")], Priority.P0) == 0


def test_an_error_satisfies_nothing_and_stays_in_the_denominator():
    found = score([answers("ppp", name="a"), answers("ppe", name="b")])
    assert found.visible == Pair(Fraction(1, 2), Fraction(1))


def test_a_scenario_that_was_never_run_satisfies_nothing():
    assert satisfaction([], Priority.P2) == 0


def test_repeats_are_averaged():
    assert satisfaction([result("pp"), result("pf")], Priority.P1) == Fraction(3, 4)


def test_the_published_example_comes_out_as_published():
    """Visible 1.00 and 0.98, holdout 0.82 and 0.96 make 0.94 and 0.97."""
    visible = [answers("p" * 50, "p" * 49 + "f", name="a")]
    holdout = [answers("p" * 41 + "f" * 9, "p" * 48 + "ff", name="b", half="holdout")]
    found = score([*visible, *holdout])
    assert f"{float(found.overall.pr):.2f}" == "0.94"
    assert f"{float(found.overall.baseline):.2f}" == "0.97"
    assert f"{float(found.overall.delta):+.2f}" == "-0.03"


def test_a_half_that_is_empty_weighs_nothing():
    found = score([answers("pf", "pp")])
    assert found.holdout is None
    assert found.overall == Pair(Fraction(1, 2), Fraction(1))


def test_at_best_what_may_be_nobodys_fault_passes():
    exam = [answers("o", "p", name="a"), answers("f", "p", name="b"), answers("", "p", name="c")]
    found = score([*exam, answers("e", "p", name="d")])
    assert found.overall.pr == 0
    assert found.at_best == Fraction(1, 2)


def test_where_nothing_is_open_there_is_no_at_best():
    assert score([answers("e", "p"), answers("f", "e", name="b")]).at_best is None


def test_an_exam_without_scenarios_has_no_score():
    with pytest.raises(ValueError, match="needs a scenario"):
        score([])


def test_a_regression_is_a_scenario_that_satisfies_less_than_before():
    exam = [
        answers("pf", "pp", name="worse"),
        answers("pp", "pf", name="better"),
        answers("pf", "pf", name="equal"),
        answers("pf", "pp", name="sealed", half="holdout"),
    ]
    assert regressions(score(exam), exam, "visible") == ("worse",)
    assert regressions(score(exam), exam, "holdout") == ("sealed",)


@given(st.lists(st.text("pfse", min_size=1, max_size=6), min_size=1, max_size=8))
def test_every_satisfaction_lies_between_0_and_1(sides):
    exam = [answers(side, side[::-1], name=str(n)) for n, side in enumerate(sides)]
    found = score(exam)
    for _, pair in found.scenarios:
        assert 0 <= pair.pr <= 1
        assert 0 <= pair.baseline <= 1
    assert 0 <= found.overall.pr <= 1
    assert found.at_best is None or found.overall.pr <= found.at_best <= 1


@given(st.permutations(range(5)))
def test_the_order_of_scenarios_changes_no_score(order):
    sides = ["p", "pf", "pfs", "e", "ppf"]
    exam = [answers(side, "pp", name=str(n)) for n, side in enumerate(sides)]
    assert score([exam[n] for n in order]).overall == score(exam).overall
