"""How many runs make one timed sample."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.blocks import LEAST_TURNS, Probe, best_of, least_times, settled
from sigil.evaluate.schema import Metric

times = st.lists(st.floats(0.1, 10), min_size=LEAST_TURNS, max_size=20)


@pytest.mark.parametrize(("elapsed_ms", "most"), [(0.1, 15), (2, 15), (20, 6), (100, 6), (500, 1)])
def test_what_is_quick_is_run_more_often(elapsed_ms: float, most: int):
    assert best_of(int(elapsed_ms * 1e6)) == most


def test_a_quiet_machine_needs_the_fewest_runs():
    assert settled([1.0, 1.01, 1.005])
    assert not settled([1.0, 1.0])


def test_a_least_run_that_stands_alone_may_be_an_accident():
    assert not settled([1.0, 1.5, 2.0, 1.4])


def test_a_disturbed_run_does_not_matter_once_two_agree():
    assert settled([9.0, 1.0, 5.0, 1.01])


@given(times, st.randoms())
def test_the_order_of_runs_does_not_matter(runs: list[float], random):
    mixed = list(runs)
    random.shuffle(mixed)
    assert settled(mixed) == settled(runs)


@given(times)
def test_repeating_the_least_run_settles_it(runs: list[float]):
    assert settled([*runs, min(runs)])


def test_the_least_counts_for_times_and_the_first_for_all_else():
    timer = Metric(id="t", kind="timer", command="x")
    number = Metric(id="n", kind="numeric", command="x")
    turns = [{"t": 3.0, "n": 3.0}, {"t": 1.0, "n": 1.0}, {"t": 2.0, "n": 9.0}]
    assert least_times(Probe((timer, number)), turns) == {"t": 1.0, "n": 3.0}
