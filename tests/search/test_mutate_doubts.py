"""What a mutation drops, and for which inputs that may matter."""

from __future__ import annotations

import random

import pytest

from sigil.search.model import BASELINE, Parent, View
from sigil.search.mutate.doubts import doubt
from sigil.search.mutate.proposer import Mutate
from sigil.search.pins import Pin

NORMAL = "def f(x):\n    return x.strip().lower()\n"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("x.strip().lower()", "x.lower()", "drops .strip(); may differ for texts that are padded"),
        ("abs(x)", "x", "drops abs(); may differ for numbers below zero or out of bounds"),
        ("check(x)", "x", "drops check(); may differ for inputs that need it"),
        (
            "x.lower() + y.lower()",
            "x.lower() + y",
            "drops .lower(); may differ for texts in other case",
        ),
    ],
)
def test_a_dropped_call_is_named_with_the_inputs_to_think_of(
    before: str, after: str, said: str
) -> None:
    assert doubt([(before, after)], ["method"]) == said


def test_a_call_that_moves_is_not_dropped() -> None:
    assert doubt([("x.strip()", ""), ("", "x.strip()")], ["move"]) == ""


def test_of_many_dropped_calls_a_few_are_named() -> None:
    assert "and 2 more calls" in doubt([("a(b(c(d(e(1)))))", "1")], ["literal"])


def test_a_condition_is_no_call() -> None:
    assert doubt([("if (x):", "")], ["insert"]) == ""


def test_a_deleted_line_and_another_operator_are_doubtful() -> None:
    assert "deleted" in doubt([("x = 1\n", "")], ["delete"])
    assert "unlike those tried" in doubt([("<", "<=")], ["operator"])


def test_the_note_of_a_mutation_that_drops_a_call_says_so() -> None:
    view = View(
        pins=[Pin("p", "python", ("a.py",), "f")],
        parents=[Parent(BASELINE, {"a.py": NORMAL}, (1.0,))],
        random=random.Random(1),
        seed=1,
    )
    found = [one.note for one in Mutate().ask(view, 300) if one.note.startswith("x.strip() → x at")]
    assert found
    assert all(
        note.endswith("drops .strip(); may differ for texts that are padded") for note in found
    )
