"""An eval as a whole: what loads, and every way to be wrong in one line."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from sigil.errors import (
    InvalidExpression,
    InvalidParse,
    InvalidValue,
    MalformedDocument,
    NotYet,
    SigilError,
    UnknownKey,
    Where,
)
from sigil.evaluate.cases import GivenCase
from sigil.evaluate.definition import Eval, eval_of, load_eval
from sigil.evaluate.parsing import ExitCode, Regex, WallTime, WholeOutput
from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.sandbox.model import Case, Limits
from sigil.store.documents import parse_document

WALLTIME = """\
version: 0.1
name: walltime
inputs:
  generator: "./bench/gen.py --sizes 10,20"
metrics:
  - id: latency_ms
    kind: timer
    command: "./bench/kernel --reps 100"
    parse: "regex:(?<=p50_ms=)([0-9.]+)"
  - id: correctness
    kind: checker
    command: "./bench/check --tolerance 1e-5"
    parse: "exit_code==0"
aggregate:
  objective: "min(latency_ms) subject_to correctness==true"
  tie_breakers: ["mean(latency_ms)"]
accept:
  rule: "latency_ms <= 0.95 * baseline.latency_ms and correctness==true"
budgets:
  candidate_timeout_s: 120
  total_wall_clock_h: 2
replay:
  seed: 17
"""

OLDER = """\
version: '0.1'
name: quadratic
description: how close f is to a square
inputs:
  generator: null
metrics:
- id: score
  kind: numeric
  command: python3 check.py
  parse: "SCORE: ([0-9.]+)"
aggregate:
  objective: max(score)
  tie_breakers:
  - mean(score)
accept:
  rule: score>=100.0
budgets:
  candidate_timeout_s: 60
  total_wall_clock_h: 1
replay:
  seed: 17
"""

CALLS = """\
version: 0.1
name: calls
inputs:
  cases:
  - [1, 2]
  - {args: [3], expected: 9}
metrics:
  - {id: right, kind: call, measure: matches, tolerance: {relative: 1e-9}}
  - {id: wrong, kind: call, measure: error, function: "src/f.py:Box.f"}
  - {id: fast, kind: call, measure: time, unit: us, goal: 5}
  - {id: nice, kind: call, measure: "bench/scorer.py:score"}
aggregate: {objective: "min(fast), min(wrong) subject_to right"}
accept: {rule: "right and fast < baseline.fast"}
holdout: {cases: hidden.jsonl}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / ".sigil" / "it.eval.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    return written


def loaded(write: Write, text: str) -> Eval:
    return load_eval(write(text), shown_as="it.eval.yaml")


def problem(write: Write, text: str, kind: type[SigilError] = SigilError) -> str:
    with pytest.raises(kind) as caught:
        loaded(write, text)
    assert "\n" not in str(caught.value)
    return str(caught.value).removeprefix("it.eval.yaml:")


# --- what loads -------------------------------------------------------------------------


def test_the_eval_of_the_specification_loads(write: Write):
    found = loaded(write, WALLTIME)
    assert found.model.name == "walltime"
    assert isinstance(found.forms["latency_ms"], Regex)
    assert found.forms["correctness"] == ExitCode(0)
    assert found.objective.minimised == {"latency_ms": True}
    assert found.rule.metrics == {"latency_ms", "correctness"}
    assert [breaker.metric for breaker in found.tie_breakers] == ["latency_ms"]
    assert found.model.replay.seed == 17


def test_an_eval_of_the_older_system_loads(write: Write):
    found = loaded(write, OLDER)
    assert found.model.version == "0.1"
    assert found.objective.minimised == {"score": False}
    assert found.tie_breakers[0].sign == -1


def test_an_eval_of_calls_loads(write: Write, tmp_path: Path):
    (tmp_path / "hidden.jsonl").write_text('{"args": [4], "expected": 16}\n')
    found = loaded(write, CALLS)
    assert found.cases == (GivenCase(Case((1, 2))), GivenCase(Case((3,)), 9))
    assert found.holdout_cases == (GivenCase(Case((4,)), 16),)
    assert found.forms == {}
    assert found.attachments == {"hidden.jsonl": b'{"args": [4], "expected": 16}\n'}
    assert found.hidden_files == ("hidden.jsonl",)


def test_everything_else_has_a_default(write: Write):
    found = loaded(write, OLDER.split("budgets:", maxsplit=1)[0])
    assert found.limits() == Limits(wall_s=60.0)
    budgets = found.model.budgets
    assert (budgets.max_blocks, budgets.confidence, budgets.precision) == (200, 0.99, 0.02)
    assert (found.model.network, found.model.warm, found.model.build) == ("none", True, [])


def test_lists_may_be_left_empty(write: Write):
    found = loaded(write, WALLTIME.replace('["mean(latency_ms)"]', "") + "build:\npreload:\n")
    assert found.tie_breakers == ()
    assert found.model.build == found.model.preload == []


def test_an_eval_travels_to_other_processes(write: Write):
    found = loaded(write, WALLTIME)
    assert pickle.loads(pickle.dumps(found)) == found


def test_an_eval_can_be_read_back_from_a_record():
    document = parse_document(CALLS.encode(), "inputs/eval")
    found = eval_of(document, {"hidden.jsonl": b"[5]"}.__getitem__)
    assert found.holdout_cases == (GivenCase(Case((5,))),)


def test_budgets_become_limits(write: Write):
    text = WALLTIME.replace("budgets:", "budgets:\n  memory_mb: 64\n  output_mb: 0.5")
    assert loaded(write, text).limits() == Limits(
        wall_s=120.0, memory_bytes=64 * 2**20, output_bytes=2**19
    )


def test_memory_stands_in_the_budgets_alone(write: Write):
    assert "memory_mb: unknown key" in problem(write, WALLTIME + "memory_mb: 32\n")


@pytest.mark.parametrize("version", ["99", "'2'", "1.0"])
def test_a_version_that_we_do_not_know_is_refused(write: Write, version: str):
    text = WALLTIME.replace("version: 0.1", f"version: {version}")
    with pytest.raises(NotYet, match=r"version: there is no version .* of evals; known: 0\.1"):
        loaded(write, text)


def test_a_later_error_can_name_the_place(write: Write):
    found = loaded(write, WALLTIME)
    assert found.where("metrics[1].parse") == Where("it.eval.yaml", 13, "metrics[1].parse")
    assert found.where_metric("correctness", "command").line == 12
    assert found.where_metric("correctness") == Where("it.eval.yaml", 10, "metrics[1]")


@pytest.mark.parametrize(
    ("parse", "unit"), [("", "ms"), ("\n    parse: 'x=([0-9]+)'", "")]
)  # fmt: skip
def test_a_timer_without_parse_is_wall_time_in_ms(write: Write, parse: str, unit: str):
    text = WALLTIME.replace('\n    parse: "regex:(?<=p50_ms=)([0-9.]+)"', parse)
    found = loaded(write, text)
    assert isinstance(found.forms["latency_ms"], WallTime) == (unit == "ms")
    assert found.unit("latency_ms") == unit


def test_a_numeric_without_parse_is_the_whole_output(write: Write):
    text = OLDER.replace('  parse: "SCORE: ([0-9.]+)"\n', "")
    assert loaded(write, text).forms["score"] == WholeOutput()


@pytest.mark.parametrize(("measure", "timed"), [("time", True), ("error", False)])
def test_an_eval_knows_whether_it_takes_times(write: Write, measure: str, timed: bool):
    text = f"""\
version: 0.1
name: x
inputs: {{cases: [[1]]}}
metrics: [{{id: m, kind: call, measure: {measure}}}]
aggregate: {{objective: min(m)}}
accept: {{rule: m < 1}}
"""
    assert loaded(write, text).timed is timed
    assert loaded(write, text).unit("m") == ("ms" if timed else "")


@pytest.mark.parametrize(
    ("more", "runs"),
    [
        ("inputs: {cases: [[1]]}", False),
        ("inputs: {generator: python gen.py}", True),
        ("inputs: {cases: [[1]]}\nholdout: {generator: python gen.py}", True),
        ("inputs: {cases: [[1]]}\nbuild: [make]", True),
    ],
)
def test_an_eval_of_calls_alone_runs_no_command(write: Write, more: str, runs: bool):
    text = f"""\
version: 0.1
name: x
{more}
metrics: [{{id: m, kind: call, measure: error}}]
aggregate: {{objective: min(m)}}
accept: {{rule: m < 1}}
"""
    assert loaded(write, text).runs_commands is runs


def test_an_eval_with_a_command_runs_it(write: Write):
    assert loaded(write, WALLTIME).runs_commands


# --- goals ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "interval", "reached"),
    [
        (4.0, None, True),
        (5.0, None, True),
        (6.0, None, False),
        (4.0, Interval(3.5, 4.5, 0.99), True),
        (4.0, Interval(3.5, 5.5, 0.99), False),
    ],
)
def test_a_goal_is_reached_by_the_whole_interval(
    write: Write, tmp_path: Path, value: float, interval: Interval | None, reached: bool
):
    (tmp_path / "hidden.jsonl").write_text("[1]")
    found = loaded(write, CALLS)
    metrics = {"fast": MetricValue(value, 9, interval)}
    assert found.goal_reached(Evaluation("measured", metrics)) is reached
    assert not found.goal_reached(Evaluation("timeout", metrics))
    assert not found.goal_reached(Evaluation("measured", {}))


@pytest.mark.parametrize(("value", "reached"), [(99.0, False), (100.0, True)])
def test_a_goal_of_what_is_maximised_lies_above(write: Write, value: float, reached: bool):
    found = loaded(write, OLDER.replace("kind: numeric", "kind: numeric\n  goal: 100"))
    assert found.goal_reached(Evaluation("measured", {"score": MetricValue(value, 1)})) is reached


def test_without_a_goal_none_is_reached(write: Write):
    found = loaded(write, OLDER)
    assert not found.goal_reached(Evaluation("measured", {"score": MetricValue(1e9, 1)}))


# --- what does not ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "kind", "message"),
    [
        ("replay:", "repaly:", UnknownKey, "22: repaly: unknown key; did you mean replay?"),
        ("seed: 17", "sed: 17", UnknownKey, "23: replay.sed: unknown key; did you mean seed?"),
        ('    parse: "e', '    parze: "e', UnknownKey, "13: metrics[1].parze: unknown key; did"),
        ("name: walltime\n", "", InvalidValue, "1: name: this key is required; add it"),
        ("version: 0.1\n", "", InvalidValue, "1: version: this key is required; add it"),
        ("seed: 17", 'seed: "17"', InvalidValue, "23: replay.seed: expected a whole number, not"),
        ("seed: 17", "seed: -1", InvalidValue, "23: replay.seed: should be greater than or equal"),
        ("_s: 120", "_s: 0", InvalidValue, "20: budgets.candidate_timeout_s: should be greater"),
        ("_s: 120", "_s: .inf", InvalidValue, "20: budgets.candidate_timeout_s: expected a fini"),
        ("_s: 120", "_s: yes", InvalidValue, "20: budgets.candidate_timeout_s: expected a numbe"),
        ("h: 2", "h: 2\n  confidence: 1", InvalidValue, "22: budgets.confidence: should be less"),
        ("h: 2", "h: 2\n  max_blocks: 3", InvalidValue, "22: budgets.max_blocks: 3 blocks can d"),
        ("h: 2", "h: 2\n  precision: 0", InvalidValue, "22: budgets.precision: should be greate"),
        ("kind: timer", "kind: timr", InvalidValue, "7: metrics[0].kind: expected 'timer', 'che"),
        ("id: correctness", "id: a-b", InvalidValue, "10: metrics[1].id: 'a-b' is no identifier"),
        ("id: correctness", "id: latency_ms", InvalidValue, "10: metrics[1].id: the id 'latency"),
        ("id: correctness", "id: baseline", InvalidValue, "10: metrics[1].id: 'baseline' is a w"),
        ("id: correctness", "id: 'True'", InvalidValue, "10: metrics[1].id: 'True' is a word of"),
        ("id: correctness", "id: 5", InvalidValue, "10: metrics[1].id: expected text, not 5; pu"),
        ("./bench/kernel --reps 100", "", InvalidValue, "8: metrics[0].command: expected text o"),
        ("./bench/kernel --reps 100", " ", InvalidValue, "8: metrics[0].command: an empty comma"),
        ("./bench/kernel", "a && b", InvalidValue, "8: metrics[0].command: '&&' is for a shell"),
        ("./bench/kernel", "a 'b", InvalidValue, "8: metrics[0].command: not a command: no clos"),
        ("./bench/gen.py", "a | b", InvalidValue, "4: inputs.generator: '|' is for a shell, and"),
        ("replay:", "build: ['a > b']\nreplay:", InvalidValue, "22: build[0]: '>' is for a shel"),
        ("replay:", "preload: [a-b]\nreplay:", InvalidValue, "22: preload[0]: 'a-b' is no modul"),
        ("replay:", "network: all\nreplay:", InvalidValue, "22: network: expected 'none' or 'lo"),
        ("exit_code==0", "exit_code=0", InvalidParse, "13: metrics[1].parse: 'exit_code=0' is n"),
        ("regex:(?<=p50_ms=)([0-9.]+)", "p50", InvalidParse, "9: metrics[0].parse: no group in "),
        ("([0-9.]+)", "(([0-9.]+))", InvalidParse, "9: metrics[0].parse: 2 groups in the regex;"),
        ("([0-9.]+)", "([0-9.]+", InvalidParse, "9: metrics[0].parse: the regex does not compil"),
        ("min(lat", "min(let", InvalidExpression, "15: aggregate.objective: column 5: expected "),
        ("mean(lat", "men(lat", InvalidExpression, "16: aggregate.tie_breakers[0]: column 1: ex"),
        ("0.95 *", "0.95", InvalidExpression, "18: accept.rule: column 20: expected an operator"),
        ('ess==true"\nb', 'ess<1"\nb', InvalidExpression, "18: accept.rule: column 46: expecte"),
        ('correctness==true"\n  t', '1"\n  t', InvalidExpression, "15: aggregate.objective: col"),
        ('=0"\nagg', '=0"\n    goal: 1\nagg', InvalidValue, "14: metrics[1].goal: the answer of a"),
        ('=0"\nagg', '=0"\n    unit: ms\nagg', InvalidValue, "14: metrics[1].unit: kind checker "),
        ('=0"\nagg', '=0"\n    measure: time\nagg', InvalidValue, "14: metrics[1].measure: kind "),
        ("replay:", "holdout: {}\nreplay:", InvalidValue, "22: holdout: nothing to hold out; giv"),
        ("replay:", "holdout: {seed: 17}\nreplay:", InvalidValue, "22: holdout.seed: the same ge"),
        ("replay:", "holdout: {cases: [1]}\nreplay:", InvalidValue, "22: holdout.cases: no metri"),
        ("generator:", "cases: [1]\n  generator:", InvalidValue, "4: inputs.cases: both a genera"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_line_with_its_place(
    write: Write, old: str, new: str, kind: type[SigilError], message: str
):
    assert WALLTIME.count(old) >= 1
    assert problem(write, WALLTIME.replace(old, new, 1), kind).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("measure: matches", "measure: matchs", "8: metrics[0].measure: 'matchs' is no measure; "),
        ("measure: matches, ", "", "8: metrics[0].measure: kind call needs measure; add one of "),
        ("measure: matches", "measure: time", "8: metrics[0].tolerance: measure time has no tol"),
        ("relative: 1e-9", "relative: 2", "8: metrics[0].tolerance.relative: should be less than"),
        ("measure: error", "measure: error, unit: s", "9: metrics[1].unit: measure error has no "),
        ("src/f.py:Box.f", "src/f.py", "9: metrics[1].function: 'src/f.py' is no function of the"),
        ("src/f.py:Box.f", "../f.py:f", "9: metrics[1].function: '../f.py:f' is no function of t"),
        ("src/f.py:Box.f", "/f.py:f", "9: metrics[1].function: '/f.py:f' is no function of the "),
        ("unit: us", "unit: min", "10: metrics[2].unit: expected 'ns', 'us', 'ms' or 's', not 'm"),
        ("unit: us", "command: x", "10: metrics[2].command: kind call has no command; remove it,"),
        ("min(fast), ", "", "10: metrics[2].goal: the objective does not say whether fast should"),
        ("right and", "right==1 and", "13: accept.rule: column 8: right (true or false) is compa"),
        ("  cases:\n  - [1, 2]\n  - {args: [3], expected: 9}", "  generator: null", "3: inputs: "),
        ("- [1, 2]", "- {args: 1}", "5: inputs.cases[0]: args is not a list; write args: [...]"),
        ("- [1, 2]", "- .nan", "5: inputs.cases[0]: nan is not a JSON number"),
        ("hidden.jsonl", "none.json", "14: holdout.cases: none.json cannot be read (No such file"),
        ("hidden.jsonl", "../x.json", "14: holdout.cases: '../x.json' is outside of the reposito"),
        ("hidden.jsonl", "/etc/passwd", "14: holdout.cases: '/etc/passwd' is outside of the rep"),
        ("cases: hidden.jsonl", "cases: [[1, 2], {args: [3], expected: 9}]", "14: holdout.cases: "),
    ],
)
def test_what_is_wrong_with_calls_is_one_line_too(
    write: Write, tmp_path: Path, old: str, new: str, message: str
):
    (tmp_path / "hidden.jsonl").write_text("[1]")
    assert CALLS.count(old) >= 1
    assert problem(write, CALLS.replace(old, new, 1)).startswith(message)


def test_a_wrong_case_file_is_named_itself(write: Write, tmp_path: Path):
    (tmp_path / "hidden.jsonl").write_text("[1]\nnope\n")
    with pytest.raises(MalformedDocument) as caught:
        loaded(write, CALLS)
    assert str(caught.value).startswith("hidden.jsonl:2: not valid JSON: ")


@pytest.mark.parametrize("command", ["grep '|'", "echo it\\\\'s"])
def test_a_quoted_shell_word_is_an_argument(write: Write, command: str):
    assert loaded(write, WALLTIME.replace("./bench/kernel", command))


@pytest.mark.parametrize("cut", range(0, len(WALLTIME), 7))
def test_half_an_eval_is_one_line(write: Write, cut: int):
    try:
        told = loaded(write, WALLTIME[:cut]).document.path
    except SigilError as error:
        told = str(error)
    assert told.startswith("it.eval.yaml")
    assert "\n" not in told
