"""Values of a document change, and nothing else does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import InvalidValue, MalformedDocument
from sigil.store.documents import parse_document
from sigil.store.yaml_edits import with_value, without
from sigil.store.yaml_text import yaml_text

FILE = "sigil.yaml"
words = st.text(st.characters(codec="utf-8"), max_size=12)
keys = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
scalars = st.one_of(
    words, st.booleans(), st.integers(-(2**40), 2**40), st.floats(allow_nan=False, width=32)
).filter(lambda value: not isinstance(value, float) or abs(value) < 1e30)
values = st.recursive(
    st.none() | scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=10,
)
documents = st.dictionaries(keys, values, min_size=1, max_size=4)


@given(documents)
def test_what_is_written_is_read_back(data):
    assert parse_document(yaml_text(data).encode(), FILE).data == data


@given(st.dictionaries(keys, scalars, max_size=3), keys, keys, scalars)
def test_a_value_is_put_in_anywhere(data, outer, inner, value):
    data.pop(outer, None)
    text = with_value(yaml_text(data) if data else "", [outer, inner], value, FILE)
    assert parse_document(text.encode(), FILE).data == {**data, outer: {inner: value}}


def test_comments_order_and_strangers_stay():
    text = (
        "# mine\nversion: 0.1   # of the format\n\ndefaults:\n  num: 5 # few\n  # the end\n\n"
        "registry: null\n"
    )
    changed = with_value(text, ["defaults", "optimizer"], "tree", FILE)
    assert changed == text.replace("# few\n", "# few\n  optimizer: tree\n")


def test_a_value_is_replaced_where_it_stands():
    text = "defaults:\n  num:   5   # few\n"
    assert with_value(text, ["defaults", "num"], 7, FILE) == "defaults:\n  num:   7   # few\n"


@pytest.mark.parametrize("empty", ["", " {}", " null", " ~"])
def test_an_empty_place_becomes_a_block(empty):
    changed = with_value(f"a:{empty}  # why\nb: 1\n", ["a", "x", "key"], "z", FILE)
    assert changed == "a:  # why\n  x:\n    key: z\nb: 1\n"


def test_a_mapping_between_braces_keeps_them():
    changed = with_value("a: {b: 1,}  # c\n", ["a", "x"], "why", FILE)
    assert changed == "a: {b: 1, x: why}  # c\n"


def test_windows_line_ends_stay():
    assert with_value("a: 1\r\n", ["b"], 2, FILE) == "a: 1\r\nb: 2\r\n"


def test_a_document_of_comments_gets_its_first_key():
    assert with_value("# nothing yet", ["a"], 1, FILE) == "# nothing yet\na: 1\n"


def test_nothing_changes_where_the_value_is_there():
    assert with_value("a:   1", ["a"], 1, FILE) == "a:   1"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("m:\n  a: 1\n  b: 2 # x\n  # y\n  c: 3\n", "m:\n  a: 1\n  # y\n  c: 3\n"),
        ("m: {a: 1, b: 2, c: 3}\n", "m: {a: 1, c: 3}\n"),
        ("m: {a: 1, b: 2}\n", "m: {a: 1}\n"),
        ("m: {a: 1}\n", "m: {a: 1}\n"),
        ("m:  # x\n  b: 2\nn: 1\n", "m: {}  # x\nn: 1\n"),
    ],
)
def test_a_value_is_taken_out(text, after):
    assert without(text, ["m", "b"], FILE) == after


@pytest.mark.parametrize(
    "text", ["a: word\n", "a: [1]\n", "a: |\n  text\n", "x: &m {q: 1}\na: *m\n"]
)
def test_a_layout_that_is_not_understood_is_refused_with_what_to_write(text):
    with pytest.raises(InvalidValue, match=r"sigil\.yaml: a\.b: .*; write a\.b: 1"):
        with_value(text, ["a", "b"], 1, FILE)


def test_what_is_no_document_is_refused():
    with pytest.raises(MalformedDocument):
        with_value("a: [", ["b"], 1, FILE)
