"""Inputs that are made: variations, larger ones, guesses, and answers that are written down."""

from __future__ import annotations

import configparser
import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
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
from sigil.optimize.generate.scaling import ENOUGH_NS, MOST_NODES, WAYS, Way, enlarged, scale
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


@given(CASES, st.sampled_from(WAYS), st.integers(2, 4096))
def test_what_is_enlarged_is_bounded(case: Case, way: Way, factor: int) -> None:
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


def larger_text(text: str, way: Way = "words", factor: int = 500) -> str:
    case = Case((text,))
    larger = enlarged(case, pool_of([case]), way, factor, stream=random_stream(1, "t"))
    assert larger is not None
    return larger.args[0]


PROSE = "the quick dog and the lazy cat saw the dog"
TABLE = "name,age,joined\nann,34,2019-03-28\nbob,27,2020-11-02\n"
SETTINGS = "[first]\nsize = 10\ncolour = red\n[second]\nsize = 12\n"
LOG = "2026-01-02 12:30:01 ERROR disk full\n2026-01-02 12:31:00 INFO all is well"


def rows(text: str) -> int:
    table = csv.DictReader(io.StringIO(text))
    return len([(int(row["age"]), datetime.fromisoformat(row["joined"])) for row in table])


def options(text: str) -> int:
    settings = configparser.ConfigParser(strict=False)
    settings.read_string(text)
    return sum(len(settings[name]) for name in settings.sections())


def entries(text: str) -> int:
    return len([datetime.fromisoformat(line[:19]) for line in text.split("\n") if line[19] == " "])


def levels(text: str) -> int:
    return sum({"ERROR": 2, "INFO": 1}[line.split()[2]] for line in text.split("\n"))


def test_a_larger_text_has_many_words() -> None:
    words = larger_text(PROSE).split()
    assert len(set(words)) > 1000


def test_about_half_of_the_words_of_a_larger_text_are_as_they_were() -> None:
    words = larger_text(PROSE).split()
    assert 0.4 < sum(word in PROSE.split() for word in words) / len(words) < 0.6


def test_a_larger_text_has_many_numbers() -> None:
    numbers = larger_text("17 4 23 156").split(" ")
    assert len(set(map(int, numbers))) > 300


def test_a_log_whose_levels_stay_has_many_messages() -> None:
    lines = larger_text(LOG, "small").split("\n")
    assert len({line.split(" ", 3)[3] for line in lines}) > 100


def test_the_fields_of_a_single_line_become_many() -> None:
    assert len(set(larger_text("apple,pear,apple,plum").split(","))) > 500


@pytest.mark.parametrize(
    ("text", "parse", "way"),
    [
        (TABLE, rows, "words"),
        (TABLE, rows, "figures"),
        (SETTINGS, options, "words"),
        (LOG, entries, "words"),
        (LOG, levels, "small"),
        (LOG, entries, "figures"),
    ],
)
def test_a_larger_text_of_lines_parses_to_more(
    text: str, parse: Callable[[str], int], way: Way
) -> None:
    assert parse(larger_text(text, way, 200)) > 20 * parse(text)


def test_a_heading_comes_once_and_every_other_line_often() -> None:
    assert larger_text(TABLE).count("name,age,joined") == 1
    assert larger_text(LOG).count(LOG.split("\n", maxsplit=1)[0]) > 100


def test_words_keep_their_letters_and_their_case() -> None:
    text = larger_text("ACGT GATTACA CCGT\nTTGACA ggta Gt\nACCA GTTA")
    assert set(text) == set("ACGTgta \n")
    assert all(re.fullmatch("[ACGT]+|[gta]+|[ACGT][gta]+", word) for word in text.split())


@pytest.mark.parametrize("text", ["ACGTTGCA", "( ( ) )", "a b a", "#.#\n#..\n", "0 1 1\n1 0 1", ""])
@pytest.mark.parametrize("way", ["words", "figures"])
def test_a_text_of_single_signs_has_no_other_words(text: str, way: Way) -> None:
    case = Case((text,))
    assert enlarged(case, pool_of([case]), way, 9, stream=random_stream(1, "t")) is None


@given(st.text(max_size=30), st.sampled_from(WAYS))
def test_a_larger_text_is_a_function_of_its_stream(text: str, way: Way) -> None:
    case = Case((text,))
    first, second = (
        enlarged(case, pool_of([case]), way, 20, stream=random_stream(3, "t")) for _ in range(2)
    )
    assert first == second


def scaled_way(measure: Callable[[Case], int | None]) -> Way:
    case = Case((PROSE,))
    found = scale(case, pool_of([case]), measure, lambda label: random_stream(1, label))
    assert found is not None
    return found.way


def test_a_text_grows_by_other_words() -> None:
    assert scaled_way(lambda one: 100 * len(set(one.args[0].split())) ** 2) == "words"


def test_a_function_that_refuses_other_words_gets_those_it_knows() -> None:
    known = set(PROSE.split())

    def strict(one: Case) -> int | None:
        words = one.args[0].split()
        return 1000 * len(words) if known.issuperset(words) else None

    assert scaled_way(strict) == "draw"


def test_a_function_that_gives_up_at_other_words_gets_those_it_knows() -> None:
    known = set(PROSE.split())

    def lenient(one: Case) -> int:
        words = one.args[0].split()
        return (1000 if known.issuperset(words) else 10) * len(words)

    assert scaled_way(lenient) == "draw"


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


def test_starred_arguments_are_spread_if_they_are_literals_and_else_passed_over(
    tmp_path: Path,
) -> None:
    source = "def f(a, *more):\n    return a\n"
    text = (
        "import m\n\n@pytest.mark.parametrize('case,want', [((1, 2), 1), ([3], 3)])\n"
        "def test_it(case, want):\n    assert m.f(*case) == want\n"
        "def test_other():\n    assert m.f(*range(3)) == 0\n    assert m.f(4, **{'b': 1}) == 4\n"
    )
    found = stated_answers(function(tmp_path, source, "f"), [TestFile("test_m.py", text, 2)])
    assert [(case_text(one.case), one.value) for one in found] == [("(1, 2)", 1), ("(3)", 3)]
