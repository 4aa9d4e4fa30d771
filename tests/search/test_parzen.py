"""What an estimator over settings of literals draws, and what it prefers."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.effects import random_stream
from sigil.search.literals import Choices, Span
from sigil.search.parzen import Parzen, Point, Space, is_inside
from sigil.search.written import Value

PLAIN = Span(0.0, 10.0, log=False, whole=False)
LOG = Span(0.001, 1000.0, log=True, whole=False)
NEGATIVE = Span(-1000.0, -0.001, log=True, whole=False)
WHOLE = Span(1, 64, log=False, whole=True)
WHOLE_LOG = Span(16, 4096, log=True, whole=True)
POINT = Span(3.0, 3.0, log=False, whole=False)
MODES = Choices(("fast", "exact", True, 1))
EVERY = (PLAIN, LOG, NEGATIVE, WHOLE, WHOLE_LOG, POINT, MODES)


def points(parzen: Parzen, *settings: tuple[Value, ...]) -> list[Point]:
    return [point for values in settings if (point := parzen.point(values))]


@given(
    spaces=st.lists(st.sampled_from(EVERY), min_size=1, max_size=6),
    seed=st.integers(0, 2**32),
    good=st.integers(0, 4),
    others=st.integers(0, 4),
)
def test_what_is_drawn_lies_in_the_space(spaces: list[Space], seed: int, good: int, others: int):
    parzen, stream = Parzen(spaces), random_stream(seed)
    known = points(parzen, *(parzen.draw(stream, [], [], {}) for _ in range(good + others)))
    drawn = parzen.draw(stream, known[:good], known[good:], {})
    assert len(known) == good + others
    assert all(is_inside(v, space) for v, space in zip(drawn, spaces, strict=True))


@pytest.mark.parametrize("space", [PLAIN, LOG, NEGATIVE, WHOLE, WHOLE_LOG])
def test_draws_gather_where_the_good_ones_are(space: Span):
    parzen, stream = Parzen([space]), random_stream(1)
    anywhere = [parzen.draw(stream, [], [], {}) for _ in range(60)]
    ordered = sorted(anywhere, key=lambda values: float(values[0]))
    good, others = points(parzen, *ordered[:6]), points(parzen, *ordered[6:])
    drawn = [float(parzen.draw(stream, good, others, {})[0]) for _ in range(60)]
    assert statistics.median(drawn) < float(ordered[12][0])


def test_the_choice_that_the_good_ones_share_is_drawn_most():
    parzen, stream = Parzen([MODES, PLAIN]), random_stream(2)
    good = points(parzen, *(("exact", float(i)) for i in range(8)))
    others = points(parzen, *(("fast", float(i)) for i in range(8)))
    drawn = [parzen.draw(stream, good, others, {})[0] for _ in range(50)]
    assert drawn.count("exact") > 40


def test_all_that_is_drawn_from_nothing_differs_widely():
    parzen, stream = Parzen([LOG]), random_stream(3)
    drawn = [float(parzen.draw(stream, [], [], {})[0]) for _ in range(200)]
    assert sum(value < 1 for value in drawn) in range(70, 130)


def test_what_is_fixed_stays_even_out_of_its_range():
    parzen, stream = Parzen([PLAIN, PLAIN]), random_stream(4)
    good = points(parzen, (1.0, 2.0), (1.5, 2.5))
    assert all(parzen.draw(stream, good, [], {0: 99.0})[0] == 99.0 for _ in range(20))
    assert parzen.point((99.0, 1.0)) is None


def test_equal_streams_draw_equally():
    parzen = Parzen(EVERY)
    first, again = (parzen.draw(random_stream(5), [], [], {}) for _ in range(2))
    assert first == again
