"""Ranks by dominance, and the pool that keeps the best of them."""

from hypothesis import given
from hypothesis import strategies as st

from sigil.search.archive import Entry, non_dominated
from sigil.search.ranking import Pool, ranks, worths

ROWS = st.integers(1, 3).flatmap(
    lambda m: st.lists(st.tuples(*[st.integers(0, 4).map(float)] * m), max_size=24)
)


def peeled(rows):
    """Ranks by definition: the front, the front of the rest, and so on."""
    left, found, rank = list(range(len(rows))), [0] * len(rows), 0
    while left:
        front = [left[k] for k in non_dominated([rows[i] for i in left])]
        for index in front:
            found[index] = rank
        left = [index for index in left if index not in front]
        rank += 1
    return found


@given(ROWS)
def test_ranks_are_those_of_peeling_front_after_front(rows):
    assert ranks(rows) == peeled(rows)


def entries(*costs):
    return [Entry((float(cost),), (), age, f"c{age}") for age, cost in enumerate(costs)]


def test_worth_is_the_share_of_the_others_on_worse_fronts():
    assert worths(entries(3, 1, 2, 2, 9)) == {"c0": 0.25, "c1": 1, "c2": 0.5, "c3": 0.5, "c4": 0}


def test_one_alone_is_worth_everything():
    assert worths(entries(7)) == {"c0": 1.0}
    assert worths([]) == {}


@given(st.lists(st.integers(0, 30), max_size=60), st.integers(1, 6))
def test_a_pool_never_loses_the_best(costs, size):
    pool = Pool(size)
    for entry in entries(*costs):
        pool.add(entry)
    held = sorted(entry.costs[0] for entry in pool.entries)
    assert len(held) <= 2 * size
    assert held[:size] == sorted(map(float, costs))[:size]
