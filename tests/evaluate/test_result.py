"""Laws of the recorded form of an evaluation."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.canonical import compact_json
from sigil.errors import Corrupt
from sigil.evaluate.result import Evaluation, Failure, Interval, MetricValue

numbers = st.floats(allow_nan=False, allow_infinity=False)
ends = st.floats(allow_nan=False)
intervals = st.none() | st.builds(Interval, ends, ends, st.floats(0.5, 0.999))
values = st.builds(
    MetricValue,
    value=numbers | st.booleans(),
    n=st.integers(0, 10_000),
    interval=intervals,
    ratio=st.none() | numbers,
    ratio_interval=intervals,
    unit=st.sampled_from(["", "ms", "s"]),
)
metrics = st.dictionaries(st.text(max_size=8), values, max_size=4)
evaluations = st.builds(
    Evaluation,
    status=st.sampled_from(["measured", "failed", "error", "timeout"]),
    metrics=metrics,
    holdout=metrics,
    costs=st.lists(ends, max_size=3).map(tuple),
    ties=st.lists(ends, max_size=3).map(tuple),
    accepted=st.sampled_from([True, False, None]),
    failure=st.none() | st.builds(Failure, st.text(), st.text(), st.text()),
    elapsed_s=st.floats(0, 1e6),
    log=st.text(max_size=50),
)


@given(evaluations)
def test_an_evaluation_survives_its_recorded_form_bit_for_bit(evaluation: Evaluation):
    text = compact_json(evaluation.to_json())
    assert Evaluation.from_json(json.loads(text)) == evaluation


@given(numbers)
def test_a_cost_keeps_every_bit_and_its_sign(cost: float):
    recorded = json.loads(json.dumps(Evaluation("measured", costs=(cost,)).to_json()))
    (restored,) = Evaluation.from_json(recorded).costs
    assert (restored, math.copysign(1, restored)) == (cost, math.copysign(1, cost))


def test_a_check_stays_a_boolean():
    recorded = Evaluation("measured", metrics={"ok": MetricValue(True, 3)}).to_json()
    assert Evaluation.from_json(recorded).metrics["ok"].value is True


def test_an_unbounded_interval_is_valid_json():
    value = MetricValue(1.0, 2, Interval(-math.inf, math.inf, 0.99))
    text = json.dumps(Evaluation("measured", metrics={"t": value}).to_json(), allow_nan=False)
    assert Evaluation.from_json(json.loads(text)).metrics["t"] == value


def test_a_screening_that_was_cut_short_stays_so():
    cut = Evaluation("measured", costs=(1.0,), cut=True)
    assert Evaluation.from_json(cut.to_json()) == cut
    assert "cut" not in Evaluation("measured").to_json()


def test_nan_is_never_recorded():
    with pytest.raises(ValueError, match="NaN"):
        Evaluation("measured", costs=(math.nan,)).to_json()


@pytest.mark.parametrize(
    "damage",
    [
        {"status": "great"},
        {"accepted": "yes"},
        {"metrics": None},
        {"costs": [True]},
        {"costs": ["nan"]},
        {"failure": {"metric": "x"}},
    ],
)
def test_a_damaged_record_is_named_corrupt(damage: dict[str, object]):
    with pytest.raises(Corrupt, match="not a recorded evaluation"):
        Evaluation.from_json(Evaluation("measured").to_json() | damage)
