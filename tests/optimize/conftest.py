"""A small repository with a spec and an eval, and what the tests of optimize share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize.report import Summary
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace

SPEC = """\
version: "0.1"
name: square
evals: [points]
pins:
  - id: square
    language: python
    files: [square.py]
    symbol: square
"""

EVAL = """\
version: "0.1"
name: points
inputs:
  cases:
    - {args: [0], expected: 0}
    - {args: [2], expected: 4}
    - {args: [3], expected: 9}
    - {args: [-3], expected: 9}
holdout:
  cases:
    - {args: [7], expected: 49}
metrics:
  - id: agreement
    kind: call
    measure: agreement
    goal: 1
aggregate: {objective: max(agreement)}
accept: {rule: agreement >= 1}
replay: {seed: 1}
"""

SOURCE = "def square(x):\n    return x\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose function should square and does not."""
    root = tmp_path / "repository"
    (root / ".sigil").mkdir(parents=True)
    (root / ".sigil" / "square.sigil.yaml").write_text(SPEC)
    (root / ".sigil" / "points.eval.yaml").write_text(EVAL)
    (root / "square.py").write_text(SOURCE)
    return root


def search(
    repository: Path, workspace: str = "w", resume: bool = False, **flags: object
) -> Summary:
    spec = load_spec(repository, "square")
    place = open_workspace(spec, workspace)
    existing = place.find_run() if resume else None
    plan = make_plan(spec, None, {"num": 4, **flags}, recorded=existing)
    return run(plan, place, Silent(), existing=existing)
