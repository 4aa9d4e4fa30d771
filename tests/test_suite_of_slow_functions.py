"""The suite of slow functions: that its inputs are sound, and that its judge sees what is wrong."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import json
import os
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.slow import Found, compared, figures, judge, searched
from bench.suites.slow import FUNCTIONS, KINDS, Slow, chosen
from bench.suites.slow.judge import outcome, same, seconds
from bench.suites.slow.repository import HELD_OUT_SEED, JUDGE_SEED, VISIBLE_SEED
from bench.suites.slow.wire import decoded, encoded

each = pytest.mark.parametrize("slow", FUNCTIONS, ids=lambda slow: slow.name)


def calls_of(slow: Slow) -> list[list[Any]]:
    return [*slow.inputs.visible_calls(VISIBLE_SEED), *held_out_of(slow)]


def held_out_of(slow: Slow) -> list[list[Any]]:
    visible = slow.inputs.visible_calls(VISIBLE_SEED)
    return slow.inputs.held_out_calls(HELD_OUT_SEED, visible=visible)


def test_there_are_ten_kinds_of_six() -> None:
    assert Counter(slow.kind for slow in FUNCTIONS) == dict.fromkeys(KINDS, 6)
    assert len({slow.name for slow in FUNCTIONS}) == 60


@pytest.mark.parametrize("kind", KINDS)
def test_every_public_function_of_a_kind_is_in_the_suite(kind: str) -> None:
    module = importlib.import_module(f"bench.suites.slow.functions.{kind}")
    tree = ast.parse(inspect.getsource(module))
    defined = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert defined == [slow.name for slow in FUNCTIONS if slow.kind == kind]


@each
def test_a_function_says_what_it_does_and_is_short(slow: Slow) -> None:
    function = slow.load()
    assert function.__doc__
    assert 5 <= len(inspect.getsource(function).splitlines()) <= 42


SETTLED = {
    "cheapest_routes": {"True"},
    "changelog": {"len(lines) > 0"},
}
"""Conditions that say the same in every call that is not among the visible ones."""


class Asking(ast.NodeTransformer):
    """Has every condition of a function, and each of its parts, note what it said."""

    def __init__(self) -> None:
        self.said: dict[str, set[bool]] = {}

    def noted(self, test: ast.expr) -> ast.expr:
        text = ast.unparse(test)
        self.said.setdefault(text, set())
        return ast.Call(ast.Name("noted", ast.Load()), [ast.Constant(text), self.visit(test)], [])

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.BoolOp:
        return ast.BoolOp(node.op, [self.noted(value) for value in node.values])

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        test = self.noted(node.test)
        return ast.IfExp(test, self.visit(node.body), self.visit(node.orelse))

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        tests = [self.noted(test) for test in node.ifs]
        return ast.comprehension(node.target, self.visit(node.iter), tests, node.is_async)

    def visit_If(self, node: ast.If) -> ast.If:
        body, orelse = (list(map(self.visit, part)) for part in (node.body, node.orelse))
        return ast.If(self.noted(node.test), body, orelse)

    def visit_While(self, node: ast.While) -> ast.While:
        return ast.While(self.noted(node.test), list(map(self.visit, node.body)), node.orelse)


@each
def test_held_out_calls_take_every_condition_both_ways(slow: Slow) -> None:
    asking = Asking()
    tree = ast.parse(slow.path.read_text())
    (own,) = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == slow.name]
    asking.visit(own)

    def noted(text: str, value: object) -> object:
        asking.said[text].add(bool(value))
        return value

    scope: dict[str, Any] = {"noted": noted, "__name__": slow.kind}
    exec(compile(ast.fix_missing_locations(tree), slow.path, "exec"), scope)  # our own functions
    for call in held_out_of(slow):
        outcome(scope[slow.name], call)
    one_way = {text for text, said in asking.said.items() if len(said) < 2}
    assert one_way == SETTLED.get(slow.name, set())


@each
def test_equal_calls_give_equal_results_and_leave_their_arguments_alone(slow: Slow) -> None:
    function = slow.load()
    for call in calls_of(slow):
        first, second = copy.deepcopy(call), copy.deepcopy(call)
        assert same(function(*first), function(*second), 0.0)
        assert same(first, call, 0.0)


@each
def test_results_are_plain_data(slow: Slow) -> None:
    function = slow.load()
    for call in calls_of(slow):
        assert all(type(one) in PLAIN for one in parts(function(*copy.deepcopy(call))))


@each
def test_results_tell_calls_apart(slow: Slow) -> None:
    function = slow.load()
    for calls in (slow.inputs.visible_calls(VISIBLE_SEED), held_out_of(slow)):
        assert len({repr(function(*copy.deepcopy(call))) for call in calls}) > 1


@each
def test_calls_follow_from_their_seed(slow: Slow) -> None:
    assert slow.inputs.visible_calls(5) == slow.inputs.visible_calls(5)
    assert held_out_of(slow) == held_out_of(slow)
    assert slow.inputs.fresh_calls(5) == slow.inputs.fresh_calls(5)


@each
def test_no_held_out_call_is_visible(slow: Slow) -> None:
    visible = set(map(repr, slow.inputs.visible_calls(VISIBLE_SEED)))
    assert not visible & set(map(repr, held_out_of(slow)))


@each
def test_the_judge_has_calls_that_no_search_has_met(slow: Slow) -> None:
    met = set(map(repr, calls_of(slow)))
    assert len({*map(repr, slow.inputs.fresh_calls(JUDGE_SEED))} - met) >= 5


@each
def test_there_are_small_calls_on_both_sides(slow: Slow) -> None:
    assert len(slow.inputs.edges) >= 2
    assert len(slow.inputs.hidden_edges) >= 1
    assert len(slow.inputs.visible) >= 2
    assert len(slow.inputs.held_out) >= 3


@each
def test_calls_survive_being_written_as_json(slow: Slow) -> None:
    for call in calls_of(slow):
        assert same(decoded(json.loads(json.dumps(encoded(call)))), call, 0.0)


@each
def test_visible_calls_take_milliseconds(slow: Slow) -> None:
    function, calls = slow.load(), slow.inputs.visible_calls(VISIBLE_SEED)
    taken: list[float] = []
    for _ in range(3):
        began = time.process_time()
        for call in calls:
            function(*call)
        taken.append(time.process_time() - began)
    assert 0.0005 < min(taken) < 0.25  # generous: 2 to 20 ms are meant


def by_hand(slow: Slow) -> Callable[..., Any]:
    module = importlib.import_module(f"bench.suites.slow.by_hand.{slow.kind}")
    return getattr(module, slow.name)


@each
def test_a_person_can_have_the_same_answers_otherwise(slow: Slow) -> None:
    for call in [*calls_of(slow), *slow.inputs.fresh_calls(JUDGE_SEED)]:
        wanted = outcome(slow.load(), call)
        assert same(outcome(by_hand(slow), call), wanted, slow.inputs.tolerance), call


def test_a_person_can_have_the_answers_much_faster() -> None:
    gained: dict[str, float] = {}
    for slow in FUNCTIONS:
        calls = slow.inputs.visible_calls(VISIBLE_SEED)
        gained[slow.name] = seconds(slow.load(), calls) / seconds(by_hand(slow), calls)
    assert sum(gain >= 1.1 for gain in gained.values()) >= 55, gained
    assert statistics.median(gained.values()) > 8


@each
def test_nothing_is_imported_but_the_standard_library(slow: Slow) -> None:
    for node in ast.walk(ast.parse(slow.path.read_text())):
        if isinstance(node, ast.Import):
            assert all(name.name in sys.stdlib_module_names for name in node.names)
        assert not isinstance(node, ast.ImportFrom)


def test_functions_are_chosen_by_kind_and_by_name() -> None:
    names = [slow.name for slow in chosen("binary, tokenize")]
    assert names[0] == "tokenize"
    assert len(names) == 7
    assert chosen("") == list(FUNCTIONS)


def test_an_unknown_choice_is_named() -> None:
    with pytest.raises(SystemExit, match="'nonsense'"):
        chosen("text,nonsense")


# --- the judge --------------------------------------------------------------------------

BEFORE = "def f(xs):\n    out = []\n    for x in xs:\n        out = out + [x]\n    return out\n"


def verdict(after: str, *calls: list[Any], tolerance: float = 0.0) -> dict[str, Any]:
    question = {"function": "f", "baseline": BEFORE, "candidate": after, "calls": list(calls)}
    return judge({**question, "tolerance": tolerance})


def test_the_judge_finds_a_right_change_right_and_faster() -> None:
    found = verdict("def f(xs):\n    return list(xs)\n", [[1, 2]], [list(range(1000))], [[]])
    assert (found["calls"], found["wrong"]) == (3, 0)
    assert found["candidate_s"] < found["baseline_s"]


@pytest.mark.parametrize(
    "after",
    [
        "def f(xs):\n    return tuple(xs)\n",
        "def f(xs):\n    return [float(x) for x in xs]\n",
        "def f(xs):\n    ys = list(xs)\n    xs.clear()\n    return ys\n",
        "def f(xs):\n    return xs[:1]\n",
        "def f(xs):\n    raise ValueError\n",
        "def f(xs):\n    print('{}')\n    return []\n",
        "import missing_module\n",
        "def f(xs):\n    bytearray(3 * 2**30)\n    return list(xs)\n",
        "import os\n\ndef f(xs):\n    os._exit(0)\n",
    ],
)
def test_the_judge_finds_a_wrong_change_wrong(after: str) -> None:
    assert verdict(after, [[1, 2, 3]])["wrong"] == 1


def test_the_judge_allows_floats_the_tolerance_that_the_function_has() -> None:
    after = "def f(xs):\n    return [x * (1 + 1e-12) for x in xs]\n"
    assert verdict(after, [[0.1]], tolerance=1e-9)["wrong"] == 0
    assert verdict(after, [[0.1]])["wrong"] == 1
    assert verdict("def f(xs):\n    return [x + 1 for x in xs]\n", [[10**12]], tolerance=1e-9)[
        "wrong"
    ]


def test_a_version_by_hand_is_judged_right_and_faster() -> None:
    [slow] = chosen("to_base64")
    found = compared(slow, slow.by_hand.read_text())
    assert (found["wrong"], found["first"]) == (0, None)
    assert found["candidate_s"] * 10 < found["baseline_s"]


def test_a_slip_that_shows_in_few_calls_is_found() -> None:
    [slow] = chosen("to_base64")
    slip = slow.path.read_text().replace("while len(text) % 4 != 0", "if len(text) % 4 != 0")
    found = compared(slow, slip)
    assert 0 < found["wrong"] < found["calls"]


# --- the figures ------------------------------------------------------------------------


def test_what_was_not_accepted_counts_as_no_speed_up() -> None:
    found = [
        Found("text", "a", accepted=True, speed_up=9.0, calls=3),
        Found("text", "b", accepted=True, speed_up=1.05, calls=3, wrong=2),
        Found("text", "c", ended="nothing is left to try", seconds=7.0),
    ]
    median, share, wrong, longest = figures(found)
    assert median.ours == 1.05
    assert share.ours == pytest.approx(100 / 3)
    assert (wrong.ours, wrong.met) == (1, False)
    assert longest.ours == 7.0


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["matching_brackets", "unpack_samples", "working_days"])
def test_a_short_search_runs_to_its_end(name: str) -> None:
    [slow] = chosen(name)
    found = searched(slow, 1.0)
    assert not found.ended.startswith("error"), found.ended
    assert found.seconds > 0
    assert found.accepted is bool(found.patch)


@pytest.mark.e2e
def test_the_bench_prints_its_table_and_writes_it_as_json(tmp_path: Path) -> None:
    table = tmp_path / "table.json"
    chosen_so = {"ONLY": "busy_minutes", "SECONDS": "1", "TABLE": str(table)}
    environment = {f"SIGIL_BENCH_{name}": value for name, value in chosen_so.items()}
    root = Path(__file__).resolve().parent.parent
    done = subprocess.run(
        [sys.executable, "-m", "bench", "slow"],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "busy_minutes" in done.stdout
    assert "slow: median speed-up of 1 slow functions" in done.stdout
    [line] = json.loads(table.read_text())
    assert (line["kind"], line["function"]) == ("schedules", "busy_minutes")
    assert line["by_hand"] > 2


def test_a_repository_holds_no_line_of_the_held_out_calls_in_its_source(tmp_path: Path) -> None:
    from bench.suites.slow.repository import write_repository

    write_repository(FUNCTIONS[0], tmp_path)
    assert (tmp_path / "text.py").read_text() == FUNCTIONS[0].path.read_text()
    hidden = (tmp_path / "held_out.jsonl").read_text().splitlines()
    assert not set(hidden) & set((tmp_path / "visible.jsonl").read_text().splitlines())


PLAIN = {type(None), bool, int, float, str, bytes, list, tuple, dict}


def parts(value: Any) -> Iterator[Any]:
    yield value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from parts(key)
            yield from parts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from parts(inner)
