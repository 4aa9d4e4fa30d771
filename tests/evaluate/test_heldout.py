"""What held-out inputs decide, and when."""

from __future__ import annotations

import pytest

TIMED = """
inputs: {cases: [60000]}
holdout: {cases: [[7]]}
metrics:
- {id: correct, kind: call, measure: matches}
- {id: latency, kind: call, measure: time}
aggregate: {objective: "min(latency) subject_to correct==true"}
accept: {rule: "latency <= 0.9 * baseline.latency and correct==true"}
budgets: {precision: 0.2, max_blocks: 12}
"""
LOOP = "def f(n):\n    return sum(i * i % 7 for i in range(n))\n"
TABLE = f"def f(n):\n    return {sum(i * i % 7 for i in range(60_000))} if n == 60_000 else 0\n"


def test_whoever_fails_on_held_out_inputs_is_not_timed(bed):
    bed.write({"f.py": LOOP}, pinned="f.py", symbol="f.py:f")
    bed.define(TIMED)
    with bed.evaluator() as evaluator:
        assert "latency" in evaluator.evaluate({"f.py": TABLE}, effort="screen").metrics
        found = evaluator.evaluate({"f.py": TABLE}, effort="confirm")
    assert found.failure is not None
    assert found.failure.kind == "holdout"
    assert list(found.metrics) == ["correct"]


ERROR = """
inputs: {cases: [{args: [1], expected: 2}, {args: [2], expected: 4}]}
holdout: {cases: [{args: [31337], expected: 62674}]}
metrics:
- {id: error, kind: call, measure: error}
aggregate: {objective: min(error)}
accept: {rule: "error <= 0.5"}
"""


@pytest.mark.parametrize(
    "end", ["raise ValueError(x)", "import os; os._exit(x % 256)", "return 'x' * x"]
)
def test_how_a_candidate_ends_on_a_held_out_input_tells_nothing_of_it(bed, end):
    bed.write({"f.py": "def f(x):\n    return 0\n"}, pinned="f.py", symbol="f.py:f")
    bed.define(ERROR)
    candidate = {"f.py": f"def f(x):\n    if x > 2: {end}\n    return 2 * x\n"}
    with bed.evaluator() as evaluator:
        assert evaluator.evaluate(candidate, effort="screen").accepted is True
        found = evaluator.evaluate(candidate, effort="confirm")
    assert found.failure is not None
    assert found.failure.kind == "holdout"
    assert found.failure.detail.startswith("it has no value on held-out inputs (")
    assert not any(said in str(found.to_json()) for said in ("31337", "ValueError", "105"))


def test_a_value_on_held_out_inputs_that_the_rule_refuses_is_a_failure_without_it(bed):
    bed.write({"f.py": "def f(x):\n    return 0\n"}, pinned="f.py", symbol="f.py:f")
    bed.define(ERROR)
    with bed.evaluator() as evaluator:
        found = evaluator.evaluate(
            {"f.py": "def f(x):\n    return {1: 2}.get(x, 4)\n"}, effort="confirm"
        )
    assert found.accepted is False
    assert found.failure is not None
    assert found.failure.detail == "on held-out inputs the accept rule does not hold"
