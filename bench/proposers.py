"""The offline proposers: how fast they propose, and after how many evaluations they are there.

Speeds are of processor time: what a proposer costs the process that schedules, whatever
else the machine does. Evaluations are counts, the same on every machine.
"""

from __future__ import annotations

import ast
import math
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from bench.row import Row
from sigil.effects import random_stream
from sigil.search.model import BASELINE, Outcome, Parent, Proposer, View
from sigil.search.mutate.proposer import Mutate
from sigil.search.pins import Pin
from sigil.search.simple import Simple
from sigil.search.tune import Tune

PINS = (Pin("p", "python", ("a.py",), "f"),)
TWENTY_LINES = '''\
import math


def f(points, start, limit=10):
    """Visit points greedily."""
    left = list(points)
    path = [start]
    total = 0.0
    while left and len(path) < limit:
        best = None
        best_distance = 1e9
        for point in left:
            distance = math.hypot(point[0] - path[-1][0], point[1] - path[-1][1])
            if distance < best_distance:
                best, best_distance = point, distance
        if best is None:
            break
        total += best_distance
        path.append(best)
        left.remove(best)
    return path, total
'''
CONSTANTS = "def f():\n    a = 1.0\n    b = 5.0\n    c = 40\n    return a, b, c\n"
PROPOSALS = 4000
TRIALS = 1000
SEEDS = 7
INPUTS = [x / 10 for x in range(-10, 11)]

Function = Callable[..., object]


def rows() -> Iterator[Row]:
    """Yield the figures of `mutate` and `tune`."""
    yield Row(
        "mutate: proposals for a 20-line function", mutate_speed(), None, "", "1/s", at_least=1000
    )
    yield Row(
        f"tune: slowest tenth of asks, up to {TRIALS} trials", tune_milliseconds(), None, "", "ms",
        at_most=10,
    )  # fmt: skip
    for formula, most in (("x * x", 100), ("x * x + x + 1", 1500)):
        counts = [evaluations_until(formula, seed, 2 * most) for seed in range(SEEDS)]
        name = f"mutate: evaluations from x to {formula}, median of {SEEDS}"
        yield Row(name, statistics.median(counts), None, "", "", at_most=most)
    left = statistics.median(tuned(seed, 150) for seed in range(SEEDS))
    yield Row(
        "tune: cost left of 3 constants after 150", left, bowl(CONSTANTS), "at first", "",
        at_most=0.01,
    )  # fmt: skip


def mutate_speed() -> float:
    """Return proposals per second of processor time, from eight parents, all told."""
    mutate, parents, made = Mutate(), [Parent(BASELINE, {"a.py": TWENTY_LINES}, (1.0,))], 0
    parents += [
        Parent(f"c{n}", {"a.py": TWENTY_LINES.replace("1e9", f"{n}e9")}, (1.0 + n,))
        for n in range(2, 9)
    ]
    began = time.process_time()
    while made < PROPOSALS:
        made += len(asked(mutate, parents, made, 20, lambda _: 2.0))
    return made / (time.process_time() - began)


def tune_milliseconds() -> float:
    """Return the processor time that nine of ten asks stay under, over `TRIALS` trials."""
    tune, parents = Tune(), [Parent(BASELINE, {"a.py": CONSTANTS}, (bowl(CONSTANTS),))]
    spent: list[float] = []
    for number in range(TRIALS):
        began = time.process_time()
        asked(tune, parents, number, 1, lambda values: sum(map(abs, values)))
        spent.append(1000 * (time.process_time() - began))
    return statistics.quantiles(spent, n=10)[-1]


def asked(
    proposer: Proposer,
    parents: Sequence[Parent],
    seed: int,
    count: int,
    cost: Callable[[Sequence[float]], float],
) -> list[object]:
    """Ask for proposals and tell each what it costs by its values, if it has any."""
    view = View(PINS, parents, random_stream(seed, "bench"), seed)
    proposals = proposer.ask(view, count)
    for proposal in proposals:
        values = proposal.data.get("values", [])
        assert isinstance(values, list)
        proposer.tell(proposal, Outcome((cost(values),)))
    return list(proposals)


def evaluations_until(formula: str, seed: int, most: int) -> int:
    """Return after how many evaluations ``formula`` was found on `INPUTS`, or ``most + 1``."""
    wanted = eval(f"lambda x: {formula}")  # one of ours, above
    text = "def f(x):\n    return x\n"

    def cost(files: Mapping[str, str]) -> float | None:
        scope: dict[str, Function] = {}
        exec(files["a.py"], scope)  # our own mutation of the line above
        try:
            found = [abs(scope["f"](x) - wanted(x)) for x in INPUTS]
        except (ArithmeticError, TypeError, ValueError, LookupError):
            return None
        mean = sum(found) / len(found)
        return mean if isinstance(mean, float | int) and math.isfinite(mean) else None

    return search(Mutate(), text, cost, seed=seed, most=most)[0]


def tuned(seed: int, evaluations: int) -> float:
    """Return the least cost of `CONSTANTS` after so many evaluations."""
    return search(
        Tune(), CONSTANTS, lambda files: bowl(files["a.py"]), seed=seed, most=evaluations
    )[1]


def bowl(text: str) -> float:
    """Return how far the three constants are from where they should be."""
    a, b, c = (
        ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign)
    )
    return (a - 2.7) ** 2 + (b - 1.3) ** 2 / 2 + ((c - 97) / 50) ** 2


def search(
    proposer: Proposer,
    text: str,
    cost: Callable[[Mapping[str, str]], float | None],
    *,
    seed: int,
    most: int,
) -> tuple[int, float]:
    """Return the evaluation that cost nothing (or ``most + 1``) and the least cost."""
    files = {"a.py": text}
    start = cost(files)
    assert start is not None
    optimizer = Simple(PINS, [proposer], files=files, seed=seed, costs=(start,), patience=most)
    count, best = 0, start
    while count < most and (ideas := optimizer.ask(4)):
        for idea in ideas:
            count += 1
            found = cost(idea.files)
            optimizer.tell(idea.id, () if found is None else (found,))
            best = best if found is None else min(best, found)
            if best < 1e-9:
                return count, best
    return most + 1, best
