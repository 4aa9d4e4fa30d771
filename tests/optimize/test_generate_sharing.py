"""Edges that several arguments share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.sharing import VARIANTS, shared_edges
from sigil.optimize.generate.writing import cases_path, holdout_path
from sigil.sandbox.model import Case

WORDS = Case((["pear", "fig"], ["fig", "plum", "nut"]))


def made(*cases: Case) -> list[tuple[Any, ...]]:
    return [one.args for one in shared_edges(cases)]


def test_both_lists_hold_the_empty_word_in_cases_enough_to_hold_one_out() -> None:
    found = [args for args in made(WORDS) if all("" in value for value in args)]
    assert len(found) >= VARIANTS


def test_all_arguments_of_a_kind_are_empty_at_once() -> None:
    assert ([], []) in made(WORDS)
    assert ("", 3, "") in made(Case(("ab", 3, "cd")))


def test_arguments_are_equal() -> None:
    assert {str(first) for first, second in made(WORDS) if first == second} >= {
        "['pear', 'fig']",
        "['fig', 'plum', 'nut']",
    }


def test_one_argument_begins_another() -> None:
    assert ("abcd", "ab") in made(Case(("abcd", "xyz")))


def test_both_hold_the_same_elements() -> None:
    assert ([1, 2], [7, 8, 1, 2]) in made(Case(([1, 2], [7, 8])))


def test_numbers_are_nought_at_once() -> None:
    assert (0, 0) in made(Case((4, 9)))


def test_a_lone_list_holds_edges_of_its_elements() -> None:
    assert (["", "a"],) in made(Case((["a"],)))


def test_lists_of_different_things_are_not_mixed() -> None:
    found = made(Case(([1, 2], ["a", "b"])))
    assert found
    assert all(
        all(type(x) is int for x in numbers) and all(type(x) is str for x in words)
        for numbers, words in found
    )


def test_what_is_fixed_stays_as_it_is() -> None:
    found = shared_edges([Case(([1], [2], [3]))], frozenset({0}))
    assert found
    assert all(one.args[0] == [1] for one in found)


@given(st.lists(st.integers()), st.lists(st.integers()), st.lists(st.text()))
def test_no_case_comes_twice(one: list[int], other: list[int], words: list[str]) -> None:
    texts = [case_text(case) for case in shared_edges([Case((one, other, words))])]
    assert len(texts) == len(set(texts))


def test_what_is_shared_depends_on_the_cases_alone() -> None:
    case = Case(({3, 1, 2}, {2, 5}, b"ab", b"c"))
    assert made(case) == made(case)


COMMON = """\
def common(first, second):
    return [word for word in dict.fromkeys(first) if word in second]
"""
TEST = """\
import unittest
from words import common

class Common(unittest.TestCase):
    def test_it(self):
        self.assertEqual(common(["a", "b", "c"], ["c", "a"]), ["a", "c"])
        self.assertEqual(common(["one", "two"], ["three"]), [])
"""


def test_the_empty_word_in_both_lists_is_shown_and_held_out(tmp_path: Path) -> None:
    (tmp_path / "words.py").write_text(COMMON)
    (tmp_path / "test_words.py").write_text(TEST)
    request = Request(function_in(tmp_path, "words.py", "common"), "common", 1, call_s=5.0)
    files = generate_eval(request).files
    for name in (cases_path("common"), holdout_path("common")):
        cases = [one.case for one in read_cases(files[name], name, layout="jsonl")]
        assert any(all("" in value for value in case.args) for case in cases), name
