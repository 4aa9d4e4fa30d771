"""Candidates evaluated in stages, through the real sandbox."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest

from sigil.errors import BaselineFailed, FlakyCheck, InvalidValue
from sigil.evaluate import baseline as measuring
from sigil.evaluate import instruments
from sigil.evaluate.evaluator import SCREEN_BLOCKS_BEST_OF, Evaluator
from sigil.evaluate.intervals import least_count
from sigil.evaluate.result import Evaluation, Interval

SQUARE = """
inputs:
  cases: [{args: [0], expected: 0}, {args: [1], expected: 1}, {args: [3], expected: 9}]
holdout:
  cases: [{args: [5], expected: 25}, {args: [-2], expected: 4}]
metrics:
- {id: accuracy, kind: call, measure: agreement}
- {id: correct, kind: call, measure: matches}
aggregate: {objective: max(accuracy)}
accept: {rule: "accuracy >= 1 and correct==true"}
"""


IDENTITY = "def f(x):\n    return x\n"


@pytest.fixture
def bed(bed):
    bed.write({"f.py": IDENTITY}, pinned="f.py", symbol="f.py:f")
    return bed


@pytest.fixture(scope="module")
def square(shared_bed) -> Iterator[Evaluator]:
    bed = shared_bed()
    bed.write({"f.py": IDENTITY}, pinned="f.py", symbol="f.py:f")
    bed.define(SQUARE)
    with bed.evaluator() as evaluator:
        yield evaluator


def returning(expression: str) -> dict[str, str]:
    return {"f.py": f"def f(x):\n    return {expression}\n"}


def screened(bed, text: str, files: dict[str, str]) -> Evaluation:
    bed.define(text)
    with bed.evaluator() as evaluator:
        return evaluator.evaluate(files, effort="screen")


# --- the baseline -----------------------------------------------------------------------


def test_a_baseline_that_fails_a_check_can_be_mended(square: Evaluator):
    baseline = square.baseline()
    assert baseline.metrics["accuracy"].value == pytest.approx(2 / 3)
    assert (baseline.status, baseline.metrics["correct"].value) == ("measured", False)


def test_a_baseline_that_breaks_its_constraint_has_no_costs(bed):
    bed.define(SQUARE.replace("max(accuracy)", '"max(accuracy) subject_to correct==true"'))
    with bed.evaluator() as evaluator:
        baseline = evaluator.baseline()
    assert (baseline.status, baseline.costs) == ("failed", ())
    assert baseline.failure is not None
    assert baseline.failure.kind == "constraint"


RANDOM = "import os\ndef f(x):\n    return int.from_bytes(os.urandom({size}), 'big')\n"


def test_a_check_of_code_that_never_repeats_itself_is_named(bed):
    bed.write({"f.py": RANDOM.format(size=8)}, pinned="f.py", symbol="f.py:f")
    bed.define(SQUARE.replace(", expected: 9", ""))
    with bed.evaluator() as evaluator, pytest.raises(FlakyCheck) as raised:
        evaluator.baseline()
    assert str(raised.value).startswith("x.eval.yaml:10: metrics[1]: correct: the unchanged code")


def test_a_check_that_answers_by_chance_is_named(bed):
    coin = "import os\ndef f(x):\n    return x * x + (os.urandom(1)[0] < 64) * (x == 0)\n"
    bed.write({"f.py": coin}, pinned="f.py", symbol="f.py:f")
    bed.define(SQUARE)
    for _ in range(30):
        try:
            with bed.evaluator() as evaluator:
                evaluator.baseline()
        except FlakyCheck as flaky:
            assert "about the same unchanged code" in str(flaky)  # noqa: PT017 - by chance
            return
    pytest.fail("three readings of a coin agreed thirty times")


def test_a_baseline_that_raises_leaves_no_error_metric(bed):
    bed.write({"f.py": "def f(x):\n    return 1 / x\n"}, pinned="f.py", symbol="f.py:f")
    bed.define(SQUARE.replace("measure: agreement", "measure: error"))
    with bed.evaluator() as evaluator, pytest.raises(BaselineFailed) as raised:
        evaluator.baseline()
    assert "metrics[0]" in str(raised.value)
    assert "ZeroDivisionError" in str(raised.value)


def test_a_baseline_that_does_not_load_is_an_error_of_the_target(bed):
    bed.write({"f.py": "import gone\ndef f(x):\n    return x\n"}, pinned="f.py", symbol="f.py:f")
    bed.define(SQUARE)
    with bed.evaluator() as evaluator, pytest.raises(BaselineFailed, match="gone"):
        evaluator.baseline()


# --- candidates -------------------------------------------------------------------------


def test_a_candidate_that_solves_it_is_accepted(square: Evaluator):
    found = square.evaluate(returning("x * x"), effort="screen")
    assert (found.status, found.accepted, found.costs) == ("measured", True, (-1.0,))


def test_a_candidate_that_is_better_but_not_right_has_a_cost(square: Evaluator):
    found = square.evaluate(returning("x if x < 2 else 9.0"), effort="screen")
    assert (found.status, found.accepted) == ("measured", False)


def test_a_check_that_the_baseline_passes_ends_a_candidate_and_shows_the_case(bed):
    found = screened(bed, SQUARE.replace("expected: 9", "expected: 3"), returning("-x"))
    assert found.failure is not None
    assert (found.status, found.costs, found.failure.metric) == ("failed", (), "correct")
    assert found.failure.detail == "2 of 3 cases differ: case 2 (1) gave -1, expected 1"


def test_a_broken_constraint_ends_a_candidate(bed):
    text = SQUARE.replace("max(accuracy)", '"max(accuracy) subject_to accuracy >= 0.9"')
    found = screened(bed, text, returning("x"))
    assert found.failure is not None
    assert (found.status, found.failure.kind, found.costs) == ("failed", "constraint", ())


@pytest.mark.parametrize(
    ("text", "status", "kind"),
    [
        ("def f(x) return", "error", "load"),
        ("def g(x):\n    return x\n", "error", "load"),
        ("import os\ndef f(x):\n    os._exit(0)\n", "error", "exited"),
        ("def f(x):\n    while True: pass\n", "timeout", "timeout"),
    ],
)
def test_an_error_is_never_a_score(bed, text: str, status: str, kind: str):
    found = screened(bed, SQUARE + "budgets: {candidate_timeout_s: 1}\n", {"f.py": text})
    assert found.failure is not None
    assert (found.status, found.failure.kind, found.costs) == (status, kind, ())
    assert found.accepted is False


ENDLESS = {"f.py": "def f(x):\n    while True: pass\n"}


def patience_with(evaluator: Evaluator) -> str:
    """Return how long an answer of a loop without end was waited for, such as ``0.4 s``."""
    found = evaluator.evaluate(ENDLESS, effort="screen")
    assert found.failure is not None
    return found.failure.detail.removeprefix("no answer within ")


@pytest.mark.parametrize(("took_ms", "waited"), [(8, "0.4 s"), (16, "0.8 s"), (1, "0.3 s")])
def test_a_loop_without_end_costs_a_multiple_of_what_the_unchanged_code_took(
    bed, monkeypatch, took_ms: int, waited: str
):
    monkeypatch.setattr(instruments, "LEAST_PATIENCE_S", 0.3)
    bed.define(SQUARE)
    with bed.evaluator() as evaluator:
        learned = replace(evaluator.facts, longest={"f.py:f": took_ms * 10**6})
    with bed.evaluator() as evaluator:
        evaluator.adopt(learned)
        assert patience_with(evaluator) == waited


def test_what_the_unchanged_code_takes_is_learned_with_its_baseline(timed, monkeypatch):
    monkeypatch.setattr(instruments, "LEAST_PATIENCE_S", 0.0)
    took_ms = timed.baseline().metrics["latency"].value
    waited = patience_with(timed)
    longest_ms = timed.facts.longest["f.py:f"] / 1e6
    assert longest_ms >= took_ms
    assert waited == f"{instruments.PATIENCE * longest_ms / 1e3:.3g} s"


def test_a_message_of_a_candidate_is_escaped(bed):
    hostile = returning("'\\x1b[31m' * 500")
    found = screened(bed, SQUARE.replace("expected: 9", "expected: 3"), hostile)
    assert found.failure is not None
    assert "\x1b" not in found.failure.detail
    assert len(found.failure.detail) < 300


def test_a_scorer_of_the_repository_judges_away_from_the_candidate(bed):
    files = {
        "f.py": "def f(x):\n    return x\n",
        "score.py": "def score(case, value):\n    return abs(case['args'][0] ** 2 - value)\n",
    }
    bed.write(files, pinned="f.py", symbol="f.py:f")
    text = SQUARE.replace("measure: agreement", "measure: 'score.py:score'")
    found = screened(bed, text.replace("max", "min"), returning("x * x + 1"))
    assert found.costs == (1.0,)


def test_a_candidate_cannot_patch_the_scorer(bed):
    files = {
        "f.py": "def f(x):\n    return x\n",
        "score.py": "def score(case, value):\n    return abs(case['args'][0] ** 2 - value)\n",
    }
    bed.write(files, pinned="f.py", symbol="f.py:f")
    text = SQUARE.replace("measure: agreement", "measure: 'score.py:score'")
    cheat = "import score\nscore.score = lambda case, value: -100\ndef f(x):\n    return x + 1\n"
    found = screened(bed, text.replace("max", "min"), {"f.py": cheat})
    assert found.costs == (pytest.approx((1 + 1 + 5) / 3),)


# --- held-out inputs --------------------------------------------------------------------


def test_hard_coded_visible_cases_fail_on_held_out_ones(square: Evaluator):
    cheat = returning("{0: 0, 1: 1, 3: 9}.get(x, 0)")
    assert square.evaluate(cheat, effort="screen").accepted is True
    found = square.evaluate(cheat, effort="confirm")
    assert found.failure is not None
    assert (found.accepted, found.failure.kind, found.costs) == (False, "holdout", ())
    assert found.metrics["accuracy"].value == 1.0
    assert found.holdout["accuracy"].value == 0.0


def test_a_held_out_failure_tells_nothing_of_any_case(bed):
    bed.define(SQUARE.replace("expected: 9", "expected: 3").replace("25", "5").replace("4}", "-2}"))
    with bed.evaluator() as evaluator:
        found = evaluator.evaluate(returning("x if x in (0, 1, 3) else [][x]"), effort="confirm")
    assert found.failure is not None
    assert found.failure.detail == "2 of 2 held-out cases differ"


def test_an_honest_solution_passes_on_held_out_cases(square: Evaluator):
    found = square.evaluate(returning("x ** 2"), effort="confirm")
    assert (found.accepted, found.holdout["correct"].value) == (True, True)


# --- times ------------------------------------------------------------------------------

TIMED = """
inputs: {cases: [60000]}
metrics:
- {id: correct, kind: call, measure: matches}
- {id: latency, kind: call, measure: time}
aggregate: {objective: "min(latency) subject_to correct==true"}
accept: {rule: "latency <= 0.9 * baseline.latency and correct==true"}
budgets: {precision: 0.2, max_blocks: 30}
"""
LOOP = """
def f(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total
"""
COMPUTED = sum(i * i % 7 for i in range(60_000))


@pytest.fixture(scope="module")
def looping(shared_bed):
    bed = shared_bed()
    bed.write({"f.py": LOOP}, pinned="f.py", symbol="f.py:f")
    bed.define(TIMED)
    return bed


@pytest.fixture(scope="module")
def timed(looping) -> Iterator[Evaluator]:
    with looping.evaluator() as evaluator:
        yield evaluator


def test_a_time_of_too_few_samples_is_no_exact_value(bed, monkeypatch):
    monkeypatch.setattr(measuring, "ENOUGH_NS", 0)
    bed.write({"f.py": LOOP}, pinned="f.py", symbol="f.py:f")
    bed.define(TIMED)
    with bed.evaluator() as evaluator:
        latency = evaluator.baseline().metrics["latency"]
    assert latency.n == measuring.REPEATS
    assert latency.interval == Interval(-math.inf, math.inf, 0.99)


def test_a_candidate_that_is_truly_faster_is_accepted(timed: Evaluator):
    half = LOOP.replace("range(n)", "range(n // 7 * 7, n)").replace(
        "total = 0", "total = n // 7 * 14"
    )
    found = timed.evaluate({"f.py": half}, effort="confirm")
    assert found.accepted is True
    latency = found.metrics["latency"]
    assert latency.ratio is not None
    assert latency.ratio < 0.5
    assert latency.ratio_interval is not None


def test_a_plain_winner_needs_hardly_more_blocks_than_decide(bed):
    bed.write({"f.py": LOOP}, pinned="f.py", symbol="f.py:f")
    bed.define(TIMED.replace("precision: 0.2, max_blocks: 30", "precision: 0.001"))
    with bed.evaluator() as evaluator:
        found = evaluator.evaluate(
            {"f.py": f"def f(n):\n    return {COMPUTED}\n"}, effort="confirm"
        )
    assert found.accepted is True
    assert found.metrics["latency"].n <= 60  # of 200; it takes about ten


def test_a_confirmation_ends_when_its_time_is_up(bed):
    bed.write({"f.py": LOOP}, pinned="f.py", symbol="f.py:f")
    bed.define(TIMED.replace("precision: 0.2, max_blocks: 30", "precision: 0.001"))
    bed.settings = replace(bed.settings, confirm_s=0.001)
    with bed.evaluator() as evaluator:
        found = evaluator.evaluate({"f.py": LOOP + "\n"}, effort="confirm")
    assert found.metrics["latency"].n <= 9


def test_a_screening_ends_once_the_bar_is_clearly_out_of_reach(timed: Evaluator):
    cost = timed.baseline().costs[0]
    same = {"f.py": LOOP + "\n"}
    found = timed.evaluate(same, effort="screen", bar=(cost / 10,))
    assert found.cut
    assert found.status == "measured"
    assert found.metrics["latency"].n == 1


def test_a_screening_near_the_bar_takes_all_its_blocks(timed: Evaluator):
    half = {"f.py": LOOP.replace("range(n)", "range(n // 2)").replace(
        "return total", f"return {COMPUTED}"
    )}  # fmt: skip
    cost = timed.baseline().costs[0]
    found = timed.evaluate(half, effort="screen", bar=(cost,))
    assert not found.cut
    assert found.metrics["latency"].n == SCREEN_BLOCKS_BEST_OF


def test_a_bar_does_not_end_a_confirmation(timed: Evaluator):
    winner = {"f.py": f"def f(n):\n    return {COMPUTED}\n"}
    found = timed.evaluate(winner, effort="confirm", bar=(1e-9,))
    assert found.accepted is True
    assert not found.cut


def test_a_value_is_in_the_units_of_the_baseline(timed: Evaluator):
    baseline = timed.baseline().metrics["latency"]
    latency = timed.evaluate({"f.py": LOOP + "\n"}, effort="confirm").metrics["latency"]
    assert isinstance(latency.ratio, float)
    assert latency.value == pytest.approx(latency.ratio * baseline.value)
    assert (latency.unit, baseline.unit) == ("ms", "ms")


@pytest.mark.parametrize(
    "cheat",
    [
        pytest.param(
            "{loop}\nMEMO = {{60000: f(60000)}}\ndef g(n):\n    return MEMO[n]\nf = g\n",
            id="precomputing at import",
        ),
        pytest.param(
            "import functools\n{loop}\nf = functools.lru_cache(f)\nf(60000)\n",
            id="memoising at import",
        ),
        pytest.param(
            "import time\ntime.perf_counter = time.perf_counter_ns = time.monotonic = lambda: 0\n"
            "time.time = lambda: 0\n{loop}",
            id="patching clocks",
        ),
        pytest.param(
            "import functools\n{loop}\nf = functools.lru_cache(f)\n",
            id="memoising between batches",
        ),
    ],
)
def test_a_candidate_does_not_gain_by(timed: Evaluator, cheat: str):
    found = timed.evaluate({"f.py": cheat.format(loop=LOOP)}, effort="confirm")
    assert found.accepted is not True


def test_an_answer_that_is_put_off_is_no_answer(timed: Evaluator):
    lazy = f"class Lazy(int):\n    pass\n{LOOP}\ng = f\ndef f(n):\n    return Lazy(g(n))\n"
    found = timed.evaluate({"f.py": lazy}, effort="confirm")
    assert (found.status, found.costs) == ("failed", ())


def test_a_wrong_answer_is_found_before_anything_is_timed(timed: Evaluator):
    found = timed.evaluate({"f.py": "def f(n):\n    return 0\n"}, effort="confirm")
    assert found.failure is not None
    assert (found.failure.metric, "latency" in found.metrics) == ("correct", False)


def test_a_screening_of_something_hopeless_ends_at_once(timed: Evaluator):
    four_times = LOOP + "g = f\ndef f(n):\n    return [g(n) for _ in range(4)][0]\n"
    found = timed.evaluate({"f.py": four_times}, effort="screen")
    assert (found.status, found.metrics["latency"].n) == ("measured", 1)


def test_a_constant_that_skips_the_work_is_timed_for_what_it_does(timed: Evaluator):
    found = timed.evaluate({"f.py": f"def f(n):\n    return {COMPUTED}\n"}, effort="screen")
    assert found.costs[0] < timed.baseline().costs[0] / 5


def test_the_same_seed_gives_the_same_order(bed):
    bed.define(SQUARE)
    with bed.evaluator() as one, bed.evaluator() as other:
        left = one.evaluate(returning("x + x"), effort="confirm")
        right = other.evaluate(returning("x + x"), effort="confirm")
    assert left.metrics == right.metrics


# --- what varies by itself, whatever the machine does ----------------------------------

VARYING = (
    "import os\ndef f(x):\n    return {least} + int.from_bytes(os.urandom(4), 'big') / 2**29\n"
)
SIZE = """
inputs: {cases: [1]}
metrics:
- {id: size, kind: call, measure: 'score.py:score'}
- {id: gap, kind: call, measure: 'score.py:gap'}
aggregate: {objective: min(size)}
accept: {rule: BAR}
budgets: {max_blocks: 30, confidence: 0.9}
"""


@pytest.mark.parametrize(
    ("bar", "least"),
    [
        pytest.param("size <= 0.5 * baseline.size", 100, id="no better"),
        pytest.param("size / gap <= 1", 200, id="surely worse, though the rule is open"),
    ],
)
def test_a_confirmation_that_leads_nowhere_ends_soon(bed, bar: str, least: int):
    files = {
        "f.py": VARYING.format(least=100),
        "score.py": "def score(case, value):\n    return value\ndef gap(*_):\n    return 0\n",
    }
    bed.write(files, pinned="f.py", symbol="f.py:f")
    bed.define(SIZE.replace("BAR", bar))
    with bed.evaluator() as evaluator:
        found = evaluator.evaluate({"f.py": VARYING.format(least=least)}, effort="confirm")
    assert found.accepted is not True
    assert found.metrics["size"].n == least_count(0.9)


# --- baselines from elsewhere -----------------------------------------------------------


def test_an_evaluator_can_rely_on_the_baseline_of_another(bed):
    bed.define(SQUARE)
    with bed.evaluator() as first, bed.evaluator() as second:
        second.adopt(first.facts)
        assert second.baseline() == first.baseline()
        assert second.evaluate(returning("x * x"), effort="confirm").accepted is True


def test_a_resumed_run_keeps_its_yardstick(looping, timed: Evaluator):
    facts = timed.facts
    latency = facts.evaluation.metrics["latency"]
    before = replace(
        facts.evaluation, metrics={"latency": replace(latency, value=latency.value * 10)}
    )
    with looping.evaluator() as resumed:
        resumed.adopt(facts.rebased(before))
        found = resumed.evaluate({"f.py": LOOP + "\n"}, effort="confirm").metrics["latency"]
    assert found.value > 5 * latency.value
    assert found.ratio is not None
    assert found.ratio < 5


def test_a_module_to_preload_that_is_not_installed_is_named(bed):
    bed.define(SQUARE + "preload: [math, surely_not_installed]\n")
    with pytest.raises(InvalidValue, match=r"preload\[1\]: .* has no module surely_not_installed"):
        bed.evaluator()


def test_the_environment_says_what_values_depend_on(square: Evaluator):
    square.baseline()
    found = square.describe_environment()
    assert {"python", "packages", "cores", "platform", "isolation"} <= found.keys()
    assert found["isolation"]["calls"]["self_test"] == "passed"
