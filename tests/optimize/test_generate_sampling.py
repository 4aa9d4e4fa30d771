"""Fewer of many cases, so that no kind of call is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sigil.optimize.generate.sampling import OF_A_KIND, sampled, spread
from sigil.sandbox.model import Case

PLAIN = [Case((n,)) for n in range(1_000)]

cases = st.lists(
    st.builds(
        Case,
        st.tuples(st.integers() | st.text(max_size=2) | st.booleans()),
        st.dictionaries(st.sampled_from(["a", "b"]), st.booleans()),
    ),
    max_size=80,
)


def test_the_one_call_that_sets_a_flag_stays() -> None:
    rare = Case((7,), {"wide": True})
    assert rare in sampled([*PLAIN[:500], rare, *PLAIN[500:]], 30)


def test_a_flag_that_is_set_and_one_that_is_not_are_two_kinds() -> None:
    many = [Case((n, n == 501)) for n in range(1_000)]
    assert Case((501, True)) in sampled(many, 30)


def test_what_is_rare_comes_first() -> None:
    rare = [Case((str(n),)) for n in range(6)]
    assert all(isinstance(one.args[0], str) for one in sampled([*PLAIN, *rare], 30)[:OF_A_KIND])


def test_cases_of_one_kind_are_taken_from_all_over() -> None:
    assert sampled(PLAIN, 10) == spread(PLAIN, 10) == PLAIN[::100]


@given(cases, st.integers(1, 60))
def test_each_stands_once_and_they_are_no_more_than_wanted(found: list[Case], most: int) -> None:
    taken = sampled(found, most)
    assert len(taken) == min(len(found), most)
    assert len({id(one) for one in taken}) == len(taken)
    assert {id(one) for one in taken} <= {id(one) for one in found}
