"""Conditions that always say the same, and code without them."""

from __future__ import annotations

import ast

import pytest

from sigil.optimize.conditions import certain, operands, unconditional, without_operand
from sigil.search.mutate.source import Edit, Source


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1 < 2", True),
        ("1 > -1", True),
        ("2 < 1", False),
        ("x == x", True),
        ("x[0] <= x[0]", True),
        ("x != x", False),
        ("f(x) == f(x)", None),
        ("len(x) >= 0", True),
        ("len(x) < 0", False),
        ("len(x) > 0", None),
        ("not x is x", False),
        ("x or 1", True),
        ("x and 0", False),
        ("x and 1", None),
        ("True and 1", True),
        ("'a' < 1", None),
        ("x < y < 3", None),
        ("x", None),
    ],
)
def test_what_a_condition_always_says(text: str, said: bool | None) -> None:
    assert certain(ast.parse(text, mode="eval").body) is said


def edited(text: str, edit: Edit | None) -> str:
    assert edit is not None
    return text[: edit.start] + edit.text + text[edit.end :]


def first_if(source: Source) -> ast.If:
    return next(node for node in ast.walk(source.tree) if isinstance(node, ast.If))


WRAPPED = '''\
def f(x):
    if x:  # why
        # what is done
        y = """
        deep
"""
        z = (x,
    y)
        w = 1
    return y
'''


def test_what_was_under_a_condition_keeps_its_comments_and_texts() -> None:
    source = Source(WRAPPED)
    assert edited(WRAPPED, unconditional(source, first_if(source))) == (
        'def f(x):\n    y = """\n        deep\n"""\n    z = (x,\n    y)\n    w = 1\n    return y\n'
    )


@pytest.mark.parametrize(
    ("text", "holds", "left"),
    [
        ("if a: b; c\nd\n", True, "b; c\nd\n"),
        ("if a:\n\tb\nelse:\n\tc\n", True, "b\n"),
        ("if a:\n\tb\nelse:\n\tc\n", False, "c\n"),
        ("if a:\n  @d\n  def f(): pass\n", True, "@d\ndef f(): pass\n"),
        ("if a:\r\n    b\r\n", True, "b\r\n"),
    ],
)
def test_an_if_becomes_what_it_does(text: str, holds: bool, left: str) -> None:
    source = Source(text)
    assert edited(text, unconditional(source, first_if(source), holds=holds)) == left


def test_an_elif_and_a_branch_that_is_not_there_stay() -> None:
    source = Source("if a:\n    b\nelif c:\n    d\n")
    chain = first_if(source)
    assert isinstance(chain.orelse[0], ast.If)
    assert unconditional(source, chain.orelse[0]) is None
    source = Source("if a:\n    b\n")
    assert unconditional(source, first_if(source), holds=False) is None


@pytest.mark.parametrize(
    ("number", "left"), [(0, "x = (b) and c\n"), (1, "x = a and c\n"), (2, "x = a and (b)\n")]
)
def test_an_operand_goes_with_its_operator_and_parentheses(number: int, left: str) -> None:
    text = "x = a and (b) and c\n"
    source = Source(text)
    whole, operand = list(operands(source.tree))[number]
    assert edited(text, without_operand(source, whole, operand)) == left
