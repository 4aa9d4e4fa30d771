"""Formulas that are imagined before any is proposed: their values, their promise, their text."""

from __future__ import annotations

import ast
import math
import pickle
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.search.model import Outcome
from sigil.search.mutate.formulas import Formulas, formula_of
from sigil.search.mutate.proposer import Mutate
from sigil.search.mutate.source import Source
from sigil.search.mutate.subject import Subject
from sigil.search.mutate.surmise import Surmise, columns_over
from sigil.search.mutate.terms import read
from sigil.search.pins import Pin
from sigil.search.simple import Simple

NAMES = {name: name for name in ("sin", "cos", "exp", "log", "sqrt")}
HEAD = "from math import cos, exp, log, sin, sqrt\n\n\n"
IDENTITY = f"{HEAD}def f(x):\n    return x\n"


def term(text: str, interval: tuple[float, float] = (0.5, 2.0)):
    return read(ast.parse(text, mode="eval").body, columns_over(interval, ["x"]), NAMES)


def formulas(text: str = IDENTITY) -> Formulas:
    source = Source(text)
    formula = formula_of(Subject(source, 4, source.line_count, ["f"]))
    assert formula is not None
    return Formulas(formula)


@pytest.mark.parametrize(
    "text", ["x + 1", "x*x - 2", "sin(x)/x", "-x ** 2", "sqrt(x) // 1", "x % 0.3", "exp(-x)"]
)
def test_a_term_has_the_values_that_python_gives(text: str):
    found = term(text)
    points = columns_over((0.5, 2.0), ["x"])["x"]
    assert found is not None
    assert found.values == tuple(eval(text, vars(math) | {"x": x}) for x in points)


@pytest.mark.parametrize("text", ["x + 1", "(x - 1) * 2 - (3 - x)", "-(x + 1)", "x / (x / 2)"])
def test_a_term_written_and_read_again_is_the_same(text: str):
    found = term(text)
    assert found is not None
    assert term(found.fragment().text) == found


@pytest.mark.parametrize("text", ["x.real", "open(x)", "x[0]", "'a'", "f(x)", "x if x else 1"])
def test_what_is_more_than_arithmetic_is_no_term(text: str):
    assert term(text) is None


def test_an_operation_without_a_value_is_nan():
    found = term("log(x - 1)")
    assert found is not None
    assert not found.finite


def test_a_huge_power_is_not_computed():
    found = term("9 ** 9 ** 9")
    assert found is not None
    assert not found.finite


def told(target: str, interval: tuple[float, float]) -> Surmise:
    surmise = Surmise(["x"])
    wanted = term(target, interval)
    assert wanted is not None
    texts = ("x", "x + 1", "x * x", "2 * x", "x - 1", "sin(x)", "1 / (x + 5)", "-x", "x / 2")
    for text in (*texts, "x + x * x", "cos(x)", "exp(x)"):
        far = term(text, interval)
        assert far is not None
        cost = sum(abs(a - b) for a, b in zip(far.values, wanted.values, strict=True)) / 16
        near = read(ast.parse(text, mode="eval").body, surmise.columns, NAMES)
        assert near is not None
        surmise.tell(near, cost)
    surmise.refit()
    return surmise


@pytest.mark.parametrize("interval", [(-1, 1), (0, 2), (0, 10)])
def test_the_costs_tell_where_the_inputs_lie(interval: tuple[float, float]):
    surmise = told("x * x + sin(x)", interval)
    assert surmise.trusted
    wanted = read(ast.parse("x * x + sin(x)", mode="eval").body, surmise.columns, NAMES)
    other = read(ast.parse("x * x + cos(x)", mode="eval").body, surmise.columns, NAMES)
    assert wanted is not None
    assert other is not None
    assert surmise.score(wanted) < surmise.score(other)


def test_costs_that_are_no_distances_are_not_trusted():
    surmise = Surmise(["x"])
    for number, text in enumerate(("x", "x + 1", "x * x", "2 * x", "x - 1", "sin(x)") * 2):
        found = read(ast.parse(text, mode="eval").body, surmise.columns, NAMES)
        assert found is not None
        surmise.tell(found, 1000.0 * (number % 5))
    surmise.refit()
    assert not surmise.trusted


def test_a_function_of_several_statements_is_no_formula():
    source = Source("def f(x):\n    y = x\n    return y\n")
    assert formula_of(Subject(source, 1, 3, ["f"])) is None


def test_nothing_is_imagined_twice_and_a_copy_that_was_put_down_goes_on_alike():
    first = formulas()
    for text in ("x", "x + 1", "x * x", "2 * x", "x - 1", "sin(x)", "-x", "x / 2", "x + x * x",
                 "cos(x)", "exp(x)", "x * x * x"):  # fmt: skip
        node = ast.parse(text, mode="eval").body
        cost = abs(0.7 - eval(text, vars(math) | {"x": 0.5}))
        first.tell(node, (cost,))
    stream = random.Random(3)
    early = [first.imagine(stream) for _ in range(30)]
    again = pickle.loads(pickle.dumps(first))
    other = random.Random(4)
    one = [first.imagine(other) for _ in range(30)]
    other = random.Random(4)
    two = [again.imagine(other) for _ in range(30)]
    assert one == two
    keys = [found.key for found in (*early, *one) if found is not None]
    assert len(set(keys)) == len(keys) > 30


def evaluations(target: Callable[[float], float], low: float, high: float, seed: int) -> int:
    points = [low + (high - low) * random.Random(seed * 31 + i).random() for i in range(20)]

    def error(text: str) -> float | None:
        scope: dict[str, Callable[[float], float]] = {}
        exec(compile(text, "candidate", "exec"), scope)
        try:
            found = sum(abs(scope["f"](x) - target(x)) for x in points) / len(points)
        except (ArithmeticError, ValueError, TypeError):
            return None
        return found if math.isfinite(found) else None

    start = error(IDENTITY)
    assert start is not None
    pins = [Pin("f", "python", ("a.py",), "f")]
    search = Simple(
        pins, [Mutate()], files={"a.py": IDENTITY}, seed=seed, costs=(start,), patience=999
    )
    count = 0
    while count < 600 and (ideas := search.ask(8)):
        for idea in ideas:
            count += 1
            found = error(idea.files["a.py"])
            if found is not None and found < 1e-9:
                return count
            search.tell(idea.id, () if found is None else (found,))
    return 601


def test_a_sum_of_sines_is_found_within_600_evaluations():
    counts = [
        evaluations(lambda x: math.sin(x) + math.sin(x + x * x), 0, 1, seed) for seed in range(3)
    ]
    assert sorted(counts)[1] <= 600, counts


def test_a_polynomial_of_degree_five_is_found_within_600_evaluations():
    counts = [
        evaluations(lambda x: x**5 + x**4 + x**3 + x**2 + x, -1, 1, seed) for seed in range(3)
    ]
    assert sorted(counts)[1] <= 600, counts


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(allow_nan=False), min_size=0, max_size=2))
def test_any_cost_may_be_told(costs: list[float]):
    found = formulas()
    found.tell(ast.parse("x + 1", mode="eval").body, Outcome(tuple(costs)).costs)
    assert not found.ready
