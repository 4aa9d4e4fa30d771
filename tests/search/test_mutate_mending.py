"""Edits of statements that mend a function with parts of its own."""

from __future__ import annotations

import textwrap

import pytest

from sigil.search.mutate import mending
from sigil.search.mutate.source import Source, apply_edits
from sigil.search.mutate.subject import Subject


def results(operator: str, text: str) -> set[str]:
    """Return what the source can become by one edit of ``operator``."""
    source = Source(textwrap.dedent(text))
    subject = Subject(source, 1, source.line_count, ["f"])
    found = getattr(mending, operator)
    if operator in ("methods", "slices"):
        changes = [change for site in subject.sites for change in found(subject, site)]
    else:
        changes = list(found(subject))
    return {apply_edits(source.text, change.edits) or "" for change in changes}


@pytest.mark.parametrize(
    ("operator", "broken", "mended"),
    [
        (
            "accumulations",
            "def f(xs):\n    t = 0\n    for x in xs:\n        t = x\n    return t\n",
            "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n",
        ),
        (
            "accumulations",
            "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n",
            "def f(xs):\n    t = 0\n    for x in xs:\n        t = x\n    return t\n",
        ),
        (
            "jumps",
            (
                "def f(xs):\n    i = 0\n    for x in xs:\n        if x:\n"
                "            i = x\n    return i\n"
            ),
            (
                "def f(xs):\n    i = 0\n    for x in xs:\n        if x:\n            i = x\n"
                "            break\n    return i\n"
            ),
        ),
        (
            "loop_guards",
            "def f(xs):\n    t = 0\n    for x in xs:\n        t += x\n    return t\n",
            (
                "def f(xs):\n    t = 0\n    for x in xs:\n        if x is None:\n"
                "            continue\n        t += x\n    return t\n"
            ),
        ),
        (
            "guarded_statements",
            "def f(xs):\n    b = 0\n    for x in xs:\n        b = x\n    return b\n",
            (
                "def f(xs):\n    b = 0\n    for x in xs:\n        if x > b:\n"
                "            b = x\n    return b\n"
            ),
        ),
        (
            "copies",
            (
                "def f(xs):\n    r = []\n    n = 0\n    for x in xs:\n        n += 1\n"
                "        if n > 2:\n            r.append(n)\n    return r\n"
            ),
            (
                "def f(xs):\n    r = []\n    n = 0\n    for x in xs:\n        n += 1\n"
                "        if n > 2:\n            r.append(n)\n            n = 0\n    return r\n"
            ),
        ),
        (
            "moves",
            (
                "def f(xs):\n    r = []\n    for x in xs:\n        y = x\n"
                "        r.append(y)\n    return r\n"
            ),
            (
                "def f(xs):\n    r = []\n    for x in xs:\n        y = x\n"
                "    r.append(y)\n    return r\n"
            ),
        ),
        (
            "methods",
            "def f(text):\n    return text.split()[0] + str(1)\n",
            "def f(text):\n    return text.lower().split()[0] + str(1)\n",
        ),
        ("slices", "def f(s):\n    return s[1:]\n", "def f(s):\n    return s[1:-1]\n"),
    ],
)
def test_an_edit_mends(operator: str, broken: str, mended: str):
    assert mended in results(operator, broken)


def test_a_call_with_effects_is_never_copied():
    text = "def f(xs):\n    print(xs)\n    for x in xs:\n        y = x\n    return y\n"
    assert all(result.count("print") == 1 for result in results("copies", text))


def test_nothing_is_added_up_that_has_no_value_yet():
    text = "def f(xs):\n    t = len(xs)\n    return t\n"
    assert results("accumulations", text) == set()
