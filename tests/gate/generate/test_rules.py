"""Rules in prose: only what every row bears out is asked for between the rows."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.model import Holds
from sigil.gate.generate.rules import between
from sigil.gate.intent import read_intent

HEAD = (
    "---\ntitle: X\nowner: X\npriority: P1\n---\n## Acceptance criteria\n1. `GET /x` returns 200.\n"
)


def compiled(prose: str, rows: dict[int, str], field: str = "total_cents"):
    lines = "".join(f"| {count} | {amount} |\n" for count, amount in rows.items())
    table = f"| `GET /quote?seats=` | `{field}` |\n|---|---|\n{lines}"
    return compile_intent(read_intent(f"{HEAD}\n## Prices\n\n{prose}\n\n{table}".encode(), "x.md"))


def asked(prose: str, rows: dict[int, str], field: str = "total_cents") -> dict[int, object]:
    """Return the value that is expected of each count between the rows."""
    (rule,) = compiled(prose, rows, field).rules
    sketch = between(rule, "x", "X", random.Random(0))
    assert sketch is not None
    return {
        int(step.request.path.rpartition("=")[2]): one.value
        for step in sketch.steps
        for one in step.expected
        if isinstance(one, Holds)
    }


def test_what_lies_between_the_rows_follows_from_the_rule():
    assert asked("Each seat costs $12.", {1: "$12", 4: "$48"}) == {2: 2400, 3: 3600}


def test_a_base_fee_and_a_discount_are_part_of_a_rule():
    prose = "A base fee of $5 and every seat costs $10, with 20% off from 3 seats."
    assert asked(prose, {1: "$15", 4: "$36"}) == {2: 2500, 3: 2800}


def test_a_field_that_is_not_in_cents_has_the_unit_of_the_table():
    assert asked("Each seat costs $1.50.", {1: "$1.50", 3: "$4.50"}, "total") == {2: 3}


def test_where_all_rows_are_whole_no_fraction_is_made_up():
    prose = "Each of the seats costs 2; 10% off from 5 seats."
    assert asked(prose, {1: "2", 5: "9", 10: "18"}) == {2: 4, 3: 6, 4: 8}
    assert asked("Each seat costs $0.015.", {2: "$0.03", 6: "$0.09"}) == {4: 6}


def test_where_a_row_is_a_fraction_others_may_be():
    prose = "Each of the seats costs 2; 10% off from 5 seats."
    assert asked(prose, {5: "9", 6: "10.8", 9: "16.2"}) == {7: 12.6, 8: 14.4}


def test_nothing_is_asked_where_every_amount_would_have_to_be_rounded():
    (rule,) = compiled("Each seat costs 0.5.", {2: "1", 4: "2"}).rules
    assert between(rule, "x", "X", random.Random(0)) is None


@pytest.mark.parametrize(
    ("prose", "rows", "reason"),
    [
        ("Each seat costs $12.", {1: "$12", 5: "$61"}, "does not give the row of 5"),
        ("Each seat costs $12.", {1: "$12"}, "one row alone"),
        ("Each seat costs $12.", {1: "$12", 5: "soon"}, "is no amount"),
    ],
)
def test_a_rule_that_the_rows_do_not_bear_out_is_listed_and_not_used(prose, rows, reason):
    found = compiled(prose, rows)
    assert found.rules == ()
    assert reason in found.uncompiled[-1].reason
    assert not found.uncompiled[-1].whole


def test_prose_about_something_else_is_no_rule():
    assert compiled("Each plan costs $12.", {1: "$12", 5: "$60"}).rules == ()


@given(
    st.integers(1, 500), st.sets(st.integers(1, 200), min_size=2, max_size=6), st.integers(0, 2**32)
)
def test_nothing_is_asked_outside_of_the_table_nor_twice(price, counts, seed):
    rows = {count: f"${price * count}" for count in sorted(counts)}
    (rule,) = compiled(f"Each seat costs ${price}.", rows).rules
    sketch = between(rule, "x", "X", random.Random(seed))
    paths = [] if sketch is None else [step.request.path for step in sketch.steps]
    found = {int(path.rpartition("=")[2]) for path in paths}
    assert len(found) == len(paths)
    assert found <= set(range(min(counts), max(counts))) - counts
