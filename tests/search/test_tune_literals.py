"""Which literals may be tuned, in which range, and how a value is written."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.search.literals import Choices, Literal, Span, find
from sigil.search.mutate.source import Source, apply_edits
from sigil.search.written import rounded, written


def literals(text: str) -> list[Literal]:
    source = Source(text)
    return find(source, "a.py", 1, source.line_count)


def spaces(text: str) -> dict[str, Span | Choices]:
    return {literal.text: literal.space for literal in literals(text)}


def test_numbers_and_truth_values_are_found_in_order():
    found = literals("def f(x):\n    a = 2.5\n    return a * x + 40 if True else -3.5\n")
    assert [literal.text for literal in found] == ["2.5", "40", "True", "-3.5"]


@pytest.mark.parametrize(
    "code",
    [
        "x = 0 + 1 - -1",
        "x = xs[2]",
        "x = xs[2:30]",
        "x = ys[a][7]",
        "xs[3] = y",
        "x = {5: y}",
        "ok = x == 17",
        "def f(x=5): pass",
        "f = lambda x=5: x",
        "@cache(maxsize=32)\ndef f(x): pass",
        "x: Literal[5] = y",
        "raise ValueError(5)",
        "x = f'{y:5} {5}'",
        "'''A docstring of 5 words.'''",
        "def f():\n    'doc'\n    return 'text'",
        "x = 0xFF00",
        "match x:\n    case 5: pass",
        "assert x < 5",
        "from m import y",
        "x = 1e999",
    ],
)
def test_structure_is_left_alone(code: str):
    assert literals(code) == []


@pytest.mark.parametrize(
    ("text", "space"),
    [
        ("x = 2.0", Span(0.2, 20.0, log=True, whole=False)),
        ("x = -2.0", Span(-20.0, -0.2, log=True, whole=False)),
        ("x = 0.0", Span(-1.0, 1.0, log=False, whole=False)),
        ("x = 3", Span(1, 12, log=False, whole=True)),
        ("x = -3", Span(-12, -1, log=False, whole=True)),
        ("x = 800", Span(100, 6400, log=True, whole=True)),
        ("x = False", Choices((True, False))),
        ("x = 0.3  # sigil: range 0.1 10 log", Span(0.1, 10, log=True, whole=False)),
        ("x = 0.3  # note. sigil: range -1 1", Span(-1, 1, log=False, whole=False)),
        ("x = 1  # sigil: int 0..64", Span(0, 64, log=False, whole=True)),
        ("x = 8  # sigil: range 1 100.5", Span(1, 100, log=False, whole=True)),
        ('x = "a"  # sigil: choices "a" "b c" 3', Choices(("a", "b c", 3))),
        ("x = xs[2]  # sigil: int 0..4", Span(0, 4, log=False, whole=True)),
    ],
)
def test_ranges_follow_the_value_or_the_hint(text: str, space: Span | Choices):
    assert list(spaces(text).values()) == [space]


def test_a_hint_applies_to_the_literals_of_its_line_that_lie_in_it():
    found = spaces("x = clip(y, 500, 8)  # sigil: int 1..64\n")
    assert found["8"] == Span(1, 64, log=False, whole=True)
    assert found["500"] == Span(62, 4000, log=True, whole=True)


def test_fixed_leaves_a_line_alone():
    assert literals("x = 2.5  # sigil: fixed\n") == []


@pytest.mark.parametrize(
    "hint", ["range 5 1", "range 0 1 log", "int 1.5", "choices", "choices [1]"]
)
def test_a_hint_that_makes_no_sense_is_ignored(hint: str):
    assert spaces(f"x = 2.0  # sigil: {hint}\n") == {"2.0": Span(0.2, 20.0, log=True, whole=False)}


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (12, "3", "12"),
        (12_500, "10_000", "12_500"),
        (2.0, "1.0", "2.0"),
        (0.25, ".5", "0.25"),
        (2.5e-4, "1e-3", "2.5e-4"),
        (3e8, "1E5", "3e8"),
        (1.5e-9, "0.1", "1.5e-9"),
        (True, "False", "True"),
        ("b", '"a"', '"b"'),
        ("b", "'a'", "'b'"),
        ('say "b"', '"a"', "'say \"b\"'"),
        ("it's", '"a"', '"it\'s"'),
    ],
)
def test_a_value_is_written_in_the_style_of_the_old_one(value, like: str, text: str):
    assert written(value, like) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["1.0", "1e3"]))
def test_a_written_number_reads_back_as_the_rounded_value(value: float, like: str):
    value = float(rounded(value))
    if abs(value) != float("inf"):
        assert ast.literal_eval(written(value, like)) == value


@given(st.integers(), st.sampled_from(["1", "1_000"]))
def test_a_written_integer_reads_back(value: int, like: str):
    assert ast.literal_eval(written(value, like)) == value


@given(st.text(), st.sampled_from(["'a'", '"a"']))
def test_a_written_string_reads_back(value: str, like: str):
    assert ast.literal_eval(written(value, like)) == value


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x = 2.0 ** y", "x = (-3.5) ** y"),
        ("x = y ** 2.0", "x = y ** -3.5"),
        ("x = 2.0.hex()", "x = (-3.5).hex()"),
        ("x = y -2.0", "x = y --3.5"),
    ],
)
def test_a_negative_value_gets_parentheses_where_it_needs_them(code: str, expected: str):
    (literal,) = literals(code)
    assert apply_edits(code, [literal.edit(-3.5, " ")]) == expected
    ast.parse(expected)


def test_a_literal_that_loses_its_sign_stays_apart_from_the_word_before():
    (literal,) = literals("def f(): return-2.5")
    assert apply_edits("def f(): return-2.5", [literal.edit(3.5, "n")]) == "def f(): return 3.5"
