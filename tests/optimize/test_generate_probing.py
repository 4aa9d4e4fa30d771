"""Inputs that differ in what a function looks at."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.effects import random_stream
from sigil.evaluate.cases import GivenCase
from sigil.optimize.generate.generating import Request, generate_eval
from sigil.optimize.generate.inputs import case_text
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.places import NameOf, fields_of, placed, value_at
from sigil.optimize.generate.probing import VARIANTS, probes, small
from sigil.optimize.generate.using import NONE, Uses, uses_of
from sigil.sandbox.model import Case

RECORDS = Case(([{"id": 1, "email": "Ann@x.org"}, {"id": 2, "email": "Bob@x.org"}],))
DEDUP = """\
def dedup(records):
    kept = []
    for value in records:
        for other in kept:
            if other["email"].strip().lower() == value["email"].strip().lower():
                break
        else:
            kept.append(value)
    return kept
"""


def made(case: Case, uses: Uses) -> list[Any]:
    return [one.args[0] for one in probes([case], uses, random_stream(1, "probes"))]


def read(folder: Path, source: str, name: str = "f") -> Uses:
    (folder / "mod.py").write_text(source)
    return uses_of(function_in(folder, "mod.py", name))


# --- what a function looks at -----------------------------------------------------------


def test_a_call_of_strip_says_that_texts_may_be_padded(tmp_path: Path) -> None:
    assert read(tmp_path, "def f(x):\n    return x.strip()\n").pads


def test_a_split_at_a_literal_says_nothing_of_white_space(tmp_path: Path) -> None:
    found = read(tmp_path, "def f(x):\n    return x.split(';')\n")
    assert not found.pads
    assert found.texts == (";",)


def test_what_is_compared_with_or_looked_for_is_known(tmp_path: Path) -> None:
    source = (
        "def f(x, y):\n    if 'ab' in x or y < -3 or x in ('c', 'd'):\n"
        "        return x.replace('-', '')\n    return abs(y)\n"
    )
    found = read(tmp_path, source)
    assert (set(found.texts), found.numbers) == ({"ab", "c", "d", "-"}, (-3,))
    assert found.signs


def test_what_a_function_of_the_module_does_that_is_called_counts(tmp_path: Path) -> None:
    source = "def g(x):\n    return x.casefold()\n\n\ndef f(x):\n    return g(x) or f(x)\n"
    assert read(tmp_path, source).cases


def test_a_function_that_looks_at_nothing_has_no_probes(tmp_path: Path) -> None:
    assert read(tmp_path, "def f(x):\n    return x\n") == NONE
    assert made(RECORDS, NONE) == []


# --- what is made -----------------------------------------------------------------------


def test_texts_in_records_are_padded() -> None:
    emails = [row["email"] for rows in made(RECORDS, Uses(pads=True)) for row in rows]
    assert {one != one.lstrip() for one in emails} == {True, False}
    assert any(one != one.rstrip() for one in emails)


def test_records_get_twins_that_are_equal_but_for_case_before_and_behind() -> None:
    found = made(RECORDS, Uses(cases=True))
    twins = [rows for rows in found if len(rows) > 2]
    assert any(rows[0]["email"].lower() == rows[-1]["email"].lower() for rows in twins)
    assert any(rows[:2] == RECORDS.args[0] for rows in twins)
    assert any(rows[-2:] == RECORDS.args[0] for rows in twins)


def test_a_text_becomes_another_one_but_for_blanks() -> None:
    found = probes([Case(("ab", "cd"))], Uses(pads=True), random_stream(1, ""))
    assert any(one.args[0] != one.args[1] == one.args[0].strip() for one in found)


def test_numbers_are_put_at_what_they_are_compared_with() -> None:
    found = {rows[0] for rows in made(Case(([7],)), Uses(numbers=(100,)))}
    assert found == {99, 100, 101}


def test_texts_get_what_is_looked_for() -> None:
    assert {"ab#", "#ab", "#"} == {row[0] for row in made(Case((("ab",),)), Uses(texts=("#",)))}


def test_pieces_of_a_text_are_padded() -> None:
    assert " a; b" in made(Case(("a;b",)), Uses(pads=True))


def test_names_of_a_mapping_are_padded() -> None:
    found = made(Case(({"Host": "x"},)), Uses(pads=True))
    assert any(" Host" in one for one in found)


def test_the_field_that_the_function_takes_comes_first() -> None:
    many = {f"field{i}": "text" for i in range(20)} | {"email": "a@x.org"}
    found = made(Case(([many],)), Uses(pads=True, fields=frozenset({"email"})))
    assert any(row["email"].strip() != row["email"] for rows in found for row in rows)


def test_of_each_difference_are_enough_to_hold_one_out() -> None:
    found = made(Case(([5],)), Uses(signs=True))
    assert len(found) >= VARIANTS


def test_a_small_case_has_the_first_few_items() -> None:
    (rows,) = small(Case(([{"a": "x" * 10_000}] * 500,))).args
    assert len(rows) < 10  # type: ignore[arg-type]  # a list
    assert len(rows[0]["a"]) < 1_000  # type: ignore[index]  # of records


# --- places -----------------------------------------------------------------------------

plain = st.recursive(
    st.integers() | st.text(max_size=3) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(plain, plain)
def test_what_is_put_somewhere_is_found_there_and_nothing_given_changes(
    one: object, other: object
) -> None:
    case = Case((one, other))
    before = deepcopy(case)
    for field in fields_of(case):
        for path in field.paths:
            if not isinstance(path[-1], NameOf):
                assert value_at(placed(case, path, "new"), path) == "new"
                assert case_text(placed(case, path, value_at(case, path))) == case_text(case)
    assert case_text(case) == case_text(before)


# --- the whole --------------------------------------------------------------------------


def answer(source: str, rows: list[Any]) -> object:
    names: dict[str, Any] = {}
    exec(source, names)
    return names["dedup"](deepcopy(rows))


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    folder = tmp_path_factory.mktemp("dedup")
    (folder / "dedup.py").write_text(DEDUP)
    sizes = (5, 20, 40, 60, 90, 120)
    given_cases = tuple(
        GivenCase(Case(([{"id": i, "email": f"User{i % (size - 2)}@x.org"} for i in range(size)],)))
        for size in sizes
    )
    function = function_in(folder, "dedup.py", "dedup")
    found = generate_eval(Request(function, "dedup", seed=1, cases=given_cases))
    return {
        path: [json.loads(line)["args"][0] for line in data.decode().splitlines()]
        for path, data in found.files.items()
        if path.endswith(".jsonl")
    }


@pytest.mark.parametrize("side", ["other", "value"])
@pytest.mark.parametrize(
    ("call", "instead"),
    [(".strip()", ""), (".strip()", ".lstrip()"), (".strip()", ".rstrip()"), (".lower()", "")],
)
def test_a_change_that_drops_a_call_fails_on_shown_and_on_held_out_inputs(
    documents: dict[str, list[Any]], side: str, call: str, instead: str
) -> None:
    whole = f'{side}["email"].strip().lower()'
    changed = DEDUP.replace(whole, whole.replace(call, instead))
    assert len(documents) == 2
    for rows in documents.values():
        assert any(answer(DEDUP, one) != answer(changed, one) for one in rows)
