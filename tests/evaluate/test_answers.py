"""What counts as an answer of a function: its value, and what it makes of its arguments."""

from __future__ import annotations

import pytest

from sigil.evaluate.result import Evaluation

MATCHES = """
inputs:
  cases: {cases}
metrics:
- {{id: same, kind: call, measure: matches}}
- {{id: share, kind: call, measure: agreement}}
aggregate: {{objective: max(share)}}
accept: {{rule: same==true}}
"""
SORT = """
def f(xs):
    for i in range(len(xs)):
        for j in range(len(xs) - 1 - i):
            if xs[j] > xs[j + 1]:
                xs[j], xs[j + 1] = xs[j + 1], xs[j]
"""


def screened(bed, cases: str, before: str, after: str) -> Evaluation:
    bed.write({"f.py": before}, pinned="f.py", symbol="f.py:f")
    bed.define(MATCHES.format(cases=cases))
    with bed.evaluator() as evaluator:
        return evaluator.evaluate({"f.py": after}, effort="confirm")


# --- arguments --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "accepted"),
    [
        ("def f(xs):\n    xs.sort()\n", True),
        ("def f(xs):\n    pass\n", False),
        ("def f(xs):\n    xs = sorted(xs)\n", False),
        ("def f(xs):\n    xs[:] = [object()]\n", False),
        ("def f(xs):\n    xs[:] = [True if x == 1 else x for x in sorted(xs)]\n", False),
    ],
)
def test_a_sort_in_place_has_to_sort(bed, after: str, accepted: bool):
    assert screened(bed, "[[[3, 1, 2]], [[]]]", SORT, after).accepted is accepted


def test_an_argument_that_is_changed_otherwise_is_shown(bed):
    before = "def f(xs):\n    xs.append(3)\n    return len(xs)\n"
    found = screened(bed, "[[[1]]]", before, before.replace("3", "4"))
    assert found.failure is not None
    assert found.failure.detail == (
        "1 of 1 cases differ: case 1 ([1]) left its arguments as (([1, 4],), {}),"
        " expected (([1, 3],), {})"
    )


def test_keyword_arguments_count_as_well(bed):
    before = "def f(*, into):\n    into['n'] = 1\n"
    cases = "[{kwargs: {into: {}}}]"
    assert screened(bed, cases, before, before.replace("1", "2")).accepted is False
    assert screened(bed, cases, before, "def f(*, into):\n    into.update(n=1)\n").accepted


def test_a_candidate_that_begins_to_change_its_argument_is_not_the_same(bed):
    before = "def f(xs):\n    return sorted(xs)\n"
    after = "def f(xs):\n    xs.sort()\n    return xs\n"
    assert screened(bed, "[[[3, 1, 2]]]", before, after).accepted is False
