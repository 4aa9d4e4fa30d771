"""What a person is shown of text that nobody vouches for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.printable import MAX_TEXT, printable, printable_once, shorten

ANY = st.text(st.characters(exclude_categories=()))
"""Lone surrogates included."""


def read_back(shown: str) -> str:
    return shown.encode("latin-1", "backslashreplace").decode("unicode_escape")


@given(ANY, st.integers(1, 80))
def test_it_is_one_printable_line_of_at_most_so_many_characters(text: str, cap: int):
    shown = printable(text, cap)
    assert shown.isprintable()
    assert len(shown) <= cap


@given(ANY)
def test_it_can_be_encoded_anywhere_that_takes_text(text: str):
    printable(text).encode("utf-8")


@given(ANY.filter(lambda text: len(text) < 100))
def test_what_was_not_cut_can_be_read_back(text: str):
    assert read_back(printable(text)) == text


@given(ANY, ANY)
def test_two_texts_never_look_the_same(one: str, other: str):
    assert (printable(one, 10**6) == printable(other, 10**6)) == (one == other)


@given(ANY, st.integers(1, 20))
def test_a_cut_never_splits_an_escape(text: str, cap: int):
    shown = printable(text, cap)
    if shown != printable(text, 10**6):
        assert shown.endswith("…")
        assert text.startswith(read_back(shown[:-1]))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x9b2J", r"\x9b2J"),
        ("a\r\nb\tc", r"a\r\nb\tc"),
        ("ab\u202egnp.exe", r"ab\u202egnp.exe"),
        ("\u2066x\u2069", r"\u2066x\u2069"),
        ("a\u2028b\u0085", r"a\u2028b\x85"),
        ("\udc80", r"\udc80"),
        (r"\x1b[31m", r"\\x1b[31m"),
        ("größer ✓", "größer ✓"),
    ],
    ids=["ansi", "C1", "lines", "bidi", "isolate", "separator", "surrogate", "forged", "plain"],
)
def test_what_has_power_over_a_terminal_is_escaped(text: str, shown: str):
    assert printable(text) == shown


def test_it_is_capped_without_being_told():
    assert len(printable("x" * 10**6)) == MAX_TEXT
    assert len(printable("\0" * 10**6)) <= MAX_TEXT


def test_what_is_short_enough_is_not_shortened():
    assert (shorten("abc", 3), shorten("abcd", 3)) == ("abc", "ab…")


@pytest.mark.parametrize("text", ["\x1b[31m", r"a\b", "plain", "\x9b" * 3000])
def test_what_is_escaped_is_not_escaped_again(text: str):
    assert printable_once(printable(text)) == printable(text)
    assert printable_once(text).isprintable()
