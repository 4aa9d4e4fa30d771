"""The MAP-Elites grid: its law is that history does not matter, only what was added."""

import math

from hypothesis import given
from hypothesis import strategies as st

from sigil.search.archive import Entry
from sigil.search.grid import Grid, features_of
from sigil.search.identity import FEATURES, identify
from sigil.search.pins import Pin

PINS = (Pin("f", "python", ("a.py",), "f"),)


def entry(age, cost, *counts):
    behaviour = [0.0] * len(FEATURES)
    for kind, count in zip(("Name", "If", "Add"), counts, strict=False):
        behaviour[FEATURES.index(kind)] = math.log1p(count)
    return Entry((float(cost),), (), age, f"c{age}", tuple(behaviour))


ADDED = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 300), st.integers(0, 40), st.integers(0, 9)),
    min_size=1,
    max_size=40,
).map(lambda rows: [entry(age, *row) for age, row in enumerate(rows)])


def filled(entries, dimensions=2, bins=4):
    grid = Grid(dimensions=dimensions, bins=bins)
    for one in entries:
        grid.add(one)
    return grid


@given(ADDED, st.integers(1, 3), st.integers(2, 6), st.randoms(use_true_random=False))
def test_the_order_of_adding_changes_nothing(entries, dimensions, bins, order):
    straight = filled(entries, dimensions, bins).entries
    order.shuffle(entries)
    assert filled(entries, dimensions, bins).entries == straight


@given(ADDED, st.integers(1, 3), st.integers(2, 6))
def test_there_are_no_more_cells_than_asked_for(entries, dimensions, bins):
    assert 1 <= len(filled(entries, dimensions, bins)) <= bins**dimensions


@given(ADDED)
def test_the_best_of_all_has_a_cell(entries):
    assert filled(entries).entries[0] == min(entries)


def test_an_elite_gives_way_to_a_better_one_when_their_cells_become_one():
    near, far = entry(0, 1, 3), entry(1, 2, 4)
    grid = filled([near, far], dimensions=1)
    assert grid.entries == [near, far]
    outside = entry(2, 9, 10**6)
    grid.add(outside)
    assert grid.entries == [near, outside]


def test_features_are_size_branching_and_arithmetic():
    text = "def f(x):\n    if x and x > 1:\n        return x * x + 1\n    return x\n"
    identity = identify({"a.py": text}, PINS)
    size, branching, arithmetic = map(math.expm1, features_of(identity.features))
    assert size > 8
    assert round(branching) == 2
    assert round(arithmetic) == 2


def test_a_program_of_an_unknown_kind_has_size_nought():
    assert features_of(()) == (0.0, 0.0, 0.0)


def test_one_that_fails_when_measured_again_leaves_its_cell_empty():
    grid = filled([entry(0, 5, 3)])
    grid.revise("c0", (), ())
    assert len(grid) == 0
    assert grid.add(entry(1, 9, 3))


def test_a_better_one_takes_the_cell_of_an_elite_with_corrected_costs():
    grid = filled([entry(0, 1, 3)])
    assert not grid.add(entry(1, 5, 3))
    grid.revise("c0", (7.0,), ())
    assert grid.add(entry(2, 5, 3))
    assert set(grid.kept) == {"c2"}
