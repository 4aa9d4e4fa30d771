"""Time and chance come from one place and can be told what to say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil import effects
from sigil.testing.clocks import FixedClock


def test_the_system_clock_is_in_utc_and_never_goes_back():
    clock = effects.SYSTEM_CLOCK
    assert clock.now().tzinfo is UTC
    first, second = clock.monotonic_ns(), clock.monotonic_ns()
    assert first <= second


def test_a_stamp_is_utc_whatever_the_zone():
    moment = datetime(2025, 9, 13, 19, 3, 12, 999, tzinfo=timezone(timedelta(hours=2)))
    assert effects.utc_stamp(moment) == "2025-09-13T17-03-12Z"


def test_streams_are_pinned():
    assert effects.random_stream(7, "mutate", 3).getrandbits(32) == 1471168742
    assert effects.random_stream(7).getrandbits(32) == 3059896341


@given(st.integers(), st.text(), st.integers())
def test_a_stream_depends_on_seed_and_labels_alone(seed, label, number):
    one = effects.random_stream(seed, label, number)
    other = effects.random_stream(seed, label, number)
    assert [one.random() for _ in range(3)] == [other.random() for _ in range(3)]


def test_streams_of_other_labels_are_other_streams():
    firsts = {effects.random_stream(1, label).random() for label in ("a", "b", 0, 1)}
    assert len(firsts) == 4


def test_a_fixed_clock_stands_still_until_it_is_moved():
    clock = FixedClock()
    assert effects.utc_stamp(clock.now()) == effects.utc_stamp(clock.now())
    clock.advance(1.5)
    assert effects.utc_stamp(clock.now()) == "2025-09-13T17-03-13Z"
    assert clock.monotonic_ns() == 1_500_000_000


def test_a_fixed_clock_never_goes_back():
    with pytest.raises(ValueError, match="never goes back"):
        FixedClock().advance(-1)
