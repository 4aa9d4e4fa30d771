"""Constants that a function asks about, and inputs that hold them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.optimize.generate.constants import Constants, constants_of
from sigil.optimize.generate.from_constants import planted
from sigil.optimize.generate.inputs import case_text, kind_of
from sigil.sandbox.model import Case

MODULE = '''\
import re

UNITS = {"kg": 1000, "lb": 453}
UNUSED = "never"


class Reader:
    MARK = "#"

    def read(self, line):
        return line.startswith(self.MARK)


def f(rows, unit):
    """Say "docstring"."""
    if rows.get("kind") == "refund":
        raise ValueError("the message")
    for bad in ["root", "admin"]:
        if unit.endswith("@" + bad) or unit == f"<{bad}>":
            return 0
    assert unit != "asserted", "the reason"
    return UNITS[unit] if re.match(r"^whole$", unit) else rows["total"] > 100
'''


def found(qualname: str = "f") -> Constants:
    return constants_of(MODULE, qualname)


def made(case: Case, constants: Constants, most: int = 1000) -> list[Any]:
    return [one.case.args[0] for one in planted([case], constants, most)]


@pytest.mark.parametrize("text", ["refund", "root", "admin", "@", "asserted"])
def test_what_a_function_compares_with_or_goes_over_is_found(text: str) -> None:
    assert text in found().texts


@pytest.mark.parametrize("text", ["the message", "the reason", 'Say "docstring".'])
def test_what_it_only_says_is_not(text: str) -> None:
    assert text not in found().texts


@pytest.mark.parametrize("text", ["@root", "@admin", "<root>", "<admin>"])
def test_texts_that_it_joins_of_constants_are_found(text: str) -> None:
    assert text in found().texts


def test_constants_of_its_module_count_if_it_reads_them() -> None:
    assert {"kg", "lb"} <= {*found().texts}
    assert {1000, 453} <= {*found().numbers}
    assert "never" not in found().texts


def test_constants_of_its_class_count_too() -> None:
    assert "#" in found("Reader.read").texts


def test_a_pattern_that_is_plain_text_but_for_its_ends_is_that_text() -> None:
    assert "whole" in found().texts


def test_a_number_comes_with_its_neighbours() -> None:
    assert {99, 100, 101} <= {*found().numbers}


def test_keys_that_are_looked_up_are_known() -> None:
    assert {"kind", "total"} <= {*found().keys}


def test_a_text_among_texts_is_exchanged_and_added() -> None:
    lists = made(Case((["ann", "bob"],)), Constants(texts=("root",)))
    for expected in (["root", "bob"], ["ann", "root"], ["ann", "bob", "root"], ["annroot", "bob"]):
        assert expected in lists


def test_a_text_stands_at_both_ends_and_instead_of_a_word() -> None:
    texts = made(Case(("GET /home now",)), Constants(texts=("POST",)))
    assert {"POST", "GET /home nowPOST", "POSTGET /home now", "POST /home now"} <= {*texts}
    assert "GET /home POST" in texts


def test_a_text_that_is_there_is_taken_out_and_doubled() -> None:
    assert {"ab", "a::b"} <= {*made(Case(("a:b",)), Constants(texts=(":",)))}


def test_a_number_stands_instead_of_digits_in_a_text() -> None:
    texts = made(Case(("1.2.3",)), Constants(numbers=(256,)))
    assert {"256.2.3", "1.2.256", "256.256.256"} <= {*texts}


def test_a_key_is_taken_out_of_a_record_or_put_into_it() -> None:
    records = made(Case(([{"kind": "sale"}],)), Constants(keys=("kind", "void")))
    assert [{}] in records
    assert [{"kind": "sale", "void": "sale"}] in records


def test_a_value_of_a_record_is_exchanged() -> None:
    records = made(Case(([{"kind": "sale", "n": 1}],)), Constants(("refund",), (), (7,)))
    assert [{"kind": "refund", "n": 1}] in records
    assert [{"kind": "sale", "n": 7}] in records


def test_lists_get_as_long_as_numbers_say() -> None:
    lists = made(Case(([1, 2],)), Constants(numbers=(3, 4, 5)))
    assert {3, 4, 5} <= set(map(len, lists))


def test_what_is_fixed_stays() -> None:
    case = Case(("a", "b"))
    cases = planted([case], Constants(texts=("x",)), 100, frozenset({0}))
    assert {one.case.args[0] for one in cases} == {"a"}


def test_without_constants_nothing_is_made() -> None:
    assert planted([Case((["a"],))], Constants(), 100) == []


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
CONSTANTS = st.builds(
    Constants,
    st.lists(st.text(min_size=1, max_size=4), max_size=4, unique=True).map(tuple),
    st.just((b"x",)),
    st.lists(st.integers(-5, 300), max_size=4, unique=True).map(tuple),
    st.lists(st.text(max_size=3), max_size=3, unique=True).map(tuple),
)


@given(st.lists(VALUES, min_size=1, max_size=3), CONSTANTS, st.integers(1, 60))
def test_inputs_are_few_distinct_of_the_same_types_and_leave_the_given_ones_alone(
    args: list[Any], constants: Constants, most: int
) -> None:
    case = Case(tuple(args))
    before = deepcopy(case)
    cases = planted([case], constants, most)
    assert case_text(case) == case_text(before)
    assert len(cases) <= most
    texts = [case_text(one.case) for one in cases]
    assert len(set(texts)) == len(texts)
    for one in cases:
        assert list(map(kind_of, one.case.args)) == list(map(kind_of, args))
    assert texts == [case_text(one.case) for one in planted([case], constants, most)]
