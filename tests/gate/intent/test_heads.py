"""Heads of tables: which request they are about, and which columns are sent."""

from __future__ import annotations

import pytest

from sigil.gate.generate.clauses import NotUnderstood
from sigil.gate.generate.tables import tie
from sigil.gate.intent import Table, read_intent
from sigil.gate.intent.heads import asked_by
from sigil.gate.intent.slots import slots_in

FRONT = """---
title: "Quotes"
owner: "@quotes"
priority: P1
---
## Acceptance criteria
1. `GET /health` returns 200.

## Prices
"""
BY_HEAD = [
    ("`GET /quote?seats=`", "`total`"),
    ("`GET  /quote?seats=`", "`total`"),
    ("`total`", "`GET  /quote?seats=`"),
    ("`total`", "`GET /quote?filter[seats]=`"),
    ("`total`", "**GET /quote?page-size=**"),
    ("`plan`", "`GET /quotes/{plan}?seats=`", "`total`"),
    ("`plan`", "`GET /quotes/<plan>?filter[seats]=`", "`total`"),
    ("`total`", "`?plan`", "`GET /quote?currency=usd&seats=`"),
    ("`seats`", "`GET /quote?seats=`"),
]
BY_SENTENCE = [
    ("`GET /quote?seats=<seats>` returns:", "`total`", "`seats`"),
    ("`GET /quote` returns:", "`total`", "`?seats`"),
    ("`GET /quote` returns:", "`seats`", "`?filter[seats]`"),
    ("`GET /quote?seats=3` returns:", "`total`", "`?seats`"),
    ("`GET /quotes/:plan` returns for each `<seats>`:", "`seats`", "`plan`"),
    ('`POST /quote` with `{ "a": [{ "b": "<seats 1..50>" }] }` returns:', "`total`", "`seats`"),
    ("`GET /quote?seats=<seats>` returns:", "`status`", "`seats`"),
]


def a_table(*heads: str, before: str = "", cells: tuple[str, ...] = ()) -> Table:
    lines = [f"| {' | '.join(line)} |" for line in (heads, ["---"] * len(heads), cells or heads)]
    text = "\n".join([FRONT, before, "", *lines, ""])
    return read_intent(text.encode(), "docs/specs/quotes.md").tables[0]


def in_order(table: Table) -> tuple[tuple[str, ...], ...]:
    """Return the names that columns give to rows, if each is changed alone."""
    heads = table.heads
    usual = tuple(f"v{place}" for place in range(len(heads)))

    def name(*changed: int) -> str:
        cells = tuple("other" if at in changed else cell for at, cell in enumerate(usual))
        return a_table(*heads, before=table.before, cells=cells).rows[0].id

    return tuple(head for at, head in enumerate(heads) if name(at) != name())


@pytest.mark.parametrize(
    ("before", "heads"),
    [*(("", heads) for heads in BY_HEAD), *((one[0], one[1:]) for one in BY_SENTENCE)],
)
def test_rows_are_called_by_the_columns_that_are_sent(before, heads):
    table = a_table(*heads, before=before)
    tied = tie(table)
    pairs = zip(table.heads, tied.columns, strict=True)
    assert in_order(table) == tuple(head for head, column in pairs if column.use == "sent") != ()


@pytest.mark.parametrize("heads", BY_HEAD)
def test_what_is_behind_a_head_stands_in_its_request(heads):
    asked = asked_by(heads, "")
    assert asked is not None
    assert all(f"=<{name}>" in asked.path or f"/<{name}>" in asked.path
               for name in asked.sent if name)  # fmt: skip


@pytest.mark.parametrize(
    ("parameter", "slot"),
    [("filter[seats]", "filter_seats"), ("page-size", "page_size"), ("_x", "x"), ("s__", "s__")],
)
def test_a_parameter_that_no_slot_can_be_called_has_one_all_the_same(parameter, slot):
    asked = asked_by([f"`GET /quote?{parameter}=`"], "")
    assert asked is not None
    assert (asked.path, asked.sent) == (f"/quote?{parameter}=<{slot}>", (slot,))


def test_a_parameter_in_a_column_of_its_own_is_sent_beside_the_one_in_a_head():
    asked = asked_by(["`GET /quote?seats=`", "`?plan`"], "")
    assert asked is not None
    assert asked.path == "/quote?seats=<seats>&plan=<plan>"


@pytest.mark.parametrize("head", ["`GET /quote=`", "`GET /quote?=`", "`GET /quote?a==`", "`seats`"])
def test_what_names_no_parameter_ties_a_table_to_nothing(head):
    assert asked_by([head, "`total`"], "") is None


def test_two_heads_that_name_a_request_tie_a_table_to_neither():
    assert asked_by(["`GET /a?x=`", "`GET /b?y=`"], "`GET /c` returns:") is None


@pytest.mark.parametrize(
    "heads", [("`GET /quote?seats=`", "`?seats`"), ("`GET /quote?a-b=`", "`?a[b]`")]
)
def test_two_columns_for_one_value_are_not_understood(heads):
    with pytest.raises(NotUnderstood, match="two columns give a value to"):
        tie(a_table(*heads, "`total`"))


def test_slots_of_json_that_is_nested_deeply_are_found_in_order():
    deep: list[object] = ["<last>"]
    for _ in range(10_000):
        deep = ["<n 1..2>", deep]
    assert list(slots_in({"a": deep})) == [*[("n", "<n 1..2>")] * 10_000, ("last", "<last>")]
