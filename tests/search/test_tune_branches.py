"""Literals that choose a branch, those that matter in one branch alone, and joint searches."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sigil.effects import random_stream
from sigil.search.branches import Branches
from sigil.search.literals import Choices, Literal, find
from sigil.search.model import BASELINE, Outcome, Parent, View
from sigil.search.mutate.source import Source
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.search.tune import Tune
from sigil.testing.proposers import CHECKS, another_process_proposes_the_same

MIXED = """\
def f(x):
    mode = "plain"
    fast = False
    if mode == "plain":
        return x + 3.0
    if mode == "scaled":
        factor = 5.0
        if fast:
            return x * factor + 40
        return x * factor
    weights = (2.0, 9.0)
    return x * weights[0] + weights[1]
"""
PINS = (Pin("p", "python", ("a.py",), "f"),)


def literals(text: str) -> list[Literal]:
    return find(Source(text), "a.py", 1, text.count("\n") + 1)


def alternatives(body: str) -> dict[str, tuple[Any, ...]]:
    text = "def f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
    return {one.text: one.space.values for one in literals(text) if isinstance(one.space, Choices)}


# --- switches ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('m = "a"\nif m == "b": pass', {'"a"': ("b", "a")}),
        ('m = "a"\nif m != "b": pass', {'"a"': ("b", "a")}),
        ('m = "a"\nif m in ("a", "b", "c"): pass', {'"a"': ("a", "b", "c")}),
        ('m = "a"\nmatch m:\n  case "b" | "c": pass\n  case _: pass', {'"a"': ("b", "c", "a")}),
        ('m = "a"\nreturn {"a": 1, "b": 2}[m]', {'"a"': ("a", "b")}),
        ("m = 0\nif m == 0: pass\nelif m == 1: pass\nelif m == 2: pass", {"0": (0, 1, 2)}),
        ('m: str = "a"\nreturn x if m == "b" else -x', {'"a"': ("b", "a")}),
    ],
)
def test_alternatives_are_what_the_code_asks_for(body: str, expected: dict[str, Any]) -> None:
    assert alternatives(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        'm = "a"\nreturn m',
        'm = "a"\nm = "c"\nif m == "b": pass',
        'm = "a"\ndef g(m):\n  return m == "b"',
        'm = "a"\nfor m in x:\n  if m == "b": pass',
        'm = "a"\nif m == 3: pass',
        'm = "a"\nglobal m\nif m == "b": pass',
        "m = 0\nif m == 1: pass\nreturn x + m",
    ],
)
def test_a_name_with_another_life_is_no_switch(body: str) -> None:
    assert alternatives(body) == {}


def test_a_comment_decides_over_what_the_code_asks_for() -> None:
    body = 'm = "a"  # sigil: choices "a" "z"\nif m == "b": pass'
    assert alternatives(body) == {'"a"': ("a", "z")}
    assert alternatives('m = "a"  # sigil: fixed\nif m == "b": pass') == {}


# --- conditions --------------------------------------------------------------------------


def read(text: str, **switches: Any) -> set[str]:
    """Return the literals that are read when the named switches have these values."""
    found = literals(text)
    bound = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Assign)]
    line = {ast.unparse(node.targets[0]): node.lineno for node in bound}
    chosen = {line[name]: value for name, value in switches.items()}
    values = [chosen.get(one.line, one.value) for one in found]
    active = Branches(found).active(values)
    return {one.text for i, one in enumerate(found) if i in active and one.line not in chosen}


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"mode": "plain", "fast": False}, {"3.0"}),
        ({"mode": "plain", "fast": True}, {"3.0"}),
        ({"mode": "scaled", "fast": False}, {"5.0"}),
        ({"mode": "scaled", "fast": True}, {"5.0", "40"}),
    ],
)
def test_only_the_literals_of_the_branch_are_read(
    switches: Mapping[str, Any], expected: set[str]
) -> None:
    assert read(MIXED, **switches) == expected


def test_what_follows_branches_that_leave_is_read_for_the_rest_alone() -> None:
    text = MIXED.replace('mode == "scaled"', 'mode in ("scaled", "other")')
    assert read(text, mode="rest", fast=True) == {"2.0", "9.0"}


MATCH = """match mode:
        case "b":
            y = 2.5
        case _:
            y = 7.5"""


@pytest.mark.parametrize(
    ("code", "mode", "expected"),
    [
        ('y = 2.5 if mode == "b" else 7.5', "b", {"2.5"}),
        ('y = 2.5 if mode == "b" else 7.5', "a", {"7.5"}),
        ('if mode == "b" and x > 2.5:\n        y = 7.5', "a", {"2.5"}),
        ('if mode == "b" or x > 2.5:\n        y = 7.5', "a", {"2.5", "7.5"}),
        (MATCH, "b", {"2.5"}),
        (MATCH, "a", {"7.5"}),
        ('for i in x:\n        if mode == "b":\n            continue\n        y = 7.5', "b", set()),
        ('if not mode == "b":\n        y = 7.5', "b", set()),
    ],
)  # fmt: skip
def test_each_form_of_a_question_is_understood(code: str, mode: str, expected: set[str]) -> None:
    text = f'def f(x):\n    mode = "a"\n    {code}\n'
    found = read(text, mode=mode)
    if " and " in code:  # what is asked beside a switch is evaluated only if the switch says so
        expected = found & {"2.5"}
    assert found == expected


# --- the search --------------------------------------------------------------------------


def run(text: str, cost: Callable[[dict[str, Any]], float], turns: int, seed: int = 0) -> list[str]:
    """Return the texts that were proposed, in order; each is told what it costs."""
    tune, parent, seen = Tune(), Parent(BASELINE, {"a.py": text}, (cost(names(text)),)), []
    for turn in range(turns):
        stream = random_stream(seed, "tune", str(turn))
        for proposal in tune.ask(View(PINS, (parent,), stream, turn), 2):
            after = check(proposal.patch, {"a.py": text}, PINS)["a.py"]
            seen.append(after)
            tune.tell(proposal, Outcome((cost(names(after)),)))
    return seen


def names(text: str) -> dict[str, Any]:
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


BRANCHES = """\
def f(x):
    mode = "a"
    if mode == "a":
        p = 2.0
        q = 2.0
        return p * x + q
    elif mode == "b":
        r = 2.0
        s = 2.0
        return r * x + s
    elif mode == "c":
        t = 2.0
        u = 2.0
        return t * x + u
"""
READ = {"a": ("p", "q"), "b": ("r", "s"), "c": ("t", "u")}
GOALS = {"a": (3.0, 1.0), "b": (7.0, 0.7), "c": (1.3, 4.0)}
FLOOR = {"a": 1.0, "b": 0.0, "c": 2.0}


def deepest_in_b(v: dict[str, Any]) -> float:
    """Return a cost whose minimum, 0, is in branch b, though c looks better at first."""
    mode = v["mode"]
    pairs = zip(READ[mode], GOALS[mode], strict=True)
    return FLOOR[mode] + sum((v[name] - goal) ** 2 / goal**2 for name, goal in pairs)


def behaviour(text: str) -> tuple[Any, ...]:
    v = names(text)
    return (v["mode"], *(v[name] for name in READ[v["mode"]]))


def test_no_evaluation_is_spent_on_what_is_not_read() -> None:
    proposed = [behaviour(text) for text in run(BRANCHES, deepest_in_b, 60)]
    assert len(set(proposed)) == len(proposed) > 80
    assert behaviour(BRANCHES) not in proposed


def test_a_literal_of_another_branch_keeps_its_text() -> None:
    for text in run(BRANCHES, deepest_in_b, 30):
        v = names(text)
        others = [name for mode in READ if mode != v["mode"] for name in READ[mode]]
        assert all(v[name] == 2.0 for name in others)


@pytest.mark.parametrize("seed", range(3))
def test_the_best_branch_and_its_values_are_found(seed: int) -> None:
    costs = [deepest_in_b(names(text)) for text in run(BRANCHES, deepest_in_b, 60, seed)]
    assert min(costs) < 0.05


def test_numbers_in_a_tuple_are_tuned_one_by_one() -> None:
    text = "def f(x):\n    w = (2.0, 9.0, 4)\n    return w\n"

    def cost(v: dict[str, Any]) -> float:
        one, two, three = v["w"]
        return (one - 3) ** 2 + (two - 5) ** 2 + (three - 7) ** 2

    assert min(cost(names(found)) for found in run(text, cost, 60)) < 0.1


@pytest.mark.parametrize("conforms", CHECKS, ids=lambda check: check.__name__)
def test_tune_conforms_where_literals_are_conditional(conforms: Callable[..., None]) -> None:
    conforms(Tune, PINS, {"a.py": MIXED})


def test_another_process_proposes_the_same_where_literals_are_conditional() -> None:
    another_process_proposes_the_same("sigil.search.tune:Tune", PINS, {"a.py": BRANCHES})


# --- several pins ------------------------------------------------------------------------

TWO = {
    "a.py": "def f(x):\n    a = 2.0\n    return a * x\n\n\nOUTSIDE = 5.0\n",
    "b.py": "LIMIT = 40\n\n\ndef g(x):\n    b = 8.0\n    return b + x\n",
}
TWO_PINS = (Pin("f", "python", ("a.py",), "f"), Pin("g", "python", ("b.py",), "g"))


def test_the_literals_of_several_pins_and_files_are_one_search() -> None:
    def cost(files: Mapping[str, str]) -> float:
        v = names(files["a.py"]) | names(files["b.py"])
        return (v["a"] * v["b"] - 3.0) ** 2 + (v["a"] - v["b"]) ** 2 / 10

    tune, parent = Tune(), Parent(BASELINE, TWO, (cost(TWO),))
    best, both = cost(TWO), 0
    for turn in range(60):
        view = View(TWO_PINS, (parent,), random_stream(1, "tune", str(turn)), turn)
        for proposal in tune.ask(view, 2):
            changed = check(proposal.patch, TWO, TWO_PINS)
            both += len(changed) == 2
            files = TWO | changed
            assert "OUTSIDE = 5.0" in files["a.py"]
            assert "LIMIT = 40" in files["b.py"]
            tune.tell(proposal, Outcome((cost(files),)))
            best = min(best, cost(files))
    assert both > 10
    assert best < 0.01
