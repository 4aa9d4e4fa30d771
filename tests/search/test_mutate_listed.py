"""Literals of tables that are mended by what stands beside them."""

from __future__ import annotations

import ast
import textwrap
import time
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.search.mutate.displays import peers
from sigil.search.mutate.source import Source, apply_edits
from sigil.search.mutate.subject import Subject
from sigil.search.mutate.walk import neighbours

DAYS = """\
def f(month, day):
    days = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    total = day
    for one in range(month - 1):
        total += days[one]
    return total
"""
NAMES = '''\
def f(n):
    """Name a day: mon, tue, wed, thu, fri, sat or sun."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    return names[n % 7].title() + "day"
'''
SIGNS = """\
def f(text):
    signs = {"alpha": "a", "beta": "b", "gamma": "g", "delta": "d"}
    return [signs.get(word, "?") for word in text.split()]
"""
ROMAN = """\
def f(n):
    out = ""
    for value, sign in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while n >= value:
            out += sign
            n -= value
    return out
"""


def changed(text: str) -> dict[str, str]:
    """Return what the source can become by a single edit, with the note, in order."""
    source = Source(textwrap.dedent(text))
    subject = Subject(source, 1, source.line_count, ["f"])
    found: dict[str, str] = {}
    for _, change in islice(neighbours([subject]), 3_000):
        found.setdefault(apply_edits(source.text, change.edits) or "", change.note)
    return found


@pytest.mark.parametrize(
    ("right", "old", "new"),
    [
        (DAYS, "28", "29"),
        (DAYS, "28", "82"),
        (DAYS, "31, 28, 31", "31, 31, 28"),
        (DAYS, "(31, 28, 31, 30,", "(31, 28, 31, 300,"),
        (DAYS, "(31, 28, 31, 30,", "(31, 28, 31, 3,"),
        (NAMES, '["mon", "tue"', '["tue", "mon"'),
        (NAMES, '"wed", "thu", "fri"', '"wed", "thru", "fri"'),
        (NAMES, '"wed", "thu", "fri"', '"wed", "hu", "fri"'),
        (NAMES, '"wed", "thu", "fri"', '"wed", "tuh", "fri"'),
        (NAMES, '"wed", "thu", "fri"', '"wed", "THU", "fri"'),
        (NAMES, '"day"', '"dya"'),
        (SIGNS, '"a", "beta": "b"', '"b", "beta": "a"'),
        (SIGNS, '"gamma": "g"', '"gama": "g"'),
        (SIGNS, '"alpha": "a", "beta": "b"', '"beta": "a", "alpha": "b"'),
        (ROMAN, '"IX"), (5, "V"), (4, "IV")', '"IV"), (5, "V"), (4, "IX")'),
        (ROMAN, '(9, "IX")', '(9, "XI")'),
        (ROMAN, "(4,", "(5,"),
    ],
)
def test_a_literal_of_a_table_is_mended_among_the_first_edits(
    right: str, old: str, new: str
) -> None:
    broken = right.replace(old, new, 1)
    assert broken != right
    assert right in list(changed(broken))[:250]


def test_what_was_exchanged_is_said_so() -> None:
    broken = DAYS.replace("31, 28, 31", "31, 31, 28")
    assert changed(broken)[DAYS] == "31 ↔ 28 at line 2"


def test_what_is_outside_the_region_stays() -> None:
    text = "def f(n):\n    return [\n        1, 2,\n        3, 4,\n    ][n]\n"
    subject = Subject(Source(text), 1, 3, ["f"])
    after = [apply_edits(text, change.edits) or "" for _, change in neighbours([subject])]
    assert all("        3, 4,\n" in one for one in after)


@pytest.mark.parametrize("literal", [r'"\x41b"', "'a' 'bc'", "rb'abc'", '"""abc"""', "b'abc'"])
def test_texts_that_are_not_written_as_they_are_are_not_respelled(literal: str) -> None:
    assert not [
        one for one in changed(f"def f():\n    return {literal}\n") if "acb" in one or "ABC" in one
    ]


literals = st.one_of(
    st.integers(-1000, 1000), st.floats(-9, 9), st.text("abé 'x\\\"\n", max_size=4), st.booleans()
)


@given(st.lists(literals | st.tuples(literals, literals), max_size=5))
def test_whatever_the_table_every_edit_parses(table: list[object]) -> None:
    for text in changed(f"def f(n):\n    table = {table!r}\n    return table[n]\n"):
        ast.parse(text)


def written(text: str) -> list[list[str]]:
    """Return the peers of a text, without those of which there is one."""
    groups = {id(one.literals): one.literals for one in peers(ast.parse(text)).values()}
    return [[ast.unparse(node) for node in group] for group in groups.values()]


@pytest.mark.parametrize(
    ("display", "wanted"),
    [
        ("(1, -2, 3)", [["1", "-2", "3"]]),
        ("{'a': 1, 'b': 2}", [["'a'", "'b'"], ["1", "2"]]),
        ("[(1, 'a'), (2, 'b')]", [["1", "2"], ["'a'", "'b'"]]),
        ("{'a': ('x', 'y'), 'b': ('z', 'w')}", None),
        ("(1, n)", []),
        ("(1,)", []),
        ("f((1, 2), [x, (3, 4)])", [["1", "2"], ["3", "4"]]),
    ],
)
def test_peers_have_the_same_part_and_type(display: str, wanted: list[list[str]] | None) -> None:
    wanted = wanted or ([["'a'", "'b'"], ["'x'", "'z'"], ["'y'", "'w'"]] if wanted is None else [])
    assert sorted(written(display)) == sorted(wanted)


def test_a_table_of_ten_thousand_is_begun_at_once() -> None:
    text = f"def f(n):\n    return {tuple(range(10, 10_010))!r}[n]\n"
    subject = Subject(Source(text), 1, 2, ["f"])
    begun = time.process_time()
    assert len(list(islice(neighbours([subject]), 100))) == 100
    assert time.process_time() - begun < 5
