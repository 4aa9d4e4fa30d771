"""Numbers of several items in another order, tied, and as far as another argument asks for."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from sigil.evaluate.cases import GivenCase, read_cases
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.relating import related
from sigil.sandbox.model import Case

SOURCE = """\
def served(jobs, quantum):
    if quantum < 1:
        raise ValueError(quantum)
    queue, done = list(jobs), []
    while queue:
        name, left = queue.pop(0)
        if left > quantum:
            queue.append((name, left - quantum))
        else:
            done.append(name)
    return done
"""
CALLS = (([("a", 3), ("b", 1)], 1), ([], 1), ([("a", 1)], 1))


def made(*args: object) -> list[tuple[Any, ...]]:
    return [one.args for one in related([Case(args)])]


def test_several_items_are_above_another_number_and_fall() -> None:
    falling = [rows for rows, at in made([("a", 3), ("b", 1)], 2) if at == 2]
    numbers = [[number for _, number in rows] for rows in falling]
    assert any(len(one) > 2 and min(one) > 2 and one == sorted(one)[::-1] for one in numbers)


def test_all_are_equal() -> None:
    assert any(len({n for _, n in rows}) == 1 < len(rows) for rows, _ in made([("a", 3)], 2))


def test_some_are_below_and_some_above() -> None:
    assert any(min(xs) < 4 < max(xs) for xs, at in made([3, 1], 4) if at == 4)


def test_items_that_are_made_can_be_told_apart() -> None:
    for rows, _ in made([("a", 3)], 2):
        assert len({name for name, _ in rows}) == len(rows)


def test_the_other_number_becomes_the_largest_of_theirs() -> None:
    assert ([{"n": 3}, {"n": 9}], 9) in made([{"n": 3}, {"n": 9}], 2)


def test_the_kind_of_a_number_stays() -> None:
    kinds = {type(number) for rows, _ in made([("a", 3.5)], 2) for _, number in rows}
    assert kinds == {float}


def test_without_another_number_they_fall_too() -> None:
    assert any(xs == sorted(xs)[::-1] and len({*xs}) > 2 for (xs,) in made([3, 4, 5]))


def test_numbers_that_stand_in_no_list_are_left_alone() -> None:
    assert made({"n": 3}, 4) == []


def test_what_is_fixed_stays() -> None:
    assert related([Case(({"jobs": [("a", 3)]}, 1))], frozenset({0})) == []


# --- the whole --------------------------------------------------------------------------


def function(source: str) -> Callable[..., Any]:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["served"]


def ends(source: str, case: Case) -> object:
    """Return what a function returns; it is given no more rounds than it may need."""
    limited = source.replace(
        "while queue:", "for _ in range(99):\n        if not queue:\n            break"
    )
    try:
        return function(limited)(*deepcopy(case.args))
    except (ValueError, TypeError) as error:
        return str(error)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "m.py").write_text(SOURCE)
    given = tuple(GivenCase(Case(args)) for args in CALLS)
    request = Request(function_in(folder, "m.py", "served"), "served", 1, cases=given)
    return dict(generate_eval(request).files)


@pytest.mark.parametrize("ending", [".cases.jsonl", ".holdout.jsonl"])
@pytest.mark.parametrize(
    ("whole", "instead"),
    [("left - quantum", "quantum - left"), ("queue.append((", "queue.insert(0, (")],
)
def test_who_is_served_when_is_told_by_shown_and_by_held_out_inputs(
    files: dict[str, bytes], ending: str, whole: str, instead: str
) -> None:
    given = read_cases(files[f".sigil/served{ending}"], ending, layout="jsonl")
    small = [one.case for one in given if len(repr(one.case)) < 400]
    changed = SOURCE.replace(whole, instead)
    assert any(ends(SOURCE, one) != ends(changed, one) for one in small)
