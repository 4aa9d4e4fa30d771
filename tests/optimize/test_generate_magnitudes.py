"""Floats far from those that are known, and sums of them that are rounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.magnitudes import ROUNDED, far_floats, note
from sigil.sandbox.model import Case

SOURCE = """\
def root(value):
    guess = value or 1.0
    for _ in range(400):
        guess = (2 * guess + value / (guess * guess)) / 3
    return guess
"""
TESTS = """\
import m


def test_root():
    for value in (27.0, 8.0, 2.0, 1000.0):
        assert abs(m.root(value) ** 3 - value) < 1e-6
"""


def floats(*args: object) -> list[Any]:
    return [one.args[0] for one in far_floats([Case(args)])]


@pytest.mark.parametrize("pair", ROUNDED)
def test_a_rounded_sum_less_one_of_its_parts_is_not_the_other(pair: tuple[float, float]) -> None:
    one, other = pair
    assert (one + other) - one != other
    assert (one + other) - other != one


def test_a_float_is_taken_far_up_and_down() -> None:
    made = floats(2.0)
    assert max(made) > 1e99
    assert 0 < min(made) < 1e-99


def test_floats_of_records_keep_their_order() -> None:
    for rows in floats([{"x": 2.0}, {"x": -1.5}, {"x": 3.0}]):
        numbers = [row["x"] for row in rows]
        assert sorted(numbers) == [numbers[1], numbers[0], numbers[2]]


def test_what_is_too_large_for_a_float_is_no_input() -> None:
    assert all(abs(one) != float("inf") for one in floats(1e300))


def test_a_list_gets_two_floats_whose_sum_is_asked_for() -> None:
    made = far_floats([Case(([1.5, 2.0], 3))])
    assert Case(([0.1, 0.2], 0.1 + 0.2)) in made


def test_a_list_gets_two_floats_beside_their_sum() -> None:
    assert [0.1, 0.2, 0.1 + 0.2] in floats([1.5, 2.0])


def test_elements_of_sets_and_keys_stay() -> None:
    assert floats({1.5: "a"}, {2.5, 3.5}) == []


def test_whole_numbers_are_left_alone() -> None:
    assert far_floats([Case(([1, 2], 3))]) == []


def test_what_is_fixed_stays() -> None:
    assert far_floats([Case(({"x": 1.0}, "a"))], frozenset({0})) == []


def test_a_note_says_that_no_input_holds_a_nan() -> None:
    said = note([Case(([{"x": 1.0}],))])
    assert said is not None
    assert "NaN" in said
    assert note([Case(([1, "a"],))]) is None


# --- the whole --------------------------------------------------------------------------


def function(source: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["root"]


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Documents:
    folder = tmp_path_factory.mktemp("root")
    (folder / "m.py").write_text(SOURCE)
    (folder / "test_m.py").write_text(TESTS)
    return generate_eval(Request(function_in(folder, "m.py", "root"), "root", 1))


@pytest.mark.parametrize("ending", [".cases.jsonl", ".holdout.jsonl"])
def test_fewer_rounds_are_told_by_shown_and_by_held_out_inputs(
    documents: Documents, ending: str
) -> None:
    given = read_cases(documents.files[f".sigil/root{ending}"], ending, layout="jsonl")
    whole, changed = function(SOURCE), function(SOURCE.replace("400", "200"))
    assert any(whole(*one.case.args) != changed(*one.case.args) for one in given)


def test_the_eval_of_a_function_of_floats_says_what_it_cannot_hold(documents: Documents) -> None:
    assert any("NaN" in one for one in documents.notes)
