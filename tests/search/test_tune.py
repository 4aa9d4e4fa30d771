"""What the proposer `tune` promises, and that it finds a minimum."""

from __future__ import annotations

import ast
import statistics
import time

import pytest

from sigil.effects import random_stream
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, View
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.search.simple import Simple
from sigil.search.tune import Tune
from sigil.testing.proposers import CHECKS, another_process_proposes_the_same

TEXT = """\
def f(x):
    a = 1.0  # weight
    b = 5.0
    n = 40  # count
    return a * x[0] + b / (1 + n)


OUTSIDE = 7.5
"""
PINS = (Pin("p", "python", ("a.py",), "f"),)


def view(seed: int, *parents: Parent, text: str = TEXT) -> View:
    known = parents or (Parent(BASELINE, {"a.py": text}, (1.0,)),)
    return View(PINS, known, random_stream(seed, "tune"), seed)


def constants(text: str) -> dict[str, float]:
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def bowl(text: str) -> float:
    v = constants(text)
    return (v["a"] - 2.7) ** 2 + (v["b"] - 1.3) ** 2 / 2 + ((v["n"] - 97) / 50) ** 2


def after(proposal: Proposal, text: str = TEXT) -> str:
    return check(proposal.patch, {"a.py": text}, PINS)["a.py"]


def best_of(seed: int, evaluations: int) -> float:
    search = Simple(
        PINS, [Tune()], files={"a.py": TEXT}, seed=seed, costs=(bowl(TEXT),), patience=evaluations
    )
    best, count = bowl(TEXT), 0
    while count < evaluations:
        for idea in search.ask(3):
            count += 1
            cost = bowl(idea.files["a.py"])
            best = min(best, cost)
            search.tell(idea.id, (cost,))
    return best


@pytest.mark.parametrize("conforms", CHECKS, ids=lambda check: check.__name__)
def test_tune_conforms(conforms):
    conforms(Tune, PINS, {"a.py": TEXT})


def test_another_process_proposes_the_same():
    another_process_proposes_the_same("sigil.search.tune:Tune", PINS, {"a.py": TEXT})


def test_the_minimum_of_three_constants_is_found_within_150_evaluations():
    found = [best_of(seed, 150) for seed in range(3)]
    assert statistics.median(found) < 0.005, found


def test_the_first_proposals_are_one_literal_a_step_away():
    found = Tune().ask(view(1), 3)
    assert [proposal.note for proposal in found] == [
        "1.0 → 2.0 at line 2",
        "5.0 → 10.0 at line 3",
        "40 → 80 at line 4",
    ]


def test_only_the_characters_of_literals_change():
    tune = Tune()
    for turn in range(20):
        for proposal in tune.ask(view(turn), 2):
            tune.tell(proposal, Outcome((bowl(after(proposal)),)))
            v = constants(after(proposal))
            assert after(proposal) == TEXT.replace("= 1.0", f"= {v['a']!r}").replace(
                "= 5.0", f"= {v['b']!r}"
            ).replace("= 40", f"= {v['n']}")


def test_no_setting_is_proposed_twice_and_none_is_noisy():
    tune, seen = Tune(), set[str]()
    for turn in range(40):
        for proposal in tune.ask(view(turn), 3):
            tune.tell(proposal, Outcome((bowl(after(proposal)),)))
            assert proposal.patch not in seen
            seen.add(proposal.patch)
            v = constants(after(proposal))
            assert all(len(repr(number).replace(".", "").strip("0")) <= 5 for number in v.values())


def told_what_is_dead(text: str, turns: int) -> list[dict[str, float]]:
    """Return what is proposed by one who is told that ``dead`` makes no other program."""
    tune, found = Tune(), []
    seen = {tuple(v for k, v in constants(text).items() if k != "dead")}
    for turn in range(turns):
        for proposal in tune.ask(view(turn, text=text), 1):
            values = constants(after(proposal, text))
            alive = tuple(v for k, v in values.items() if k != "dead")
            tune.tell(proposal, Outcome((1.0,), duplicate=alive in seen))
            seen.add(alive)
            found.append(values)
    return found


def test_a_literal_that_makes_no_other_program_is_left_alone():
    found = told_what_is_dead("def f(x):\n    dead = 3.0\n    live = 5.0\n    return live\n", 100)
    assert len(found) == 100
    assert sum(values["live"] == 5.0 for values in found) < 15


def test_a_setting_that_somebody_else_proposed_is_no_sign_that_its_literal_does_not_matter():
    text = "def f(x):\n    a = 3.0\n    return a\n"
    tune, moved = Tune(), 0
    for turn in range(60):
        for proposal in tune.ask(view(turn, text=text), 1):
            value = constants(after(proposal, text))["a"]
            tune.tell(proposal, Outcome((abs(value - 20),), duplicate=turn < 8))
            moved += 1
    assert moved == 60


def test_where_no_literal_matters_it_rests_ever_longer():
    found = told_what_is_dead("def f(x):\n    dead = 3.0\n    return x\n", 200)
    assert 0 < len(found) < 20


def test_failures_are_no_costs_and_do_not_stop_it():
    tune = Tune()
    for turn in range(30):
        proposals = tune.ask(view(turn), 2)
        assert proposals
        for proposal in proposals:
            tune.tell(proposal, Outcome((), "the check says no"))


def test_it_stays_within_ranges_and_keeps_signs_and_kinds():
    text = TEXT.replace("5.0", "-5.0  # sigil: range -9 -2 log")
    tune = Tune()
    for turn in range(40):
        for proposal in tune.ask(view(turn, text=text), 2):
            v = constants(after(proposal, text))
            tune.tell(proposal, Outcome((bowl(after(proposal, text)),)))
            assert -9 <= v["b"] <= -2
            assert 0.1 <= v["a"] <= 10
            assert isinstance(v["n"], int)


def test_choices_are_exhausted_and_then_there_are_no_ideas():
    text = 'def f(x):\n    mode = "a"  # sigil: choices "a" "b" "c"\n    return mode\n'
    tune = Tune()
    found = tune.ask(view(1, text=text), 9)
    assert sorted(constants(after(p, text))["mode"] for p in found) == ["b", "c"]
    assert tune.ask(view(2, text=text), 3) == []


def test_a_parent_with_other_code_has_its_literals_found_anew():
    other = TEXT.replace("a * x[0]", "a * x[0] * 3.25")
    tune = Tune()
    tune.ask(view(1), 3)
    (proposal,) = tune.ask(view(2, Parent("c1", {"a.py": other}, (1.0,))), 1)
    assert proposal.parent == "c1"
    assert len(proposal.data["values"]) == 4  # type: ignore[arg-type] # a list


def test_parents_that_differ_in_literals_alone_share_what_was_learned():
    tune, seen = Tune(), set[tuple[float, ...]]()
    parents = [
        Parent(BASELINE, {"a.py": TEXT}, (1.0,)),
        Parent("c1", {"a.py": TEXT.replace("5.0", "2.5")}, (0.5,)),
    ]
    for turn in range(20):
        for proposal in tune.ask(view(turn, *parents), 2):
            values = tuple(proposal.data["values"])  # type: ignore[arg-type] # a list
            assert values not in seen
            seen.add(values)


def test_an_outcome_told_before_anything_was_asked_counts():
    (first,) = Tune().ask(view(1), 1)
    resumed = Tune()
    resumed.tell(first, Outcome((0.1,)))
    assert resumed.ask(view(1), 1)[0].patch != first.patch


def test_several_objectives_steer_by_their_mean_ratio():
    tune, best = Tune(), 9.0
    for turn in range(40):
        parent = Parent(BASELINE, {"a.py": TEXT}, (bowl(TEXT), 1e6))
        for proposal in tune.ask(view(turn, parent), 3):
            cost = bowl(after(proposal))
            best = min(best, cost)
            tune.tell(proposal, Outcome((cost, 1e6)))
    assert best < 0.1


def test_code_without_literals_gives_no_ideas():
    assert Tune().ask(view(1, text="def f(x):\n    return x\n"), 3) == []


def test_what_an_ask_costs_does_not_grow_with_the_trials():
    tune, spent = Tune(), list[float]()
    for turn in range(300):
        start = time.process_time()
        proposals = tune.ask(view(turn), 1)
        spent.append(time.process_time() - start)
        for proposal in proposals:
            tune.tell(proposal, Outcome((bowl(after(proposal)),)))
    assert statistics.median(spent[250:]) < 0.02
