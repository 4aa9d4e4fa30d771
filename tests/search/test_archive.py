import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.search.archive import Archive, ShapeError, dominates, non_dominated

ROWS = st.integers(1, 4).flatmap(
    lambda m: st.lists(st.tuples(*[st.integers(0, 4).map(float)] * m), min_size=1, max_size=30)
)


@given(ROWS)
def test_the_front_is_what_nothing_dominates(rows):
    slow = [i for i, row in enumerate(rows) if not any(dominates(other, row) for other in rows)]
    assert non_dominated(rows) == slow


@given(ROWS)
def test_the_archive_keeps_one_of_each_row_of_the_front(rows):
    archive = Archive()
    for index, row in enumerate(rows):
        archive.add(str(index), row)
    expected = {rows[i] for i in non_dominated(rows)}
    assert [entry.costs for entry in archive.front] == sorted(expected)


@given(ROWS)
def test_of_equal_rows_the_older_one_stays(rows):
    archive = Archive()
    for index, row in enumerate(rows):
        archive.add(str(index), row)
    assert all(rows.index(entry.costs) == int(entry.id) for entry in archive.front)


@given(ROWS)
def test_whoever_is_no_elite_is_told_whom_it_stands_behind(rows):
    archive = Archive()
    for index, row in enumerate(rows):
        verdict = archive.add(str(index), row)
        if verdict.elite:
            assert verdict.dominated_by is None
        else:
            master = rows[int(verdict.dominated_by)]
            assert master == row or dominates(master, row)


@pytest.mark.parametrize("rows", [[], [()], [(1.0,), (1.0, 2.0)], [(math.nan,)]])
def test_costs_without_shape_are_refused(rows):
    with pytest.raises(ShapeError):
        non_dominated(rows)


@pytest.mark.parametrize("costs", [(), (1.0, 2.0), (math.nan,)])
def test_an_archive_refuses_costs_of_another_shape(costs):
    archive = Archive()
    archive.add("a", (1.0,))
    with pytest.raises(ShapeError):
        archive.add("b", costs)


def test_tie_breakers_decide_between_equal_costs():
    archive = Archive()
    archive.add("a", (1.0,), ties=(5.0,))
    assert not archive.add("b", (1.0,), ties=(5.0,)).elite
    assert archive.add("c", (1.0,), ties=(4.0,)).elite
    assert [entry.id for entry in archive.front] == ["c"]


def test_a_revised_elite_makes_room_for_the_runner_up():
    archive = Archive()
    for name, cost in (("lucky", 1.0), ("good", 2.0), ("bad", 3.0)):
        archive.add(name, (cost,))
    assert not archive.revise("lucky", (2.5,)).elite
    assert archive.best.id == "good"


def test_an_elite_that_fails_anew_is_gone():
    archive = Archive()
    archive.add("lucky", (1.0,), behaviour=(1.0,))
    archive.add("good", (2.0,), behaviour=(2.0,))
    archive.revise("lucky", ())
    assert archive.best.id == "good"
    assert "lucky" not in archive.kept


def test_what_is_kept_beside_the_front_is_bounded():
    archive, stream = Archive(novelty=8, reserve=16), random.Random(1)
    for index in range(500):
        archive.add(str(index), (stream.random(),), behaviour=(stream.random(), stream.random()))
    assert len(archive.kept) <= 1 + 8 + 16


def test_the_unlike_ones_spread_out():
    archive, stream = Archive(novelty=8, neighbours=3), random.Random(1)
    crowd = [(stream.random() / 100, 0.0) for _ in range(100)]
    corners = [(10.0, 0.0), (0.0, 10.0), (10.0, 10.0), (-10.0, 0.0)]
    novel = [
        archive.add(str(i), (1.0,), behaviour=place).novel
        for i, place in enumerate(crowd + corners)
    ]
    assert all(novel[-4:])
    assert sum(novel[:100]) < 100


def test_the_same_behaviour_is_not_novel_twice():
    archive = Archive()
    assert archive.add("a", (1.0,), behaviour=(1.0, 2.0)).novel
    assert not archive.add("b", (2.0,), behaviour=(1.0, 2.0)).novel


def filled():
    archive, stream = Archive(), random.Random(3)
    for index in range(60):
        place = (stream.random(), stream.random())
        archive.add(str(index), (stream.random(), stream.random()), behaviour=place)
    return archive


@pytest.mark.parametrize("count", [1, 2, 5, 20])
def test_parents_are_distinct_best_first_and_hold_the_best(count):
    archive = filled()
    chosen = archive.parents(random.Random(1), count)
    assert 1 <= len(set(chosen)) == len(chosen) <= count
    assert chosen[0] == archive.best.id
    assert [archive.kept[name] for name in chosen] == sorted(archive.kept[name] for name in chosen)


def test_equal_streams_choose_equal_parents():
    archive = filled()
    assert archive.parents(random.Random(5), 8) == archive.parents(random.Random(5), 8)


def test_an_empty_archive_has_no_parents():
    assert Archive().parents(random.Random(1), 3) == []


def test_a_revised_entry_has_its_new_costs_as_a_parent_too():
    archive = Archive()
    archive.add("lucky", (1.0,), behaviour=(0.0,))
    archive.add("steady", (2.0,), behaviour=(1.0,))
    archive.revise("lucky", (3.0,))
    assert archive.parents(random.Random(1), 8) == ["steady", "lucky"]
    assert archive.kept["lucky"] == (3.0,)


def test_adding_does_not_slow_down_with_the_number_of_entries():
    class Counted(float):
        compared = 0

        def __gt__(self, other):
            Counted.compared += 1
            return float(self) > float(other)

    archive, stream = Archive(), random.Random(1)
    for index in range(3_000):
        archive.add(str(index), (Counted(stream.random()), Counted(stream.random())))
        if index == 999:
            early, Counted.compared = Counted.compared / 1_000, 0
    assert Counted.compared / 2_000 <= early + 1
