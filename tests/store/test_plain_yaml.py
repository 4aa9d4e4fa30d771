"""YAML as plain data, bounded, with lines."""

from __future__ import annotations

import tracemalloc
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import MalformedDocument
from sigil.store import plain_yaml
from sigil.store.plain_yaml import MAX_VALUES, parse_yaml

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=8)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=10,
)


def parsed(text: str) -> Any:
    found = parse_yaml(text, "f.yaml")
    assert found
    return found.value


def problem(text: str) -> str:
    with pytest.raises(MalformedDocument) as caught:
        parse_yaml(text, "f.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


# --- values -----------------------------------------------------------------------------


@given(PLAIN)
def test_plain_data_survives_the_way_through_yaml(value: Any):
    assert parsed(yaml.safe_dump(value, allow_unicode=True, default_style='"')) == value or (
        parsed(yaml.safe_dump(value, allow_unicode=True)) == value
    )


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: 1", 1),
        ("a: '1'", "1"),
        ("a: 0.5", 0.5),
        ("a: 1e-5", 1e-5),
        ("a: 1E+5", 1e5),
        ("a: '1e-5'", "1e-5"),
        ("a: 1e5", "1e5"),
        ("a: 12e+4567", "12e+4567"),
        ("a: true", True),
        ("a: yes", True),
        ("a: ~", None),
        ("a:", None),
        ("a: 2024-01-31", "2024-01-31"),
        ("a: 2024-13-45", "2024-13-45"),
        ("a: 10:30", "10:30"),
        ("a: 10:30.5", "10:30.5"),
        ("a: !!str 1", "1"),
        ("a: !!int '1'", 1),
        ("a: ! 1", "1"),
        ("a: <<", "<<"),
        ("a: =", "="),
        ("a: |\n  x\n  y\n", "x\ny\n"),
        ("a: {b: [1, {c: 2}]}", {"b": [1, {"c": 2}]}),
        ("a: &x [1]", [1]),
        ("%YAML 1.1\n---\na: 1\n...\n", 1),
        ("\ufeffa: 1", 1),
    ],
)
def test_scalars_are_those_of_json(text: str, value: object):
    found = parsed(text)["a"]
    assert found == value
    assert type(found) is type(value)


def test_keys_are_text_whatever_they_look_like():
    assert parsed("1: a\ntrue: b\non: c\n~: d\n") == {"1": "a", "true": "b", "on": "c", "~": "d"}


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n"])
def test_nothing_but_comments_is_nothing(text: str):
    assert parse_yaml(text, "f.yaml") is None


# --- lines ------------------------------------------------------------------------------


def test_every_field_has_its_line():
    found = parse_yaml("# c\na: 1\nb:\n  - x: 1\n    y: 2\n  -\n    z\nc: {d: [1,\n 2]}\n", "f")
    assert found
    assert dict(found.lines) == {
        "": 2, "a": 2, "b": 3, "b[0]": 4, "b[0].x": 4, "b[0].y": 5, "b[1]": 7,
        "c": 8, "c.d": 8, "c.d[0]": 8, "c.d[1]": 9,
    }  # fmt: skip


# --- aliases ----------------------------------------------------------------------------


def test_an_alias_stands_for_what_it_names():
    assert parsed("a: &x {k: 1}\nb: *x\nc: [*x]\n") == {
        "a": {"k": 1}, "b": {"k": 1}, "c": [{"k": 1}],
    }  # fmt: skip


def test_an_anchor_may_be_named_again():
    assert parsed("a: &x 1\nb: &x 2\nc: *x\n") == {"a": 1, "b": 2, "c": 2}


@pytest.mark.parametrize("text", ["a: *x\n", "a: &x [1, *x]\n", "a: &x {b: *x}\n"])
def test_an_alias_must_come_after_what_it_names(text: str):
    assert "f.yaml:1: a" in problem(text)
    assert "the alias *x stands before the end of what it names" in problem(text)


def test_a_billion_laughs_end_early_and_small():
    lines = ["a: &a [" + ",".join("1" * 10) + "]"]
    for before, after in zip("abcdefghijk", "bcdefghijkl", strict=True):
        lines.append(f"{after}: &{after} [" + ",".join([f"*{before}"] * 10) + "]")
    tracemalloc.start()
    try:
        assert "f.yaml:5: e" in problem("\n".join(lines))
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()


# --- errors -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a:\n\tb: 1", "f.yaml:2: not valid YAML: found character that cannot start any token; "),
        ("a: @x", "f.yaml:1: not valid YAML: found character that cannot start any token; put "),
        ("a: b: c", "f.yaml:1: not valid YAML: mapping values are not allowed in this context; "),
        ("a: [1,\n\nb: 2", "f.yaml:3: not valid YAML: did not find expected ',' or ']' (what beg"),
        ('a: "x\n\n', "f.yaml:1: not valid YAML: found unexpected end of stream"),
        ("- a\nb: c", "f.yaml:2: not valid YAML: did not find expected '-' indicator (what began"),
        ("a: 1\nb: \x00", "f.yaml:2: a control character; save it as plain text"),
        ("a: 1\nb: \x1b[0m", "f.yaml:2: a control character; save it as plain text"),
        ("%YAML 3.0\n---\na: 1", "f.yaml:1: not valid YAML: found incompatible YAML document"),
        ("a: 1\n---\nb: 2", "f.yaml:2: a second document; keep one document in the file"),
        ("x: 1\na: !!python/object/apply:os.system [ls]", "f.yaml:2: a: the tag tag:yaml.org,20"),
        ("a: !mine x", "f.yaml:1: a: the tag !mine is not allowed"),
        ("a: !!binary aGk=", "f.yaml:1: a: the tag tag:yaml.org,2002:binary is not allowed"),
        ("!mine\na: 1", "f.yaml:1: the tag !mine is not allowed"),
        ("a: !!int x", "f.yaml:1: a: not a valid value: x"),
        ("a: " + "9" * 5000, "f.yaml:1: a: not a valid value: 99999"),
        ("a:\n  ? [1]\n  : 2", "f.yaml:2: a: a key that is no plain text"),
        ("a: &x 1\n*x : 2", "f.yaml:2: a key that is no plain text"),
        ("a: &x {b: 1}\nc:\n  <<: *x", "f.yaml:3: c: the merge key << is not supported; write "),
        ("a: 1\nb:\n  c: 1\n  c: 2", "f.yaml:4: b.c: the key stands twice; keep one of them"),
        ("k" * 300 + ": 1", "f.yaml:1: a key longer than 200 characters"),
        ("a: " + "[" * 60 + "]" * 60, "f.yaml:1: a[0][0]"),
    ],
)
def test_a_mistake_names_its_line(text: str, message: str):
    assert problem(text).startswith(message)


@pytest.mark.parametrize("opening", ["[", "{", "- ", "? ", "{a: [", "a:\n "])
def test_depth_without_end_is_refused(opening: str):
    problem(opening * 500_000)


def test_more_values_than_the_limit_are_refused_at_the_line():
    text = "a:\n" + "- 0\n" * (MAX_VALUES + 100)
    assert problem(text).startswith(f"f.yaml:{MAX_VALUES}: a[{MAX_VALUES - 2}]: more than 100,000")


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#%@`,?\n\t <~1.e", max_size=40))
def test_any_text_is_data_or_one_line(text: str):
    told = "f.yaml"
    try:
        parse_yaml(text, "f.yaml")
    except MalformedDocument as error:
        told = str(error)
    assert told.startswith("f.yaml")
    assert "\n" not in told


def test_what_is_nested_too_deeply_is_told_by_the_beginning_of_its_field():
    said = problem("services: " + "[" * 5000)
    assert said.startswith("f.yaml:1: services[0]")
    assert "…: nested deeper than 50; flatten it" in said
    assert len(said) < 140


@pytest.mark.parametrize("loader", [yaml.SafeLoader, plain_yaml._LOADER])
@pytest.mark.parametrize("text", ['a: "\\ud800"', '"\\udfff": 1', '- "x\\ud83d"'])
def test_half_of_a_character_is_refused_by_either_parser(monkeypatch, loader: Any, text: str):
    monkeypatch.setattr(plain_yaml, "_LOADER", loader)
    assert problem(text).startswith("f.yaml:1: ")
