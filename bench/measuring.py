"""How fast candidates are evaluated, and how honestly. The real sandbox, small repositories."""

from __future__ import annotations

import contextlib
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.row import Row
from sigil.evaluate.definition import Eval, load_eval
from sigil.evaluate.evaluator import Evaluator
from sigil.evaluate.lanes import Lanes
from sigil.evaluate.settings import Settings
from sigil.evaluate.target import Target
from sigil.sandbox.base import freeze
from sigil.store.journal import Journal

SQUARE = """
version: 0.1
name: square
inputs: {cases: [{args: [0], expected: 0}, {args: [2], expected: 4}, {args: [3], expected: 9}]}
metrics: [{id: accuracy, kind: call, measure: agreement}]
aggregate: {objective: max(accuracy)}
accept: {rule: accuracy >= 1}
"""
LATENCY = """
version: 0.1
name: latency
inputs: {cases: [2800, 2801, 2802, 2803, 2804, 2805, 2806, 2807, 2808, 2809]}
metrics:
- {id: correct, kind: call, measure: matches}
- {id: latency, kind: call, measure: time}
aggregate: {objective: "min(latency) subject_to correct==true"}
accept: {rule: "latency <= 0.95 * baseline.latency"}
"""
ROUTINE = """\
def f(n):
    total = 0
    for i in range({first}, n):
        total += i * i % 7
    return total
"""
SLOW = ROUTINE.format(first="0")
FASTER = ROUTINE.format(first="280").replace(
    "total = 0", f"total = {sum(i * i % 7 for i in range(280))}"
)
"""The same answers with a tenth of the loop left out."""

NO_OPS = 200
TRIALS = 40


@contextlib.contextmanager
def evaluating(text: str, definition: str) -> Iterator[tuple[Eval, Target, Settings]]:
    """Give eval, target and settings for one file ``f.py`` with a function ``f``."""
    with tempfile.TemporaryDirectory(prefix="sigil-bench-") as name:
        folder = Path(name)
        (folder / "repo").mkdir()
        (folder / "repo" / "f.py").write_text(text)
        (folder / "x.eval.yaml").write_text(definition)
        base = freeze(folder / "repo", folder / "cache")
        target = Target.of(
            base, {"f.py": text}, repo=folder / "repo", python=sys.executable, symbol="f.py:f"
        )
        settings = Settings(scratch=folder / "scratch", cache=folder / "cache", seed=17)
        yield load_eval(folder / "x.eval.yaml"), target, settings


@contextlib.contextmanager
def evaluator_of(text: str, definition: str) -> Iterator[Evaluator]:
    """Give an evaluator that has measured its baseline."""
    with (
        evaluating(text, definition) as (parsed, target, settings),
        Evaluator(parsed, target, settings=settings) as evaluator,
    ):
        evaluator.baseline()
        yield evaluator


def throughput() -> list[Row]:
    """Evaluations a second through two lanes, one fresh sealed worker each."""
    with evaluating("def f(x):\n    return x\n", SQUARE) as (definition, target, settings):
        began = time.perf_counter()
        with Lanes(definition, target, settings, 2) as lanes:
            lanes.baseline()
            ready = time.perf_counter() - began
            with Journal.open(settings.cache.parent / "bench.journal") as journal:
                rates = [_rate(lanes, journal, turn) for turn in range(5)]
    rate = statistics.median(rates)
    return [
        Row("first evaluation through a new lane", ready, None, "", "s", at_most=0.6),
        Row("evaluations of a call eval, recorded, two lanes", rate, None, "", "1/s", at_least=400),
    ]


def _rate(lanes: Lanes, journal: Journal, turn: int, count: int = 400) -> float:
    texts = [f"def f(x):\n    return x * x + {turn * count + i}\n" for i in range(count)]
    began = time.perf_counter()
    futures = [lanes.submit({"f.py": text}, "screen") for text in texts]
    for future in futures:
        evaluation = future.result()
        if evaluation.status != "measured":
            raise SystemExit("a candidate was not measured")
        journal.append("evaluated", evaluation.to_json())
    journal.sync()
    return count / (time.perf_counter() - began)


def honesty() -> list[Row]:
    """Share of no-op candidates that are accepted under latency <= 0.95 * baseline.latency."""
    with evaluator_of(SLOW, LATENCY) as evaluator:
        accepted = [_accepts(evaluator, _no_op(number)) for number in range(NO_OPS)]
    share = 100 * sum(accepted) / NO_OPS
    return [Row(f"no-ops accepted, of {NO_OPS}", share, None, "", "%", at_most=1)]


def power() -> list[Row]:
    """Share of trials in which a true gain of ten per cent is accepted, and what it takes."""
    taken: list[float] = []
    accepted = 0
    with evaluator_of(SLOW, LATENCY) as evaluator:
        for number in range(TRIALS):
            began = time.perf_counter()
            accepted += _accepts(evaluator, f"{FASTER}# {number}\n")
            taken.append(time.perf_counter() - began)
    share = 100 * accepted / TRIALS
    return [
        Row(f"true gains of 10 % of a ms accepted, of {TRIALS}", share, None, "", "%", at_least=90),
        Row("wall time of such a decision, median", sorted(taken)[TRIALS // 2], None, "", "s"),
    ]


def _no_op(number: int) -> str:
    """Return the routine with a comment, blank lines, or nothing changed at all."""
    return (SLOW, f"{SLOW}# {number}\n", "\n" * (number % 7) + SLOW)[number % 3]


def _accepts(evaluator: Evaluator, text: str) -> bool:
    return evaluator.evaluate({"f.py": text}, effort="confirm").accepted is True


def rows() -> Iterator[Row]:
    """Yield every figure."""
    for figure in (throughput, honesty, power):
        yield from figure()
