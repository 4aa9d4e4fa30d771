"""Objectives, tie breakers and accept rules as an eval states them."""

from __future__ import annotations

import pickle

import pytest

from sigil.errors import InvalidExpression
from sigil.evaluate.expressions import (
    Exact,
    Paired,
    TieBreaker,
    Undefined,
    parse_objective,
    parse_rule,
    parse_tie_breaker,
)
from sigil.evaluate.tree import Kind

KNOWN: dict[str, Kind] = {"a": "number", "b": "number", "ok": "truth"}


SUBJECT = "column 8: expected ',', 'subject_to' or the end, not subject; did you mean subject_to?"

# --- objectives -------------------------------------------------------------------------


def test_one_goal_may_have_a_constraint():
    objective = parse_objective("min(a) subject_to ok==true and b<=3", KNOWN)
    assert [str(goal) for goal in objective.goals] == ["min(a)"]
    assert objective.constraint
    assert objective.constraint.text == "ok==true and b<=3"
    assert objective.metrics == {"a", "b", "ok"}


@pytest.mark.parametrize(
    "text", ["min(a), max(b)", "min(a) ; max(b)", "min(a),max(b) subject_to ok"]
)
def test_several_goals_make_a_front(text: str):
    objective = parse_objective(text, KNOWN)
    assert [str(goal) for goal in objective.goals] == ["min(a)", "max(b)"]
    assert objective.minimised == {"a": True, "b": False}


def test_costs_are_lower_for_the_better():
    objective = parse_objective("min(a), max(b), max(ok)", KNOWN)
    assert objective.costs({"a": 2.0, "b": 3.0, "ok": True}) == (2.0, -3.0, -1.0)


def test_a_goal_may_be_arithmetic_over_the_baseline():
    objective = parse_objective("min(a / baseline.a + 0.1 * b)", KNOWN)
    assert objective.costs({"a": 1.0, "b": 2.0}, {"a": 2.0, "b": 9.0}) == (0.7,)
    assert objective.minimised == {}
    assert objective.metrics == {"a", "b"}


def test_a_cost_without_a_number_is_an_error_and_no_score():
    objective = parse_objective("min(a / b)", KNOWN)
    for values in ({"a": 1.0, "b": 0.0}, {"a": 1.0}, {"a": float("nan"), "b": 1.0}):
        with pytest.raises(Undefined):
            objective.costs(values)


def test_a_goal_has_a_value_in_every_block_for_both():
    goal = parse_objective("max(a * 2)", KNOWN).goals[0]
    assert goal.paired({"a": Paired([1.0, 2.0], [3.0, 4.0])}) == Paired([2.0, 4.0], [6.0, 8.0])


def test_without_a_constraint_everything_is_feasible():
    assert parse_objective("min(a)", KNOWN).feasible({}).value is True


@pytest.mark.parametrize(("answer", "feasible"), [(True, True), (False, False)])
def test_a_constraint_decides_what_is_feasible(answer: bool, feasible: bool):
    objective = parse_objective("min(a) subject_to ok==true", KNOWN)
    assert objective.feasible({"ok": Exact(answer, True)}).value is feasible


def test_what_a_constraint_needs_and_was_not_measured_is_undecided():
    assert parse_objective("min(a) subject_to ok", KNOWN).feasible({}).value is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: expected min or max but the text ends; known: max, min"),
        ("a", "column 1: expected min or max, not a; known: max, min"),
        ("minimize(a)", "column 1: expected min or max, not minimize; did you mean min?"),
        ("min a", "column 5: expected (, not a"),
        ("min(a", "column 6: expected ) or an operator but the text ends"),
        ("min(a < 1)", "column 7: expected ) or an operator, not <"),
        ("min(ok + 1)", "column 5: expected a number, not ok (true or false)"),
        ("min(a) max(b)", "column 8: expected ',', 'subject_to' or the end, not max"),
        ("min(a), ", "column 9: expected min or max but the text ends; known: max, min"),
        ("min(a) subject b<1", SUBJECT),
        (
            "min(a) subject_to",
            "column 18: expected a number, a metric or ( but the text ends",
        ),
        ("min(a) subject_to ok, b", "column 21: expected 'and', 'or' or the end, not ,"),
        ("min(c)", "column 5: expected a metric, not c; known: a, b, ok"),
    ],
)
def test_a_wrong_objective_names_the_column(text: str, message: str):
    with pytest.raises(InvalidExpression) as caught:
        parse_objective(text, KNOWN)
    assert str(caught.value) == message


# --- rules ------------------------------------------------------------------------------


def test_a_rule_knows_what_it_needs():
    rule = parse_rule("a <= 0.95 * baseline.b and ok==true", KNOWN)
    assert rule.metrics == {"a", "b", "ok"}


def test_a_rule_decides():
    rule = parse_rule("a <= 0.95 * baseline.a", KNOWN)
    assert rule.decide({"a": Exact(0.9, 1.0)}) is True
    assert rule.decide({}) is None


def test_expressions_travel_to_other_processes():
    objective = parse_objective("min(a), max(b) subject_to ok and a<3", KNOWN)
    assert pickle.loads(pickle.dumps(objective)) == objective


# --- tie breakers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("mean(a)", 2.5),
        ("median(a)", 2.0),
        ("min(a)", 1.0),
        ("max(a)", 5.0),
        ("p50(a)", 2.0),
        ("p95(a)", 5.0),
        ("p1(a)", 1.0),
        ("-mean(a)", -2.5),
        (" median ( a ) ", 2.0),
    ],
)
def test_a_tie_breaker_is_a_statistic_of_the_samples(text: str, cost: float):
    assert parse_tie_breaker(text, KNOWN).cost([5.0, 1.0, 2.0, 2.0]) == cost


def test_the_95th_percentile_of_twenty_is_the_nineteenth():
    breaker = parse_tie_breaker("p95(a)", KNOWN)
    assert breaker.cost([float(n) for n in range(20, 0, -1)]) == 19.0


def test_a_metric_that_is_maximised_breaks_ties_upwards():
    objective = parse_objective("max(a), min(b)", KNOWN)
    assert parse_tie_breaker("mean(a)", KNOWN, objective=objective).cost([2.0]) == -2.0
    assert parse_tie_breaker("mean(b)", KNOWN, objective=objective).cost([2.0]) == 2.0


@pytest.mark.parametrize("samples", [[], [float("nan")], [float("inf")]])
def test_a_tie_breaker_without_a_number_is_an_error(samples: list[float]):
    with pytest.raises(Undefined):
        TieBreaker("mean(a)", "mean", "a").cost(samples)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: expected a statistic but the text ends; known: max, mean, median, min"),
        ("men(a)", "column 1: expected a statistic, not men; did you mean mean?"),
        ("p0(a)", "column 1: expected a statistic, not p0; did you mean p"),
        ("p100(a)", "column 1: expected a statistic, not p100; known: max, mean"),
        ("mean(c)", "column 6: expected a metric, not c; known: a, b, ok"),
        ("mean(a", "column 7: expected ) but the text ends"),
        ("mean(a) b", "column 9: expected the end, not b"),
        ("mean a", "column 6: expected (, not a"),
    ],
)
def test_a_wrong_tie_breaker_names_the_column(text: str, message: str):
    with pytest.raises(InvalidExpression) as caught:
        parse_tie_breaker(text, KNOWN)
    assert str(caught.value).startswith(message)
