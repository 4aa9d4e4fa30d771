"""Evals of commands, built and run in scratch checkouts of the real sandbox."""

from __future__ import annotations

import pytest

from sigil.errors import (
    BaselineFailed,
    CommandMissing,
    CommandTimedOut,
    FlakyCheck,
    NotANumber,
    OutputFlood,
    ParseMatchedNothing,
    SigilError,
)
from sigil.evaluate.result import Evaluation

FILES = {
    "target.py": "def f(x):\n    return x + 1\n",
    "bench.py": "from target import f\nprint('score', f(1))\n",
    "check.py": "from target import f\nassert f(1) == 2, f(1)\n",
}
METRICS = """
metrics:
- {id: ok, kind: checker, command: python check.py, parse: exit_code==0}
- {id: score, kind: numeric, command: python bench.py, parse: 'score (\\S+)'}
aggregate: {objective: "max(score) subject_to ok==true"}
accept: {rule: "score > baseline.score and ok==true"}
"""


@pytest.fixture
def bed(bed):
    bed.write(FILES, pinned="target.py")
    bed.define(METRICS)
    return bed


def with_files(bed, **files: str):
    bed.write(FILES | {f"{name}.py": text for name, text in files.items()}, pinned="target.py")
    return bed


def evaluated(bed, text: str, effort: str = "screen") -> Evaluation:
    with bed.evaluator() as evaluator:
        return evaluator.evaluate({"target.py": text}, effort=effort)


def baseline_error(bed) -> SigilError:
    with bed.evaluator() as evaluator, pytest.raises(SigilError) as raised:
        evaluator.baseline()
    return raised.value


# --- what a baseline may not do ---------------------------------------------------------


@pytest.mark.parametrize(
    ("bench", "error", "place"),
    [
        ("print('sore 1')", ParseMatchedNothing, "metrics[1].parse"),
        ("print('score nan')", NotANumber, "metrics[1].parse"),
        ("while True: pass", CommandTimedOut, "metrics[1].command"),
        ("while True: print('x' * 99999)", OutputFlood, "metrics[1].command"),
        ("import os; os.kill(os.getpid(), 11)", BaselineFailed, "metrics[1].command"),
    ],
)
def test_a_baseline_that_cannot_be_measured_is_an_error(bed, bench, error, place):
    with_files(bed, bench=bench)
    bed.define(METRICS + "budgets: {candidate_timeout_s: 2, output_mb: 0.5}\n")
    raised = baseline_error(bed)
    assert type(raised) is error
    assert f"x.eval.yaml:6: {place}: on the unchanged code: " in str(raised)
    assert "\n" not in str(raised)


def test_a_program_that_does_not_exist_is_named(bed):
    bed.define(METRICS.replace("python bench.py", "./no/such/bench"))
    raised = baseline_error(bed)
    assert type(raised) is CommandMissing
    assert "metrics[1].command" in str(raised)


def test_a_check_that_answers_by_chance_is_named(bed):
    coin = "import os, sys\nsys.exit(int.from_bytes(os.urandom(1), 'big') % 2)\n"
    with_files(bed, check=coin)
    bed.define(METRICS)
    for _ in range(30):
        try:
            with bed.evaluator() as evaluator:
                evaluator.baseline()
        except FlakyCheck as flaky:
            assert "x.eval.yaml:5: metrics[0]: ok said yes" in str(flaky)  # noqa: PT017 - by chance
            return
    pytest.fail("three throws of a coin agreed thirty times")


# --- candidates -------------------------------------------------------------------------


def test_a_candidate_is_checked_and_measured(bed):
    text = "def f(x):\n    return 2 if x == 1 else 0\n"
    found = evaluated(bed, text)
    assert (found.status, found.costs, found.accepted) == ("measured", (-2.0,), False)


def test_a_check_that_says_no_ends_a_candidate_before_it_is_measured(bed):
    found = evaluated(bed, "def f(x):\n    return 5\n")
    assert found.failure is not None
    assert (found.failure.kind, found.failure.metric, "score" in found.metrics) == (
        "check",
        "ok",
        False,
    )
    assert found.failure.detail == "exit status 1: AssertionError: 5"
    assert "$ python check.py" in found.log


def test_a_better_score_is_accepted(bed):
    bed.define(METRICS.replace("subject_to ok==true", "").replace(" and ok==true", ""))
    with_files(bed, check="pass\n")
    assert evaluated(bed, "def f(x):\n    return x + 2\n", "confirm").accepted is True


def test_a_second_line_with_a_score_does_not_count(bed):
    with_files(bed, check="pass\n")
    found = evaluated(bed, "print('score 1000')\ndef f(x):\n    return x + 1\n")
    assert found.failure is not None
    assert (found.status, found.failure.kind) == ("error", "surplus")


def test_a_score_beside_a_crash_does_not_count(bed):
    with_files(bed, check="pass\n")
    found = evaluated(bed, "class S(int):\n    def __format__(self, _): return '9'\n"
                           "import atexit, os\natexit.register(lambda: os._exit(3))\n"
                           "def f(x):\n    return x + 9\n")  # fmt: skip
    assert found.failure is not None
    assert (found.status, found.failure.kind) == ("error", "exited")


def test_a_check_and_a_number_of_one_command_share_its_run(bed):
    counted = "import os\n" + FILES["bench.py"] + "from target import f\nassert f(1) == 2\n"
    with_files(bed, bench=counted)
    bed.define(METRICS.replace("python check.py", "python bench.py"))
    right, wrong = "def f(x):\n    return 2\n", "def f(x):\n    return 9\n"
    assert evaluated(bed, right).metrics["score"].value == 2.0
    found = evaluated(bed, wrong)
    assert found.failure is not None
    assert (found.status, found.failure.metric, found.failure.kind) == ("failed", "ok", "check")


def test_a_number_beside_the_exit_code_of_the_baseline_counts(bed):
    with_files(bed, check="pass\n", bench=FILES["bench.py"] + "raise SystemExit(f(1) < 3)\n")
    bed.define(METRICS)
    with bed.evaluator() as evaluator:
        assert evaluator.baseline().metrics["score"].value == 2.0
        better = {"target.py": "def f(x):\n    return 5\n"}
        assert evaluator.evaluate(better, effort="confirm").accepted is True


def test_a_number_that_varies_is_sampled_in_blocks(bed):
    bench = "import os\nfrom target import f\nprint('score', f(1) + os.urandom(1)[0] / 1e4)\n"
    with_files(bed, bench=bench)
    bed.define(METRICS.replace("score > baseline.score", "score >= 0.5 * baseline.score"))
    found = evaluated(bed, FILES["target.py"] + "# same\n", "confirm")
    score = found.metrics["score"]
    assert score.n >= 9
    assert score.interval is not None
    assert found.accepted is True


def test_a_number_that_varies_for_a_candidate_alone_is_sampled_and_said(bed):
    with_files(bed, check="pass\n")
    bed.define(METRICS.replace("score > baseline.score", "score >= 0.5 * baseline.score"))
    text = "import os\ndef f(x):\n    return 2 + int.from_bytes(os.urandom(4), 'big') / 2**40\n"
    found = evaluated(bed, text, "confirm")
    assert "score is exact on the baseline and varies here" in found.log
    assert (found.accepted, found.metrics["score"].n >= 9) == (True, True)


def test_a_command_leaves_nothing_for_the_next(bed):
    memo = (
        "import os\ndef f(x):\n    if os.path.exists('memo'): return 1000\n"
        "    open('memo', 'w').write('x')\n    return x + 1\n"
    )
    found = evaluated(bed, memo, "confirm")
    assert found.metrics["score"].value == 2.0


def test_wall_time_is_measured_against_the_baseline(bed):
    bed.define(
        "metrics: [{id: wall, kind: timer, command: python bench.py}]\n"
        "aggregate: {objective: min(wall)}\naccept: {rule: wall <= 0.5 * baseline.wall}\n"
        "budgets: {max_blocks: 20}\n"
    )
    slow = "total = sum(i * i for i in range(400_000))\ndef f(x):\n    return x + 1\n"
    found = evaluated(bed, slow, "confirm")
    wall = found.metrics["wall"]
    assert (found.accepted, wall.unit) == (False, "ms")
    assert wall.ratio is not None
    assert wall.ratio > 1.5


# --- generators and builds --------------------------------------------------------------

GENERATOR = """#!/usr/bin/env python3
import json, os, sys
seed = int(os.environ["SIGIL_SEED"])
open("inputs.txt", "w").write(str(seed))
for n in range(3):
    print(json.dumps({"args": [seed + n]}))
"""
READER = "from target import f\nprint('score', f(int(open('inputs.txt').read())))\n"


def test_what_a_generator_writes_is_there_for_commands(bed):
    with_files(bed, gen=GENERATOR, check="pass\n", bench=READER)
    bed.define("inputs: {generator: ./gen.py}\n" + METRICS.removeprefix("\n"))
    found = evaluated(bed, FILES["target.py"] + "\n")
    assert found.metrics["score"].value == 8.0  # the seed of the bed is 7


def test_what_a_generator_prints_are_cases(bed):
    with_files(bed, gen=GENERATOR)
    bed.define(
        "inputs: {generator: 'python gen.py --seed {seed}'}\n"
        "metrics: [{id: same, kind: call, function: 'target.py:f', measure: agreement}]\n"
        "aggregate: {objective: max(same)}\naccept: {rule: same >= 1}\n"
    )
    with bed.evaluator() as evaluator:
        evaluator.baseline()
        assert [given.case.args for given in evaluator.facts.visible.cases] == [(7,), (8,), (9,)]
        half = {"target.py": "def f(x):\n    return 8 if x == 7 else 0\n"}
        found = evaluator.evaluate(half, effort="screen")
    assert found.metrics["same"].value == pytest.approx(1 / 3)


def test_a_generator_that_prints_no_cases_is_named(bed):
    with_files(bed, gen="print('ready')\n")
    bed.define(
        "inputs: {generator: python gen.py}\n"
        "metrics: [{id: same, kind: call, function: 'target.py:f', measure: agreement}]\n"
        "aggregate: {objective: max(same)}\naccept: {rule: same >= 1}\n"
    )
    assert "x.eval.yaml:3: inputs.generator: what it printed, line 1" in str(baseline_error(bed))


def test_a_generator_that_fails_is_named(bed):
    with_files(bed, gen="raise SystemExit('no disk')\n")
    bed.define("inputs: {generator: python gen.py}\n" + METRICS.removeprefix("\n"))
    raised = baseline_error(bed)
    assert "inputs.generator: on the unchanged code: exit status 1: no disk" in str(raised)


def test_a_generator_that_fails_in_silence_is_named(bed):
    with_files(bed, gen="raise SystemExit(3)\n")
    bed.define("inputs: {generator: python gen.py}\n" + METRICS.removeprefix("\n"))
    assert "exit status 3: and printed nothing; mend" in str(baseline_error(bed))


def test_held_out_inputs_of_a_generator_that_reads_no_seed_are_refused(bed):
    with_files(
        bed,
        gen=GENERATOR.replace('int(os.environ["SIGIL_SEED"])', "5"),
        check="pass\n",
        bench=READER,
    )
    bed.define("inputs: {generator: ./gen.py}\nholdout: {seed: 100}\n" + METRICS.removeprefix("\n"))
    said = str(baseline_error(bed))
    assert "x.eval.yaml:4: holdout: the held-out inputs are the visible ones; give other" in said


def test_held_out_inputs_of_a_generator_replace_the_visible_ones(bed):
    with_files(bed, gen=GENERATOR, check="pass\n", bench=READER)
    bed.define("inputs: {generator: ./gen.py}\nholdout: {seed: 100}\n" + METRICS.removeprefix("\n"))
    cheat = "def f(x):\n    return 99 if x == 7 else 0\n"
    with bed.evaluator() as evaluator:
        assert evaluator.evaluate({"target.py": cheat}, effort="screen").accepted is True
        found = evaluator.evaluate({"target.py": cheat}, effort="confirm")
    assert found.failure is not None
    assert (found.accepted, found.failure.kind) == (False, "holdout")
    assert (found.metrics["score"].value, found.holdout["score"].value) == (99.0, 0.0)
    assert "score 99" in found.log
    assert "score 0" not in found.log


def test_no_command_of_a_candidate_sees_the_held_out_cases(bed):
    bench = "import os\nprint(+os.path.exists('held.json'))\n"
    bed.write(FILES | {"held.json": "[5]", "bench.py": bench}, pinned="target.py")
    bed.define(
        "inputs: {cases: [{args: [1], expected: 2}]}\nholdout: {cases: held.json}\nmetrics:\n"
        "- {id: same, kind: call, function: 'target.py:f', measure: matches}\n"
        "- {id: seen, kind: numeric, command: python bench.py}\n"
        "aggregate: {objective: min(seen)}\naccept: {rule: same==true}\n"
    )
    with bed.evaluator() as evaluator:
        assert evaluator.baseline().metrics["seen"].value == 0.0


BUILD = "build: [python build.py]\n" + METRICS.removeprefix("\n")
BUILDER = "from target import f\nopen('built.txt', 'w').write(str(f(1)))\n"


def test_a_build_runs_before_the_metrics(bed):
    with_files(bed, build=BUILDER, bench="print('score', open('built.txt').read())\n")
    bed.define(BUILD)
    found = evaluated(bed, "def f(x):\n    return 2\n")
    assert found.metrics["score"].value == 2.0


def test_a_build_that_fails_is_a_failure_of_the_candidate(bed):
    with_files(bed, build=BUILDER)
    bed.define(BUILD)
    found = evaluated(bed, "def f(x):\n    raise ValueError('cannot')\n")
    assert found.failure is not None
    assert (found.status, found.failure.metric, found.failure.kind) == ("error", "build", "exited")


@pytest.mark.parametrize("path", ["bench.py", "json.py", "sitecustomize.py"])
def test_a_build_cannot_rewrite_what_measures(bed, path: str):
    with_files(bed, build=BUILDER)
    bed.define(BUILD)
    cheat = f"open('{path}', 'w').write('print(\"score 1000\")')\ndef f(x):\n    return 2\n"
    found = evaluated(bed, cheat)
    assert found.failure is not None
    assert (found.status, found.costs) == ("failed", ())
    assert path in found.failure.detail


def test_a_build_leaves_no_bytecode_behind(bed):
    with_files(bed, build="import py_compile\npy_compile.compile('bench.py')\n" + BUILDER)
    bed.define(BUILD)
    with bed.evaluator() as evaluator:
        evaluator.baseline()
        assert evaluator.facts.writes == {"built.txt"}


def test_scratch_is_empty_of_checkouts_afterwards(bed):
    evaluated(bed, FILES["target.py"] + "\n", "confirm")
    assert not list(bed.settings.scratch.glob("checkout-*"))
