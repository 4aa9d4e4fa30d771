"""Symbolic regression: Nguyen-1 to 8, with `mutate` alone, beside gplearn.

Both search from one sample of points under each of ten seeds, with + - * / and sin, cos, exp,
log, sqrt. A formula is recovered when it is within 1e-9 on points that the search never saw.
What counts is how many candidates were evaluated until then: the same on every machine. A
seed that never got there counts as one evaluation more than it had.

gplearn is installed into a scratch environment when the bench runs. Its own defaults stand (1,000
programs for 20 generations). Its division, logarithm and root are protected, as always there.

    python -m bench symbolic               all of it
    SIGIL_BENCH_NGUYEN=5,6 python -m bench symbolic
    SIGIL_BENCH_PEERS=0                    without gplearn

Source of the problems: Uy et al. 2011, "Semantically-based crossover in genetic programming".
"""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import cos, log, sin, sqrt
from pathlib import Path

from bench.row import Row
from sigil.effects import random_stream
from sigil.search.mutate.proposer import Mutate
from sigil.search.pins import Pin
from sigil.search.simple import Simple

MOST = 20_000
SEEDS = 10
EXACT = 1e-9
POINTS, UNSEEN = 20, 200
PEER = ("gplearn==0.4.2", "scikit-learn<1.6")
PINS = (Pin("f", "python", ("f.py",), "f"),)
WHOLE_RUN = 6
SPEC = """\
name: formula
evals: [near]
pins:
  - {id: f, language: python, files: [f.py], symbol: f}
"""
EVAL = """\
version: "0.1"
name: near
inputs: {cases: seen.json}
holdout: {cases: unseen.json}
metrics:
  - {id: error, kind: call, measure: error, goal: 1.0e-9}
aggregate: {objective: min(error)}
accept: {rule: error <= 0.000000001}
"""
SOURCE = "from math import cos, exp, log, sin, sqrt\n\n\ndef f(x):\n    return x\n"


@dataclass(frozen=True, slots=True)
class Problem:
    """A formula to be found.

    Args:
        number: of Nguyen's list.
        formula: what gives the values.
        low: the least input.
        high: the largest input.
    """

    number: int
    formula: Callable[[float], float]
    low: float
    high: float

    def inputs(self, seed: int, count: int, purpose: str) -> list[float]:
        """Return ``count`` uniform inputs."""
        stream = random_stream(seed, "nguyen", purpose)
        return [stream.uniform(self.low, self.high) for _ in range(count)]


PROBLEMS = (
    Problem(1, lambda x: x**3 + x**2 + x, -1, 1),
    Problem(2, lambda x: x**4 + x**3 + x**2 + x, -1, 1),
    Problem(3, lambda x: x**5 + x**4 + x**3 + x**2 + x, -1, 1),
    Problem(4, lambda x: x**6 + x**5 + x**4 + x**3 + x**2 + x, -1, 1),
    Problem(5, lambda x: sin(x**2) * cos(x) - 1, -1, 1),
    Problem(6, lambda x: sin(x) + sin(x + x**2), 0, 1),
    Problem(7, lambda x: log(x + 1) + log(x**2 + 1), 0, 2),
    Problem(8, sqrt, 0, 4),
)


def rows() -> Iterator[Row]:
    """Yield the median number of evaluations for each problem, beside gplearn's."""
    chosen = os.environ.get("SIGIL_BENCH_NGUYEN", "")
    wanted = {int(number) for number in chosen.split(",")} if chosen else None
    problems = [p for p in PROBLEMS if wanted is None or p.number in wanted]
    peers = peer_counts(problems) if os.environ.get("SIGIL_BENCH_PEERS") != "0" else {}
    for problem in problems:
        counts = [evaluations_until_found(problem, seed) for seed in range(SEEDS)]
        peer = peers.get(problem.number)
        yield Row(
            f"Nguyen-{problem.number}: evaluations, {found(counts)}",
            statistics.median(counts),
            statistics.median(peer) if peer else None,
            f"gplearn ({found(peer)})" if peer else "",
            "",
            at_most=0.999 if peer else MOST,
        )

    yield whole_run(PROBLEMS[WHOLE_RUN - 1])


def whole_run(problem: Problem) -> Row:
    """Return how many evaluations `sigil run` needs until it accepts a formula."""
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.run import run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / ".sigil").mkdir()
        (root / ".sigil" / "formula.sigil.yaml").write_text(SPEC)
        (root / ".sigil" / "near.eval.yaml").write_text(EVAL)
        (root / "f.py").write_text(SOURCE)
        for purpose, count in (("seen", POINTS), ("unseen", UNSEEN)):
            cases = [
                {"args": [x], "expected": problem.formula(x)}
                for x in problem.inputs(0, count, purpose)
            ]
            (root / f"{purpose}.json").write_text(json.dumps(cases))
        flags = {"budget_evals": MOST, "patience": MOST, "num": 16, "lanes": 2}
        plan = make_plan(load_spec(root, "formula"), None, flags)
        history = run(plan, open_workspace(plan.spec, "bench"), Silent()).history
        count = history.measured() if history.best_accepted() else MOST + 1
    name = f"Nguyen-{problem.number} through a whole run: evaluations until accepted"
    return Row(name, count, None, "", "", at_most=MOST)


def found(counts: Sequence[int]) -> str:
    """Return how many of ``counts`` stand for success."""
    return f"found {sum(count <= MOST for count in counts)} of {len(counts)}"


def evaluations_until_found(problem: Problem, seed: int, most: int = MOST) -> int:
    """Return which evaluation gave ``problem``'s formula, or ``most + 1``."""
    seen = Sample(problem, problem.inputs(seed, POINTS, "seen"))
    unseen = Sample(problem, problem.inputs(seed, UNSEEN, "unseen"))
    files = {"f.py": SOURCE}
    start = seen.error(files)
    costs = () if start is None else (start,)
    search = Simple(PINS, [Mutate()], files=files, seed=seed, costs=costs, patience=most)
    count = 0
    while count < most and (ideas := search.ask(8)):
        for idea in ideas:
            count += 1
            error = seen.error(idea.files)
            if error is not None and error < EXACT and (unseen.error(idea.files) or 0.0) < EXACT:
                return count
            search.tell(idea.id, () if error is None else (error,))
    return most + 1


class Sample:
    """Inputs of a problem with their values.

    Args:
        problem: whose values.
        inputs: where to compare.
    """

    def __init__(self, problem: Problem, inputs: Sequence[float]):
        self._inputs = inputs
        self._values = [problem.formula(x) for x in inputs]

    def error(self, files: Mapping[str, str]) -> float | None:
        """Return the mean absolute error of a candidate, or None if it raises or overflows."""
        scope: dict[str, Callable[[float], float]] = {}
        exec(files["f.py"], scope)  # our own mutation of `SOURCE`: arithmetic and `math`
        try:
            gaps = [abs(scope["f"](x) - y) for x, y in zip(self._inputs, self._values, strict=True)]
            mean = math.fsum(gaps) / len(gaps)
        except (ArithmeticError, TypeError, ValueError, LookupError, NameError):
            return None
        return mean if math.isfinite(mean) else None


def peer_counts(problems: Sequence[Problem]) -> dict[int, list[int]]:
    """Return gplearn's numbers of evaluations by problem, one for each seed."""
    tasks: list[object] = []
    for problem in problems:
        for seed in range(SEEDS):
            inputs = problem.inputs(seed, POINTS, "seen")
            values = [problem.formula(x) for x in inputs]
            tasks.append([problem.number, seed, inputs, values])
    with tempfile.TemporaryDirectory() as folder:
        python = Path(folder) / "bin" / "python"
        ready = os.environ.get("SIGIL_BENCH_GPLEARN_PYTHON")
        if ready is None:
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            install = [str(python), "-m", "pip", "install", "--quiet", *PEER]
            subprocess.run(install, check=True, capture_output=True)
        script = Path(__file__).with_name("symbolic_peer.py")
        done = subprocess.run(
            [ready or str(python), str(script), str(MOST), str(EXACT)],
            input=json.dumps(tasks),
            capture_output=True,
            text=True,
            check=True,
        )
    counts: dict[int, list[int]] = {}
    for number, count in json.loads(done.stdout):
        counts.setdefault(number, []).append(count)
    return counts
