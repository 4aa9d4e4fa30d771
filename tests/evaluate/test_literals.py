"""Plain data written in Python."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidValue
from sigil.evaluate.agreement import agrees
from sigil.evaluate.cases import read_cases
from sigil.evaluate.literals import (
    NotLiteral,
    is_json,
    read_arguments,
    read_literal,
    write_literal,
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.binary()
)
KEYS = SCALARS | st.tuples(SCALARS, SCALARS) | st.frozensets(st.integers())
PLAIN = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner)
        | st.tuples(inner, inner)
        | st.sets(KEYS)
        | st.frozensets(KEYS)
        | st.dictionaries(KEYS, inner)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_written_reads_back_as_it_was(value: object) -> None:
    assert agrees(read_literal(write_literal(value)), value)


@given(PLAIN)
def test_what_json_can_say_survives_json(value: object) -> None:
    if is_json(value):
        assert agrees(json.loads(json.dumps(value)), value)


def test_arguments_are_read_by_place_and_by_name() -> None:
    assert read_arguments("((1, 2), sep=b',')") == (((1, 2),), {"sep": b","})


@pytest.mark.parametrize(
    "text", ["(open('x'),)", "(x)", "(1", "(**{})", "({[]: 1})", "(1e999)", "((lambda: 1)())"]
)
def test_nothing_but_literals_is_read(text: str) -> None:
    with pytest.raises(NotLiteral):
        read_arguments(text)


def test_a_case_may_be_written_in_python() -> None:
    line = json.dumps({"call": "((1, 2), {3})", "returns": "(1, {2})"}).encode()
    (case,) = read_cases(line, "cases.jsonl", layout="jsonl")
    assert case.case.args == ((1, 2), {3})
    assert case.accepts((1, {2}))
    assert not case.accepts([1, {2}])


def test_a_case_in_python_may_expect_an_exception() -> None:
    (case,) = read_cases(b'{"call": "((1,),)", "raises": "ValueError"}', "c.jsonl", layout="jsonl")
    assert case.raises == "ValueError"
    assert not case.asks_baseline


@pytest.mark.parametrize(
    "case",
    [
        {"call": "(1)", "args": [1]},
        {"call": "(1)", "kwargs": {}},
        {"call": "(x)"},
        {"call": "(1)", "returns": "2", "expected": 2},
        {"call": "(1)", "returns": "2", "raises": "ValueError"},
    ],
)
def test_a_case_that_says_two_things_or_none_is_refused(case: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        read_cases(json.dumps([case]).encode(), "cases.json")


@pytest.mark.parametrize("text", [f"({'-' * 900}1)", f"([0x{'9' * 50_000}],)", f"({'[' * 3000})"])
def test_what_is_too_deep_or_too_long_is_refused(text: str):
    with pytest.raises(NotLiteral):
        read_arguments(text)
