"""What does nothing in a text, and is new, goes."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.optimize.idle_code import without_idle
from sigil.search.diffing import changed_stretches

BEFORE = '''\
def repeated(items):
    """Return what comes again."""
    seen = []
    for at, item in enumerate(items):
        if item in seen:
            found = at
        else:
            seen.append(item)
    return found
'''
BETTER = BEFORE.replace("[]", "set()").replace("append", "add")


def freed(after: str, before: str = BEFORE) -> tuple[str, list[str]]:
    stretches = changed_stretches(before.splitlines(True), after.splitlines(True))
    new = {line + 1 for _, _, k, m in stretches for line in range(k, m)}
    return without_idle(before, after, new)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("found = at\n", "found = at\n            continue\n", "continue"),
        ("add(item)\n", "add(item)\n            continue\n", "continue"),
        ("add(item)\n", "add(item)\n        continue\n", "continue"),
        ("add(item)\n", "add(item)\n        if at:\n            continue\n", "if at:"),
        ("add(item)\n", "add(item)\n        if item == 3: continue\n", "if item == 3: continue"),
        ("seen.add(item)", "if 1 < 2:\n                seen.add(item)", "if 1 < 2:"),
        ("seen.add(item)", "if item == item: seen.add(item)", "if item == item: seen.add(item)"),
        ("if item in seen", "if item is item and item in seen", "item is item"),
        ("if item in seen", "if item in seen and len(items) >= 0", "len(items) >= 0"),
        ("if item in seen", "if at != at or item in seen", "at != at"),
        ("        if item in", "        if 2 < 1: break\n        if item in", "if 2 < 1: break"),
        ("    return found\n", "    return found\n    return 0\n", "return 0"),
        ("    return found\n", "    pass\n    return found\n", "pass"),
        ("    return found\n", "    found = found\n    return found\n", "found = found"),
    ],
)
def test_what_does_nothing_goes_and_the_gain_stays(old: str, new: str, what: str) -> None:
    after = BETTER.replace(old, new)
    assert after != BETTER
    assert freed(after) == (BETTER, [what])


def test_all_of_it_goes_at_once() -> None:
    after = BETTER.replace("seen.add(item)\n", "if 1:\n                seen.add(item)\n").replace(
        "found = at\n", "found = at\n            continue\n"
    )
    assert freed(after) == (BETTER, ["continue", "if 1:"])


@pytest.mark.parametrize(
    "change",
    [
        ("            found = at\n", "            continue\n"),
        ("    return found\n", "    return found if items else None\n"),
        ("found = at\n", "found = at\n            break\n"),
        ("    seen = set()\n", "    if not items:\n        return None\n    seen = set()\n"),
        ("add(item)\n", "add(item)\n            at = item\n"),
    ],
)
def test_what_does_something_stays(change: tuple[str, str]) -> None:
    after = BETTER.replace(*change)
    assert after != BETTER
    assert freed(after) == (after, [])


def test_a_step_on_that_skips_something_stays() -> None:
    text = (
        "for x in y:\n    try:\n        f(x)\n        {}\n    except E:\n        g()\n    else:\n"
    )
    text += "        h()\n"
    after = text.format("continue")
    assert freed(after, text.format("x")) == (after, [])


def test_what_did_nothing_before_stays() -> None:
    idle = BEFORE.replace("found = at\n", "found = at\n            continue\n")
    after = idle.replace("enumerate(items)", "enumerate(list(items))")
    after = after.replace("            continue\n", "            continue  # on\n")
    assert freed(after, idle) == (after, [])


@pytest.mark.parametrize("text", ["def f(:\n", "\x00", "x = (\n", "a = 1\rb = 2\n"])
def test_what_cannot_be_read_stays(text: str) -> None:
    assert freed(text) == (text, [])
    assert freed(BETTER, text)[0] == BETTER


LINES = BETTER.splitlines(keepends=True)
PUT = [
    (6, "            continue\n"),
    (8, "            continue\n"),
    (8, "        continue\n"),
    (3, "    seen = seen\n"),
    (4, "        pass\n"),
    (4, "        if at != at:\n            at = 7\n"),
    (9, "    return None\n"),
    (2, "    if len(items) < 0:\n        return 3\n"),
]


@given(st.lists(st.sampled_from(PUT), unique=True))
def test_whatever_is_put_in_that_does_nothing_is_found(put: list[tuple[int, str]]) -> None:
    lines = list(LINES)
    for position, text in sorted(put, reverse=True):
        lines.insert(position, text)
    text, _ = freed("".join(lines))
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(BETTER))
