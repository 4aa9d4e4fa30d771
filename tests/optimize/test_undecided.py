"""A run without a winner tells of what looked better and was not decided on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sigil.evaluate.result import Evaluation, Failure, Interval, MetricValue
from sigil.optimize.history import Candidate, History
from sigil.optimize.undecided import undecided
from sigil.search.model import BASELINE

FASTER = {"time_ms": True}
SAID = "one looked 4× faster, but noise or time left it undecided"


def timed(ratio: float, low: float, high: float) -> Evaluation:
    spread = Interval(low, high, 0.99)
    value = MetricValue(8 * ratio, 30, Interval(8 * low, 8 * high, 0.99), ratio, spread, "ms")
    return Evaluation("measured", {"time_ms": value}, costs=(8 * ratio,))


def history(evaluation: Evaluation, confirmed: Evaluation | None = None) -> History:
    one = Candidate("a1", BASELINE, "", "rewrite", evaluation=evaluation, confirmed=confirmed)
    return History(baseline=timed(1, 1, 1), candidates={one.id: one})


WIDE = timed(0.25, 0.1, 2.0)


def test_what_looked_better_and_is_undecided_is_told() -> None:
    assert undecided(history(WIDE, timed(0.4, 0.1, 1.2)), FASTER) == SAID


def test_where_something_was_accepted_nothing_is_left_open() -> None:
    found = history(WIDE, timed(0.4, 0.1, 1.2))
    taken = replace(timed(0.9, 0.8, 0.95), accepted=True)
    found.candidates["b2"] = replace(found.candidates["a1"], id="b2", confirmed=taken)
    assert undecided(found, FASTER) == ""


@pytest.mark.parametrize("accepted", [True, False])
def test_what_is_decided_is_not(accepted: bool) -> None:
    confirmed = replace(WIDE, accepted=accepted)
    assert undecided(history(WIDE, confirmed), FASTER) == ""


def test_nor_what_failed_when_it_was_measured_anew() -> None:
    failed = replace(WIDE, costs=(), failure=Failure("same", "holdout", "another answer"))
    assert undecided(history(WIDE, failed), FASTER) == ""


def test_what_nobody_had_the_time_to_measure_anew_is_told_if_it_was_clear() -> None:
    assert undecided(history(timed(0.25, 0.2, 0.3)), FASTER) == SAID
    assert undecided(history(WIDE), FASTER) == ""


def test_a_gain_of_nothing_much_is_no_hope() -> None:
    slight = timed(0.97, 0.9, 1.1)
    assert undecided(history(slight, slight), FASTER) == ""


def test_more_is_better_where_the_objective_says_so() -> None:
    assert undecided(history(WIDE, WIDE), {"time_ms": False}) == ""


def test_of_what_is_no_measure_of_cost_the_metric_is_named() -> None:
    loss = Evaluation("measured", {"loss": MetricValue(1.0, 1, ratio=0.5)}, costs=(1.0,))
    found = undecided(history(loss, loss), {"loss": True})
    assert found == "one looked -50.0 % in loss, but noise or time left it undecided"


def test_what_is_exact_and_no_better_than_what_was_refused_is_decided() -> None:
    loss = Evaluation("measured", {"loss": MetricValue(1.0, 1, ratio=0.5)}, costs=(1.0,))
    found = history(loss, replace(loss, accepted=False))
    found.candidates["b2"] = replace(found.candidates["a1"], id="b2", confirmed=None)
    assert undecided(found, {"loss": True}) == ""
    better = Evaluation("measured", {"loss": MetricValue(0.5, 1, ratio=0.25)}, costs=(0.5,))
    found.candidates["c3"] = Candidate("c3", BASELINE, "", "rewrite", evaluation=better)
    assert "-75.0 % in loss" in undecided(found, {"loss": True})
