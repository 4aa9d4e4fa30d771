"""A crossing takes a part of each parent; a refinement moves a number and leaves the rest."""

from __future__ import annotations

import ast
import random
import re
import statistics
from collections.abc import Callable, Iterator

from sigil.effects import random_stream
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, View
from sigil.search.mutate.chance import Draw, refined
from sigil.search.mutate.crossover import crossed
from sigil.search.mutate.formulas import Formulas, formula_of
from sigil.search.mutate.proposer import Mutate
from sigil.search.mutate.source import Source, apply_edits
from sigil.search.mutate.subject import Subject
from sigil.search.mutate.terms import Term, is_number
from sigil.search.patch import check
from sigil.search.pins import Pin
from sigil.search.simple import Simple

NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?")
PINS = (Pin("p", "python", ("a.py",), "f"),)


def subject(text: str) -> Subject:
    source = Source(text)
    return Subject(source, 1, source.line_count, ["f"])


# --- crossing -------------------------------------------------------------------------------


def crossings(text: str, other: str, draws: int = 300) -> set[str]:
    """Return what ``text`` became by crossings with ``other``."""
    mine, donor, stream = subject(text), subject(other), random.Random(1)
    found: set[str] = set()
    for _ in range(draws):
        change = crossed(mine, stream.choice(mine.sites), donor, stream)
        if change is not None:
            found.add(apply_edits(text, change.edits) or "")
    return found


def test_a_crossing_puts_a_part_of_the_donor_into_the_rest_of_the_other():
    found = crossings(
        "def f(x, y):\n    return x * 137 + y\n", "def f(x, y):\n    return x - (y - 59)\n"
    )
    assert "def f(x, y):\n    return x * 137 + (y - 59)\n" in found


def test_a_crossing_reads_no_name_that_has_no_value_at_its_place():
    found = crossings(
        "def f(x):\n    a = x * 3\n    b = a - 1\n    return a + b\n",
        "def f(x):\n    z = x - 5\n    b = z * 7 + x * 9\n    return z - b\n",
    )
    assert any("x * 9" in text for text in found)
    assert all(ast.parse(text) and "z" not in text for text in found)
    assert not any("b" in text.splitlines()[1] for text in found)


def test_a_list_is_put_where_one_is_expected_and_not_into_a_sum():
    found = crossings("def f(x, s):\n    return len(s) * x + 2\n", "def f(x, s):\n    return [x]\n")
    assert found == {"def f(x, s):\n    return len([x]) * x + 2\n"}


LEFT = "def f(x, y):\n    a = x * 137 - 41\n    b = y\n    return [a, b]\n"
RIGHT = "def f(x, y):\n    a = x\n    b = y * 59 + 23\n    return [a, b]\n"


def test_what_each_of_two_parents_has_half_of_is_found_by_crossing_them():
    def solves(proposal: Proposal) -> bool:
        base = {"a.py": LEFT if proposal.parent == BASELINE else RIGHT}
        after = check(proposal.patch, base, PINS)["a.py"]
        names = {
            node.value for node in ast.walk(ast.parse(after)) if isinstance(node, ast.Constant)
        }
        return names >= {137, 41, 59, 23} and "crossover" in str(proposal.data["ways"]).split()

    parents = [Parent(BASELINE, {"a.py": LEFT}, (1.0,)), Parent("c1", {"a.py": RIGHT}, (1.0,))]
    assert any(map(solves, many(parents, 60)))


def many(parents: list[Parent], turns: int) -> Iterator[Proposal]:
    """Yield what a proposer that has seen its first edits fail makes of ``parents``."""
    mutate = Mutate()
    for turn in range(turns):
        for proposal in mutate.ask(View(PINS, parents, random_stream(turn), turn), 20):
            yield proposal
            mutate.tell(proposal, Outcome((2.0,)))


# --- refinement -----------------------------------------------------------------------------


def refinements(text: str, draws: int = 200) -> list[str]:
    mine, stream = subject(text), random.Random(1)
    changes = [refined(Draw(mine, lambda: mine, stream)) for _ in range(draws)]
    return [apply_edits(text, change.edits) or "" for change in changes if change is not None]


def shape(text: str) -> tuple[str, list[str]]:
    """Return ``text`` without its numbers, and the numbers."""
    return NUMBER.sub("N", text), NUMBER.findall(text)


def test_a_refinement_moves_one_number_near_or_far_and_leaves_the_structure():
    text = "def f(x):\n    y = x * 40.0\n    return y + 3000.0\n"
    structure, before = shape(text)
    steps: list[float] = []
    for result in refinements(text):
        after_structure, after = shape(result)
        moved = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        assert after_structure == structure
        assert len(moved) == 1
        steps += [abs(float(new) / float(old) - 1) for old, new in moved]
    assert min(steps) < 0.01
    assert max(steps) > 0.5


def test_a_whole_number_may_stay_one_and_may_get_a_fraction():
    found = refinements("def f(x):\n    y = x * 40\n    return y\n")
    assert {"." in number for text in found for number in shape(text)[1]} == {True, False}


def test_where_there_is_no_number_there_is_nothing_to_refine():
    assert refinements("def f(x):\n    y = x\n    return y\n", 5) == []


POINTS = [x / 4 for x in range(-8, 9)]


def error_after(text: str, target: Callable[[float], float], seed: int, evaluations: int) -> float:
    """Return the least mean distance to ``target`` that a search finds."""

    def error(source: str) -> float | None:
        names: dict[str, Callable[[float], float]] = {}
        exec(compile(source, "candidate", "exec"), names)
        try:
            return sum(abs(names["f"](x) - target(x)) for x in POINTS) / len(POINTS)
        except (ArithmeticError, ValueError, TypeError, NameError):
            return None

    first = error(text)
    assert first is not None
    search = Simple(
        list(PINS), [Mutate()], files={"a.py": text}, seed=seed, costs=(first,), patience=9999
    )
    best, count = first, 0
    while count < evaluations and (ideas := search.ask(4)):
        for idea in ideas:
            count += 1
            found = error(idea.files["a.py"])
            best = min(best, best if found is None else found)
            search.tell(idea.id, () if found is None else (found,))
    return best


def test_once_the_structure_is_found_its_constant_is_refined():
    text = "def f(x):\n    y = x * 2.0\n    return y\n"
    errors = [error_after(text, lambda x: x * x * 2.737, seed, 400) for seed in range(3)]
    assert statistics.median(errors) < 0.05, errors


# --- of formulas that are only imagined -----------------------------------------------------


def imagining() -> Formulas:
    """Return formulas that were told the costs of two, and imagine by variation of these."""
    text = "from math import sin\n\n\ndef f(x):\n    return sin(x) * 4.5\n"
    source = Source(text)
    formula = formula_of(Subject(source, 4, source.line_count, ["f"]))
    assert formula is not None
    return Formulas(formula)


def term(formulas: Formulas, text: str) -> Term:
    found = formulas.read(ast.parse(text, mode="eval").body)
    assert found is not None
    return found


def test_an_imagined_crossing_has_a_part_of_each_formula():
    formulas = imagining()
    formulas._consider(term(formulas, "x * x - 8"))
    one, stream = term(formulas, "sin(x) * 4.5"), random.Random(1)
    found = {formulas._crossed(one, stream).fragment().text for _ in range(100)}
    assert "sin(x * x) * 4.5" in found


def test_an_imagined_refinement_moves_a_number_and_nothing_else():
    formulas, stream = imagining(), random.Random(1)
    one = term(formulas, "sin(x) * 4.5")
    found = [formulas._refined(one, stream) for _ in range(50)]
    assert all(new and new.parts[0] == one.parts[0] and is_number(new.parts[1]) for new in found)
    assert len({new.parts[1].head for new in found if new}) > 1
    assert formulas._refined(term(formulas, "sin(x)"), stream) is None
