"""The end of a search, in process, with the real sandbox and proposers that are told what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from tests.optimize.conftest import SOURCE

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize import confirming, searching
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.searching import WORN_OUT
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace
from sigil.search.model import BASELINE, Outcome, Parent, Proposal, View
from sigil.search.patch import diff

TABLE = "def square(x):\n    return {{0: 0, 2: 4, 3: 9, -3: 9}}.get(x, {})\n"
"""Right on visible inputs alone, each with another default."""
WRONG = "def square(x):\n    return x + {}\n"
RIGHT = "def square(x):\n    return x * x + 0 * {}\n"

Choose = Callable[[int, Parent], tuple[Parent, str]]

BASE = Parent(BASELINE, {"square.py": SOURCE}, ())


class Scripted:
    """Proposes what it is told: from the number of the proposal and the best, parent and text."""

    name = "scripted"

    def __init__(self, choose: Choose):
        self._choose = choose
        self._number = 0

    def ask(self, view: View, count: int) -> list[Proposal]:
        proposals: list[Proposal] = []
        for _ in range(count):
            self._number += 1
            parent, text = self._choose(self._number, view.parents[0])
            patch = diff(parent.files, {"square.py": text})
            proposals.append(Proposal(parent.id, patch, self.name))
        return proposals

    def tell(self, proposal: Proposal, outcome: Outcome) -> None:
        pass


def ended(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    choose: Choose,
    optimizer: str = "best-of-n",
) -> Summary:
    monkeypatch.setattr(searching, "make_proposers", lambda *_: [Scripted(choose)])
    spec = load_spec(repository, "square")
    flags = {"num": 4, "lanes": 1, "budget_evals": 120, "budget_time": 40.0}
    plan = make_plan(spec, None, {**flags, "optimizer": optimizer})
    return run(plan, open_workspace(spec, "w"), Silent())


def failures(summary: Summary) -> Sequence[str]:
    candidates = summary.history.candidates.values()
    return [one.id for one in candidates if confirming.fails_on_held_out(one)]


def test_a_goal_that_only_descendants_of_a_mistake_reach_does_not_end_the_search(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def choose(number: int, best: Parent) -> tuple[Parent, str]:
        if number == 1:
            return BASE, TABLE.format(number)
        if number <= 40 and best.id != BASELINE:
            return best, TABLE.format(number)
        return BASE, (WRONG if number <= 40 else RIGHT).format(number)

    summary = ended(repository, monkeypatch, choose, optimizer="simple")
    winner = summary.history.chosen(None)
    assert winner.accepted
    assert len(failures(summary)) >= 1


def test_a_run_ends_when_too_many_fail_on_held_out_inputs(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirming, "FAILED_AT_MOST", 5)

    def choose(number: int, best: Parent) -> tuple[Parent, str]:
        return BASE, TABLE.format(number)

    summary = ended(repository, monkeypatch, choose)
    assert summary.reason == WORN_OUT
    assert len(failures(summary)) == 5
    assert summary.history.winner is None
    assert summary.history.measured() < 120
