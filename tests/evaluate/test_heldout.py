"""What held-out inputs decide, and when."""

from __future__ import annotations

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
