"""What the proposer `mutate` promises about every proposal, and in which order they come."""

from __future__ import annotations

import ast
import functools
import pickle
import random
import warnings
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.effects import random_stream
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, View
from sigil.search.mutate.assigned import Flow, doubtful_uses
from sigil.search.mutate.library import BUILTINS, FORBIDDEN_CALLS, MODULES
from sigil.search.mutate.proposer import Mutate
from sigil.search.mutate.repairs import off_by_one
from sigil.search.mutate.source import Source
from sigil.search.mutate.subject import Subject
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.testing.proposers import CHECKS, another_process_proposes_the_same

ROUTE = '''import math
import os

LIMIT = 10
_SECRET = 3


def scale(value, factor=2.0):
    return value * factor


def route(points, start, limit=LIMIT, *, eager: bool = False):
    """Visit points greedily."""
    left = list(points)
    path = [start]  # grows
    total = 0.0
    while left and len(path) < limit:
        best = None
        best_d = 1e9
        for p in left:
            d = math.hypot(p[0] - path[-1][0], p[1] - path[-1][1])
            if d < best_d:
                best, best_d = p, d
        if best is None:
            break
        total += best_d
        path.append(best)
        left.remove(best)
        print(open(os.devnull).read())
    return path, scale(total)
'''
PINS = (Pin("p", "python", ("a.py",), "route"),)


def view(text: str, seed: int, pins: tuple[Pin, ...] = PINS, *others: str) -> View:
    parents = [Parent(BASELINE, {"a.py": text}, (1.0,))]
    parents += [Parent(f"c{i}", {"a.py": other}, (2.0,)) for i, other in enumerate(others)]
    return View(pins, parents, random_stream(seed, "test"), seed)


def proposals(text: str, count: int, symbol: str | None = None, seed: int = 1) -> list[Proposal]:
    pins = (Pin("p", "python", ("a.py",), symbol),) if symbol else (Pin("p", "python", ("a.py",)),)
    mutate, found = Mutate(), []
    for turn in range(count // 10):
        fresh = mutate.ask(view(text, seed + turn, pins), 10)
        for proposal in fresh:
            mutate.tell(proposal, Outcome((2.0,)))
        found += fresh
    return found


@functools.cache
def results(text: str, count: int, symbol: str, seed: int = 1) -> tuple[str, ...]:
    pins = (Pin("p", "python", ("a.py",), symbol),)
    found = proposals(text, count, symbol, seed)
    return tuple(check(proposal.patch, {"a.py": text}, pins)["a.py"] for proposal in found)


@pytest.mark.parametrize("conforms", CHECKS, ids=lambda check: check.__name__)
def test_mutate_conforms(conforms):
    conforms(Mutate, PINS, {"a.py": ROUTE})


def test_another_process_proposes_the_same():
    another_process_proposes_the_same("sigil.search.mutate.proposer:Mutate", PINS, {"a.py": ROUTE})


def test_a_square_is_the_first_proposal_for_a_bare_name():
    first = proposals("def f(x):\n    return x\n", 10, "f")[0]
    assert first.note == "return x → x * x at line 2"


def test_every_result_compiles_and_none_repeats():
    found = list(results(ROUTE, 600, "route"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in found:
            compile(text, "a.py", "exec", dont_inherit=True)
    assert len(set(found)) == len(found) == 600


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_crossing_two_parents_gives_code_that_compiles(first: int, second: int):
    a = random.Random(first).choice(results(ROUTE, 40, "route", first))
    b = random.Random(second).choice(results(ROUTE, 40, "route", second))
    mutate = Mutate()
    for proposal in mutate.ask(view(a, first, PINS, b), 30):
        files = {"a.py": a if proposal.parent == BASELINE else b}
        compile(check(proposal.patch, files, PINS)["a.py"], "a.py", "exec", dont_inherit=True)


def test_no_result_reads_a_name_that_may_have_no_value():
    tree = ast.parse(ROUTE)
    before = doubtful_uses(tree, Flow(tree))
    for text in results(ROUTE, 600, "route"):
        tree = ast.parse(text)
        assert not doubtful_uses(tree, Flow(tree)) - before, text


def test_no_result_reads_a_name_that_was_not_there():
    known = {node.id for node in ast.walk(ast.parse(ROUTE)) if isinstance(node, ast.Name)}
    known |= {f.text for f in BUILTINS} | {"points", "start", "limit", "eager", "path", "total"}
    for text in results(ROUTE, 600, "route"):
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        assert names <= known | {"LIMIT", "_SECRET"}, names - known


def test_attributes_that_were_not_there_are_well_known_functions():
    def attributes(text: str) -> set[str]:
        return {n.attr for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Attribute)}

    known = attributes(ROUTE) | {f.text for f in MODULES["math"]} | {"pi", "e"}
    for text in results(ROUTE, 600, "route"):
        assert attributes(text) <= known


def test_calls_with_effects_are_never_copied():
    def calls(text: str) -> int:
        nodes = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)]
        return sum(node.id in FORBIDDEN_CALLS for node in nodes)

    assert all(calls(text) <= calls(ROUTE) for text in results(ROUTE, 600, "route"))


def test_no_loop_is_made_endless_on_its_face():
    for text in results(ROUTE, 600, "route"):
        loops = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.While)]
        assert not any(isinstance(loop.test, ast.Constant) for loop in loops)


def test_the_signature_docstring_and_comments_stay():
    for text in results(ROUTE, 300, "route"):
        assert "def route(points, start, limit=LIMIT, *, eager: bool = False):" in text
        assert '    """Visit points greedily."""' in text


def test_a_single_edit_changes_one_line_or_adds_one():
    for proposal in proposals(ROUTE, 40, "route"):
        lines = proposal.patch.splitlines()
        assert sum(line.startswith("-") for line in lines) <= 2
        assert sum(line.startswith("+") for line in lines) == 2


def test_notes_are_one_readable_line():
    for proposal in proposals(ROUTE, 300, "route"):
        assert proposal.note
        assert "\n" not in proposal.note
        assert len(proposal.note) <= 210


def test_regions_between_markers_change_and_nothing_else():
    text = "a = 3\n# sigil:begin hot\nb = a + 1\n# sigil:end hot\nc = a + b\n"
    pins = (Pin("hot", "python", ("a.py",), start="sigil:begin hot", end="sigil:end hot"),)
    found = Mutate().ask(view(text, 3, pins), 20)
    assert found
    for proposal in found:
        after = check(proposal.patch, {"a.py": text}, pins)["a.py"]
        assert after.startswith("a = 3\n")
        assert after.endswith("c = a + b\n")


def test_names_defined_later_are_not_used_at_module_level():
    text = "# sigil:begin hot\nb = 1 + 2\n# sigil:end hot\nlater = 5\n"
    pins = (Pin("hot", "python", ("a.py",), start="sigil:begin hot", end="sigil:end hot"),)
    mutate = Mutate()
    for proposal in mutate.ask(view(text, 3, pins), 60):
        after = check(proposal.patch, {"a.py": text}, pins)["a.py"]
        assert after.count("later") == 1


def test_what_does_not_parse_gives_no_ideas():
    assert Mutate().ask(view("def f(x:\n", 1, (Pin("p", "python", ("a.py",)),)), 5) == []


def test_an_idea_told_after_a_resume_is_not_proposed_again():
    first = Mutate().ask(view(ROUTE, 1), 10)
    resumed = Mutate()
    for proposal in first:
        resumed.tell(proposal, Outcome((2.0,)))
    again = {proposal.patch for proposal in resumed.ask(view(ROUTE, 2), 10)}
    assert not again & {proposal.patch for proposal in first}


def test_one_that_is_put_down_and_taken_up_goes_on_as_if_it_had_not_been():
    whole, parted = Mutate(), Mutate()
    for turn in range(40):
        parted = pickle.loads(pickle.dumps(parted))
        one, other = (mutate.ask(view(ROUTE, turn), 5) for mutate in (whole, parted))
        assert one == other
        for proposal in one:
            whole.tell(proposal, Outcome((2.0,)))
            parted.tell(proposal, Outcome((2.0,)))


def test_of_two_good_parents_the_shorter_has_more_offspring():
    texts = {"best": ROUTE, "short": ROUTE.replace("Visit points greedily", "Visit"), "long": ROUTE}
    files = {name: {"a.py": f"{text}# {name}\n"} for name, text in texts.items()}
    parents = [Parent(name, own, (1.0,)) for name, own in files.items()]
    mutate, drawn = Mutate(), Counter[str]()
    for turn in range(40):
        found = mutate.ask(View(PINS, parents, random_stream(turn), turn), 5)
        drawn += Counter(proposal.parent for proposal in found)
    assert drawn["short"] > drawn["long"] > 0


def test_growth_is_bounded():
    start, mutate = "def f(x):\n    return x\n", Mutate()
    text, pins = start, (Pin("p", "python", ("a.py",), "f"),)
    mutate.ask(view(start, 0, pins), 60)
    for turn in range(150):
        only = View(pins, [Parent(f"c{turn}", {"a.py": text})], random_stream(turn), turn)
        (proposal,) = mutate.ask(only, 1)
        after = check(proposal.patch, {"a.py": text}, pins)["a.py"]
        text = max(text, after, key=len)
    assert len(text) < 500


def test_a_last_statement_below_a_comment_is_deleted_inside_the_pin():
    text = "def f(xs):\n    n = len(xs)\n    # forget them\n    xs.clear()\n\n\nX = 1\n"
    pins = (Pin("p", "python", ("a.py",), "f"),)
    found = [p for p in Mutate().ask(view(text, 1, pins), 40) if "delete xs.clear()" in p.note]
    assert found
    for proposal in found:
        assert (
            "    # forget them\n    pass\n" in check(proposal.patch, {"a.py": text}, pins)["a.py"]
        )


@pytest.mark.parametrize(
    ("factors", "rest"),
    [
        ("page * size", "first + total"),
        ("page * 10", "total[first:]"),
        ("page * len(total)", "total[first]"),
    ],
)
def test_a_page_that_is_counted_from_one_is_among_the_first_edits(factors: str, rest: str):
    text = f"def f(total, page, size):\n    first = {factors}\n    return {rest}\n"
    _, other = factors.split(" * ")
    assert any(f"(page - 1) * {other}" in patch for patch in results(text, 30, "f"))


@pytest.mark.parametrize("factors", ["n * n", "n * 10"])
def test_a_factor_that_is_no_place_is_not_one_less(factors: str):
    subject = Subject(Source(f"def f(n):\n    y = {factors}\n    return y\n"), 1, 3)
    found = [change for site in subject.sites for change in off_by_one(subject, site)]
    assert not found
