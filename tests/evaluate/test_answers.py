"""What counts as an answer of a function: its value, and what it makes of its arguments."""

from __future__ import annotations

import pytest

from sigil.errors import BaselineFailed, InvalidValue
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


# --- the unchanged code has no answer ---------------------------------------------------


def refused(bed, cases: str, before: str, symbol: str = "f") -> str:
    """Return what the baseline is refused for."""
    bed.write({"f.py": before}, pinned="f.py", symbol=f"f.py:{symbol}")
    bed.define(MATCHES.format(cases=cases))
    with pytest.raises((BaselineFailed, InvalidValue)) as raised, bed.evaluator() as evaluator:
        evaluator.baseline()
    return str(raised.value)


def test_inputs_on_which_the_unchanged_code_raises_are_refused(bed):
    text = refused(bed, "[[1], [1, 2, 3, 4]]", "def f(a, b=3):\n    return a + b\n")
    assert text.startswith(
        "x.eval.yaml:7: metrics[0]: on case 2 the unchanged code raised TypeError: f() takes"
    )
    assert "; mend the inputs, or give the case an expected value" in text


def test_held_out_inputs_on_which_the_unchanged_code_raises_are_refused(bed):
    cases = "[[1]]\nholdout:\n  cases: [[1], [0]]"
    text = refused(bed, cases, "def f(x):\n    return 1 // x\n")
    assert "on held-out case 2 the unchanged code raised ZeroDivisionError" in text


def test_a_case_with_an_expected_value_may_raise_before_it_is_mended(bed):
    cases = "[{args: [0], expected: 0}]"
    found = screened(bed, cases, "def f(x):\n    return 1 // x\n", "def f(x):\n    return 0\n")
    assert found.accepted is True


@pytest.mark.parametrize(("error", "accepted"), [("KeyError", True), ("ValueError", False)])
def test_an_exception_can_be_the_answer(bed, error: str, accepted: bool):
    before = "def f(x):\n    raise KeyError(x)\n"
    after = f"def f(x):\n    raise {error}(-x)\n"
    assert screened(bed, "[{args: [1], raises: KeyError}]", before, after).accepted is accepted


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "async def f(x):\n    return x\n",
            "case 1 returned a coroutine, which has no plain value to compare; call a wrapper",
        ),
        ("def f(x):\n    yield x\n", "a generator, which has no plain value to compare; call a"),
        ("class A: pass\ndef f(x):\n    return [A()]\n", "case 1 returned an A, which has no"),
        ("def f(x):\n    return float('nan')\n", "no plain value to compare: nan has no JSON form"),
        (
            "def f(x):\n    x.append(object())\n",
            "no plain value to compare: left in its arguments: a value of type object",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(bed, before: str, said: str):
    assert said in refused(bed, "[[[1]]]", before)


def test_a_method_has_no_object_to_be_called_on(bed):
    text = refused(bed, "[1]", "class C:\n    def f(self, x):\n        return x\n", "C.f")
    assert text.startswith(
        "x.eval.yaml:8: metrics[1].function: C.f is a method, and a call has no object"
    )


def test_a_static_method_is_a_function(bed):
    source = "class C:\n    @staticmethod\n    def f(x):\n        return x\n"
    bed.write({"f.py": source}, pinned="f.py", symbol="f.py:C.f")
    bed.define(MATCHES.format(cases="[1]"))
    assert bed.evaluator_facts().evaluation.metrics["same"].value is True


# --- checks that the unchanged code fails -----------------------------------------------


def test_a_check_that_the_unchanged_code_fails_says_why(bed):
    bed.write({"f.py": "def f(x):\n    return 0\n"}, pinned="f.py", symbol="f.py:f")
    bed.define(MATCHES.format(cases="[{args: [1], expected: 1}, {args: [0], expected: 0}]"))
    found = bed.evaluator_facts().evaluation
    assert found.refusals == {"same": "case 1 (1) gave 0, expected 1; 1 of 2 cases differ"}
    assert Evaluation.from_json(found.to_json()) == found


def test_a_command_that_says_no_says_how_it_ended(bed):
    files = {"f.py": "def f(x):\n    return 0\n", "check.py": "raise SystemExit('not yet')\n"}
    bed.write(files, pinned="f.py", symbol="f.py:f")
    bed.define(
        MATCHES.format(cases="[1]").replace(
            "metrics:",
            "metrics:\n- {id: tested, kind: checker, command: python check.py, "
            "parse: 'exit_code==0'}",
        )
    )
    assert bed.evaluator_facts().evaluation.refusals == {"tested": "exit status 1: not yet"}
