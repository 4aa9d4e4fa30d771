"""gplearn on the problems of `bench.symbolic`, run by an interpreter that has it.

Reads tasks as JSON from standard input, ``[[number, seed, inputs, values], …]``, and prints
``[[number, count], …]``: which evaluation was the first to be exact, or one more than it had.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from concurrent.futures import ProcessPoolExecutor

import numpy as np
from gplearn.fitness import make_fitness
from gplearn.functions import make_function
from gplearn.genetic import SymbolicRegressor

POPULATION = 1000
FUNCTIONS = ("add", "sub", "mul", "div", "sin", "cos", "log", "sqrt")


def evaluations(task):
    """Return the problem's number and which evaluation was exact."""
    number, seed, inputs, values = task
    warnings.simplefilter("ignore")
    count, first = 0, None

    def error(y, found, weights):
        nonlocal count, first
        count += 1
        mean = float(np.average(np.abs(found - y), weights=weights))
        if first is None and mean < EXACT:
            first = count
        return mean

    regressor = SymbolicRegressor(
        population_size=POPULATION,
        generations=MOST // POPULATION,
        function_set=(*FUNCTIONS, make_function(function=exponential, name="exp", arity=1)),
        metric=make_fitness(function=error, greater_is_better=False, wrap=False),
        stopping_criteria=EXACT,
        random_state=seed,
    )
    # Two calls check a new fitness before anything is evaluated.
    count, first = 0, None
    regressor.fit(np.array(inputs).reshape(-1, 1), np.array(values))
    return number, first if first is not None and first <= MOST else MOST + 1


def exponential(x):
    """Return e to the power of ``x``, 0 where that is out of bounds, as gplearn protects."""
    with np.errstate(over="ignore"):
        return np.where(np.abs(x) < 100, np.exp(np.clip(x, -100, 100)), 0.0)


MOST, EXACT = int(sys.argv[1]), float(sys.argv[2])
if __name__ == "__main__":
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        print(json.dumps(list(pool.map(evaluations, json.load(sys.stdin)))))
