"""Inputs that are made: variations, larger ones, guesses, and answers that are written down."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.effects import random_stream
from sigil.optimize.generate.expecting import stated_answers
from sigil.optimize.generate.guessing import guesses
from sigil.optimize.generate.inputs import (
    case_text,
    distinct,
    edges,
    pool_of,
    variations,
)
from sigil.optimize.generate.locating import Function, function_in
from sigil.optimize.generate.scaling import ENOUGH_NS, MOST_NODES, enlarged, scale
from sigil.optimize.generate.testing import TestFile
from sigil.sandbox.model import Case

LEAVES = st.integers(-99, 99) | st.text(max_size=6) | st.booleans() | st.binary(max_size=4)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)
CASES = st.builds(Case, st.tuples(VALUES, VALUES))


def kinds(case: Case) -> list[type]:
    return [type(value) for value in case.args]


@given(CASES)
def test_a_variation_keeps_the_types_of_its_arguments(case: Case) -> None:
    made = islice(variations([case], pool_of([case]), random_stream(1, "t")), 30)
    assert all(kinds(one) == kinds(case) for one in made)


@given(CASES)
def test_variations_are_a_function_of_their_stream(case: Case) -> None:
    first, second = (
        [*islice(variations([case], pool_of([case]), random_stream(7, "t")), 20)] for _ in range(2)
    )
    assert list(map(case_text, first)) == list(map(case_text, second))


def test_what_is_fixed_is_never_varied() -> None:
    case = Case(({"items": [1, 2]}, 3))
    made = [
        *edges([case], frozenset({0})),
        *islice(variations([case], pool_of([case]), random_stream(1, "t"), frozenset({0})), 40),
    ]
    assert {case_text(Case(one.args[:1])) for one in made} == {"({'items': [1, 2]})"}


def test_edges_hold_the_empty_list_one_element_and_the_negative() -> None:
    made = {case_text(one) for one in edges([Case(([5, 6], 3))])}
    assert {"([], 3)", "([5], 3)", "([5, 6], -3)"} <= made


def test_what_is_no_plain_data_is_no_case() -> None:
    assert distinct([Case((object(),)), Case((1,)), Case((1,))]) == [Case((1,))]


def test_lists_of_equal_length_stay_of_equal_length() -> None:
    case = Case(([1, 2, 3], ["a", "b", "c"]))
    larger = enlarged(case, pool_of([case]), "draw", 64, stream=random_stream(1, "t"))
    assert larger is not None
    assert [len(value) for value in larger.args] == [192, 192]


def test_what_is_drawn_is_not_the_same_few_elements() -> None:
    case = Case((["a", "b"],))
    larger = enlarged(case, pool_of([case]), "draw", 500, stream=random_stream(1, "t"))
    assert larger is not None
    assert len(set(larger.args[0])) > 100


@given(CASES, st.sampled_from(["draw", "nested", "repeat", "numbers"]), st.integers(2, 4096))
def test_what_is_enlarged_is_bounded(case: Case, way: str, factor: int) -> None:
    larger = enlarged(case, pool_of([case]), way, factor, stream=random_stream(1, "t"))
    assert larger is None or len(case_text(larger)) < 40 * MOST_NODES


def test_a_case_grows_until_a_call_takes_long_enough() -> None:
    case = Case(([3, 1, 2],))

    def quadratic(one: Case) -> int:
        return 10 * len(one.args[0]) ** 2

    found = scale(case, pool_of([case]), quadratic, lambda label: random_stream(1, label))
    assert found is not None
    assert ENOUGH_NS <= found.time_ns <= 20 * ENOUGH_NS


def test_a_case_that_takes_long_enough_is_left_alone() -> None:
    case = Case(([1],))
    assert (
        scale(case, pool_of([case]), lambda _: ENOUGH_NS, lambda label: random_stream(1, label))
        is None
    )


def function(tmp_path: Path, source: str, name: str) -> Function:
    (tmp_path / "m.py").write_text(source)
    return function_in(tmp_path, "m.py", name)


@pytest.mark.parametrize(
    ("signature", "kind"),
    [
        ("x: int", int),
        ("x: 'list[str]'", list),
        ("x: dict[str, int]", dict),
        ("x: tuple[int, str]", tuple),
        ("x: set[int] | None", set),
        ("text", str),
        ("x=1.5", float),
        ("numbers", list),
    ],
)
def test_the_first_guess_fits_the_parameter(tmp_path: Path, signature: str, kind: type) -> None:
    found = next(guesses(function(tmp_path, f"def f({signature}):\n    return x\n", "f")))
    assert type(found[0].args[0]) is kind


def test_a_use_says_more_than_nothing(tmp_path: Path) -> None:
    found = next(guesses(function(tmp_path, "def f(q):\n    return q.upper()\n", "f")))
    assert isinstance(found[0].args[0], str)


DOCUMENTED = '''\
def f(a, b=0):
    """Add.

    >>> x = 2
    >>> f(x, 3)
    5
    >>> f("a", "b")
    'ab'
    """
    return a + b
'''

TESTED = """\
import unittest
import pytest
from m import f

ONE = 1

def test_plain():
    x = [ONE, 2]
    assert f(x, [3]) == [1, 2, 3]
    assert other(x) == 3

@pytest.mark.parametrize("a, want", [(1, 2), pytest.param(3, 4), (object(), 5)])
def test_rows(a, want):
    assert f(a, b=1) == want

def test_loop():
    for a, want in [(5, 6), (7, 8)]:
        assert want == f(a, 1)

class Old(unittest.TestCase):
    def test_it(self):
        self.assertEqual(f(0), 0)
        with self.assertRaises(TypeError):
            f(None)
"""


def test_examples_of_a_docstring_are_stated_answers(tmp_path: Path) -> None:
    found = stated_answers(function(tmp_path, DOCUMENTED, "f"), [])
    assert [(case_text(one.case), one.value) for one in found] == [
        ("(2, 3)", 5),
        ("('a', 'b')", "ab"),
    ]


def test_assertions_of_tests_are_stated_answers(tmp_path: Path) -> None:
    source = "def f(a, b=0):\n    return a + b\n"
    found = stated_answers(function(tmp_path, source, "f"), [TestFile("test_m.py", TESTED, 2)])
    assert {(case_text(one.case), str(one.value)) for one in found} == {
        ("([1, 2], [3])", "[1, 2, 3]"),
        ("(1, b=1)", "2"),
        ("(3, b=1)", "4"),
        ("(5, 1)", "6"),
        ("(7, 1)", "8"),
        ("(0)", "0"),
    }


def test_a_method_of_that_name_elsewhere_is_another_function(tmp_path: Path) -> None:
    source = "def join(a):\n    return a\n"
    text = "from m import join\n\ndef test_it():\n    assert ','.join(['a']) == 'a'\n"
    assert stated_answers(function(tmp_path, source, "join"), [TestFile("t.py", text, 2)]) == []
