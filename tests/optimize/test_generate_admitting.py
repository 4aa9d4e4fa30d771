"""Items that cannot be hashed, where a function may be given some."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.admitting import EACH, MOST, Admitted, admitted, compares
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.sandbox.model import Case

HEAD = """\
from collections.abc import Hashable, Iterable
from typing import Any, List, Optional, TypeVar, Union
from shapes import S

T = TypeVar("T")
H = TypeVar("H", bound=Hashable)
"""
SOURCE = """\
from typing import Any


def distinct(items: list[Any]):
    seen = []
    for item in items:
        if item not in seen:
            seen.append(item)
    return seen


def of_what_is_called(items):
    return [item for i, item in enumerate(items) if item not in items[:i]]


def joined(items: list[Any]):
    return "".join(items)


def no_test_calls(items: list):
    return [item for i, item in enumerate(items) if item not in items[:i]]
"""
TESTS = """\
import m


def test_calls():
    for items in (["a", "b", "a"], ["c"], ["d", "e"]):
        m.distinct(items), m.of_what_is_called(items), m.joined(items)
"""


def found(folder: Path, signature: str, *cases: Case, guessed: bool = False) -> Admitted:
    (folder / "m.py").write_text(f"{HEAD}\n\n{signature}\n    return [x for x in xs if x in xs]\n")
    return admitted(function_in(folder, "m.py", "f"), cases, guessed=guessed)


def is_hashable(item: object) -> bool:
    try:
        hash(item)
    except TypeError:
        return False
    return True


@pytest.mark.parametrize(
    "annotation",
    [
        "Iterable[T]", "list[Any]", "List[object]", "tuple[T, ...]", "'list[Any]'", "list[S]",
        "Optional[List[T]]", "list[T] | None", "Union[None, list[Any]]", "list[int | Any]",
    ],
)  # fmt: skip
def test_an_annotation_that_says_anything_is_taken_at_its_word(
    tmp_path: Path, annotation: str
) -> None:
    made = found(tmp_path, f"def f(xs: {annotation}):", Case(([1, 2],)))
    assert made.are_inputs
    assert made.promised


@pytest.mark.parametrize(
    "annotation",
    ["list[int]", "Iterable[str]", "list[H]", "Iterable[Hashable]", "str", "dict[str, Any]"],
)
def test_an_annotation_that_says_what_the_items_are_is_too(tmp_path: Path, annotation: str) -> None:
    assert found(tmp_path, f"def f(xs: {annotation}):", Case(([1],)), guessed=True) == Admitted()


@pytest.mark.parametrize("parameter", ["xs", "xs: list", "xs: Any", "xs: list | None"])
def test_where_nothing_is_said_calls_tell_what_items_there_are(
    tmp_path: Path, parameter: str
) -> None:
    assert not found(tmp_path, f"def f({parameter}):", Case(([1, 2],))).are_inputs


@pytest.mark.parametrize("parameter", ["xs", "xs: list", "xs: Any"])
def test_where_nothing_is_said_guesses_tell_nothing(tmp_path: Path, parameter: str) -> None:
    made = found(tmp_path, f"def f({parameter}):", Case(([1, 2],)), guessed=True)
    assert made.are_inputs
    assert not made.promised


def test_nothing_is_made_where_a_call_holds_such_an_item(tmp_path: Path) -> None:
    cases = (Case(([1, 2],)), Case(([[1]],)))
    assert found(tmp_path, "def f(xs: list[Any]):", *cases) == Admitted()


def test_every_one_of_them_holds_such_an_item_twice(tmp_path: Path) -> None:
    made = found(tmp_path, "def f(xs: list[Any]):", Case(([1, 2],)), Case(([3],)))
    for case in made.cases:
        (items,) = case.args
        odd = [item for item in items if not is_hashable(item)]
        assert any(odd.count(item) > 1 for item in odd)
    assert len(made.cases) == 2 * EACH


def test_several_parameters_hold_the_same_item_and_each_alone_holds_some(tmp_path: Path) -> None:
    case = Case(([1, 2],), {"ys": (3,)})
    made = found(tmp_path, "def f(xs: list[T], ys: tuple[T, ...], n=1):", case)
    assert Case(([[1], 1, 2, [1]],), {"ys": ([1], 3, [1])}) in made.cases
    assert Case(([[1], 1, 2, [1]],), {"ys": (3,)}) in made.cases
    assert Case(([1, 2],), {"ys": ([3], 3, [3])}) in made.cases
    assert len(made.cases) <= MOST


def test_what_is_looked_for_may_be_such_an_item_too(tmp_path: Path) -> None:
    made = found(tmp_path, "def f(xs: list[T], wanted: T, n: int):", Case(([1, 2], 2, 3)))
    assert Case(([[1], 1, 2, [1]], [1], 3)) in made.cases


def test_empty_lists_and_lists_left_out_are_no_ground_for_any(tmp_path: Path) -> None:
    made = found(tmp_path, "def f(xs: list[T], ys: list[T] = ()):", Case(([],)), Case(([1],)))
    assert {len(case.args) for case in made.cases} == {1}
    assert found(tmp_path, "def f(xs: list[T]):", Case(([],))) == Admitted()


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("x in xs", True),
        ("x not in xs", True),
        ("[y for y in xs if y == x]", True),
        ("xs.index(x)", True),
        ("len(xs) > 3", False),
        ("[y for y in xs]", False),
    ],
)
def test_code_that_looks_for_items_compares_them(tmp_path: Path, body: str, wanted: bool) -> None:
    (tmp_path / "m.py").write_text(f"def f(xs, x):\n    return {body}\n")
    assert compares(function_in(tmp_path, "m.py", "f")) is wanted


# --- in an eval -------------------------------------------------------------------------


def documents(folder: Path, name: str, **more: object) -> Documents:
    (folder / "m.py").write_text(SOURCE)
    (folder / "test_m.py").write_text(TESTS)
    function = function_in(folder, "m.py", name)
    return generate_eval(Request(function, name, 1, **more))


def odd_ones(made: Documents, ending: str) -> list[object]:
    (data,) = [data for path, data in made.files.items() if path.endswith(ending)]
    cases = [one.case for one in read_cases(data, ending, layout="jsonl")]
    return [
        case
        for case in cases
        for value in case.args
        if isinstance(value, list) and not all(map(is_hashable, value))
    ]


def test_promised_items_are_shown_and_held_out_and_said(tmp_path: Path) -> None:
    made = documents(tmp_path, "distinct")
    shown, held = odd_ones(made, ".cases.jsonl"), odd_ones(made, ".holdout.jsonl")
    assert shown
    assert held
    (note,) = [note for note in made.notes if "cannot be hashed" in note]
    assert note.startswith(f"{len(shown) + len(held)} of its inputs hold")
    assert "annotation of items" in note
    assert "--cases" in note


def test_guesses_hold_some_and_say_how_to_be_rid_of_them(tmp_path: Path) -> None:
    made = documents(tmp_path, "no_test_calls")
    assert odd_ones(made, ".holdout.jsonl")
    (note,) = [note for note in made.notes if "cannot be hashed" in note]
    assert "guesses" in note
    assert "`list[str]`" in note
    assert "--cases" in note


def test_calls_that_do_without_are_left_alone_and_the_gap_is_named(tmp_path: Path) -> None:
    made = documents(tmp_path, "of_what_is_called")
    assert not odd_ones(made, ".cases.jsonl")
    assert any(note.startswith("no known call gives items items") for note in made.notes)


def test_items_that_it_does_not_take_change_nothing(tmp_path: Path) -> None:
    made = documents(tmp_path, "joined")
    assert not odd_ones(made, ".cases.jsonl")
    assert not any("cannot be hashed" in note for note in made.notes)


def test_given_inputs_stay_as_they_are(tmp_path: Path) -> None:
    cases = read_cases(b'{"args": [["a", "a"]]}\n{"args": [["b"]]}\n', "c.jsonl", layout="jsonl")
    made = documents(tmp_path, "distinct", cases=cases)
    assert not odd_ones(made, ".cases.jsonl")
    assert not any("cannot be hashed" in note for note in made.notes)
