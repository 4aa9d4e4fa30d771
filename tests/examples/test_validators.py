"""The validators of the tasks: what is right has its exact worth, and what cheats is refused.

A validator is loaded as the scorer's process loads it, from its file; it never meets a
candidate's process, only the plain data that came out of it.
"""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GEOMETRIC = ("circle_packing", "circles_in_rectangle", "heilbronn", "point_spread")
STEPPED = ("autocorrelation", "minimum_overlap")


def module(folder: str, name: str = "validator") -> ModuleType:
    path = EXAMPLES / folder / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def scorer(folder: str) -> Callable[[object], float]:
    """Return the scorer of a task, with the case that its eval has."""
    names = {
        "circle_packing": ("sum_of_radii", [5]),
        "circles_in_rectangle": ("sum_of_radii", [2]),
        "heilbronn": ("smallest_area", [4]),
        "point_spread": ("squared_ratio", [4]),
        "autocorrelation": ("autocorrelation_constant", []),
        "minimum_overlap": ("largest_overlap", []),
        "cap_set": ("size", [2]),
    }
    name, arguments = names[folder]
    function = getattr(module(folder), name)
    return lambda value: function({"args": arguments, "kwargs": {}}, value)


def good(folder: str) -> tuple[Any, float]:
    """Return a small solution and its worth, worked out by hand."""
    quarter = [[x, y, 0.25] for x in (0.25, 0.75) for y in (0.25, 0.75)]
    square = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    return {
        "circle_packing": ([*quarter, [0.5, 0.5, 0.1]], 1.1),
        "circles_in_rectangle": ([1.5, [[0.25, 0.25, 0.25], [1.0, 0.25, 0.25]]], 0.5),
        "heilbronn": ([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.25, 0.25]], 0.25),
        "point_spread": (square, 2.0),
        "autocorrelation": ([1.0, 1.0, 1.0], 2.0),
        "minimum_overlap": ([0.5, 0.5], 0.5),
        "cap_set": ([[0, 0], [0, 1], [1, 0], [1, 1]], 4),
    }[folder]


class Flattering(float):
    """A number that claims to be whatever helps."""

    def __lt__(self, other: object) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = float.__hash__


def replaced(value: Any, number: object) -> Any:
    """Return a copy of nested lists with the first number replaced."""
    first, *rest = value
    return [replaced(first, number) if isinstance(first, list) else number, *rest]


@pytest.mark.parametrize("folder", [*GEOMETRIC, *STEPPED, "cap_set"])
def test_a_solution_is_worth_what_it_is_worth(folder: str) -> None:
    value, worth = good(folder)
    assert scorer(folder)(value) == pytest.approx(worth, rel=1e-15)


@pytest.mark.parametrize("folder", [*GEOMETRIC, *STEPPED, "cap_set"])
@pytest.mark.parametrize(
    "number",
    [math.nan, math.inf, -math.inf, True, None, "0.1", Flattering(0.1), 0.5 + 0j, 10**400],
    ids=repr,
)
def test_what_is_no_plain_finite_number_in_range_is_refused(folder: str, number: object) -> None:
    value, _ = good(folder)
    with pytest.raises(ValueError):  # noqa: PT011 - each validator has its own words
        scorer(folder)(replaced(value, number))


@pytest.mark.parametrize("folder", ["heilbronn", *STEPPED, "cap_set"])
def test_what_lies_below_nothing_is_refused(folder: str) -> None:
    value, _ = good(folder)
    with pytest.raises(ValueError):  # noqa: PT011 - each validator has its own words
        scorer(folder)(replaced(value, -5e-324))


@pytest.mark.parametrize("folder", [*GEOMETRIC, *STEPPED])
def test_numbers_of_numpy_are_refused(folder: str) -> None:
    numpy = pytest.importorskip("numpy")
    value, _ = good(folder)
    for cheat in (replaced(value, numpy.float64(0.25)), numpy.array([0.5, 0.5])):
        with pytest.raises(ValueError):  # noqa: PT011 - each validator has its own words
            scorer(folder)(cheat)


@pytest.mark.parametrize("folder", GEOMETRIC)
def test_too_many_and_too_few_are_refused(folder: str) -> None:
    value, _ = good(folder)
    wrapped = folder == "circles_in_rectangle"
    items = value[1] if wrapped else value
    for cheat in (items[:-1], [*items, items[0]], [], tuple(items), None):
        with pytest.raises(ValueError):  # noqa: PT011 - each validator has its own words
            scorer(folder)([value[0], cheat] if wrapped else cheat)


@pytest.mark.parametrize("excess", [1e-6, 1e-9, 2.0**-53])
def test_circles_that_overlap_by_anything_are_refused(excess: float) -> None:
    circles, _ = good("circle_packing")
    circles[0] = [0.25 + excess, 0.25, 0.25]
    with pytest.raises(ValueError, match="circles 1 and 3 overlap"):
        scorer("circle_packing")(circles)


def test_a_whole_packing_that_is_loose_by_a_billionth_is_refused() -> None:
    """As published packings are that were validated with a tolerance."""
    validator = module("circle_packing")
    case = {"args": [9], "kwargs": {}}
    sixth = [
        [(2 * i + 1) / 6, (2 * j + 1) / 6, 1 / 6 - 1e-9] for i, j in product(range(3), range(3))
    ]
    assert validator.sum_of_radii(case, sixth) == pytest.approx(1.5, abs=1e-7)
    loose = [[x, y, radius + 2e-9] for x, y, radius in sixth]
    with pytest.raises(ValueError, match=r"overlap|leaves"):
        validator.sum_of_radii(case, loose)


@pytest.mark.parametrize("radius", [0.0, -0.1, -0.0])
def test_circles_without_a_size_are_refused(radius: float) -> None:
    circles, _ = good("circle_packing")
    circles[-1] = [0.5, 0.5, radius]
    with pytest.raises(ValueError, match="circle 5 has no positive radius"):
        scorer("circle_packing")(circles)


def test_a_rectangle_cannot_be_wider_than_its_perimeter_allows() -> None:
    value, _ = good("circles_in_rectangle")
    assert scorer("circles_in_rectangle")([1.5, value[1]]) == 0.5
    with pytest.raises(ValueError, match="leaves the rectangle"):
        scorer("circles_in_rectangle")([math.nextafter(1.5, 2), value[1]])


def test_a_point_beside_the_triangle_is_refused() -> None:
    with pytest.raises(ValueError, match="point 2 lies outside"):
        scorer("heilbronn")([[0.0, 0.0], [1.0, 5e-324], [0.0, 1.0], [0.25, 0.25]])


def test_points_on_a_line_span_no_area() -> None:
    points = [[0.0, 0.0], [0.25, 0.25], [0.5, 0.5], [0.0, 1.0]]
    assert scorer("heilbronn")(points) == 0.0


def test_two_points_in_one_place_are_refused() -> None:
    with pytest.raises(ValueError, match="the same place"):
        scorer("point_spread")([[0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("folder", STEPPED)
@pytest.mark.parametrize("cheat", [[], [0.0, 0.0], [0.5] * 1001, (0.5, 0.5)], ids=len)
def test_steps_without_area_or_end_are_refused(folder: str, cheat: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each validator has its own words
        scorer(folder)(cheat)


def test_steps_that_are_too_high_for_their_area_are_refused() -> None:
    with pytest.raises(ValueError, match="above 1"):
        scorer("minimum_overlap")([1.0, 0.0, 0.0])
    assert scorer("minimum_overlap")([1.0, 0.0]) == 1.0


@given(st.lists(st.floats(0.1, 1), min_size=1, max_size=6))
@settings(deadline=None, max_examples=50)
def test_the_autoconvolution_is_never_below_its_mean(heights: list[float]) -> None:
    """The autoconvolution has the squared area below it, on an interval of length 1."""
    worth = scorer("autocorrelation")(heights)
    assert worth >= 1
    doubled = scorer("autocorrelation")([height for height in heights for _ in range(2)])
    assert doubled == pytest.approx(worth, rel=1e-12)


@pytest.mark.parametrize(
    ("cheat", "problem"),
    [
        ([[0, 0], [0, 1], [0, 2]], "three vectors lie on a line"),
        ([[0, 0], [1, 1], [2, 2]], "three vectors lie on a line"),
        ([[0, 0], [0, 0]], "vector 2 stands twice"),
        ([[0, 0, 1]], "has not 2 places"),
        ([[0, 3]], "not 0, 1 or 2"),
        ([[0, 1.0]], "not 0, 1 or 2"),
        ([[0, True]], "not 0, 1 or 2"),
        ([[0, 0]] * 10, "a list of vectors"),
        ("0" * 9, "a list of vectors"),
    ],
)
def test_what_is_no_cap_set_is_refused(cheat: object, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        scorer("cap_set")(cheat)


# --- packing as items come ---------------------------------------------------------------


def table(capacity: int, rule: Callable[[int, int], float]) -> list[list[float]]:
    return [
        [float(rule(item, left)) for left in range(capacity - item + 1)]
        for item in range(1, capacity + 1)
    ]


def excess(items: list[int], rows: object, capacity: int = 10) -> float:
    case = {"args": [capacity], "kwargs": {}, "expected": items}
    return float(module("bin_packing", "packing").excess(case, rows))


def test_best_fit_packs_as_best_fit_does() -> None:
    best_fit = table(10, lambda _item, left: -left)
    assert excess([6, 7, 3, 4], best_fit) == 0
    assert excess([4, 5, 6, 5], best_fit) == pytest.approx(50)  # 4 + 5, 6, 5


def test_a_rule_that_opens_a_bin_for_each_item_uses_as_many() -> None:
    assert excess([5] * 6, table(10, lambda _item, left: left)) == pytest.approx(100)


@given(st.lists(st.integers(1, 10), min_size=1, max_size=40), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_no_rule_packs_better_than_the_bound_or_worse_than_a_bin_each(
    items: list[int], stream: Any
) -> None:
    rows = table(10, lambda _item, _left: stream.random())
    bins = module("bin_packing", "packing").bins_used(items, 10, rows)
    assert -(-sum(items) // 10) <= bins <= len(items)


@pytest.mark.parametrize(
    "cheat",
    [
        [],
        table(9, lambda _item, left: -left),
        [row[:-1] for row in table(10, lambda _item, left: -left)],
        table(10, lambda _item, _left: math.nan),
        table(10, lambda _item, _left: math.inf),
        [[0] * (11 - item) for item in range(1, 11)],
        [[Flattering(0)] * (11 - item) for item in range(1, 11)],
        tuple(table(10, lambda _item, left: -left)),
    ],
)
def test_what_is_no_table_of_priorities_is_refused(cheat: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - each refusal has its own words
        excess([5, 5], cheat)


def test_the_geometric_tasks_climb_by_one_and_the_same_text() -> None:
    texts = [(EXAMPLES / name / "ascent.py").read_text() for name in (*GEOMETRIC, *STEPPED)]
    assert all(one == other for one, other in pairwise(texts))
