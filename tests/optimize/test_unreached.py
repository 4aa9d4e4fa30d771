"""Lines that no input reaches, and changes of what decides whether one does."""

from __future__ import annotations

import sys
from types import CodeType, FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.evaluate.schema import Unreached
from sigil.optimize.unreached import (
    doubt,
    read_lines,
    recorded,
    said_lines,
    unreached_lines,
    written,
)
from sigil.store.documents import parse_document, validate

SOURCE = """\
LIMIT = 3


def f(names):
    out = []
    for name in names:
        if name.startswith("root") or name == "admin":
            raise ValueError(name)
        elif len(name) > LIMIT:
            out.append("long")
        else:
            out.append(name)
    return out
"""
CASES = {"x.jsonl": "sha256:1"}
FILES = {"m.py": SOURCE}


def positions(source: str, *calls: Any) -> set[tuple[int, int]]:
    """Return where instructions are executed by calls of ``f``."""
    space: dict[str, Any] = {}
    exec(compile(source, "m.py", "exec"), space)
    met: set[tuple[int, int]] = set()
    places: dict[CodeType, list[Any]] = {}

    def step(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes = True
        code = frame.f_code
        if code.co_filename == "m.py" and event == "opcode":
            known = places.setdefault(code, list(code.co_positions()))
            line, _, column, _ = known[frame.f_lasti // 2]
            met.add((line or 0, -1 if column is None else column))
        return step

    before = sys.gettrace()
    sys.settrace(step)
    try:
        for call in calls:
            try:
                space["f"](call)
            except ValueError:
                continue
    finally:
        sys.settrace(before)
    return met


def unmet(source: str, *calls: Any) -> list[int]:
    return unreached_lines(source, "f", positions(source, *calls))


def told(after: str, lines: list[int] | None = None) -> str:
    """Return what is said of a change if these lines are not reached."""
    kept = recorded(SOURCE, "m.py", "f", lines or [8], CASES)
    return doubt(kept, CASES, FILES, {"m.py": after})


# --- what is not reached ----------------------------------------------------------------


def test_a_branch_that_no_call_takes_is_not_reached() -> None:
    assert unmet(SOURCE, ["ann"]) == [8, 10]


def test_what_some_call_reaches_is_reached() -> None:
    assert unmet(SOURCE, ["annabel"], ["root"]) == [12]


def test_all_lines_of_what_is_never_entered_are_told() -> None:
    assert unmet(SOURCE, []) == list(range(7, 13))


def test_a_branch_on_the_line_of_its_condition_is_told_from_it() -> None:
    source = "def f(x):\n    if x: raise ValueError\n    return x\n"
    assert unmet(source, 0) == [2]
    assert unmet(source, 0, 1) == []


def test_what_stands_behind_a_return_that_is_always_taken_is_not_reached() -> None:
    assert unmet("def f(x):\n    if x >= 0:\n        return x\n    return -x\n", 1) == [4]


def test_the_handler_of_an_error_that_never_comes_is_not_reached() -> None:
    source = (
        "def f(x):\n    try:\n        y = int(x)\n    except ValueError:\n        y = 0\n"
        "    return y\n"
    )
    assert unmet(source, "1") == [4, 5]
    assert unmet(source, "1", "a") == []


def test_what_no_instruction_stands_for_is_never_missed() -> None:
    source = 'def f(x):\n    """Doc."""\n    y: int\n    y = x\n    ...\n    return y\n'
    assert unmet(source, 1) == []


def test_a_function_inside_another_is_looked_into() -> None:
    source = (
        "def f(x):\n    def g(y):\n        if y:\n            return 1\n        return 2\n"
        "    return g(x)\n"
    )
    assert unmet(source, 0) == [4]


# --- how it is written ------------------------------------------------------------------


@given(st.sets(st.integers(1, 500)))
def test_lines_that_are_written_are_read_back(lines: set[int]) -> None:
    assert set(read_lines(said_lines(lines))) == lines


def test_lines_are_said_in_runs() -> None:
    assert said_lines([60, 57, 58, 59, 41]) == "41, 57-60"


def test_an_eval_keeps_them_as_they_are_counted_in_the_function() -> None:
    kept = recorded(SOURCE, "m.py", "f", [8, 10], CASES)
    line = written(kept, [8, 10])
    text = line.removeprefix("unreached: ")
    assert validate(parse_document(text.encode(), "an eval"), Unreached) == kept
    assert "8, 10" in line
    assert kept is not None
    assert kept.lines == "5, 7"


def test_of_none_nothing_is_kept() -> None:
    assert recorded(SOURCE, "m.py", "f", [], CASES) is None
    assert written(None, []) == ""


# --- changes ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (" or ", " and "),
        ("if name.startswith", "if not name.startswith"),
        ("raise ValueError(name)", "raise KeyError(name)"),
        ("            raise ValueError(name)\n", "            pass\n"),
    ],
)
def test_a_change_of_an_unreached_line_or_of_its_condition_is_told(old: str, new: str) -> None:
    assert "line 8 of m.py" in told(SOURCE.replace(old, new))


def test_a_check_that_is_gone_is_told() -> None:
    lines = SOURCE.splitlines(keepends=True)
    without = "".join([*lines[:6], lines[8].replace("elif", "if"), *lines[9:]])
    assert "line 8 of m.py" in told(without)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("out.append(name)", "out += [name]"),
        ("for name in names", "for name in list(names)"),
        ("    out = []\n", "    out = list()  # a list\n\n"),
        ("LIMIT = 3\n", "LIMIT = 3\nOTHER = 4\n"),
        ("len(name) > LIMIT", "LIMIT < len(name)"),
    ],
)
def test_a_change_elsewhere_is_not(old: str, new: str) -> None:
    assert told(SOURCE.replace(old, new)) == ""


def test_a_change_of_the_condition_of_a_later_branch_is_told_for_that_one() -> None:
    after = SOURCE.replace("len(name) > LIMIT", "len(name) >= LIMIT")
    assert "line 10 of m.py" in told(after, [8, 10])


def test_what_always_leaves_before_decides_too() -> None:
    source = "def f(x):\n    if x >= 0:\n        return x\n    return -x\n"
    kept = recorded(source, "m.py", "f", [4], CASES)
    after = source.replace(">=", ">")
    assert "line 4" in doubt(kept, CASES, {"m.py": source}, {"m.py": after})


def test_a_function_that_moved_in_its_file_is_still_known() -> None:
    moved = "# above\n\n" + SOURCE
    kept = recorded(SOURCE, "m.py", "f", [8], CASES)
    after = moved.replace(" or ", " and ")
    assert "line 10 of m.py" in doubt(kept, CASES, {"m.py": moved}, {"m.py": after})


def test_of_other_inputs_nothing_is_said() -> None:
    kept = recorded(SOURCE, "m.py", "f", [8], CASES)
    after = {"m.py": SOURCE.replace(" or ", " and ")}
    assert doubt(kept, {"x.jsonl": "sha256:2"}, FILES, after) == ""


def test_of_another_function_nothing_is_said() -> None:
    kept = recorded(SOURCE, "m.py", "f", [8], CASES)
    edited = {"m.py": SOURCE.replace("root", "toor")}
    after = {"m.py": SOURCE.replace(" or ", " and ")}
    assert doubt(kept, CASES, edited, after) == ""


def test_an_eval_written_by_hand_says_nothing() -> None:
    assert doubt(None, CASES, FILES, {"m.py": ""}) == ""
