"""Small changes among lines that are new as a whole."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.optimize.token_changes import small_changes, without

BEFORE = '''\
def distance(left, right):
    """Return how far two words are apart."""
    if len(right) == 0:
        return len(left)
    if left[0] == right[0]:
        return distance(left[1:], right[1:])
    return 1 + min(distance(left[1:], right), distance(left, right[1:]))
'''
WRAPPED = '''\
def distance(left, right):
    """Return how far two words are apart."""
    from functools import cache

    @cache
    def distance_of(left, right):
        if len(right) {equal} 0:
            return len(left)
        if left[0] == right[0]:
            return distance_of(left[1:], right[1:])
        return 1 + min(distance_of(left[1:], right), distance_of(left, right[{skipped}:]))

    return distance_of(left, right)
'''


def told(before: str, after: str) -> list[str]:
    return [str(one) for one in small_changes(before, after) if not one.names]


def test_an_operator_and_a_number_are_found_among_lines_that_were_moved() -> None:
    after = WRAPPED.format(equal="<=", skipped=2)
    assert told(BEFORE, after) == ["<= for == at line 7", "2 for 1 at line 11"]
    both = [one for one in small_changes(BEFORE, after) if not one.names]
    assert without(after, both) == WRAPPED.format(equal="==", skipped=1)
    assert without(after, both[1:]) == WRAPPED.format(equal="<=", skipped=1)


def test_what_only_moves_wraps_and_renames_has_none() -> None:
    assert told(BEFORE, WRAPPED.format(equal="==", skipped=1)) == []


def test_what_was_added_goes_and_what_was_left_out_comes_back() -> None:
    after = "x = a\ny = b * 7 - 1\n"
    left_out, added = small_changes("x = a + 1\ny = b\n", after)
    assert same(without(after, [left_out]), "x = a + 1\ny = b * 7 - 1\n")
    assert same(without(after, [added]), "x = a\ny = b\n")


def test_what_goes_leaves_no_empty_line_and_no_space_before_a_mark() -> None:
    before = "for x in y:\n    if x:\n        f(x)\n"
    after = "for x in y:\n    if x and not x:\n        f(x)\n        continue\n"
    assert without(after, small_changes(before, after)) == before


def same(text: str | None, wanted: str) -> bool:
    return text is not None and ast.dump(ast.parse(text)) == ast.dump(ast.parse(wanted))


def test_what_would_be_no_python_is_none() -> None:
    before, after = "f(a)\n", "f([a])\n"
    assert [without(after, [one]) for one in small_changes(before, after)] == [None, None]


@pytest.mark.parametrize("text", ["def f(:\n", "x = (\n", "\x00", "'''"])
def test_what_is_no_python_has_none(text: str) -> None:
    assert small_changes("x = 1\n", text) == []
    assert small_changes(text, "x = 1\n") == []


def test_files_that_differ_in_everything_are_not_compared() -> None:
    before, after = ("".join(f"{name}{n} = {n}\n" for n in range(2000)) for name in "ab")
    assert small_changes(before, after) == []


def test_large_tables_of_numbers_are_not_compared() -> None:
    before = f"x = [{', '.join(str(n % 7) for n in range(900))}]\n"
    after = f"x = [{', '.join(str(n % 5) for n in range(900))}]\n"
    assert small_changes(before, after) == []


@pytest.mark.parametrize("odd", ["\f", "\u2028", "\x85", "\r\n", "\x0b"])
def test_a_change_is_found_behind_whatever_some_take_for_the_end_of_a_line(odd: str) -> None:
    before, after = (f"a = 'x'  # {odd}\nb = a[{n}:]\n" for n in (1, 2))
    (change,) = small_changes(before, after)
    assert (change.text, change.instead) == ("2", "1")
    assert same(without(after, [change]), before)


LINES = st.lists(
    st.sampled_from(
        ["x = 1", "x = 2", "y = x + 1", "y = x - 1", "if x < 3:\n    y = 0", "z = [x]"]
    ),
    min_size=1,
    max_size=8,
)


@given(LINES, LINES)
def test_what_remains_is_python_and_all_of_it_together_is_closer_to_before(old, new) -> None:
    before, after = ("".join(f"{line}\n" for line in lines) for lines in (old, new))
    for one in small_changes(before, after):
        assert after[one.start : one.end] == one.text
        text = without(after, [one])
        assert text is None or ast.parse(text)
