"""Names of rows: they follow from what a row asks, and from nothing else."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.intent.cells import read_cell
from sigil.gate.intent.rows import names_of_rows
from sigil.gate.names import is_visible_id

QUOTE = ("`GET /quote?seats=`", "`total_cents`")
BY_PLAN = ("`plan`", "`seats`", "`total_cents`")
SENTENCE = '`POST /quote` with `{ "plan": "<plan>", "seats": "<seats 1..50>" }` returns:'


def named(*rows: tuple[str, ...], heads: tuple[str, ...] = QUOTE, before: str = "") -> list[str]:
    return list(names_of_rows(heads, before, [tuple(map(read_cell, row)) for row in rows]))


def test_a_row_is_called_by_the_column_that_is_sent_and_its_cell():
    assert named(("1", "$12"), ("5", "$60")) == ["seats-1", "seats-5"]


def test_a_row_is_called_by_all_columns_that_are_sent():
    assert named(("pro", "5", "$60"), heads=BY_PLAN, before=SENTENCE) == ["pro.5"]


def test_an_empty_cell_is_told_by_its_column():
    name = named(("–", "5", "$60"), heads=BY_PLAN, before=SENTENCE)[0]
    assert re.fullmatch(r"plan\.5-[0-9a-f]{8}", name)


def test_an_empty_cell_is_not_taken_for_the_name_of_its_column():
    rows = (("", "5", "$60"), ("plan", "5", "$60"))
    assert len(set(named(*rows, heads=BY_PLAN, before=SENTENCE))) == 2


def test_a_column_that_is_sent_may_stand_behind_one_that_is_not():
    heads = ("`total`", "`?plan`")
    assert named(("$1", "pro"), heads=heads, before="`GET /quote` returns:") == ["plan-pro"]


@pytest.mark.parametrize("path", ["/plans/{plan}", "/plans/:plan", "/plans/<plan>"])
def test_a_part_of_the_path_is_sent(path):
    assert named(("$1", "pro"), heads=("`x`", "`plan`"), before=f"`GET {path}` returns:") == [
        "plan-pro"
    ]


def test_where_no_column_is_sent_a_row_is_called_by_its_first_cell():
    assert named(("free", "$0"), ("team", "$9"), heads=("Plan", "Price")) == [
        "plan-free",
        "plan-team",
    ]


def test_another_answer_leaves_the_name_as_it_is():
    assert named(("5", "$60")) == named(("5", "$61"))


@pytest.mark.parametrize("written", ["1,000", "1000.0", "1,000.00", "**1000**"])
def test_a_number_that_is_written_in_another_way_is_the_same(written):
    assert named((written, "$1")) == named(("1000", "$1")) == ["seats-1000"]


@pytest.mark.parametrize(("one", "other"), [("1.50", "1.5"), ("−5", "-5.0"), ("–", "")])
def test_what_is_sent_alike_is_called_alike_where_a_digest_tells_it(one, other):
    assert named((one, "$1")) == named((other, "$1"))


def test_a_number_with_a_unit_is_what_is_written():
    assert named(("5 kg", "$1")) != named(("5.0 kg", "$1"))


def test_a_head_of_many_letters_takes_no_time_to_speak_of():
    began = time.process_time()
    named(("5", "$1"), heads=(f"`GET /{'q' * 500_000}?{'a&' * 200_000}x`", "`total`"))
    named(("5", "$1"), heads=(f"`GET /{'{q' * 200_000}?{'a=' * 200_000}`", "`total`"))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("before", ["`" * 200_000, "`a" * 100_001, "`a``b```c" * 20_000])
def test_a_sentence_of_many_backticks_takes_no_time_to_speak_of(before):
    began = time.process_time()
    assert named(("5", "$1"), heads=("`seats`", "`total`"), before=before) == ["seats-5"]
    assert time.process_time() - began < 2


def test_a_number_of_more_digits_than_python_reads_is_text():
    name = named((f"1{',000' * 2000}", "$1"))[0]
    assert re.fullmatch(r"seats-1[0-9-]+-[0-9a-f]{8}", name)


def test_emphasis_leaves_the_name_as_it_is():
    assert named(("**5**", "$60")) == named(("`5`", "$60")) == ["seats-5"]


@pytest.mark.parametrize(
    "cells",
    [
        ("5", "-5"), ("5", "5%"), ("1.5", "1-5"), ("pro", "Pro"), ("zürich", "zurich"),
        ("東京", "大阪"), ("", "x"), ("a b", "a-b"), ("x" * 9000, "x" * 9001), ("<5", ">5"),
    ],
)  # fmt: skip
def test_rows_that_ask_for_different_things_have_different_names(cells):
    one, other = named(*((cell, "$1") for cell in cells))
    assert one != other
    assert [one] == named((cells[0], "$1"))  # alone too: no name depends on the row beside it


def test_cells_are_not_run_together():
    one, other = named(("a-b", "c", "1"), ("a", "b-c", "1"), heads=BY_PLAN, before=SENTENCE)
    assert one != other


def test_what_a_name_cannot_hold_is_told_by_a_digest():
    assert re.fullmatch(r"seats-zurich-[0-9a-f]{8}", named(("Zürich", "$1"))[0])


def test_rows_that_answer_the_same_request_differently_are_told_apart_in_any_order():
    rows = [("5", "$60"), ("5", "$70")]
    there, back = named(*rows), named(*reversed(rows))
    assert there == back[::-1]
    assert len({*there, "seats-5"}) == 3


def test_rows_that_say_the_same_are_numbered():
    assert named(("5", "$60"), ("5", "$60")) == ["seats-5", "seats-5.2"]


def test_no_name_is_that_of_a_place():
    assert named(("3", "x"), heads=("—", "Price")) == ["column-3"]


CELLS = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8))
def test_names_are_all_different_and_can_be_those_of_files(rows):
    names = named(*rows)
    assert len(set(names)) == len(rows)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,79}", name) for name in names)
    assert all(is_visible_id(f"quotes/table-1.row-{name}") for name in names)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=8).flatmap(lambda rows: st.tuples(
    st.just(rows), st.permutations(rows)
)))  # fmt: skip
def test_the_order_of_rows_changes_no_name(both):
    rows, moved = both
    assert sorted(zip(named(*rows), rows, strict=True)) == sorted(
        zip(named(*moved), moved, strict=True)
    )


def test_a_cell_cannot_take_the_name_of_another_ones_digest():
    heads = ("`GET /weather?city=`", "`degrees`")
    (name,) = named(("Zürich", "9"), heads=heads)
    imitation = name.removeprefix("city-")
    assert name not in named((imitation, "9"), heads=heads)
