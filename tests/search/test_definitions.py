import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.search.definitions import (
    NotPython,
    _outline,
    keeps_interface,
    outline,
    outline_of_change,
)

LINES = st.sampled_from(
    [
        "def f(x):",
        "class A:",
        "    def m(self):",
        "    return 1",
        "        pass",
        "@deco",
        "x = 1",
        '    """',
        "    y = (",
        "    )",
        "",
        "    # note",
        "if x:",
        "    z = 2 \\",
        "def g(): pass",
    ]
)
TEXTS = st.lists(LINES, min_size=1, max_size=8).map("\n".join)
BASE = """\
import os


@deco
def f(x):
    return x


class A:
    def m(self):
        return 1


X = 1
"""


@settings(max_examples=500, deadline=None)
@given(st.integers(0, 15), st.integers(0, 6), TEXTS, st.sampled_from(["\n", "\r\n"]))
def test_the_quick_outline_of_a_change_is_the_whole_outline(at, length, inserted, ending):
    lines = BASE.split("\n")
    after = "\n".join([*lines[:at], inserted, *lines[at + length :]]).replace("\n", ending)
    before = BASE.replace("\n", ending)
    try:
        whole = _outline(after)  # the memo would answer for the other one
    except NotPython:
        with pytest.raises(NotPython):
            outline_of_change(before, after)
    else:
        assert outline_of_change(before, after) == whole


@pytest.mark.parametrize(
    ("before", "after", "kept"),
    [
        ("def f(x)", "def f(x)", True),
        ("def f(x)", "def f(y)", False),
        ("class A\ndef m(self)", "class A\ndef m(self)\ndef n(self)", True),
        ("class A\ndef m(self)", "class A", False),
        ("class A", "class A(B)", False),
    ],
)
def test_an_interface_may_grow_and_never_lose(before, after, kept):
    assert keeps_interface(before, after) is kept


def test_a_parse_failure_in_the_changed_part_names_its_line_in_the_file():
    with pytest.raises(NotPython) as caught:
        outline_of_change(BASE, BASE.replace("return x", "return ("))
    assert caught.value.line == 6


def test_nesting_without_end_is_not_python():
    with pytest.raises(NotPython):
        outline("(" * 100_000)
