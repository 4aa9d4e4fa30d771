"""The grammar of expressions: trees, their text, and errors that point at the column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidExpression, Where
from sigil.evaluate.syntax import MAX_LENGTH, Parser
from sigil.evaluate.tree import (
    ORDERS,
    Arithmetic,
    Boolean,
    Comparison,
    Every,
    Kind,
    Metric,
    Negative,
    Node,
    Not,
    Number,
    Some,
    metrics_of,
    of_baseline,
)

KNOWN: dict[str, Kind] = {"latency_ms": "number", "correct": "truth", "z": "number"}

NUMBERS: st.SearchStrategy[Node] = st.recursive(
    st.builds(Number, st.floats(min_value=0, allow_nan=False, allow_infinity=False))
    | st.builds(Metric, st.sampled_from(["latency_ms", "z"]), st.booleans()),
    lambda inner: (
        st.builds(Negative, inner)
        | st.builds(Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inner, inner)
    ),
    max_leaves=8,
)
TRUTHS: st.SearchStrategy[Node] = st.recursive(
    st.builds(Boolean, st.booleans())
    | st.builds(Metric, st.just("correct"), st.booleans())
    | st.builds(Comparison, st.sampled_from(ORDERS), NUMBERS, NUMBERS),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Comparison, st.sampled_from(["==", "!="]), inner, inner)
        | st.builds(Every, st.lists(inner, min_size=2, max_size=3).map(tuple))
        | st.builds(Some, st.lists(inner, min_size=2, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


def parse(text: str) -> Node:
    parser = Parser(text, KNOWN, Where("f.yaml", 3, "accept.rule"))
    node = parser.truth()
    parser.end("and", "or")
    return node


def problem(text: str) -> str:
    with pytest.raises(InvalidExpression) as caught:
        parse(text)
    return str(caught.value).removeprefix("f.yaml:3: accept.rule: ")


# --- round trip -------------------------------------------------------------------------


@given(TRUTHS)
def test_the_text_of_a_tree_parses_back_to_the_tree(node: Node):
    if len(str(node)) <= MAX_LENGTH:
        assert parse(str(node)) == node


@given(st.text(alphabet="latency_msz correctandornot<>=!()+-*/.0123,;{}é\n", max_size=40))
def test_any_text_parses_or_names_a_column(text: str):
    try:
        told = f"column of {parse(text)}"
    except InvalidExpression as error:
        told = str(error)
    assert "column " in told


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("z<=3", "z <= 3.0"),
        ("z <= 0.95*baseline.z and correct==true", "z <= 0.95 * baseline.z and correct == true"),
        ("(z < 1 or z > 2) and correct", "(z < 1.0 or z > 2.0) and correct"),
        ("((z)) < ((1))", "z < 1.0"),
        ("z - (1 - 2) < 0", "z - (1.0 - 2.0) < 0.0"),
        ("z - 1 - 2 < 0", "z - 1.0 - 2.0 < 0.0"),
        ("-(z + 1) * 2 < 0", "-(z + 1.0) * 2.0 < 0.0"),
        ("not (correct and z<1)", "not (correct and z < 1.0)"),
        ("NOT correct OR True AND Baseline.z<.5", "not correct or true and baseline.z < 0.5"),
        ("z < 1e-5\n and\tz > 1.E+2", "z < 1e-05 and z > 100.0"),
        ("correct == (z < 1)", "correct == (z < 1.0)"),
    ],
)
def test_parentheses_stand_only_where_they_are_needed(text: str, canonical: str):
    assert str(parse(text)) == canonical


def test_conjunction_binds_tighter_than_disjunction():
    node = parse("correct or correct and correct")
    assert isinstance(node, Some)
    assert isinstance(node.operands[1], Every)


# --- errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "column 1: expected a number, a metric or ( but the text ends"),
        ("z <", "column 4: expected a number, a metric or ( but the text ends"),
        ("z < )", "column 5: expected a number, a metric or (, not )"),
        ("z < 1 z", "column 7: expected an operator, not z"),
        ("z < 1)", "column 6: expected 'and', 'or' or the end, not )"),
        ("(z < 1", "column 7: expected ) or an operator but the text ends"),
        ("latency < 1", "column 1: expected a metric, not latency; did you mean latency_ms?"),
        (
            "z < baseline.latency",
            "column 14: expected a metric, not latency; did you mean latency_ms?",
        ),
        ("q < 1", "column 1: expected a metric, not q; known: correct, latency_ms, z"),
        ("z.x < 1", "column 1: expected a metric, not z.x; "),
        ("baseline < 1", "column 1: expected baseline.METRIC"),
        ("z = 1", "column 3: '=' means nothing here; did you mean ==?"),
        ("z < 1 && correct", "column 7: '&' means nothing here; did you mean and?"),
        ("z ≤ 1", "column 3: '≤' means nothing here; did you mean <=?"),
        ("z < 1 # really", "column 7: '#' means nothing here"),
        ("1 < z < 2", "column 7: a comparison cannot be chained; write a <= b and b <= c"),
        ("z == correct", "column 6: z (a number) is compared with correct (true or false); "),
        ("z == true", "column 6: z (a number) is compared with true or false; "),
        ("correct < 1", "column 1: expected a number, not correct (true or false)"),
        ("z", "column 1: expected true or false, not z (a number); compare it, as in x <= 1"),
        ("z and correct", "column 1: expected true or false, not z (a number)"),
        ("not z", "column 5: expected true or false, not z (a number)"),
        ("z + true < 1", "column 5: expected a number, not true or false"),
        ("-correct < 1", "column 2: expected a number, not correct (true or false)"),
        ("z < 1e999", "column 5: the number is too large"),
        ("5ms < z", "column 2: expected an operator, not ms"),
        ("subject_to", "column 1: expected a number, a metric or (, not subject_to"),
        ("(" * 100 + "z", "column 62: nested deeper than 60"),
        ("not " * 100 + "correct", "column 245: nested deeper than 60"),
        ("+".join("1" * 100) + " < z", "column 1: nested deeper than 60"),
        ("z" * 2_001, "longer than 2,000 characters"),
    ],
)
def test_a_mistake_is_shown_by_its_column(text: str, message: str):
    assert problem(text).startswith(message)


def test_the_place_in_the_document_comes_first():
    with pytest.raises(InvalidExpression) as caught:
        parse("z <")
    assert str(caught.value).startswith("f.yaml:3: accept.rule: column 4: ")


def test_metrics_of_unknown_kind_may_be_either():
    for text in ("a == b", "a", "a < b", "a == true and a < 1"):
        Parser(text, ["a", "b"], None).truth()


# --- trees ------------------------------------------------------------------------------


def test_a_tree_names_its_metrics_from_left_to_right():
    node = parse("not (z < -latency_ms) or correct and baseline.z > z / 2")
    assert [str(metric) for metric in metrics_of(node)] == [
        "z", "latency_ms", "correct", "baseline.z", "z",
    ]  # fmt: skip


@given(NUMBERS)
def test_arithmetic_of_the_baseline_names_the_baseline_alone(node: Node):
    assert all(metric.baseline for metric in metrics_of(of_baseline(node)))
