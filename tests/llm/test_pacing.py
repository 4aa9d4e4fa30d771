import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import ProviderFailed
from sigil.llm.pacing import NS, Backoff, Pace
from sigil.testing.clocks import FixedClock

NEVER = 10**18
"""A deadline."""


class Waits(threading.Event):
    """Whoever waits for it moves the clock instead."""

    def __init__(self, clock):
        super().__init__()
        self.clock = clock

    def wait(self, timeout=None):
        self.clock.advance(timeout or 0)
        return self.is_set()


def paced(rate):
    clock = FixedClock()
    return Pace(rate, Backoff(), clock, Waits(clock)), clock


def sent_at(pace, clock, count):
    times = []
    for _ in range(count):
        pace.pass_one(NEVER)
        times.append(round(clock.monotonic_ns() / 1e9, 3))
    return times


def test_requests_are_as_far_apart_as_the_rate_says():
    assert sent_at(*paced(2.0), 4) == [0.0, 0.5, 1.0, 1.5]


def test_without_a_rate_nothing_waits():
    assert sent_at(*paced(None), 3) == [0.0, 0.0, 0.0]


def test_time_that_was_not_used_is_not_saved_up():
    pace, clock = paced(1.0)
    clock.advance(100)
    assert sent_at(pace, clock, 3) == [100.0, 101.0, 102.0]


def test_all_requests_wait_when_the_provider_asks_for_it():
    pace, clock = paced(None)
    pace.hold(7)
    assert sent_at(pace, clock, 2) == [7.0, 7.0]


def test_nothing_passes_after_the_end():
    ended = threading.Event()
    ended.set()
    with pytest.raises(ProviderFailed, match="the run ended"):
        Pace(1.0, Backoff(), FixedClock(), ended).pass_one(NEVER)


def test_a_request_that_waits_already_is_held_as_well():
    pace, clock = paced(0.5)

    class Held(Waits):
        """The provider asks for patience while the second request waits for its turn."""

        def wait(self, timeout=None):
            if not self.waited:
                pace.hold(7)
            self.waited = True
            return super().wait(timeout)

    pace._ended = Held(clock)
    pace._ended.waited = False
    assert sent_at(pace, clock, 3) == [0.0, 7.0, 9.0]


def test_what_is_held_beyond_its_deadline_fails_at_once():
    pace, clock = paced(None)
    pace.hold(7)
    with pytest.raises(ProviderFailed, match="left alone for longer"):
        pace.pass_one(6 * NS)
    assert clock.monotonic_ns() == 0


def test_the_rate_of_an_entry_is_not_held_against_a_deadline():
    pace, clock = paced(0.01)
    pace.pass_one(NS)
    pace.pass_one(NS)
    assert clock.monotonic_ns() == 100 * NS


@given(st.integers(1, 1000), st.integers(0))
def test_a_wait_is_never_longer_than_it_may_be(attempt, seed):
    backoff = Backoff(first_s=1.0, most_s=60.0)
    assert 0.5 <= backoff.wait_s(attempt, seed) <= 60.0
    assert backoff.wait_s(attempt, seed) == backoff.wait_s(attempt, seed)


def test_waits_grow_and_differ_from_request_to_request():
    backoff = Backoff()
    assert backoff.wait_s(1, 0) < backoff.wait_s(3, 0) < backoff.wait_s(5, 0)
    assert len({backoff.wait_s(1, seed) for seed in range(20)}) == 20
