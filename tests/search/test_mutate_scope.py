"""Which names have values where, and what kind they are of."""

from __future__ import annotations

import ast
import textwrap

import pytest

from sigil.search.mutate.assigned import Flow, doubtful_uses
from sigil.search.mutate.kinds import infer
from sigil.search.mutate.source import Source
from sigil.search.mutate.subject import Subject


def scope_at_mark(code: str) -> set[str]:
    """Return the local names that may be used in ``MARK``."""
    source = Source(textwrap.dedent(code))
    subject = Subject(source, 1, source.line_count)
    site = next(s for s in subject.sites if ast.unparse(s.node) == "'MARK'")
    return {value.text for value in site.scope.values}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f(a, *b, c=1, **d):\n    e = 1\n    return 'MARK'\n    g = 2", "a b c d e"),
        ("def f(a):\n    if a:\n        b = 1\n    return 'MARK'", "a"),
        ("def f(a):\n    if a:\n        b = 1\n    else:\n        b = 2\n    return 'MARK'", "a b"),
        ("def f(a):\n    if a:\n        return 1\n    else:\n        b = 2\n    x = 'MARK'", "a b"),
        ("def f(a):\n    for i in a:\n        b = 1\n    return 'MARK'", "a"),
        ("def f(a):\n    for i in a:\n        b = 1\n        x = 'MARK'", "a b i"),
        ("def f(a):\n    while a:\n        b = 1\n    return 'MARK'", "a"),
        (
            "def f(a):\n    try:\n        b = 1\n    except E as e:\n        pass\n    x = 'MARK'",
            "a",
        ),
        (
            "def f(a):\n    try:\n        b = 1\n    except E:\n        return\n    x = 'MARK'",
            "a b",
        ),
        (
            "def f(a):\n    try:\n        b = 1\n    finally:\n        c = 1\n    x = 'MARK'",
            "a b c",
        ),
        ("def f(a):\n    with a as b:\n        c = 1\n    x = 'MARK'", "a b c"),
        ("def f(a):\n    b = 1\n    del b\n    x = 'MARK'", "a"),
        ("def f(a):\n    return [('MARK', b) for b in a]", "a b"),
        ("def f(a):\n    return (lambda b: 'MARK')(a)", "a b"),
        ("def f(a):\n    b = 1\n    def g(c):\n        return 'MARK'\n    return g", "a b c"),
        ("def f(a):\n    match a:\n        case [b, *c]:\n            x = 'MARK'", "a b c"),
        ("N = 3\ndef f(a):\n    x = 'MARK'", "N a"),
        ("N = 3\ndef f(a):\n    x = 'MARK'\n    N = 4", "a"),
        ("class C:\n    k = 1\n    def f(self, a):\n        x = 'MARK'", "self a"),
    ],
)
def test_names_are_offered_only_where_they_surely_have_a_value(code: str, names: str):
    assert scope_at_mark(code) == set(names.split())


def test_a_function_is_not_offered_its_own_name():
    source = Source("def f(a):\n    return a\ndef g(b):\n    return b\n")
    subject = Subject(source, 1, 2, ["f"])
    assert {f.text for f in subject.sites[0].scope.functions} & {"f", "g"} == {"g"}


def test_a_shadowed_builtin_is_not_offered():
    source = Source("def f(a, len):\n    return a\n")
    assert "len" not in {f.text for f in Subject(source, 1, 2).sites[0].scope.functions}


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("def f(a: float): pass", "a", "number"),
        ("def f(a: 'list[int]'): pass", "a", "seq"),
        ("def f(a):\n    return a - 1", "a", "number"),
        ("def f(a):\n    for b in a: pass", "a", "seq"),
        ("def f(a):\n    for b in range(a): pass", "b", "int"),
        ("def f(a):\n    for b, c in enumerate(a): pass", "b", "int"),
        ("def f(a):\n    return a.strip()", "a", "str"),
        ("def f(a):\n    b = len(a)\n    b += 1", "b", "int"),
        ("def f(a):\n    b = 1\n    b = 'x'", "b", "unknown"),
        ("def f(a):\n    b = a / 2", "b", "number"),
        ("def f(a):\n    b = a < 2", "b", "bool"),
        ("def f(a):\n    b = [1]\n    c = b[1:]", "c", "seq"),
        ("def f(self): pass", "self", "other"),
        ("def f(a):\n    import math", "math", "other"),
    ],
)
def test_kinds_follow_annotations_literals_and_usage(code: str, name: str, kind: str):
    assert infer(ast.parse(code), {}).get(name, "unknown") == kind


def test_a_read_before_the_only_assignment_is_doubtful():
    tree = ast.parse("def f(a):\n    x = b\n    b = a\n    return [b for b in a]\n")
    assert doubtful_uses(tree, Flow(tree)) == {"b": 1}
