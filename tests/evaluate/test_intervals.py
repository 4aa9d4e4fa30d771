"""The interval of a median: valid at every look, and how soon it says something."""

from __future__ import annotations

import itertools
import math
import random
import statistics
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.intervals import (
    MedianSequence,
    decisive_count,
    e_value,
    ratios,
    relative_half_width,
)
from sigil.evaluate.result import Interval

FINITE = st.floats(allow_nan=False, allow_infinity=False, width=32)
SAMPLES = st.lists(FINITE, max_size=40)


def ruin(chance_above: float, confidence: float, looks: int) -> float:
    """Return the exact probability that the bet is ever won when it should not be."""
    alive, lost = {0: 1.0}, 0.0
    for n in range(1, looks + 1):
        moved: dict[int, float] = {}
        for above, share in alive.items():
            moved[above] = moved.get(above, 0.0) + share * (1 - chance_above)
            moved[above + 1] = moved.get(above + 1, 0.0) + share * chance_above
        count = decisive_count(n, confidence)
        alive = {k: p for k, p in moved.items() if count is None or k < count}
        lost += sum(moved.values()) - sum(alive.values())
    return lost


# --- the bet ----------------------------------------------------------------------------


def test_the_wealth_starts_at_one():
    assert e_value(0, 0) == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 9, 30, 100, 400])
def test_the_bet_is_fair_under_a_fair_coin(n: int):
    expected = math.fsum(math.comb(n, k) * e_value(n, k) for k in range(n + 1)) / 2**n
    assert expected == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize("n", [1, 9, 40])
@pytest.mark.parametrize("above", [0.0, 0.2, 0.49])
def test_the_bet_loses_on_average_where_ties_or_the_truth_are_against_it(n: int, above: float):
    expected = math.fsum(
        math.comb(n, k) * above**k * (1 - above) ** (n - k) * e_value(n, k) for k in range(n + 1)
    )
    assert expected < 1


def test_the_wealth_grows_with_what_speaks_for_it():
    wealth = [e_value(30, k) for k in range(31)]
    assert wealth == sorted(wealth)


def test_the_wealth_of_very_many_samples_is_no_overflow():
    assert e_value(5_000, 5_000) == math.inf
    assert e_value(5_000, 0) == 0


@pytest.mark.parametrize(("n", "above"), [(3, 4), (3, -1)])
def test_a_count_that_cannot_be_is_refused(n: int, above: int):
    with pytest.raises(ValueError, match="cannot lie above"):
        e_value(n, above)


# --- validity ---------------------------------------------------------------------------


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_looking_after_every_sample_keeps_the_error_below_its_bound(confidence: float):
    assert 2 * ruin(0.5, confidence, looks=300) <= 1 - confidence


def test_the_bound_is_nearly_used_up_so_little_is_given_away():
    assert 2 * ruin(0.5, 0.99, looks=300) >= 0.006


NOISES: dict[str, tuple[Callable[[random.Random], float], float]] = {
    "normal": (lambda r: r.gauss(5, 1), 5.0),
    "heavy-tailed": (lambda r: math.tan(math.pi * (r.random() - 0.5)), 0.0),
    "bimodal": (lambda r: r.gauss(-3, 0.1) if r.random() < 0.5 else r.gauss(3, 0.1), 0.0),
    "skewed": (lambda r: r.expovariate(1), math.log(2)),
    "discrete": (lambda r: float(r.choice([1, 1, 2, 2, 2, 9])), 2.0),
    "mostly ties": (lambda r: 7.0 if r.random() < 0.9 else r.random(), 7.0),
}


@pytest.mark.parametrize("noise", NOISES)
def test_peeking_all_the_time_misses_the_median_rarely(noise: str):
    draw, median = NOISES[noise]
    confidence, runs, missed = 0.9, 150, 0
    for run in range(runs):
        stream = random.Random(f"{noise}/{run}")
        sequence = MedianSequence()
        for _ in range(120):
            sequence.add(draw(stream))
            interval = sequence.interval(confidence)
            if interval and not interval.low <= median <= interval.high:
                missed += 1
                break
    assert missed / runs <= 1 - confidence


@given(SAMPLES)
def test_the_interval_holds_the_sample_median(samples: list[float]):
    sequence = MedianSequence(samples)
    interval = sequence.interval(0.8)
    assert interval is None or interval.low <= sequence.median <= interval.high


@given(st.lists(FINITE, min_size=12, max_size=40), st.randoms())
def test_the_order_of_the_samples_does_not_matter(samples: list[float], stream: random.Random):
    shuffled = list(samples)
    stream.shuffle(shuffled)
    assert MedianSequence(samples).interval(0.9) == MedianSequence(shuffled).interval(0.9)


@given(st.lists(FINITE, min_size=12, max_size=40))
def test_more_confidence_is_never_narrower(samples: list[float]):
    sequence = MedianSequence(samples)
    loose, strict = sequence.interval(0.9), sequence.interval(0.99)
    if loose and strict:
        assert strict.low <= loose.low <= loose.high <= strict.high


@given(st.lists(FINITE, min_size=12, max_size=40))
def test_mirrored_samples_have_the_mirrored_interval(samples: list[float]):
    found = MedianSequence(samples).interval(0.9)
    mirrored = MedianSequence([-value for value in samples]).interval(0.9)
    assert found
    assert mirrored
    assert (mirrored.low, mirrored.high) == (-found.high, -found.low)


# --- how soon ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("confidence", "first"), [(0.9, 6), (0.95, 7), (0.99, 9), (0.999, 13), (0.9999, 16)]
)
def test_the_first_interval_needs_few_samples(confidence: float, first: int):
    assert decisive_count(first - 1, confidence) is None
    assert decisive_count(first, confidence) == first


@pytest.mark.parametrize(("n", "count"), [(9, 9), (20, 18), (50, 38), (100, 69), (200, 128)])
def test_the_boundary_is_what_it_was(n: int, count: int):
    assert decisive_count(n, 0.99) == count


def test_the_boundary_moves_by_at_most_one_per_sample():
    counts = [decisive_count(n, 0.99) for n in range(9, 400)]
    steps = {after - before for before, after in itertools.pairwise(counts)}
    assert steps == {0, 1}


def test_the_interval_shrinks_without_end():
    stream = random.Random(3)
    sequence = MedianSequence(stream.gauss(0, 1) for _ in range(4_000))
    interval = sequence.interval(0.99)
    assert interval
    assert interval.high - interval.low < 0.2


@pytest.mark.parametrize("confidence", [0.0, 1.0, 1.5, -1.0])
def test_a_confidence_that_is_none_is_refused(confidence: float):
    with pytest.raises(ValueError, match="between 0 and 1"):
        decisive_count(10, confidence)


# --- the sequence -----------------------------------------------------------------------


def test_equal_samples_are_one_point_once_there_are_enough():
    sequence = MedianSequence([4.0] * 8)
    assert sequence.interval(0.99) is None
    sequence.add(4.0)
    assert sequence.interval(0.99) == Interval(4.0, 4.0, 0.99)
    assert sequence.all_equal


def test_no_sample_has_no_interval_and_no_median():
    sequence = MedianSequence()
    assert sequence.n == 0
    assert sequence.interval(0.9) is None
    with pytest.raises(ValueError, match="no sample"):
        _ = sequence.median


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_no_sample(value: float):
    with pytest.raises(ValueError, match="not a finite number"):
        MedianSequence().add(value)


@given(st.lists(FINITE, min_size=1, max_size=30))
def test_the_median_is_that_of_the_standard_library(samples: list[float]):
    sequence = MedianSequence()
    for sample in samples:
        sequence.add(sample)
    assert sequence.median == pytest.approx(statistics.median(samples), rel=1e-12, abs=1e-300)


# --- ratios -----------------------------------------------------------------------------


def test_ratios_are_per_block():
    assert ratios([1.0, 3.0], [2.0, 2.0]) == [0.5, 1.5]


@pytest.mark.parametrize("baseline", [[1.0, 0.0], [1.0, -1.0], [1e-300, 1e-300]])
def test_a_ratio_that_says_nothing_is_none(baseline: list[float]):
    assert ratios([1e300, 1e300], baseline) is None


def test_ratios_of_nothing_are_none():
    assert ratios([], []) is None


def test_ratios_of_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        ratios([1.0, 2.0], [1.0])


@pytest.mark.parametrize(
    ("interval", "median", "width"),
    [
        (Interval(0.9, 1.1, 0.99), 1.0, 0.1),
        (Interval(-1.1, -0.9, 0.99), -1.0, 0.1),
        (Interval(0.0, 0.0, 0.99), 0.0, 0.0),
        (Interval(-1.0, 1.0, 0.99), 0.0, math.inf),
        (None, 1.0, math.inf),
    ],
)
def test_the_width_is_relative_to_the_median(
    interval: Interval | None, median: float, width: float
):
    assert relative_half_width(interval, median) == pytest.approx(width)
