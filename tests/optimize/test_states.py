"""The state of every offline proposer can be put down, so that long runs are resumed at once."""

import pickle

import pytest

from sigil.optimize.proposing import OFFLINE
from sigil.optimize.shelf import Shelf
from sigil.search.optimizer import Problem
from sigil.search.optimizers import make_optimizer
from sigil.search.pins import Pin

PINS = (Pin("f", "python", ("a.py",), "f"),)
FORMULA = "def f(x):\n    y = x + 1.5\n    return y * x - 3\n"
LOOP = (
    "def f(xs, n=3):\n    out = []\n    for x in xs:\n        out.append(x * n)\n    return out\n"
)


def nothing(path: str) -> bool:
    return False


def told(name, text, rounds):
    """An optimizer of one proposer whose results depend on the text alone."""
    problem = Problem(PINS, [OFFLINE[name]()], {"a.py": text}, 3, (40.0,), exists=nothing)
    optimizer = make_optimizer("simple", problem, {})
    go(optimizer, rounds)
    return optimizer


def go(optimizer, rounds):
    asked = []
    for _ in range(rounds):
        for idea in optimizer.ask(4):
            asked.append(idea.id)
            optimizer.tell(idea.id, (float(int(idea.id[:2], 16)),) if idea.id[2] < "c" else ())
    return asked


@pytest.mark.parametrize("text", [FORMULA, LOOP], ids=["formula", "loop"])
@pytest.mark.parametrize("name", OFFLINE)
def test_a_state_has_a_form_and_two_searches_from_it_go_on_alike(name, text, tmp_path):
    shelf = Shelf(tmp_path, "run", nothing)
    state = shelf.state_of(told(name, text, 8))
    assert state is not None
    one, other = shelf.search_of(state), shelf.search_of(state)
    assert go(one, 4) == go(other, 4)


@pytest.mark.parametrize("name", OFFLINE)
def test_a_proposer_that_was_told_nothing_has_a_state(name):
    assert pickle.loads(pickle.dumps(OFFLINE[name]())).name == name
