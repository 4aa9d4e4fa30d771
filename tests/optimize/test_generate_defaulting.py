"""Parameters with a default that no known call gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.advising import COMMAND
from sigil.optimize.generate.defaulting import EACH, defaulted, note, untouched
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.locating import Function, function_in
from sigil.sandbox.model import Case

SOURCE = """\
def merged(items, start=[], ignore=(), key=None):
    out = []
    for item in items:
        if item not in out and item not in ignore:
            out.append(item)
    return out
"""
TESTS = """\
import m


def test_merged():
    assert m.merged([3, 1, 3]) == [3, 1]
    assert m.merged(["a", "b", "a"]) == ["a", "b"]
    assert m.merged([]) == []
"""


def function(folder: Path, signature: str, name: str = "f") -> Function:
    (folder / "m.py").write_text(f"{signature}\n        return 1\n")
    return function_in(folder, "m.py", name)


def made(folder: Path, signature: str, *cases: Case, name: str = "f") -> list[Any]:
    found = defaulted(function(folder, signature, name), cases)
    return [value for one in found for value in one.kwargs.values()]


def test_a_list_gets_elements_of_another_list(tmp_path: Path) -> None:
    found = made(tmp_path, "def f(xs, start=[]):", Case(([7, 8],)))
    assert [7] in found
    assert [8] in found
    assert len(found) >= EACH


def test_a_tuple_gets_words_and_letters_of_a_text(tmp_path: Path) -> None:
    found = made(tmp_path, "def f(text, ignore=()):", Case(("the fox",)))
    assert ("the",) in found
    assert ("x",) in found


def test_a_mapping_gets_elements_as_keys(tmp_path: Path) -> None:
    assert {"a": "a"} in made(tmp_path, "def f(xs, names={}):", Case((["a", "b"],)))


def test_a_list_that_is_not_empty_is_emptied_and_continued(tmp_path: Path) -> None:
    found = made(tmp_path, "def f(xs, stop=['of']):", Case((["a", "b"],)))
    assert [] in found
    assert ["of", "a", "b"] in found


def test_what_cannot_be_hashed_stands_in_no_mapping(tmp_path: Path) -> None:
    assert made(tmp_path, "def f(xs, names={}):", Case(([[1], [2]],))) == []


def test_what_a_call_gives_is_not_made_again(tmp_path: Path) -> None:
    calls = [Case(([1],)), Case(([1], [2]))]
    assert made(tmp_path, "def f(xs, start=[]):", *calls) == []


@pytest.mark.parametrize("default", ["None", "len", "object()", "3"])
def test_other_defaults_say_nothing(tmp_path: Path, default: str) -> None:
    assert made(tmp_path, f"def f(xs, key={default}):", Case(([1],))) == []


def test_the_state_of_an_object_is_no_argument(tmp_path: Path) -> None:
    source = "class C:\n    def f(self, start=[]):"
    assert made(tmp_path, source, Case(({"xs": [1]},)), name="C.f") == []


# --- what stays bare --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "names"),
    [
        (Case(([],)), ("start", "key")),
        (Case(([], [1])), ("key",)),
        (Case(([], []), {"key": None}), ("start", "key")),
        (Case(([],), {"key": 0}), ("start",)),
    ],
)
def test_what_gets_nothing_but_its_default_is_named(
    tmp_path: Path, case: Case, names: tuple[str, ...]
) -> None:
    assert untouched(function(tmp_path, "def f(xs, start=[], *, key=None):"), [case]) == names


def test_a_note_names_it() -> None:
    assert "no input gives key anything but its default" in (note(["key"], COMMAND) or "")
    assert "gives a, b or c anything but their default" in (note(["a", "b", "c"], COMMAND) or "")
    assert note([], COMMAND) is None


def test_the_eval_of_a_function_shows_and_holds_out_what_its_tests_leave_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "m.py").write_text(SOURCE)
    (tmp_path / "test_m.py").write_text(TESTS)
    found = generate_eval(Request(function_in(tmp_path, "m.py", "merged"), "merged", 1))
    for ending in (".cases.jsonl", ".holdout.jsonl"):
        given = read_cases(found.files[f".sigil/merged{ending}"], ending, layout="jsonl")
        for name in ("start", "ignore"):
            assert any(one.case.kwargs.get(name) for one in given), (ending, name)
    assert [one for one in found.notes if "gives key anything but its default" in one]
