"""Which stated answers are believed, and what is said of those that are wrong now."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from sigil.optimize.generate.believing import NAMED, believed, wrong_now
from sigil.optimize.generate.expecting import Stated
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.marking import is_marked, marked_tests
from sigil.optimize.generate.recording import Recording
from sigil.optimize.generate.workshop import Goal
from sigil.sandbox.model import Case

SOURCE = "def double(x):\n    return x + x\n"


def doubts(source: str) -> dict[str, str | None]:
    return {test.name: doubt for test, doubt in marked_tests(ast.parse(source).body)}


# --- marks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark",
    [
        "pytest.mark.skip",
        "pytest.mark.skip(reason='not yet')",
        "pytest.mark.xfail(strict=True)",
        "unittest.skip('not yet')",
        "unittest.expectedFailure",
    ],
)
def test_a_test_that_is_skipped_or_expected_to_fail_is_doubted(mark: str) -> None:
    assert doubts(f"@{mark}\ndef test_a(): ...\n") == {"test_a": "always"}


@pytest.mark.parametrize(
    "mark", ["pytest.mark.skipif(x, reason='')", "unittest.skipIf(x, '')", "pytest.mark.xfail(x)"]
)
def test_a_test_under_a_condition_is_doubted_if_it_does_not_run(mark: str) -> None:
    assert doubts(f"@{mark}\ndef test_a(): ...\n") == {"test_a": "sometimes"}


def test_marks_of_a_class_and_of_a_module_hold_for_their_tests() -> None:
    inner = "class TestA:\n    def test_a(self): ...\n"
    assert doubts(f"@unittest.skip('')\n{inner}") == {"test_a": "always"}
    assert doubts(f"pytestmark = [pytest.mark.skip]\n{inner}") == {"test_a": "always"}


def test_a_call_that_skips_ends_a_test() -> None:
    assert doubts("def test_a():\n    pytest.skip('no')\n") == {"test_a": "always"}
    assert doubts("def test_a(self):\n    if x:\n        self.skipTest('no')\n") == {
        "test_a": "sometimes"
    }


def test_a_module_that_skips_itself_is_doubted() -> None:
    text = "pytest.skip('no', allow_module_level=True)\ndef test_a(): ...\n"
    assert doubts(text) == {"test_a": "always"}


def test_a_row_of_parameters_may_be_marked_alone() -> None:
    rows = ast.parse("[pytest.param(1, 2, marks=pytest.mark.xfail), (3, 4)]", mode="eval").body
    assert isinstance(rows, ast.List)
    assert list(map(is_marked, rows.elts)) == [True, False]


def test_other_tests_are_not_doubted() -> None:
    assert doubts("@pytest.mark.slow\ndef test_a():\n    skip = 1\n") == {"test_a": None}


# --- answers ----------------------------------------------------------------------------


def stated(x: int, value: int, line: int, **more: str) -> Stated:
    return Stated(Case((x,)), value, f"test_a.py:{line}", ("test_a.py", f"test_{line}"), **more)


def test_a_test_that_ran_is_believed_though_it_is_skipped_elsewhere() -> None:
    one = stated(1, 2, 3, doubt="sometimes")
    assert believed([one], Recording(passed=frozenset({("test_a.py", "test_3")})), "f").stated
    assert not believed([one], Recording(), "f").stated


def test_a_test_that_was_skipped_as_it_ran_is_not_believed() -> None:
    found = believed(
        [stated(1, 2, 3)], Recording(skipped=frozenset({("test_a.py", "test_3")})), "f"
    )
    assert (len(found.stated), len(found.others)) == (0, 1)


def test_different_answers_to_one_input_are_named_and_none_counts() -> None:
    found = believed([stated(1, 2, 3), stated(1, 4, 5), stated(2, 4, 6)], Recording(), "f")
    assert [one.origin for one in found.stated] == ["test_a.py:6"]
    assert len(found.others) == 2
    assert found.notes == (
        "different answers are stated for f(1): 2 (test_a.py:3) and 4 (test_a.py:5); none counts",
    )


def test_equal_answers_do_not_contradict_each_other() -> None:
    assert len(believed([stated(1, 2, 3), stated(1, 2, 5)], Recording(), "f").stated) == 2


def test_what_is_wrong_now_is_named_with_its_place_and_a_few_of_many() -> None:
    many = [stated(x, 7, x, got="8") for x in range(NAMED + 2)]
    said = wrong_now(many, "f")
    assert said.startswith("f(0) is 8, stated 7 (test_a.py:0); ")
    assert said.endswith("and 2 more")


# --- the whole --------------------------------------------------------------------------


def documents(folder: Path, tests: str, goal: Goal = "auto") -> Documents:
    (folder / "mod.py").write_text(SOURCE)
    (folder / "test_mod.py").write_text(tests)
    return generate_eval(Request(function_in(folder, "mod.py", "double"), "double", 1, goal))


def test_a_skipped_test_asks_for_no_repair_and_its_inputs_stay(tmp_path: Path) -> None:
    found = documents(
        tmp_path,
        "import pytest\nfrom mod import double\n\n\n"
        "def test_right():\n    assert double(2) == 4\n\n\n"
        "@pytest.mark.xfail\ndef test_wished():\n    assert double(1111) == 0\n\n\n"
        "@pytest.mark.skip\ndef test_left():\n    assert double(2222) == 0\n",
    )
    assert found.goal == "speed"
    lines = [
        json.loads(line)
        for path, data in found.files.items()
        if path.endswith(".jsonl")
        for line in data.decode().splitlines()
    ]
    assert [1111] in [line["args"] for line in lines]
    assert [2222] in [line["args"] for line in lines]


def test_what_is_wrong_is_said_of_a_repair_and_of_a_speed_up(tmp_path: Path) -> None:
    tests = (
        "from mod import double\n\n\n"
        "def test_right():\n    assert double(2) == 4\n\n\n"
        "def test_wrong():\n    assert double(-3) == 6\n"
    )
    said = "double(-3) is -6, stated 6 (test_mod.py:9)"
    found = documents(tmp_path, tests)
    assert found.goal == "repair"
    assert f"wrong now: {said}" in found.notes
    assert any(said in note for note in documents(tmp_path, tests, "speed").notes)
