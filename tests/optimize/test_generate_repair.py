"""A repair of which few answers are stated keeps the others as far as it can."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize.generate.generating import Documents, Request, generate_eval
from sigil.optimize.generate.locating import function_in
from sigil.optimize.generate.placing import prepare
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.searching import LOOKING_ON
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import candidate_files, open_workspace

SOURCE = """\
def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    if len(ordered) % 2 == 0:
        return (ordered[middle + 1] + ordered[middle]) / 2
    return ordered[middle]
"""
TESTS = """\
import unittest
from stats import median

class Median(unittest.TestCase):
    def test_odd(self):
        self.assertEqual(median([3, 1, 2]), 2)

    def test_even(self):
        self.assertEqual(median([4, 1, 3, 2]), 2.5)
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("repair") / "repository"
    home.mkdir()
    (home / "stats.py").write_text(SOURCE)
    (home / "test_stats.py").write_text(TESTS)
    return home


def request(root: Path) -> Request:
    return Request(function_in(root, "stats.py", "median"), "median", 1, call_s=5.0)


def rows(documents: Documents) -> list[dict[str, object]]:
    text = documents.files[".sigil/median.cases.jsonl"].decode()
    return [json.loads(line) for line in text.splitlines()]


def test_answers_that_nobody_stated_stand_beside_those_that_are(root: Path) -> None:
    documents = generate_eval(request(root))
    stated = [row for row in rows(documents) if "expected" in row or "returns" in row]
    others = [row for row in rows(documents) if row not in stated]
    assert len(stated) == 2
    assert len(others) > 10
    assert not [row for row in others if row["args"] in [row["args"] for row in stated]]
    assert b"tie_breakers: [min(changed)]" in documents.files[".sigil/median.eval.yaml"]


@pytest.fixture(scope="module")
def searched(root: Path) -> Summary:
    prepare(request(root), fresh=True, make=generate_eval)
    spec = load_spec(root, "median")
    plan = make_plan(spec, "median", {"num": 16, "budget_time": 60.0, "patience": 10**6})
    return run(plan, open_workspace(spec, "w"), Silent())


def test_a_repair_leaves_answers_alone_that_were_right(searched: Summary) -> None:
    history = searched.history
    text = candidate_files(history, history.chosen(None), {"stats.py": SOURCE})["stats.py"]
    scope: dict[str, object] = {}
    exec(text, scope)  # our own function with an edit that was measured
    median = scope["median"]
    assert callable(median)
    assert searched.reason == "the goal is reached"
    assert median([4, 1, 3, 2]) == 2.5
    assert [median([9, 1, 8, 2, 5]), median([7, 1, 6, 2, 5, 3, 4])] == [5, 4]


def test_a_search_looks_on_for_a_better_tie_when_the_goal_is_reached(searched: Summary) -> None:
    history = searched.history
    reached = [
        one.round
        for one in history.candidates.values()
        if one.evaluation and one.evaluation.costs == (-1.0,)
    ]
    later = sum(one.round > min(reached) for one in history.candidates.values())
    assert LOOKING_ON <= later <= 2 * LOOKING_ON


def test_where_most_answers_are_wrong_no_other_answer_is_worth_keeping(tmp_path: Path) -> None:
    (tmp_path / "pages.py").write_text("def first(page, size):\n    return page * size + 1\n")
    stated = "\n".join(f"    assert first({page}, 10) == {page * 10 - 9}" for page in (1, 2, 3, 4))
    (tmp_path / "test_pages.py").write_text(
        f"from pages import first\n\n\ndef test_first():\n{stated}\n"
    )
    wanted = Request(function_in(tmp_path, "pages.py", "first"), "first", 1, call_s=5.0)
    text = generate_eval(wanted).files[".sigil/first.eval.yaml"].decode()
    assert "objective: max(agreement)}" in text
    assert "changed" not in text
