"""Does selection find what it should, with `mutate` alone? Small problems, few evaluations.

The code that runs here is our own: built from the functions below.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

import pytest

from sigil.search.model import Outcome
from sigil.search.mutate.proposer import Mutate
from sigil.search.pins import Pin
from sigil.search.simple import Simple

Case = tuple[object, ...]


def error(
    text: str, name: str, cases: Sequence[Case], target: Callable[..., object]
) -> float | None:
    """Return the mean distance to ``target``; an exception or a wrong kind counts as 100."""
    names: dict[str, Callable[..., object]] = {}
    exec(compile(text, "candidate", "exec"), names)
    distances = [distance(result(names[name], case), target(*case)) for case in cases]
    mean = sum(distances) / len(distances)
    return mean if math.isfinite(mean) else None


def result(function: Callable[..., object], case: Case) -> object:
    try:
        return function(*case)
    except (ArithmeticError, ValueError, TypeError, LookupError, RecursionError) as problem:
        return problem


def distance(found: object, wanted: object) -> float:
    number = isinstance(found, (int, float)) and isinstance(wanted, (int, float))
    if number and not isinstance(found, bool):
        return abs(float(found) - float(wanted))
    return 0.0 if found == wanted and type(found) is type(wanted) else 100.0


def evaluations_until(
    text: str, name: str, cases: Sequence[Case], target: Callable[..., object], seed: int, most: int
) -> int:
    """Return how many evaluations it took to get every case right, or ``most + 1``."""
    start = error(text, name, cases, target)
    search = Simple(
        [Pin("p", "python", ("a.py",), name)],
        [Mutate()],
        files={"a.py": text},
        seed=seed,
        costs=() if start is None else (start,),
        patience=most,
    )
    count = 0
    while count < most and (ideas := search.ask(4)):
        for idea in ideas:
            count += 1
            found = error(idea.files["a.py"], name, cases, target)
            if found is not None and found < 1e-9:
                return count
            search.tell(idea.id, () if found is None else (found,))
    return most + 1


NUMBERS = [(x / 10,) for x in range(-10, 11)]
IDENTITY = "def f(x):\n    return x\n"


def test_a_square_is_found_at_once():
    assert evaluations_until(IDENTITY, "f", NUMBERS, lambda x: x * x, 1, 100) <= 10


def test_a_root_is_found_where_math_is_imported():
    text = "import math\n\n\ndef f(x):\n    return x\n"
    cases = [(x / 5,) for x in range(21)]
    assert evaluations_until(text, "f", cases, math.sqrt, 1, 100) <= 60


def test_a_quadratic_is_found_within_1500_evaluations_in_the_median():
    counts = [
        evaluations_until(IDENTITY, "f", NUMBERS, lambda x: x * x + x + 1, seed, 1500)
        for seed in range(5)
    ]
    assert statistics.median(counts) <= 1500, counts


def test_a_cubic_is_within_reach():
    def attempt(seed: int) -> int:
        return evaluations_until(IDENTITY, "f", NUMBERS, lambda x: x**3 + x * x + x, seed, 2000)

    assert any(attempt(seed) <= 2000 for seed in range(5))


def clamp(value: float, low: float, high: float) -> float:
    return max(low, min(value, high))


BUGS = {
    "a loop that ends one too early": (
        "def f(xs):\n    t = 0\n    for i in range(len(xs) - 1): t += xs[i]\n    return t\n",
        [([1, 2, 3],), ([],), ([5],), ([2, 2],)],
        sum,
    ),
    "a comparison that leaves out the end": (
        "def f(xs, limit):\n    n = 0\n    for x in xs: n += 1 if x < limit else 0\n    return n\n",
        [([1, 2, 3], 2), ([4, 4], 4), ([], 1), ([1, 9], 5)],
        lambda xs, limit: sum(x <= limit for x in xs),
    ),
    "a minus that should be a plus": (
        "def f(a, b, c):\n    s = (a - b + c) / 2\n    return s * (s - a) * (s - b) * (s - c)\n",
        [(3.0, 4.0, 5.0), (5.0, 5.0, 6.0), (2.0, 3.0, 4.0)],
        lambda a, b, c: (
            ((a + b + c) / 2)
            * ((a + b + c) / 2 - a)
            * ((a + b + c) / 2 - b)
            * ((a + b + c) / 2 - c)
        ),
    ),
    "arguments in the wrong order": (
        "def f(value, low, high):\n    return max(low, min(high, low))\n",
        [(1, 2, 3), (2.5, 2, 3), (9, 2, 3)],
        clamp,
    ),
    "a missing guard": (
        "def f(xs):\n    return sum(xs) / len(xs)\n",
        [([1.0, 2.0],), ([],), ([3.0],)],
        lambda xs: sum(xs) / len(xs) if xs else 0,
    ),
    "and for or": (
        "def f(y):\n    return y % 4 == 0 and (y % 100 != 0 and y % 400 == 0)\n",
        [(2000,), (1900,), (2024,), (2023,)],
        lambda y: y % 4 == 0 and (y % 100 != 0 or y % 400 == 0),
    ),
    "a wrong start": (
        "def f(xs):\n    b = 0\n    for x in xs[1:]: b = x if x > b else b\n    return b\n",
        [([1, 2, 3],), ([7, 1],), ([4],), ([2, 9, 3],)],
        max,
    ),
    "a name mixed up": (
        "def f(xs, ys):\n    return sum(x * y for x, y in zip(xs, xs))\n",
        [([1, 2], [3, 4]), ([0, 5], [1, 1])],
        lambda xs, ys: sum(x * y for x, y in zip(xs, ys, strict=True)),
    ),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_repaired_within_100_evaluations(bug: str):
    text, cases, target = BUGS[bug]
    assert evaluations_until(text, "f", cases, target, 1, 100) <= 100


def test_ways_that_give_elites_are_drawn_more_often():
    mutate = Mutate()
    assert mutate.name == "mutate"
    before = mutate._learned.weights(["grow"])
    for _ in range(20):
        mutate._learned.tries["extend"] += 1
        mutate._learned.tries["grow"] += 1
        mutate._learned.elites["grow"] += Outcome((1.0,), elite=True).elite
    assert mutate._learned.weights(["grow"]) > before
