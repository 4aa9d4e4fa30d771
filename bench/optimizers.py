"""Every optimizer at equal evaluations, beside `best-of-n`, on small problems.

The offline proposers `mutate` and `tune` search under each optimizer with the same seeds; what
is compared is the cost after so many evaluations, the median over seeds. Evaluation is this
process's own, so that nothing is timed and the figures are the same on every machine.

    python -m bench optimizers
    SIGIL_BENCH_OPTIMIZERS=tree,simple python -m bench optimizers

Problems: a quadratic through three points; a sine that swells, from the formula ``x`` with
functions at hand; a polynomial and its length at once, two objectives, of which the area that
the front leaves over is compared.
"""

from __future__ import annotations

import math
import os
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sin

from bench.row import Row
from sigil.search.mutate.proposer import Mutate
from sigil.search.optimizer import Problem
from sigil.search.optimizers import make_optimizer, optimizer_names
from sigil.search.pins import Pin
from sigil.search.tune import Tune

EVALS, SEEDS, A_ROUND = 240, 5, 8
FLOOR = "best-of-n"
PINS = (Pin("f", "python", ("f.py",), "f"),)
PLAIN = "def f(x):\n    y = x + 1\n    return y * x - 3\n"
WITH_FUNCTIONS = "from math import cos, exp, log, sin, sqrt\n\n\ndef f(x):\n    return x\n"
VARIANTS: Mapping[str, tuple[str, Mapping[str, int]]] = {
    "alphaevolve with features: 2": ("alphaevolve", {"features": 2}),
}
LENGTH = 200.0
"""The length of a program and the error, up to which the area of a front is taken."""
WORST = 4.0


@dataclass(frozen=True, slots=True)
class Task:
    """Values to be met.

    Args:
        name: of the task.
        source: to start from.
        formula: what gives the values.
        inputs: where they are compared.
        short: whether the length of the program is a second objective.
    """

    name: str
    source: str
    formula: Callable[[float], float]
    inputs: Sequence[float]
    short: bool = False

    def costs(self, text: str) -> tuple[float, ...]:
        """Return the mean absolute error (and the length); () if it raises or overflows."""
        scope: dict[str, Callable[[float], float]] = {}
        exec(text, scope)  # our own mutation of `source`: arithmetic and `math`
        try:
            error = math.fsum(abs(scope["f"](x) - self.formula(x)) for x in self.inputs)
        except (ArithmeticError, TypeError, ValueError, LookupError, NameError):
            return ()
        if not math.isfinite(error):
            return ()
        mean = error / len(self.inputs)
        return (mean, float(len(text.split("def f", 1)[1]))) if self.short else (mean,)

    def quality(self, front: Sequence[Sequence[float]]) -> float:
        """Return the error of the best, or which share of the area a front leaves over."""
        if not self.short:
            return front[0][0]
        area, reached = 0.0, LENGTH
        for error, length in sorted(tuple(costs) for costs in front):
            if error < WORST and length < reached:
                area += (reached - length) * (WORST - error)
                reached = length
        return 1 - area / (WORST * LENGTH)


def _points(low: float, high: float) -> tuple[float, ...]:
    return tuple(low + (high - low) * k / 19 for k in range(20))


TASKS = (
    Task("quadratic", PLAIN, lambda x: 2.5 * x * x - 7.25 * x + 10.125, (0.5, 2.0, 3.5)),
    Task("wave", WITH_FUNCTIONS, lambda x: x * sin(3 * x) + 0.4 * x * x - 0.7, _points(-2, 2)),
    Task("short", PLAIN, lambda x: 0.5 * x**3 - x + 0.25, _points(-2, 2), short=True),
)


def rows() -> Iterator[Row]:
    """Yield the median quality of each optimizer on each task, beside that of `best-of-n`."""
    chosen = os.environ.get("SIGIL_BENCH_OPTIMIZERS", "")
    known = {name: (name, {}) for name in optimizer_names()} | VARIANTS
    names = [name for name in chosen.split(",") if name] or [n for n in known if n != FLOOR]
    for task in TASKS:
        floor = median_quality(task, FLOOR, {})
        for name in names:
            found = median_quality(task, *known[name])
            label = f"{task.name} after {EVALS}: {name}"
            yield Row(label, found, floor, FLOOR, "")


def median_quality(task: Task, name: str, params: Mapping[str, int]) -> float:
    """Return the median over seeds of the quality that an optimizer reaches; less is better."""
    return statistics.median(quality(task, name, params, seed) for seed in range(SEEDS))


def quality(
    task: Task, name: str, params: Mapping[str, int], seed: int, evals: int = EVALS
) -> float:
    """Return the quality of one search."""
    files = {"f.py": task.source}
    facts = Problem(
        PINS, [Mutate(), Tune()], files, seed, task.costs(task.source), patience=2 * evals
    )
    optimizer = make_optimizer(name, facts, params)
    count = 0
    while count < evals and (ideas := optimizer.ask(min(A_ROUND, evals - count))):
        for idea in ideas:
            count += 1
            optimizer.tell(idea.id, task.costs(idea.files["f.py"]))
    optimizer.settle()
    return task.quality([entry.costs for entry in optimizer.front])
