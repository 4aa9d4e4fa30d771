import pytest

from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.optimize.history import Candidate
from sigil.optimize.present import (
    UNCHECKED,
    counted,
    diff_text,
    gain,
    gains_clearly,
    held_out,
    measured,
    steps,
    verdict,
)

EVERYWHERE = Interval(float("-inf"), float("inf"), 0.99)


def timed(ratio: float, low: float, high: float) -> MetricValue:
    interval = Interval(low, high, 0.99)
    return MetricValue(2.0, 30, Interval(1.9, 2.1, 0.99), ratio, interval, "ms")


def test_a_value_reads_with_unit_and_interval() -> None:
    assert measured(timed(0.5, 0.4, 0.6)) == "2 ms [1.9, 2.1]"


def test_a_value_with_too_few_samples_is_marked() -> None:
    assert measured(MetricValue(2.0, 3, EVERYWHERE, unit="ms")) == "~2 ms"


def test_half_the_time_is_twice_as_fast() -> None:
    assert gain(timed(0.5, 0.4, 0.625)) == "2× faster [1.6, 2.5]"


def test_twice_the_time_is_twice_as_slow() -> None:
    assert gain(timed(2.0, 1.6, 2.5)) == "2× slower [1.6, 2.5]"


@pytest.mark.parametrize("ratio", [0.999, 1.0, 1.04])
def test_an_interval_that_holds_both_faster_and_slower_is_no_difference(ratio: float) -> None:
    assert gain(timed(ratio, 0.807, 1.14)) == "no clear difference: 0.807× to 1.14× the time"


def test_what_is_counted_has_its_plural() -> None:
    assert [counted(n, "question") for n in (0, 1, 2)] == [
        "0 questions",
        "1 question",
        "2 questions",
    ]


def test_a_plain_number_gains_in_percent() -> None:
    assert gain(MetricValue(100.0, 1, ratio=4.0)) == "+300.0 %"


def test_an_exact_equal_number_is_unchanged() -> None:
    assert gain(MetricValue(5.0, 1, ratio=1.0)) == "unchanged"


@pytest.mark.parametrize(
    ("value", "clear"),
    [
        (timed(0.5, 0.4, 0.6), True),
        (timed(0.9, 0.7, 1.1), False),
        (MetricValue(5.0, 1, ratio=1.0), False),
        (MetricValue(10.0, 1, ratio=2.0), True),
    ],
)
def test_a_gain_is_clear_if_its_interval_leaves_out_no_change(
    value: MetricValue, clear: bool
) -> None:
    found = Evaluation("measured", metrics={"latency": value}, costs=(1.0,))
    assert (
        gains_clearly(Candidate("aa", "BASELINE", "", "tune", confirmed=found), ["latency"])
        is clear
    )


def test_a_screening_that_ended_early_is_called_cut_short() -> None:
    found = Evaluation("measured", costs=(1.0,), cut=True)
    assert verdict(Candidate("aa", "BASELINE", "", "tune", evaluation=found)) == "cut short"


def test_a_screened_candidate_is_not_called_accepted() -> None:
    found = Evaluation("measured", costs=(1.0,), accepted=True)
    assert verdict(Candidate("aa", "BASELINE", "", "tune", evaluation=found)) == "screened"


def test_a_diff_on_a_terminal_has_nothing_that_it_obeys() -> None:
    shown = diff_text("+x = '\x1b[2J'\t# \u202e\n")
    assert shown == "+x = '\\x1b[2J'\t# \\u202e\n"


def confirmed(**more: object) -> Candidate:
    found = Evaluation("measured", costs=(1.0,), accepted=True, **more)
    return Candidate("a" * 64, "BASELINE", "", "mutate", confirmed=found)


def test_what_no_held_out_input_judged_is_said_plainly() -> None:
    assert held_out(confirmed()) == UNCHECKED


def test_values_on_held_out_inputs_are_told() -> None:
    found = held_out(confirmed(holdout={"same": MetricValue(True, 1)}))
    assert found == "on held-out inputs: same yes"


def test_nothing_is_said_of_held_out_inputs_that_were_not_met_yet() -> None:
    assert held_out(Candidate("a" * 64, "BASELINE", "", "mutate")) == ""


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "note 1"),
        (2, "note 1, then note 2"),
        (4, "note 1, then note 2, then note 3, then note 4"),
        (7, "note 1, then 4 steps more, then note 6, then note 7"),
    ],
)
def test_a_candidate_is_told_with_the_steps_that_it_stands_on(count: int, told: str) -> None:
    chain = [Candidate(f"{n}", "", "", "mutate", note=f"note {n}") for n in range(1, count + 1)]
    assert steps(chain) == told


def test_only_the_steps_before_the_last_one_are_cut() -> None:
    chain = [Candidate(n, "", "", "mutate", note=n * 400) for n in "ab"]
    first, last = steps(chain).split(", then ")
    assert (len(first), last) == (60, "b" * 400)
