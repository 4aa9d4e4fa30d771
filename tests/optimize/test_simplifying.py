"""What a winner can do without."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.optimize.made_up import candidate, history, measured

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.evaluate.result import Evaluation
from sigil.optimize.candidates import add_candidate
from sigil.optimize.history import Candidate
from sigil.optimize.replay import replay
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.simplifying import SIMPLIFY, is_as_good, simpler
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace
from sigil.search.model import BASELINE
from sigil.store.verify import verify

BEFORE = """\
def f(words):
    found = []
    for word in words:
        found.append(word)
    total = 0
    return found
"""
GUARDED = BEFORE.replace(
    "        found.append(word)\n",
    "        if not word:\n            continue\n        found += [word]\n",
)


def notes(before: str, after: str, path: str = "f.py") -> dict[str, str]:
    found = simpler({path: before}, {path: after}, frozenset())
    return {one.note: one.files[path] for one in found}


def test_a_guard_beside_another_change_is_left_out_alone() -> None:
    found = notes(BEFORE, GUARDED)
    assert found["without: if not word:"] == BEFORE.replace("found.append(word)", "found += [word]")


def test_each_stretch_of_changed_lines_is_left_out_alone() -> None:
    after = BEFORE.replace("found = []", "found = list()").replace("    total = 0\n", "")
    assert notes(BEFORE, after) == {
        "without: found = list()": BEFORE.replace("    total = 0\n", ""),
        "without: the removal of total = 0": BEFORE.replace("found = []", "found = list()"),
    }


def test_a_single_change_is_all_there_is() -> None:
    assert notes(BEFORE, BEFORE.replace("total = 0", "total = 1")) == {}


def test_files_of_other_languages_have_stretches_and_no_guards() -> None:
    after = "a\nif x:\n    return\nb2\nc\nd2\n"
    assert list(notes("a\nb\nc\nd\n", after, "f.txt")) == ["without: if x:", "without: d2"]


LOOP = """\
def repeated(items):
    seen = []
    for at, item in enumerate(items):
        if item in seen:
            yield at
        else:
            seen.append(item)
"""
IN_A_SET = LOOP.replace("[]", "set()").replace("append", "add")


def test_all_that_does_nothing_is_left_out_first_even_beside_the_gain() -> None:
    after = IN_A_SET.replace("add(item)\n", "add(item)\n            continue\n")
    after = after.replace("if item in", "if at == at and item in")
    note, text = next(iter(notes(LOOP, after).items()))
    assert (note, text) == ("without: idle continue, at == at", IN_A_SET)


def test_what_is_left_out_is_named_as_far_as_it_is_short() -> None:
    after = IN_A_SET.replace("    for", "    pass\n" * 5 + "    for")
    assert next(iter(notes(LOOP, after))) == "without: idle pass, pass, pass and 2 more"


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        ("seen.add(item)", "if at > -1: seen.add(item)", "without: the condition at > -1"),
        (
            "yield at",
            "if item in items:\n                yield at",
            "without: the condition item in items",
        ),
        ("if item in seen", "if item in seen and at > 0", "without: the condition at > 0"),
    ],
)
def test_a_condition_that_is_new_is_left_out_alone(old: str, new: str, note: str) -> None:
    assert notes(LOOP, IN_A_SET.replace(old, new))[note] == IN_A_SET


PART = "length(left, right[1:])"
CACHED = """from functools import cache

@cache
def length(left, right):
    if not left:
        return len(right)
    return 1 + min([length(left[1:], right), length(left, right[1:])])
"""


@pytest.mark.parametrize(
    ("old", "new", "note"),
    [
        (
            PART,
            f"{PART} * {PART}",
            f"without: the term {PART} in {PART} * {PART}",
        ),
        ("len(right)", "len(right) + 0", "without: the term 0 in len(right) + 0"),
        ("len(right)", "2 ** len(right)", "without: the term 2 in 2 ** len(right)"),
    ],
)
def test_a_term_that_is_new_is_left_out_alone(old: str, new: str, note: str) -> None:
    before = CACHED.removeprefix("from functools import cache\n\n@cache\n")
    assert notes(before, CACHED.replace(old, new))[note] == CACHED


def test_arithmetic_that_was_there_stays() -> None:
    before = CACHED.removeprefix("from functools import cache\n\n@cache\n")
    assert not any("the term" in note for note in notes(before, CACHED))


def test_a_condition_that_was_there_or_has_another_branch_stays() -> None:
    moved = IN_A_SET.replace("        if item", "        at += 0\n        if item")
    chosen = IN_A_SET.replace("if item in seen", "if item in items")
    for after in (moved, chosen):
        assert [note for note in notes(LOOP, after) if "condition" in note] == []


SECTIONS = """\
def sections_of(lines, wanted):
    found = {}
    for name in lines:
        if name not in list(found.keys()):
            found[name] = []
        if name in list(wanted) and name != "":
            found[name].append(1)
    return found
"""


def test_a_condition_in_another_form_is_no_new_one() -> None:
    after = SECTIONS.replace("list(found.keys())", "found").replace("list(wanted)", "wanted")
    assert [note for note in notes(SECTIONS, after) if "condition" in note] == []
    more = after.replace("if name not in found", "if name not in found and lines")
    assert "without: the condition lines" in notes(SECTIONS, more)


def test_what_was_tried_does_not_come_again() -> None:
    tried = {"without: if not word:"}
    found = simpler({"f.py": BEFORE}, {"f.py": GUARDED}, tried)
    assert [one.note for one in found if one.note in tried] == []


@pytest.mark.parametrize(
    ("found", "as_good"),
    [
        (measured(5.1, 0.05), True),
        (measured(4.0, 0.05), True),
        (measured(5.6, 0.05), False),
        (measured(5.6, 0.5), False),
        (measured(5.1, None), False),
        (measured(5.0, 0.05, ties=(2.0,)), True),
        (Evaluation("failed"), False),
    ],
)
def test_as_good_is_what_lies_in_the_interval_of_the_other(
    found: Evaluation, as_good: bool
) -> None:
    assert is_as_good(found, measured(5.0, 0.05)) is as_good


def accepted(number: int, value: float, parent: str = BASELINE, **more: str) -> Candidate:
    return candidate(number, parent, confirmed=measured(value, 0.05, accepted=True), **more)


def test_of_a_winner_and_what_is_as_good_with_fewer_changes_that_is_chosen() -> None:
    winner = accepted(1, 5.0)
    once = accepted(2, 5.1, winner.id, proposer=SIMPLIFY)
    twice = accepted(3, 5.05, once.id, proposer=SIMPLIFY)
    worse = accepted(4, 6.0, twice.id, proposer=SIMPLIFY)
    other = accepted(5, 5.1)
    assert history(winner, once, twice, worse, other).best_accepted() == twice


def test_what_is_even_better_with_fewer_changes_is_chosen() -> None:
    winner = accepted(1, 5.0)
    quicker = accepted(2, 3.0, winner.id, proposer=SIMPLIFY)
    assert history(winner, quicker).best_accepted() == quicker


GUARDED_SQUARE = """\
--- a/square.py
+++ b/square.py
@@ -1,2 +1,4 @@
 def square(x):
-    return x
+    if x == "never":
+        return 5
+    return x * x
"""


def resumed(repository: Path, winner: str) -> Summary:
    """Go on with a run that holds one accepted candidate, with no budget to search."""
    spec = load_spec(repository, "square")
    place = open_workspace(spec, "w")
    add_candidate(make_plan(spec, None, {"num": 4}), place, winner)
    existing = place.find_run()
    plan = make_plan(spec, None, {"num": 4, "budget_evals": 1}, recorded=existing)
    return run(plan, place, Silent(), existing=existing)


def test_a_guard_that_does_no_work_is_not_in_the_winner(repository: Path) -> None:
    summary = resumed(repository, GUARDED_SQUARE)
    chosen = summary.history.chosen(None)
    assert (chosen.proposer, chosen.note) == (SIMPLIFY, 'without: if x == "never":')
    diff = next(summary.run.rglob(f"{chosen.id}/baseline.diff")).read_text()
    assert "never" not in diff
    assert "+    return x * x" in diff


IDLE_SQUARE = """\
--- a/square.py
+++ b/square.py
@@ -1,2 +1,4 @@
 def square(x):
-    return x
+    if x == x:
+        return x * x
+    return 5
"""


def test_a_condition_that_always_holds_is_not_in_the_winner(repository: Path) -> None:
    summary = resumed(repository, IDLE_SQUARE)
    chosen = summary.history.chosen(None)
    assert (chosen.proposer, chosen.note) == (SIMPLIFY, "without: idle if x == x:, return 5")
    diff = next(summary.run.rglob(f"{chosen.id}/baseline.diff")).read_text()
    assert [line for line in diff.splitlines() if line.startswith("+ ")] == ["+    return x * x"]


def test_a_simplified_winner_is_replayed_and_its_record_is_whole(repository: Path) -> None:
    summary = resumed(repository, GUARDED_SQUARE)
    spec = load_spec(repository, "square")
    plan = make_plan(spec, None, {}, recorded=summary.run)
    assert replay(plan, summary.run).agrees
    assert verify(summary.run).intact
