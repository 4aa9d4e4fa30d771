"""The sequential measurement, on simulated machines whose truth is known."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.expressions import parse_rule
from sigil.evaluate.measure import (
    ALLOWED_NS,
    Block,
    BlockSeries,
    Outcome,
    Phases,
    Plan,
    charged_ns,
    measure,
)

RULE = parse_rule("t <= 0.95 * baseline.t", {"t": "number"})
PLAN = Plan(most=500)

Machine = Callable[[random.Random], float]


def quiet(stream: random.Random) -> float:
    return stream.gauss(1, 0.01)


def noisy(stream: random.Random) -> float:
    """A shared virtual machine: 8 % of jitter, and every tenth sample is interrupted."""
    return abs(stream.gauss(1, 0.08)) + (stream.expovariate(1) if stream.random() < 0.1 else 0)


def run(
    speed: float,
    machine: Machine = noisy,
    *,
    seed: int = 0,
    plan: Plan = PLAN,
    drift: Callable[[int], float] = lambda block: 1.0,
    hopeless: Callable[[BlockSeries], bool] = lambda series: False,
) -> Outcome:
    """Measure a candidate that takes ``speed`` times what the baseline takes, 1 ms."""
    stream = random.Random(seed)
    taken: list[bool] = []

    def sample(*, candidate_first: bool) -> Block:
        now = drift(len(taken))
        taken.append(candidate_first)
        return Block({"t": speed * now * machine(stream)}, {"t": now * machine(stream)})

    return measure(
        sample,
        plan,
        decide=RULE.decide,
        hopeless=hopeless,
        order=random.Random(f"order {seed}"),
        is_late=lambda: False,
    )


def test_an_unchanged_candidate_is_not_accepted_on_a_noisy_machine():
    accepted = sum(run(1.0, seed=seed).verdict is True for seed in range(150))
    assert accepted == 0


def test_a_candidate_exactly_at_the_bar_is_accepted_in_at_most_one_of_a_hundred():
    accepted = sum(run(0.95, seed=seed).verdict is True for seed in range(200))
    assert accepted <= 2


def test_a_true_gain_of_ten_percent_is_accepted_on_a_noisy_machine():
    accepted = sum(run(0.9, seed=seed).verdict is True for seed in range(50))
    assert accepted >= 48


def test_a_drift_of_the_whole_machine_does_not_fake_a_gain():
    outcomes = [run(1.0, seed=seed, drift=lambda block: 0.98**block) for seed in range(50)]
    assert all(outcome.verdict is not True for outcome in outcomes)


def test_a_drift_of_the_whole_machine_does_not_hide_a_gain():
    outcomes = [run(0.8, quiet, seed=seed, drift=lambda block: 1.02**block) for seed in range(20)]
    assert all(outcome.verdict is True for outcome in outcomes)


def test_a_clear_gain_on_a_quiet_machine_needs_few_blocks():
    assert len(run(0.5, quiet).series.blocks) <= 40


def test_a_gain_far_beyond_the_bar_needs_no_precision():
    outcomes = [run(0.1, seed=seed) for seed in range(20)]
    assert all(outcome.verdict is True for outcome in outcomes)
    assert max(len(outcome.series.blocks) for outcome in outcomes) <= 25


def test_a_gain_near_the_bar_is_not_far_beyond_it():
    outcome = run(0.9, quiet, plan=Plan(most=60, precision=1e-6))
    assert (outcome.verdict, outcome.stop) == (True, "blocks")


def test_blocks_that_decide_are_taken_even_if_time_is_up():
    outcome = measure(
        lambda *, candidate_first: Block({"t": 1.0}, {"t": 2.0}),
        Plan(most=50, sure=9),
        decide=RULE.decide,
        hopeless=lambda series: False,
        order=random.Random(0),
        is_late=lambda: True,
    )
    assert (outcome.verdict, len(outcome.series.blocks)) == (True, 9)


def test_a_refuted_rule_ends_the_sampling_at_once():
    outcome = run(2.0, quiet)
    assert (outcome.verdict, outcome.stop, len(outcome.series.blocks)) == (False, "decided", 9)


def test_an_accepted_candidate_is_measured_until_the_ratio_is_known_closely():
    series = run(0.8).series
    assert series.precision() <= PLAN.precision or len(series.blocks) == PLAN.most


def test_a_spent_budget_leaves_the_rule_undecided():
    outcome = run(0.95, plan=Plan(most=5))
    assert (outcome.verdict, outcome.stop) == (None, "blocks")


def test_a_hopeless_candidate_ends_the_sampling():
    outcome = run(1.0, hopeless=lambda series: len(series.blocks) >= 4)
    assert (outcome.stop, len(outcome.series.blocks)) == ("worse", 4)


def test_time_that_is_up_ends_the_sampling_after_one_block():
    outcome = measure(
        lambda *, candidate_first: Block({"t": 1.0}, {"t": 1.0}),
        PLAN,
        decide=RULE.decide,
        hopeless=lambda series: False,
        order=random.Random(0),
        is_late=lambda: True,
    )
    assert (outcome.stop, len(outcome.series.blocks)) == ("time", 1)


def test_warm_up_blocks_are_thrown_away():
    readings = iter([100.0, 1.0, 1.0, 1.0])

    def sample(*, candidate_first: bool) -> Block:
        return Block({"t": next(readings)}, {"t": 1.0})

    plan = Plan(most=3, warm_up=1)
    outcome = measure(
        sample,
        plan,
        decide=RULE.decide,
        hopeless=lambda series: False,
        order=random.Random(0),
        is_late=lambda: False,
    )
    assert [block.candidate["t"] for block in outcome.series.blocks] == [1.0, 1.0, 1.0]


def test_either_side_goes_first_about_equally_often():
    order: list[bool] = []

    def sample(*, candidate_first: bool) -> Block:
        order.append(candidate_first)
        return Block({"t": 1.0 + len(order) % 2}, {"t": 1.0})

    measure(
        sample,
        Plan(most=200),
        decide=lambda samples: None,
        hopeless=lambda series: False,
        order=random.Random(1),
        is_late=lambda: False,
    )
    assert 70 <= sum(order) <= 130


# --- values -----------------------------------------------------------------------------


def series_of(*blocks: tuple[float, float]) -> BlockSeries:
    series = BlockSeries(0.99)
    for candidate, baseline in blocks:
        series.add(Block({"t": candidate}, {"t": baseline}))
    return series


def test_a_value_is_the_median_ratio_times_the_baseline_of_the_run():
    value = series_of((1.0, 2.0), (10.0, 20.0), (5.0, 10.0)).value("t", reference=4.0)
    assert (value.value, value.ratio) == (2.0, 0.5)


def test_an_interval_of_few_samples_says_that_nothing_is_known():
    value = series_of((1.0, 2.0), (1.1, 2.0)).value("t", reference=4.0)
    assert value.interval is not None
    assert value.interval.low == -float("inf")


def test_equal_samples_are_exact():
    value = series_of((3.0, 2.0), (3.0, 2.0)).value("t", reference=2.0)
    assert (value.value, value.interval, value.ratio_interval) == (3.0, None, None)


def test_a_single_block_is_held_against_the_baseline_in_it():
    value = series_of((8.0, 16.0)).value("t", reference=10.0)
    assert (value.value, value.ratio, value.interval) == (5.0, 0.5, None)


def test_a_single_block_of_an_exact_metric_keeps_its_digits():
    assert series_of((0.1, 0.3)).value("t", reference=0.3).value == 0.1


def test_a_baseline_of_zero_leaves_the_values_of_the_candidate():
    value = series_of((3.0, 0.0), (4.0, 0.0), (5.0, 0.0)).value("t", reference=0.0)
    assert (value.value, value.ratio) == (4.0, None)


@given(
    st.lists(st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), min_size=12, max_size=40),
    st.floats(-100, 100).filter(lambda number: abs(number) > 0.01),
)
def test_a_value_lies_in_its_interval(blocks: list[tuple[float, float]], reference: float):
    value = series_of(*blocks).value("t", reference)
    assert value.interval is None or value.interval.low <= value.value <= value.interval.high


# --- what is charged --------------------------------------------------------------------

HONEST = Phases(load=200_000, call=10_000_000, reply=20_000)


def test_calls_alone_are_charged_where_loading_is_as_quick_as_the_baseline():
    assert charged_ns(Phases(200_000, 5_000_000, 20_000), HONEST) == 5_000_000


def test_a_small_excess_of_loading_is_jitter():
    assert charged_ns(Phases(200_000 + ALLOWED_NS, 5000, 20_000), HONEST) == 5000


@pytest.mark.parametrize("phase", ["load", "reply"])
def test_work_moved_out_of_the_calls_is_charged(phase: str):
    moved = {"load": 200_000, "reply": 20_000}
    moved[phase] += 9_990_000
    assert charged_ns(Phases(call=10_000, **moved), HONEST) >= 9_930_000


@given(st.integers(10_000, 10**9), st.floats(0, 1))
def test_moving_any_share_of_the_work_gains_at_most_two_percent(call: int, share: float):
    moved = int(call * share)
    honest = Phases(200_000, call, 20_000)
    charged = charged_ns(Phases(200_000 + moved, call - moved, 20_000), honest)
    assert charged >= call * 0.98 - 1


def test_loading_faster_than_the_baseline_is_no_credit():
    assert charged_ns(Phases(0, 5000, 0), Phases(10**6, 5000, 10**6)) == 5000
