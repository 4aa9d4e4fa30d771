"""Fields of records that cannot be hashed, where a function may be given some."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sigil.evaluate.cases import read_cases
from sigil.optimize.generate.admitting import Admitted
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.guessing import annotation_of
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.record_fields import fields_admitted, fields_said
from sigil.sandbox.model import Case

ROWS = [{"id": 1, "n": 5}, {"id": 2, "n": 6}]
SOURCE = """\
def f({}):
    seen = []
    for row in rows:
        if row["id"] not in seen:
            seen.append(row["id"])
    return seen
"""
TESTS = "import m\n\n\ndef test_f():\n    for n in range(4):\n        m.f([{'id': n}, {'id': 2}])\n"


def found(folder: Path, parameter: str, *cases: Case, guessed: bool = False) -> Admitted:
    (folder / "m.py").write_text(SOURCE.format(parameter))
    return fields_admitted(function_in(folder, "m.py", "f"), cases, guessed=guessed)


def ids(made: Admitted) -> list[list[Any]]:
    return [[row["id"] for row in case.args[0]] for case in made.cases]


@pytest.mark.parametrize(
    ("annotation", "said"),
    [
        (None, "untold"),
        ("list", "untold"),
        ("List[dict]", "untold"),
        ("list[Any]", "untold"),
        ("list[dict[str, Any]]", "anything"),
        ("Iterable[Mapping[str, object]]", "anything"),
        ("list[dict[str, int]]", "known"),
        ("list[Row]", "known"),
        ("Rows", "known"),
    ],
)
def test_an_annotation_says_what_the_fields_are(annotation: str | None, said: str) -> None:
    assert fields_said(annotation_of(annotation)) == said


def test_the_field_that_the_function_names_holds_lists(tmp_path: Path) -> None:
    made = found(tmp_path, "rows: list[dict[str, Any]]", Case((ROWS,)))
    assert [[1], 1, 2, [1]] in ids(made)
    assert {row["n"] for case in made.cases for row in case.args[0]} == {5, 6}


def test_every_one_of_them_holds_such_a_field_twice(tmp_path: Path) -> None:
    for values in ids(found(tmp_path, "rows: list[dict[str, Any]]", Case((ROWS,)))):
        assert values[0] == values[-1]
        assert isinstance(values[0], list | dict)


def test_promised_fields_are_inputs_and_untold_ones_a_gap(tmp_path: Path) -> None:
    assert found(tmp_path, "rows: list[dict[str, Any]]", Case((ROWS,))).are_inputs
    untold = found(tmp_path, "rows: list", Case((ROWS,)))
    assert untold.cases
    assert not untold.are_inputs


def test_guesses_tell_nothing_of_fields(tmp_path: Path) -> None:
    assert found(tmp_path, "rows", Case((ROWS,)), guessed=True).are_inputs


@pytest.mark.parametrize("value", [[{"id": [1]}], [1, 2], [], [{"id": 1}, 2], "ab"])
def test_other_lists_and_known_fields_of_this_kind_are_left_alone(
    tmp_path: Path, value: object
) -> None:
    assert not found(tmp_path, "rows", Case((value,))).cases


# --- in an eval -------------------------------------------------------------------------


def documents(folder: Path, parameter: str) -> Documents:
    (folder / "m.py").write_text(f"from typing import Any\n\n\n{SOURCE.format(parameter)}")
    (folder / "test_m.py").write_text(TESTS)
    return generate_eval(Request(function_in(folder, "m.py", "f"), "f", 1))


def test_promised_fields_are_shown_and_held_out(tmp_path: Path) -> None:
    made = documents(tmp_path, "rows: list[dict[str, Any]]")
    for ending in (".cases.jsonl", ".holdout.jsonl"):
        given = read_cases(made.files[f".sigil/f{ending}"], ending, layout="jsonl")
        rows: Any = [row for one in given for row in one.case.args[0]]
        assert any(isinstance(row.get("id"), list | dict) for row in rows), ending


def test_where_nothing_is_said_the_gap_is_named(tmp_path: Path) -> None:
    notes = documents(tmp_path, "rows: list").notes
    assert any(one.startswith("no known call gives rows fields") for one in notes)
    assert any("`list[dict[str, Any]]`" in one for one in notes)
