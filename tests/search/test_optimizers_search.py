"""Every optimizer in a small real search, and what is particular to each guide."""

import math
import random

import pytest

from sigil.search.anneal import Anneal
from sigil.search.archive import Entry
from sigil.search.bandit import Bandit
from sigil.search.mads import Mads
from sigil.search.model import BASELINE
from sigil.search.mutate.proposer import Mutate
from sigil.search.optimizer import Problem
from sigil.search.optimizers import built_in_names, make_optimizer
from sigil.search.pins import Pin
from sigil.search.population import Placed
from sigil.search.tree import Tree
from sigil.search.tune import Tune

PINS = (Pin("f", "python", ("f.py",), "f"),)
SOURCE = "def f(x):\n    y = x + 1\n    return y * x - 3\n"
POINTS = ((0.5, 7.125), (2.0, 31.7), (3.5, -4.75))
VAIN, ELITE = Placed(False, False, 0.0), Placed(True, True, 0.6)


def costs_of(text):
    scope = {}
    exec(text, scope)
    try:
        return (math.fsum(abs(scope["f"](x) - y) for x, y in POINTS) / len(POINTS),)
    except (ArithmeticError, NameError, TypeError, ValueError):
        return ()


def searched(name, params, *, evals, seed=3):
    """Search the quadratic example; return (text, costs) of all that was tried, and the best."""
    proposers = [Mutate(), Tune()]
    problem = Problem(PINS, proposers, {"f.py": SOURCE}, seed, costs_of(SOURCE))
    optimizer, tried = make_optimizer(name, problem, params), []
    while len(tried) < evals and (ideas := optimizer.ask(8)):
        for idea in ideas:
            tried.append((idea.files["f.py"], costs_of(idea.files["f.py"])))
            optimizer.tell(idea.id, tried[-1][1])
    optimizer.settle()
    return tried, optimizer.front[0].costs


CHOICES = [(name, {}) for name in built_in_names()] + [("alphaevolve", {"features": 3})]


@pytest.mark.parametrize(("name", "params"), CHOICES, ids=str)
def test_a_real_search_gets_better_and_is_a_function_of_its_seed(name, params):
    tried, best = searched(name, params, evals=80)
    assert best == min(costs for _, costs in tried if costs)
    assert best[0] < 0.85 * costs_of(SOURCE)[0]
    assert searched(name, params, evals=40)[0] == tried[:40]


def entry(name, cost, age=0, at=0.0):
    costs = cost if isinstance(cost, tuple) else (float(cost),)
    return Entry(costs, (), age, name, (at,))


BASE = entry(BASELINE, 10)


def begun(guide, *entries):
    guide.add(BASE, BASELINE, VAIN)
    for one in entries:
        guide.add(one, BASELINE, VAIN)
    return guide


def names(entries):
    return [one.id for one in entries]


# --- tree -------------------------------------------------------------------------------


def test_a_tree_goes_down_into_the_better_branch_more_often():
    tree = begun(Tree(parents=1, exploration=400), entry("good", 1, 1), entry("bad", 9, 2))
    chosen = [tree.parents(random.Random(0), [])[0].id for _ in range(40)]
    assert chosen.count("good") > 2 * chosen.count("bad") > 0


def test_a_good_grandchild_speaks_for_its_branch():
    def chosen(*more):
        tree = begun(Tree(parents=1), entry("a", 5, 1), entry("b", 6, 2))
        for number, parent in enumerate(more):
            tree.add(entry(f"below {parent}", 1, 3 + number), parent, VAIN)
        found = [tree.parents(random.Random(0), [])[0].id for _ in range(40)]
        return sum(name.endswith("b") for name in found)

    assert chosen("b") > chosen()


def test_a_node_of_which_nothing_comes_is_left():
    tree = begun(Tree(parents=1), entry("best", 1, 1), entry("next", 2, 2))
    chosen = {tree.parents(random.Random(0), [])[0].id for _ in range(60)}
    assert chosen == {BASELINE, "best", "next"}


def test_a_cut_tree_keeps_the_best_and_its_line():
    tree = begun(Tree(nodes=8))
    for age in range(1, 60):
        tree.add(entry(f"c{age}", 60 - age, age), f"c{age - 1}" if age % 5 else BASELINE, VAIN)
    assert "c59" in tree.kept
    assert len(tree.kept) <= 16


# --- anneal -----------------------------------------------------------------------------


def moved(anneal, cost, times=200):
    """How often a chain that is at 10 goes to ``cost``, of some tries of other seeds."""
    count = 0
    for seed in range(times):
        chain = anneal()
        chain.parents(random.Random(seed), [BASE])
        chain.add(entry("new", cost, 1), BASELINE, VAIN)
        count += "new" in chain.kept
    return count / times


def test_a_better_one_is_always_accepted():
    assert moved(lambda: Anneal(chains=1), 9) == 1


def test_a_usual_worsening_is_accepted_at_first_as_often_as_is_asked_for():
    assert abs(moved(lambda: Anneal(chains=1, hot=30, cooling=10**6), 12, 600) - 0.3) < 0.06


def test_a_chain_that_is_cold_accepts_nothing_worse():
    def cold():
        anneal = Anneal(chains=1, cooling=100)
        anneal.parents(random.Random(1), [BASE])
        for age in range(49):
            anneal.add(entry(f"w{age}", 1000, age), BASELINE, VAIN)
            anneal.add(BASE, BASELINE, VAIN)  # better than any of them
        return anneal

    anneal = cold()
    anneal.parents(random.Random(1), [BASE])
    anneal.add(entry("worse", 400, 200), BASELINE, VAIN)
    assert names(anneal.parents(random.Random(1), [BASE])) == [BASELINE]


def test_after_its_schedule_a_chain_begins_anew_from_the_front():
    anneal = Anneal(chains=1, cooling=10)
    anneal.parents(random.Random(1), [BASE])
    for age in range(10):
        anneal.add(entry(f"c{age}", 20 + age, age), BASELINE, VAIN)
    assert names(anneal.parents(random.Random(1), [entry("best", 1, 99)])) == ["best"]


def test_the_unit_of_an_objective_does_not_matter():
    def kept(unit):
        anneal = Anneal(chains=1)
        stream = random.Random(4)
        anneal.parents(stream, [entry(BASELINE, (10.0, 10.0 * unit))])
        for age in range(60):
            costs = (10 + stream.gauss(0, 2), unit * (10 + stream.gauss(0, 2)))
            anneal.add(entry(f"c{age}", costs, age), BASELINE, VAIN)
        return set(anneal.kept)

    assert kept(1.0) == kept(1024.0)


# --- mads -------------------------------------------------------------------------------


def polled(mads, front, rounds):
    """The ids that each of some failing polls starts from."""
    found = []
    for turn in range(rounds):
        mads.begin(front)
        found.append(set(names(mads.parents(random.Random(turn), front))))
    return found


def neighbours():
    near = [entry(f"at {at}", 20 + at, at, at=float(at)) for at in (1, 2, 4, 8, 16)]
    return begun(Mads(), *near)


def test_a_mesh_shrinks_with_every_failure_until_the_incumbent_is_alone():
    sizes = [len(parents) for parents in polled(neighbours(), [BASE], 6)]
    assert sizes == [6, 5, 4, 3, 2, 1]


def test_after_the_finest_mesh_comes_the_widest():
    assert len(polled(neighbours(), [BASE], 7)[-1]) == 6


def test_a_success_widens_the_mesh():
    mads = neighbours()
    polled(mads, [BASE], 4)
    better = entry("better", 5, 9, at=0.0)
    mads.add(better, BASELINE, ELITE)
    mads.begin([better])
    assert len(mads.parents(random.Random(0), [better])) > 3


def test_the_incumbents_of_a_front_take_turns():
    front = [entry("left", (1.0, 2.0), 1), entry("right", (2.0, 1.0), 2)]
    mads = Mads()
    for one in front:
        mads.add(one, BASELINE, ELITE)
    seen = {frozenset(parents) for parents in polled(mads, front, 16) if len(parents) == 1}
    assert seen == {frozenset({"left"}), frozenset({"right"})}


# --- bandit -----------------------------------------------------------------------------


def learned(seed, *, young):
    """The weight of youth after results that gain only if made from young arms, or old ones."""
    bandit = begun(Bandit(parents=1, step=30))
    ages, stream = {BASELINE: 0}, random.Random(seed)
    for age in range(1, 500):
        bandit.begin([])
        (parent,) = bandit.parents(stream, [])
        middle = sorted(ages[name] for name in bandit.kept)[len(bandit.kept) // 2]
        gain = 1.0 if (parent.age > middle) == young else 0.0
        ages[f"c{age}"] = age
        bandit.add(entry(f"c{age}", 5, age), parent.id, Placed(False, False, gain))
    return bandit.weights[2]


@pytest.mark.parametrize("seed", range(3))
def test_a_bandit_learns_from_which_arms_something_is_gained(seed):
    assert learned(seed, young=True) > learned(seed, young=False)


def test_a_bandit_that_may_not_learn_keeps_its_first_weights():
    bandit = begun(Bandit(step=0), entry("a", 5, 1))
    before = bandit.weights
    (first, *_) = bandit.parents(random.Random(1), [])
    bandit.add(entry("b", 1, 2), first.id, ELITE)
    assert bandit.weights == before
