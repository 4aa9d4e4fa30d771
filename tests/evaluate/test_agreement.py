"""When two plain values agree, and how far apart they are."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.agreement import (
    EXACT,
    Incomparable,
    Tolerance,
    agrees,
    as_json,
    difference,
)

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.complex_numbers(allow_nan=False)
    | st.text(max_size=4)
    | st.binary(max_size=4)
)
KEYS = st.deferred(lambda: ATOMS | st.tuples(ATOMS, ATOMS) | st.frozensets(ATOMS, max_size=3))
PLAIN: st.SearchStrategy[Any] = st.recursive(
    ATOMS | st.sets(KEYS, max_size=3) | st.frozensets(KEYS, max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=3)
    ),
    max_leaves=12,
)
NUMBERS = st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6)
LOOSE = Tolerance(relative=0.1, absolute=0.1)


# --- laws -------------------------------------------------------------------------------


@given(PLAIN)
def test_a_value_agrees_with_itself(value: object):
    assert agrees(value, value)
    assert agrees(value, value, LOOSE)


@given(PLAIN, PLAIN)
def test_agreement_has_no_side(left: object, right: object):
    assert agrees(left, right) == agrees(right, left)
    assert agrees(left, right, LOOSE) == agrees(right, left, LOOSE)


@given(PLAIN, PLAIN)
def test_a_tolerance_only_ever_allows_more(left: object, right: object):
    assert agrees(left, right, LOOSE) or not agrees(left, right)


@given(PLAIN, PLAIN)
def test_what_agrees_is_equal(left: object, right: object):
    assert left == right or not agrees(left, right)


@given(st.lists(NUMBERS), st.lists(NUMBERS))
def test_a_difference_has_no_side_and_is_never_negative(left: list[float], right: list[float]):
    if len(left) == len(right):
        assert difference(left, right) == difference(right, left) >= 0


@given(st.lists(NUMBERS))
def test_nothing_differs_from_itself(values: list[float]):
    assert difference(values, tuple(values)) == 0


# --- types ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (0, False),
        (1, 1.0),
        (1.0, complex(1, 0)),
        ((1, 2), [1, 2]),
        ("a", b"a"),
        ({1}, frozenset({1})),
        ({1}, {1.0}),
        ({True: 1}, {1: 1}),
        ([None], []),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, {"b": 1}),
        ([1, [2, [3]]], [1, [2, [4]]]),
        ([1, 2], [1, 3]),
        ([1, True], [1, 1]),
    ],
)
def test_values_of_other_types_or_contents_differ(left: object, right: object):
    assert not agrees(left, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (0.0, -0.0),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        ({(1, "x"): [1]}, {(1, "x"): [1]}),
        ({frozenset({1, 2})}, {frozenset({2, 1})}),
        (10**4000, 10**4000),
        (math.inf, math.inf),
    ],
)
def test_values_of_equal_types_and_contents_agree(left: object, right: object):
    assert agrees(left, right)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        [math.nan],
        {"a": (math.nan,)},
        {math.nan},
        {math.nan: 1},
        complex(math.nan, 0),
        [math.nan, 1.0],
    ],
)
@pytest.mark.parametrize("tolerance", [EXACT, LOOSE])
def test_nan_agrees_with_nothing_not_even_itself(value: object, tolerance: Tolerance):
    assert not agrees(value, value, tolerance)


class Agreeable(float):
    """Says that it equals everything, as a cheating candidate would."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


class Text(str):
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise AssertionError("code of the candidate ran")

    __hash__ = str.__hash__


@pytest.mark.parametrize("tolerance", [EXACT, LOOSE])
@pytest.mark.parametrize("wrap", [lambda x: x, lambda x: [x], lambda x: {"k": x}, lambda x: (x,)])
def test_a_value_with_its_own_equality_agrees_with_nothing(wrap: Any, tolerance: Tolerance):
    assert not agrees(wrap(Agreeable(1)), wrap(1.0), tolerance)
    assert not agrees(wrap(Text("a")), wrap("a"), tolerance)


# --- tolerance --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "tolerance", "expected"),
    [
        (1.0, 1.0 + 1e-9, Tolerance(relative=1e-6), True),
        (1.0, 1.1, Tolerance(relative=1e-6), False),
        (0.0, 1e-9, Tolerance(relative=1e-6), False),
        (0.0, 1e-9, Tolerance(absolute=1e-6), True),
        (1, 1.0, Tolerance(absolute=1e-6), True),
        (True, 1.0, Tolerance(absolute=10), False),
        ([1.0, {"a": 2}], [1.05, {"a": 2.05}], Tolerance(absolute=0.1), True),
        ([1, 2], [1, 3], Tolerance(absolute=1), True),
        (math.inf, 1e308, Tolerance(relative=0.5), False),
        (-math.inf, math.inf, Tolerance(relative=0.5), False),
        (10**400, 10**400 + 1, Tolerance(relative=0.5), False),
        (10**400, 1.0, Tolerance(relative=0.5), False),
        (1 + 1j, 1 + 1.01j, Tolerance(absolute=0.1), True),
        ({1.0}, {1.01}, Tolerance(absolute=0.1), False),
        ("1", "1.0", Tolerance(absolute=10), False),
    ],
)
def test_a_tolerance_is_for_numbers(
    left: object, right: object, tolerance: Tolerance, expected: bool
):
    assert agrees(left, right, tolerance) is expected


# --- difference -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected", "mean"),
    [
        (3, 1.0, 2.0),
        ([1, 2, 3], (1, 2, 6), 1.0),
        ({"a": 1, "b": [2, 4]}, {"b": [2, 1], "a": 1}, 1.0),
        ([], [], 0.0),
    ],
)
def test_a_difference_is_the_mean_over_all_numbers(value: object, expected: object, mean: float):
    assert difference(value, expected) == pytest.approx(mean)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, 1),
        ("1", 1),
        (None, None),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ([1], 1),
        (math.nan, 1.0),
        (math.inf, 1.0),
        (10**400, 0),
        ([1e308, 1e308], [-1e308, -1e308]),
        (Agreeable(1), 1.0),
        ({1}, {1}),
    ],
)
def test_what_has_no_finite_distance_has_no_difference(value: object, expected: object):
    with pytest.raises(Incomparable):
        difference(value, expected)


def test_elements_that_nest_beyond_all_bounds_are_no_crash():
    deep: object = ()
    for _ in range(5_000):
        deep = (deep,)
    assert not agrees({1}, frozenset({1}))
    assert agrees([deep], [deep])
    assert not agrees({deep}, {deep})


# --- as JSON ----------------------------------------------------------------------------


def test_tuples_become_lists_at_every_level():
    assert as_json((1, [(2,), {"a": (3,)}])) == [1, [[2], {"a": [3]}]]


def test_nesting_beyond_all_bounds_is_left_alone():
    deep: object = ()
    for _ in range(100_000):
        deep = (deep,)
    assert as_json(deep) is deep


@pytest.mark.parametrize(
    "wrap", [lambda n: n, lambda n: [n], lambda n: (1.5, n), lambda n: {"id": n}]
)
def test_a_relative_tolerance_is_not_for_whole_numbers(wrap):
    relative = Tolerance(relative=1e-6)
    assert not agrees(wrap(10**12 + 1), wrap(10**12), relative)
    assert agrees(wrap(10**12 + 1), wrap(10**12), Tolerance(absolute=1))
    assert agrees(wrap(10**12 + 0.5), wrap(float(10**12)), relative)
