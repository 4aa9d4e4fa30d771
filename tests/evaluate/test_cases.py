"""Cases of call metrics, from files, generators and the eval itself."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidValue, MalformedDocument, SigilError, Where
from sigil.evaluate import cases as module
from sigil.evaluate.cases import (
    MISSING,
    GivenCase,
    Incomparable,
    Tolerance,
    inline_cases,
    read_cases,
)
from sigil.sandbox.model import Case

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def read(text: str, layout: str = "json") -> tuple[GivenCase, ...]:
    return read_cases(text.encode(), "c.json", layout="jsonl" if layout == "jsonl" else "json")


# --- forms ------------------------------------------------------------------------------


def test_an_object_gives_arguments_and_what_is_expected():
    assert read('[{"args": [1, 2], "kwargs": {"k": 3}, "expected": null}]') == (
        GivenCase(Case((1, 2), {"k": 3}), None),
    )


def test_a_bare_list_is_the_arguments():
    assert read("[[1, [2]]]") == (GivenCase(Case((1, [2])), MISSING),)


def test_a_bare_value_is_the_one_argument():
    assert read('[5, {"x": 1}]') == (GivenCase(Case((5,))), GivenCase(Case(({"x": 1},))))


def test_an_object_without_arguments_calls_without_any():
    assert read('[{"expected": 1}]') == (GivenCase(Case(), 1),)


def test_lines_are_one_case_each():
    expected = (GivenCase(Case((1, 2))), GivenCase(Case((3,)), 9))
    assert read('[1, 2]\n\n{"args": [3], "expected": 9}\n', "jsonl") == expected


def test_a_single_line_that_is_an_array_is_one_case_only_in_a_file_of_lines():
    assert len(read("[1, 2]", "jsonl")) == 1
    assert len(read("[1, 2]", "json")) == 2


def test_a_generator_may_print_lines_or_one_array():
    assert read("[1, 2]\n[3, 4]\n") == (GivenCase(Case((1, 2))), GivenCase(Case((3, 4))))
    assert read('{"args": [1]}\r\n{"args": [2]}\r\n') == (
        GivenCase(Case((1,))),
        GivenCase(Case((2,))),
    )


def test_a_byte_order_mark_is_no_content():
    assert read_cases(b"\xef\xbb\xbf[1]", "c.json") == (GivenCase(Case((1,))),)


@given(st.lists(st.lists(JSON), min_size=1, max_size=5))
def test_arrays_and_lines_say_the_same(values: list[list[object]]):
    array = read(json.dumps(values, indent=1))
    lines = read("\n".join(map(json.dumps, values)), "jsonl")
    assert array == lines == tuple(GivenCase(Case(tuple(value))) for value in values)


# --- errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("", InvalidValue, "c.json: there is no case; give at least one case"),
        (" \n", InvalidValue, "c.json: there is no case; give at least one case"),
        ("[]", InvalidValue, "c.json: there is no case; give at least one case"),
        ("[", MalformedDocument, "c.json:1: not valid JSON: Expecting value"),
        ("[\n1\n2]", MalformedDocument, "c.json:3: not valid JSON: expected , or ]"),
        ("[1,\n]", MalformedDocument, "c.json:2: not valid JSON: a comma before"),
        ("[1, NaN]", MalformedDocument, "c.json:1: not valid JSON: NaN is not a JSON number"),
        ("[1,\n1e999]", InvalidValue, "c.json:2: case 2: inf is not a JSON number"),
        ('[\n{"a": 1, "a": 2}]', MalformedDocument, "c.json:2: not valid JSON: the key 'a'"),
        ("nope", MalformedDocument, "c.json:1: not valid JSON: Expecting value"),
        ("1\n2 3", MalformedDocument, "c.json:2: more than one value in the line"),
        ('[1,\n{"args": 2}]', InvalidValue, "c.json:2: case 2: args is not a list"),
        ('[{"kwargs": []}]', InvalidValue, "c.json:1: case 1: kwargs is not a mapping"),
        ('[{"args": [], "arg": 1}]', InvalidValue, "c.json:1: case 1: unknown key 'arg'"),
        ("[" * 100_000, MalformedDocument, "c.json:1: nested too deeply"),
        ("[" + "[" * 200 + "]" * 200 + "]", InvalidValue, "c.json:1: case 1: nested deeper"),
        ("[" + "9" * 5000 + "]", MalformedDocument, "c.json:1: not valid JSON: Exceeds"),
    ],
)
def test_a_wrong_file_is_one_line_with_its_place(text: str, kind: type[SigilError], message: str):
    with pytest.raises(kind) as caught:
        read(text)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_bytes_that_are_no_text_name_the_line():
    with pytest.raises(MalformedDocument, match=r"c\.json:2: not UTF-8"):
        read_cases(b"[1,\n\xff]", "c.json")


def test_too_many_cases_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_CASES", 3)
    assert len(read("[1, 2, 3]")) == 3
    with pytest.raises(InvalidValue, match="more than 3 cases"):
        read("[1, 2, 3, 4]")


def test_too_large_a_file_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_BYTES", 4)
    with pytest.raises(MalformedDocument, match="larger than"):
        read("[1, 2]")


@given(st.binary(max_size=60) | st.text(alphabet='[]{},:"1e-.\n ans').map(str.encode))
def test_any_bytes_give_cases_or_one_line(raw: bytes):
    try:
        told = "" if read_cases(raw, "c.json") else "nothing"
    except SigilError as error:
        told = str(error)
    assert not told or told.startswith("c.json")


# --- inline -----------------------------------------------------------------------------


def test_inline_cases_are_like_those_of_a_file():
    assert inline_cases([[1], {"args": [2], "expected": 4}], "cases", lambda name: Where()) == (
        GivenCase(Case((1,))),
        GivenCase(Case((2,)), 4),
    )


@pytest.mark.parametrize("value", [math.inf, math.nan, [{"a": math.nan}]])
def test_an_inline_number_that_json_has_not_is_refused(value: object):
    with pytest.raises(InvalidValue, match=r"e.yaml:3: inputs.cases\[1\]: .* is not a JSON number"):
        inline_cases([1, value], "inputs.cases", lambda name: Where("e.yaml", 3, name))


# --- what is expected -------------------------------------------------------------------


def test_a_tuple_may_stand_for_the_list_of_a_document():
    assert GivenCase(Case(), [1, [2]]).accepts((1, (2,)))


def test_what_the_baseline_returned_is_expected_exactly():
    case = GivenCase(Case())
    assert case.accepts((1, 2), baseline=(1, 2))
    assert not case.accepts([1, 2], baseline=(1, 2))


def test_what_the_case_expects_comes_before_the_baseline():
    case = GivenCase(Case(), None)
    assert case.accepts(None, baseline=3)
    assert not case.accepts(3, baseline=3)


def test_a_case_takes_the_tolerance():
    assert GivenCase(Case(), 4).accepts(4.0, Tolerance(absolute=1e-9))
    assert not GivenCase(Case(), 4).accepts(4.0)


def test_a_distance_is_to_what_is_expected():
    assert GivenCase(Case(), 4).distance(5.5, baseline=1) == 1.5
    assert GivenCase(Case()).distance(5.5, baseline=1) == 4.5


def test_without_anything_expected_there_is_no_distance():
    with pytest.raises(Incomparable):
        GivenCase(Case()).distance(1.0)
