"""Stages of an eval through `sigil run`: fewer full evaluations, and the same winner."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.shell import Shell

pytestmark = pytest.mark.e2e

SPEC = """\
version: "0.1"
name: square
evals: [points]
pins:
  - {id: square, language: python, files: [square.py], symbol: square}
"""
CASES = "".join(f"    - {{args: [{x}], expected: {x * x + 1}}}\n" for x in range(-10, 30))
EVAL = f"""\
version: "0.1"
name: points
inputs:
  cases:
{CASES}
metrics:
  - {{id: error, kind: call, measure: error}}
aggregate: {{objective: min(error)}}
accept: {{rule: error <= 0.5 * baseline.error}}
replay: {{seed: 1}}
"""
STAGES = """\
stages:
  - {id: few, cases: 10 %, promote: error <= 1.2 * baseline.error}
"""
RUN = "sigil run --spec square --budget-evals 120 --json"


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    folder = tmp_path / "repository"
    (folder / ".sigil").mkdir(parents=True)
    (folder / "square.py").write_text("def square(x):\n    return x\n")
    (folder / ".sigil" / "square.sigil.yaml").write_text(SPEC)
    (tmp_path / "home").mkdir()
    return Shell(folder, tmp_path / "home")


def searched(
    shell: Shell, text: str, *, workspace: str = "default", lanes: int = 2
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what a run says, and what `inspect` says of it."""
    (shell.folder / ".sigil" / "points.eval.yaml").write_text(text)
    done = shell(f"{RUN} --lanes {lanes} --workspace {workspace}")
    assert done.code == 0, done.err
    return done.json(), shell(f"sigil inspect --spec square --json --workspace {workspace}").json()


def failures(inspected: dict[str, Any]) -> Counter[str]:
    found = [entry["evaluation"]["failure"] for entry in inspected["candidates"]]
    return Counter(f"{failure['metric']}: {failure['kind']}" for failure in found if failure)


def test_stages_spare_full_evaluations_and_leave_the_winner(shell: Shell) -> None:
    plain, all_of_them = searched(shell, EVAL)
    staged, fewer = searched(shell, EVAL + STAGES)
    assert staged["evaluated"] == plain["evaluated"]
    assert staged["winner"]["patch"] == plain["winner"]["patch"]
    assert failures(all_of_them)["few: stage"] == 0
    assert failures(fewer)["few: stage"] >= staged["evaluated"] / 20


def test_why_candidates_were_not_promoted_is_shown(shell: Shell) -> None:
    _, found = searched(shell, EVAL + STAGES)
    count = failures(found)["few: stage"]
    assert f"{count}  few: stage" in shell("sigil inspect --spec square").out
    page = shell("sigil inspect --spec square --html -").out
    assert "few: not promoted from this stage" in page
    assert "needs error &lt;= 1.2 * baseline.error" in page


def test_the_number_of_lanes_changes_nothing_at_a_stage(shell: Shell) -> None:
    found = [
        searched(shell, EVAL + STAGES, workspace=f"lanes{lanes}", lanes=lanes)[1]
        for lanes in (1, 3)
    ]
    one, three = (
        [(entry["patch"], entry["evaluation"]["failure"]) for entry in each["candidates"]]
        for each in found
    )
    assert one == three


def test_a_stage_that_the_unchanged_code_does_not_pass_ends_the_run_in_one_line(
    shell: Shell,
) -> None:
    text = EVAL + STAGES.replace("1.2 *", "0.9 *")
    (shell.folder / ".sigil" / "points.eval.yaml").write_text(text)
    done = shell(RUN)
    line = text.splitlines().index("stages:") + 2
    assert done.code != 0
    assert f".eval.yaml:{line}: stages[0].promote: the unchanged code is not promoted" in done.err
    assert "Traceback" not in done.err
