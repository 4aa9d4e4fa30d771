"""Problems with known best values, searched without a model: the eight of `examples`.

Each is run as its page says, in a copy, for its stated time or until its goal is reached, and
then once more by `best-of-n` with as many evaluations. What counts are values that an exact
validator computed in a process of its own; they are not times, but how far a search comes in a
given time depends on the machine.

    python -m bench tasks                            all of it, about 50 minutes
    SIGIL_BENCH_TASKS=cap_set,bin_packing            some of them
    SIGIL_BENCH_SECONDS=60                           this time for each instead of its own

Sources of the best known values: the pages of the examples.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.row import Row

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
CLOSE = 1e-3
"""By which share of its value `best-of-n` may be ahead: runs end on slightly different hills."""


@dataclass(frozen=True, slots=True)
class Task:
    """A problem, and what is to be reached.

    Args:
        name: of the example and its spec.
        metric: what is measured.
        target: what has to be reached.
        largest: whether more is better.
        seconds: the stated time.
    """

    name: str
    metric: str
    target: float
    largest: bool
    seconds: int


@dataclass(frozen=True, slots=True)
class Reached:
    """How a run ended.

    Args:
        value: of the best accepted candidate; of the unchanged code if there is none.
        held_out: the same on held-out inputs; None where there are none.
        evaluations: how many candidates were measured.
    """

    value: float
    held_out: float | None
    evaluations: int


TASKS = (
    Task("circle_packing", "sum_of_radii", 2.634, largest=True, seconds=600),
    Task("bin_packing", "excess_percent", 2.0, largest=False, seconds=60),
    Task("cap_set", "size", 448, largest=True, seconds=240),
    Task("circles_in_rectangle", "sum_of_radii", 2.365, largest=True, seconds=150),
    Task("heilbronn", "smallest_area", 0.036, largest=True, seconds=200),
    Task("point_spread", "squared_ratio", 12.8893, largest=False, seconds=60),
    Task("autocorrelation", "constant", 1.54, largest=False, seconds=90),
    Task("minimum_overlap", "overlap", 0.382, largest=False, seconds=90),
)


def rows() -> Iterator[Row]:
    """Yield each value beside its target, and beside `best-of-n` at equal evaluations."""
    names = os.environ.get("SIGIL_BENCH_TASKS", "")
    wanted = names.split(",") if names else [task.name for task in TASKS]
    for task in TASKS:
        if task.name in wanted:
            yield from _rows(task, int(os.environ.get("SIGIL_BENCH_SECONDS", task.seconds)))


def _rows(task: Task, seconds: int) -> Iterator[Row]:
    ours = reached(task, {"budget_time": seconds})
    name = f"{task.name}: {task.metric}, {seconds} s, {ours.evaluations} evaluations"
    yield _row(task, name, ours.value, None, task.target)
    if ours.held_out is not None:
        yield _row(task, f"{task.name}: the same, held out", ours.held_out, None, task.target)
    flags = {"optimizer": "best-of-n", "budget_evals": max(ours.evaluations, 1)}
    other = reached(task, {**flags, "budget_time": 4 * seconds})
    name = f"{task.name}: beside best-of-n, {other.evaluations} evaluations"
    yield _row(task, name, ours.value, other.value, 1 - CLOSE if task.largest else 1 + CLOSE)


def _row(task: Task, name: str, ours: float, other: float | None, bound: float) -> Row:
    against = "" if other is None else "best-of-n"
    if task.largest:
        return Row(name, ours, other, against, "", at_least=bound)
    return Row(name, ours, other, against, "", at_most=bound)


def reached(task: Task, flags: dict[str, object]) -> Reached:
    """Run the example in a scratch copy and return how far it came."""
    from sigil.cli.planning import make_plan
    from sigil.cli.progress import Silent
    from sigil.optimize.run import run
    from sigil.optimize.spec import load_spec
    from sigil.optimize.workspace import open_workspace

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / task.name
        ignored = shutil.ignore_patterns("workspaces", "cache", "__pycache__", "index.sqlite")
        shutil.copytree(EXAMPLES / task.name, root, ignore=ignored)
        given = {"patience": 10**6, "lanes": 2, **flags}
        plan = make_plan(load_spec(root, task.name), None, given)
        history = run(plan, open_workspace(plan.spec, "bench"), Silent()).history
        best = history.best_accepted()
        found = best.verdict if best is not None else history.baseline
        assert found is not None
        held_out = found.holdout.get(task.metric)
        return Reached(
            value=float(found.metrics[task.metric].value),
            held_out=None if held_out is None else float(held_out.value),
            evaluations=history.measured(),
        )
