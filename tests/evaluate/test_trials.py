"""Candidates at the stages of an eval, through the real sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sigil.errors import BaselineFailed, InvalidValue
from sigil.evaluate.evaluator import Evaluator
from sigil.evaluate.result import Evaluation

WITHOUT = """
inputs:
  cases:
  - {args: [0], expected: 1}
  - {args: [1], expected: 2}
  - {args: [2], expected: 5}
  - {args: [3], expected: 10}
  - {args: [4], expected: 17}
metrics:
- {id: error, kind: call, measure: error}
- {id: correct, kind: call, measure: matches}
aggregate: {objective: min(error)}
accept: {rule: error < baseline.error}
"""
FEW = """
stages:
- {id: few, cases: 3, promote: error <= 1.5 * baseline.error}
"""


@pytest.fixture
def bed(bed):
    bed.write({"f.py": "def f(x):\n    return x\n"}, pinned="f.py", symbol="f.py:f")
    return bed


@pytest.fixture
def staged(bed) -> Iterator[Evaluator]:
    bed.define(WITHOUT + FEW)
    with bed.evaluator() as evaluator:
        yield evaluator


def returning(expression: str) -> dict[str, str]:
    return {"f.py": f"def f(x):\n    return {expression}\n"}


def screened(bed, text: str, files: dict[str, str]) -> Evaluation:
    bed.define(text)
    with bed.evaluator() as evaluator:
        return evaluator.evaluate(files, effort="screen")


def refused(bed, text: str, files: dict[str, str]) -> tuple[str, str]:
    found = screened(bed, text, files)
    assert found.failure is not None
    assert (found.status, found.costs) == ("failed", ())
    return f"{found.failure.metric}: {found.failure.kind}", found.failure.detail


def test_a_candidate_that_breaks_the_rule_of_a_stage_has_no_costs(bed):
    kind, detail = refused(bed, WITHOUT + FEW, returning("x + 9"))
    assert kind == "few: stage"
    assert detail == (
        "not promoted: error 7.33333 (baseline 1.66667), needs error <= 1.5 * baseline.error"
    )


def test_a_failure_at_a_stage_survives_the_record(staged: Evaluator):
    found = staged.evaluate(returning("x + 9"), effort="screen")
    assert Evaluation.from_json(found.to_json()) == found


def test_the_baseline_of_a_stage_is_measured_on_the_cases_of_the_stage(staged: Evaluator):
    (few,) = staged.facts.stages
    assert few.evaluation.metrics["error"].value == pytest.approx(5 / 3)
    assert staged.baseline().metrics["error"].value == pytest.approx(25 / 5)


def test_only_the_first_cases_count_at_a_stage(bed):
    last_are_wrong = returning("x * x + 1 if x < 3 else 9999")
    assert screened(bed, WITHOUT + FEW, last_are_wrong).status == "measured"


def test_a_share_of_the_cases_is_rounded_up(bed):
    bed.define(WITHOUT + FEW.replace("cases: 3", "cases: 41 %"))
    assert len(bed.evaluator_facts().stages[0].visible.cases) == 3


def test_stages_are_met_in_their_order(bed):
    text = FEW + "- {id: more, cases: 4, promote: error <= baseline.error}\n"
    at_the_third_case = returning("x if x < 3 else 99")
    assert refused(bed, WITHOUT + text, at_the_third_case)[0] == "more: stage"
    assert refused(bed, WITHOUT + text, returning("99"))[0] == "few: stage"


def test_a_confirmation_meets_no_stage(staged: Evaluator):
    found = staged.evaluate(returning("x + 9"), effort="confirm")
    assert (found.status, found.accepted) == ("measured", False)


def test_what_raises_at_a_stage_ends_as_it_would_without_it(bed):
    found = screened(bed, WITHOUT + FEW, returning("1 // x"))
    plain = screened(bed, WITHOUT, returning("1 // x"))
    assert found.failure is not None
    assert plain.failure is not None
    assert (found.status, found.failure.kind) == (plain.status, plain.failure.kind)
    assert found.failure.detail == f"at stage few, {plain.failure.detail}"


def test_a_check_that_the_unchanged_code_passes_ends_a_candidate_at_a_stage(bed):
    text = """
inputs: {cases: [{args: [1]}, {args: [2]}, {args: [3]}]}
metrics:
- {id: same, kind: call, measure: matches}
- {id: latency, kind: call, measure: time}
aggregate: {objective: min(latency)}
accept: {rule: latency <= 0.9 * baseline.latency}
stages:
- {id: first, cases: 1, promote: same==true}
"""
    kind, detail = refused(bed, text, returning("x + 1"))
    assert kind == "same: check"
    assert detail == "at stage first, 1 of 1 cases differ: case 1 (1) gave 2, expected 1"


def test_a_check_that_the_unchanged_code_fails_elsewhere_ends_no_candidate(bed):
    """On the first case alone the baseline passes; a full evaluation asks no more of others."""
    text = WITHOUT.replace("{args: [0], expected: 1}", "{args: [0], expected: 0}") + (
        "stages:\n- {id: few, cases: 1, metrics: [error, correct], promote: error <= 5}\n"
    )
    assert screened(bed, text, returning("x + 1")).status == "measured"


# --- what varies ------------------------------------------------------------------------

TIMED = """
inputs: {cases: [{args: [2000]}, {args: [3000]}]}
metrics:
- {id: same, kind: call, measure: matches}
- {id: latency, kind: call, measure: time}
aggregate: {objective: min(latency)}
accept: {rule: latency <= 0.9 * baseline.latency}
stages:
- {id: short, cases: 1, promote: latency <= 3 * baseline.latency}
"""


@pytest.fixture
def slow(bed):
    loop = "def f(n):\n    s = 0\n    for i in range(n):\n        s += i\n    return s\n"
    bed.write({"f.py": loop}, pinned="f.py", symbol="f.py:f")
    return bed


def looping(times: int) -> dict[str, str]:
    text = f"def f(n):\n    for _ in range({times}):\n        s = 0\n"
    return {"f.py": text + "        for i in range(n):\n            s += i\n    return s\n"}


def test_what_is_clearly_too_slow_is_not_promoted(slow):
    kind, detail = refused(slow, TIMED, looping(20))
    assert kind == "short: stage"
    assert "needs latency <= 3 * baseline.latency" in detail


def test_a_time_below_the_bar_is_promoted_though_single_blocks_exceed_it(slow):
    text = TIMED.replace("<= 3 *", "<= 1.25 *")
    for _ in range(3):
        assert screened(slow, text, looping(1)).status == "measured"


# --- commands ---------------------------------------------------------------------------

COMMANDS = """
metrics:
- {id: size, kind: numeric, command: python3 show.py 1000, parse: 'regex:size=(\\d+)'}
aggregate: {objective: min(size)}
accept: {rule: size < baseline.size}
stages:
- {id: cheap, commands: {size: python3 show.py 10}, promote: size <= 2 * baseline.size}
"""


@pytest.fixture
def shown(bed):
    show = "import sys\nfrom f import f\nprint('size=%d' % f(int(sys.argv[1])))\n"
    files = {"f.py": "def f(x):\n    return x\n", "show.py": show}
    bed.write(files, pinned="f.py", symbol="f.py:f")
    return bed


def test_a_stage_can_run_a_cheaper_command(shown):
    kind, detail = refused(shown, COMMANDS, returning("5 * x"))
    assert kind == "cheap: stage"
    assert detail == "not promoted: size 50 (baseline 10), needs size <= 2 * baseline.size"


def test_what_a_cheaper_command_promotes_is_measured_by_the_full_one(shown):
    found = screened(shown, COMMANDS, returning("x + 1"))
    assert (found.costs, found.accepted) == ((1001.0,), False)


# --- the eval is wrong ------------------------------------------------------------------


def test_the_unchanged_code_has_to_pass_its_own_stages(bed):
    bed.define(WITHOUT + FEW.replace("1.5 *", "0.5 *"))
    with bed.evaluator() as evaluator, pytest.raises(BaselineFailed) as raised:
        evaluator.baseline()
    assert str(raised.value).startswith(
        "x.eval.yaml:18: stages[0].promote: the unchanged code is not promoted: error 1.66667,"
        " needs error <= 0.5 * baseline.error"
    )


def test_a_generator_that_prints_fewer_cases_than_a_stage_asks_for_is_named(bed):
    bed.write(
        {"f.py": "def f(x):\n    return x\n", "make.py": "print('[1]')\n"},
        pinned="f.py",
        symbol="f.py:f",
    )
    cases, _, rest = WITHOUT.partition("metrics:")
    assert "cases:" in cases
    bed.define("inputs: {generator: python3 make.py}\nmetrics:" + rest + FEW)
    with bed.evaluator() as evaluator, pytest.raises(InvalidValue, match="3 cases of 1"):
        evaluator.baseline()


# --- laws -------------------------------------------------------------------------------

COEFFICIENTS = st.tuples(*[st.integers(-2, 2)] * 3)


def bare(found: Evaluation) -> Evaluation:
    return replace(found, elapsed_s=0.0)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(COEFFICIENTS)
def test_a_promoted_candidate_is_evaluated_as_without_stages(pair, coefficients):
    staged, plain = pair
    a, b, c = coefficients
    files = returning(f"{a} * x * x + {b} * x + {c}")
    found, reference = (e.evaluate(files, effort="screen") for e in (staged, plain))
    mean = sum(abs(a * x * x + b * x + c - x * x - 1) for x in range(3)) / 3
    if mean <= 1.5 * 5 / 3:
        assert bare(found) == bare(reference)
    else:
        assert found.failure is not None
        assert found.failure.kind == "stage"


@pytest.fixture
def pair(bed) -> Iterator[tuple[Evaluator, Evaluator]]:
    bed.define(WITHOUT)
    with bed.evaluator() as plain:
        bed.define(WITHOUT + FEW)
        with bed.evaluator() as staged:
            yield staged, plain


# --- the page ---------------------------------------------------------------------------


def test_the_stages_of_the_page_are_stages(bed):
    page = (Path(__file__).parents[2] / "docs" / "evals.md").read_text()
    [block] = re.findall(r"^```yaml\n(stages:\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    size = "- {id: size, kind: numeric, command: python3 build_and_show.py, parse: '(.*)'}\n"
    bed.define(WITHOUT.replace("aggregate:", f"{size}aggregate:", 1) + block)
    few, small = bed.definition.stages
    assert few.count(95) == 10
    assert [metric.command for metric in small.metrics] == ["python3 build_and_show.py --quick"]
