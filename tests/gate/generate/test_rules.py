"""Rules in prose: only what every row bears out is asked for between the rows."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.generate.between import between
from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.model import Exchange, Holds
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


# --- what is said in other words ------------------------------------------------------------


@pytest.mark.parametrize(
    ("prose", "rows", "between_them"),
    [
        ("Each `seat` costs $2, plus a base fee of $5.", {1: "$7", 3: "$11"}, {2: 900}),
        ("Each seat costs $2, plus $5.", {1: "$7", 3: "$11"}, {2: 900}),
        ("$2 per seat, and a flat price of $5.", {1: "$7", 3: "$11"}, {2: 900}),
        (
            "Each seat costs $2. From 3 seats on there is a surcharge of $10.",
            {1: "$2", 5: "$20"},
            {2: 400, 3: 1600, 4: 1800},
        ),
        (
            "Each seat costs $2. For more than 3 seats, a surcharge of $10 is added.",
            {1: "$2", 5: "$20"},
            {2: 400, 3: 600, 4: 1800},
        ),
        (
            "Each seat costs $2. At least 3 seats get a discount of 10 %.",
            {1: "$2", 5: "$9"},
            {2: 400, 3: 540, 4: 720},
        ),
        (
            "Each seat costs $10. From 3 seats on $5 less, from 5 on $20.",
            {1: "$10", 3: "$25", 6: "$40"},
            {2: 2000, 4: 3500, 5: 3000},
        ),
    ],
)
def test_prices_fees_and_thresholds_are_read_in_several_wordings(prose, rows, between_them):
    assert asked(prose, rows) == between_them


def test_where_rows_say_so_a_discount_is_for_those_beyond_the_threshold_alone():
    prose = "Each seat costs $10. From 3 seats on, it is 10 % cheaper."
    assert asked(prose, {1: "$10", 5: "$47"}) == {2: 2000, 3: 2900, 4: 3800}


def test_where_readings_differ_nothing_is_asked():
    prose = "Each seat costs $10, with a base fee of $5. From 3 seats on, it is 10 % cheaper."
    (rule,) = compiled(prose, {1: "$15", 2: "$25", 4: "$41"}).rules
    assert {rule.amount((), count) for count in (1, 2)} == {15, 25}
    (both,) = compiled("Each seat costs $10. From 9 on 5 % off.", {1: "$10", 8: "$80"}).rules
    assert both.amount((), 9) == both.amount((), 10) is None


def test_a_threshold_without_a_row_beyond_it_is_listed_and_nothing_is_asked_there():
    found = compiled("Each seat costs $2. From 9 on, it is 10 % cheaper.", {1: "$2", 4: "$8"})
    (said,) = found.uncompiled
    assert (said.clause, said.line, said.whole) == ("text", 11, True)
    assert '"From 9 on, it is 10 % cheaper."' in said.reason


GROUPS = """| plan | seats | total_cents |
|---|---|---|
| pro | 1 | 1000 |
| pro | 9 | 9000 |
| pro | 12 | 10800 |
| pro | 20 | 18000 |
| team | 5 | 4000 |
| team | 8 | 6400 |
"""


def grouped(prose: str):
    table = f"`GET /quote?plan=<plan>&seats=<seats>` returns:\n\n{GROUPS}"
    return compile_intent(read_intent(f"{HEAD}\n## Prices\n\n{prose}\n\n{table}".encode(), "x.md"))


def test_the_price_of_one_may_follow_from_three_rows_that_agree():
    (rule,) = grouped("From 10 seats on all of them are 10 % cheaper.").rules
    assert (rule.amount(("pro",), 5), rule.amount(("pro",), 15)) == (5000, 13500)
    assert rule.amount(("team",), 6) is None


def test_every_piece_between_thresholds_is_asked_for():
    (rule,) = grouped("From 10 seats on all of them are 10 % cheaper.").rules
    for seed in range(20):
        sketch = between(rule, "x", "X", random.Random(seed))
        assert sketch is not None
        counts = [int(step.request.path.rpartition("=")[2]) for step in sketch.steps]
        assert any(1 < count < 9 for count in counts)
        assert any(9 < count < 20 for count in counts)
        assert all("plan=pro" in step.request.path for step in sketch.steps)


# --- what is not understood -----------------------------------------------------------------


@pytest.mark.parametrize(
    "prose",
    [
        "Islands pay $30 extra.",
        "Each seat costs $12 unless it is for a school.",
        "Each seat costs $12, and 3 of them are free.",
        "Everybody gets 10 % off.",
        "From 10 seats on, ask us.",
        "Orders over $100 are 5 % cheaper.",
    ],
)
def test_a_sentence_with_a_figure_that_is_not_read_whole_is_listed_with_its_line(prose):
    said, table = compiled(prose, {1: "$12", 5: "$60"}).uncompiled
    assert (said.clause, said.line, said.whole) == ("text", 11, True)
    assert prose in said.reason
    assert (table.clause, table.whole) == ("table-1", False)
    assert table.reason.startswith("no rule is understood for this table")


@pytest.mark.parametrize(
    "second",
    ["Each seat costs $15 at night.", "At night there is a base fee of $3."],
)
def test_a_second_price_or_fee_that_the_rows_do_not_bear_out_is_listed(second):
    found = compiled(f"Each seat costs $12, plus $0. {second}", {1: "$12", 4: "$48"})
    assert [rule.amount((), 3) for rule in found.rules] == [36]
    assert [one.reason.partition('" ')[0] for one in found.uncompiled] == [f'"{second}']


def test_a_table_that_nothing_is_said_of_is_listed():
    (table,) = compiled("What seats cost.", {1: "$12", 5: "$60"}).uncompiled
    assert (table.clause, table.line, table.whole) == ("table-1", 13, False)
    assert "whoever copies its rows passes" in table.reason


def test_a_table_whose_rule_leaves_nothing_between_the_rows_is_listed():
    (table,) = compiled("Each seat costs $12.", {1: "$12", 2: "$24"}).uncompiled
    assert "nothing to ask between the rows" in table.reason


def test_nothing_is_listed_of_a_rule_that_is_understood_whole():
    prose = "Whoever adds seats sees the price. Each seat costs $12. In 2024 it was less."
    assert compiled(prose, {1: "$12", 5: "$60"}).uncompiled == ()


@given(
    st.integers(1, 50),
    st.integers(0, 9),
    st.integers(2, 60),
    st.sets(st.integers(1, 90), min_size=4),
)
def test_what_is_asked_is_what_whoever_wrote_the_rows_would_say(price, percent, least, counts):
    def cents(count: int) -> int:
        return price * count * (100 - (percent if count >= least else 0))

    rows = {count: str(cents(count)) for count in sorted(counts)}
    prose = f"From {least} seats on they are {percent} % cheaper."
    for rule in compiled(prose, rows).rules:
        for _, count in (one for piece in rule.pieces() for one in piece):
            assert rule.amount((), count) == cents(count)


@given(
    st.integers(1, 500), st.sets(st.integers(1, 200), min_size=2, max_size=6), st.integers(0, 2**32)
)
def test_nothing_is_asked_outside_of_the_table_nor_twice(price, counts, seed):
    rows = {count: f"${price * count}" for count in sorted(counts)}
    (rule,) = compiled(f"Each seat costs ${price}.", rows).rules
    sketch = between(rule, "x", "X", random.Random(seed))
    steps = () if sketch is None else sketch.steps
    paths = [step.request.path for step in steps if isinstance(step, Exchange)]
    found = {int(path.rpartition("=")[2]) for path in paths}
    assert len(found) == len(paths)
    assert found <= set(range(min(counts), max(counts))) - counts
