"""Whatever a change is, and in whichever form it is told, the same files come of it."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.search.patch import check, diff
from sigil.search.pins import Pin
from sigil.search.replies import read_reply

ALL = [Pin("all", None, ("*.txt",))]
NAME = "a.txt"
# No line is a marker or a fence, and none is said to leave code out.
LINE = st.text(alphabet="ab\t =+-@<>#'é\u2028\f", max_size=8).filter(
    lambda line: not line.lstrip().startswith(("#", "--", "@@", "<<<", "===", ">>>"))
)
LINES = st.lists(LINE, min_size=1, max_size=12)


@st.composite
def changes(draw):
    """A text of distinct lines, and what becomes of some stretch of it."""
    numbered = [f"{number} {line}" for number, line in enumerate(draw(LINES))]
    start = draw(st.integers(0, len(numbered) - 1))
    stop = draw(st.integers(start + 1, len(numbered)))
    new = draw(st.lists(LINE, max_size=6))
    return numbered, start, stop, new


def text_of(lines, end="\n"):
    return "".join(line + end for line in lines)


def as_diff(before, after):
    return f"Change.\n\n```diff\n{diff({NAME: before}, {NAME: after})}```\n"


def as_blocks(lines, start, stop, new):
    search, replace = text_of(lines[start:stop]), text_of(new)
    return f"Change.\n{NAME}\n<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


def as_file(after):
    return f"Change.\n\n{NAME}\n`````\n{after}`````\n"


def result(answer, before):
    reading = read_reply(answer, {NAME: before}, ALL)
    if reading.failure is not None:
        assert not reading.mendable, reading.failure
        return before
    return check(reading.patch, {NAME: before}, ALL)[NAME]


@given(changes(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=200, deadline=None)
def test_a_random_change_comes_back_from_each_form(change, end):
    lines, start, stop, new = change
    changed = [*lines[:start], *new, *lines[stop:]]
    before, after = text_of(lines, end), text_of(changed, end)
    told = as_diff(text_of(lines), text_of(changed))
    assert result(told, before) == after
    assert result(as_blocks(lines, start, stop, new), before) == after
    assert result(as_file(text_of(changed)), before) == after


@given(changes(), st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_blanks_at_line_ends_that_an_answer_loses_are_not_lost(change, seed):
    lines, start, stop, _ = change
    stream = random.Random(seed)
    kept = [line.rstrip(" \t") + stream.choice(["", " ", "\t", "  "]) for line in lines]
    shown = [line.rstrip(" \t") for line in kept]
    answer = as_blocks(shown, start, stop, [*shown[start:stop], "new"])
    expected = [*kept[:stop], "new", *kept[stop:]]
    if start < stop:
        assert result(answer, text_of(kept)) == text_of(expected)


@given(changes(), st.integers(1, 500), st.integers(1, 500))
@settings(max_examples=100, deadline=None)
def test_wrong_line_numbers_and_counts_change_nothing(change, line, count):
    lines, start, stop, new = change
    changed = [*lines[:start], *new, *lines[stop:]]
    before, after = text_of(lines), text_of(changed)
    told = as_diff(before, after).split("\n")
    header = f"@@ -{line},{count} +{line},{count} @@"
    told = [header if part.startswith("@@ ") else part for part in told]
    assert result("\n".join(told), before) == after


NAMES = st.sampled_from(["f", "g", "h"])
BODY = st.lists(st.sampled_from(["x += 1", "x *= 2", "x = abs(x)", "# why"]), max_size=4)


@given(NAMES, BODY, BODY, st.sampled_from(["", "    "]))
@settings(max_examples=100, deadline=None)
def test_a_function_given_whole_takes_the_place_of_its_own(name, body, other, indent):
    def function(called, statements):
        return [f"def {called}(x):", *(f"    {line}" for line in statements), "    return x"]

    def module(statements):
        lines = [f"{indent}{line}" for line in function(name, statements)]
        head = ["class C:"] if indent else []
        apart = [f"{indent}{line}" for line in function("other", ["x -= 1"])]
        return text_of([*head, *lines, "", *apart])

    files = {"a.py": module(other)}
    pins = [Pin("p", None, ("a.py",), f"C.{name}" if indent else name)]
    reading = read_reply(f"Change.\n```python\n{text_of(function(name, body))}```\n", files, pins)
    got = check(reading.patch, files, pins)
    assert got == {"a.py": module(body)}
    assert bool(reading.failure) == (body == other)


PIECES = st.sampled_from(
    [
        "```diff\n",
        "```\n",
        "```python\n",
        "--- a/a.txt\n+++ b/a.txt\n",
        "--- /dev/null\n+++ b/b.txt\n",
        "@@ -1,2 +1,2 @@\n",
        "@@\n",
        " 0 a\n",
        "-0 a\n",
        "+x\n",
        "\\ No newline at end of file\n",
        "<<<<<<< SEARCH\n",
        "=======\n",
        ">>>>>>> REPLACE\n",
        "a.txt\n",
        "def f(x):\n    return x\n",
        "\r\n",
        "\t\n",
        "\ud800",
        "\0",
        "\u2028",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=6)), max_size=14).map("".join))
@settings(max_examples=400, deadline=None)
@pytest.mark.parametrize(
    ("files", "pins"),
    [
        ({NAME: "0 a\n1 b\n"}, ALL),
        ({NAME: ""}, ALL),
        ({"a.py": "def f(x):\n    return x\n"}, [Pin("f", None, ("a.py",), "f")]),
    ],
    ids=["text", "empty", "python"],
)
def test_no_answer_ends_in_an_exception(files, pins, answer):
    reading = read_reply(answer, files, pins)
    if reading.failure is None:
        assert check(reading.patch, files, pins) != files
    else:
        assert reading.patch == ""
        assert reading.failure.isprintable() or "\u2028" not in reading.failure
