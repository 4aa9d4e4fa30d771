"""What is said at the end of a run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from tests.e2e.asking import make_repository

from sigil.cli.planning import make_plan
from sigil.cli.progress import print_summary
from sigil.evaluate.result import Evaluation, Interval, MetricValue
from sigil.optimize.ending import NOTHING_LEFT
from sigil.optimize.history import Candidate, History
from sigil.optimize.report import Summary
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace
from sigil.search.model import BASELINE


def closing_lines(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    *,
    accepted: bool | None,
    as_json: bool = False,
) -> str:
    """Return what a run says whose only candidate was screened at half the time."""
    spec = load_spec(make_repository(root / "repository"), "square")
    plan = make_plan(spec, None, {"budget_time": 30.0})
    (name,) = plan.definition.objective.minimised
    value = MetricValue(1.0, 9, ratio=0.5, ratio_interval=Interval(0.3, 4, 0.99), unit="ms")
    found = Evaluation("measured", {name: value}, costs=(-1.0,))
    confirmed = replace(found, accepted=accepted)
    one = Candidate("a1", BASELINE, "", "mutate", evaluation=found, confirmed=confirmed)
    summary = Summary(root, "out of time", History(candidates={"a1": one}), 30.0, False)
    print_summary(plan, open_workspace(spec, "w"), summary, as_json=as_json)
    return capsys.readouterr().out


def test_what_was_left_undecided_is_told_with_the_command_that_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = closing_lines(tmp_path, capsys, accepted=None)
    assert "nothing better was accepted: one looked 2× faster, but noise or time left it" in out
    assert "go on with more time: sigil run --spec square --workspace w" in out
    assert "--resume --budget-time 60s" in out


def test_where_all_is_decided_nothing_better_was_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = closing_lines(tmp_path, capsys, accepted=False)
    assert "nothing better was found that the accept rule lets through" in out
    assert "--resume" not in out


@pytest.mark.parametrize(
    ("accepted", "said"),
    [(None, "one looked 2× faster, but noise or time left it undecided"), (False, None)],
)
def test_json_has_the_clause_about_what_was_left_undecided(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], accepted: bool | None, said: str | None
) -> None:
    out = closing_lines(tmp_path, capsys, accepted=accepted, as_json=True)
    assert json.loads(out)["undecided"] == said


@pytest.mark.parametrize(
    ("reason", "said", "never"),
    [
        (NOTHING_LEFT, "more time would not help", "--budget-time"),
        ("out of time (a budget of 30 s)", "give it more: --budget-time", "would not help"),
    ],
)
def test_more_time_is_advised_only_where_it_may_help(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], reason: str, said: str, never: str
) -> None:
    spec = load_spec(make_repository(tmp_path / "repository"), "square")
    plan = make_plan(spec, None, {"budget_time": 30.0})
    summary = Summary(tmp_path, reason, History(), 1.0, False)
    print_summary(plan, open_workspace(spec, "w"), summary, as_json=False)
    out = capsys.readouterr().out
    assert said in out
    assert never not in out
