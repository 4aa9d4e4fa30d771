"""What a candidate meets on held-out inputs reaches no record, page or output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sigil.cli.add_candidate import add_candidate
from sigil.cli.inspect import inspect

pytestmark = pytest.mark.hostile

SECRET = 740517
ANSWER = SECRET * SECRET
SPEC = """\
version: "0.1"
name: square
evals: [points]
pins: [{id: square, language: python, files: [square.py], symbol: square}]
"""
EVAL = """\
version: "0.1"
name: points
inputs: {cases: [{args: [2], expected: 4}, {args: [3], expected: 9}]}
holdout: {cases: held_out.jsonl}
metrics: [{id: right, kind: call, measure: agreement}]
aggregate: {objective: max(right)}
accept: {rule: right >= 1}
"""
SHOUTS = {
    "in an error": "raise ValueError(repr(x))",
    "in what it prints": "import sys; print(x, file=sys.stderr); print(x); return x",
    "in its answer": "return str(x)",
    "by its type": "return type(str(x), (), {})()",
    "by dying": "import os; os._exit(x % 256)",
}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one held-out case in a file."""
    root = tmp_path / "repository"
    (root / ".sigil").mkdir(parents=True)
    (root / ".sigil" / "square.sigil.yaml").write_text(SPEC)
    (root / ".sigil" / "points.eval.yaml").write_text(EVAL)
    (root / "square.py").write_text("def square(x):\n    return x\n")
    (root / "held_out.jsonl").write_text(json.dumps({"args": [SECRET], "expected": ANSWER}))
    monkeypatch.chdir(root)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return root


def measured(root: Path, shout: str) -> Result:
    """Have a candidate measured that is right where it is seen, and shouts where it is not."""
    body = f"    if x not in (2, 3): {shout}\n    return x * x\n"
    changed = [f"+{line}\n" for line in body.splitlines()]
    head = f"--- a/square.py\n+++ b/square.py\n@@ -1,2 +1,{1 + len(changed)} @@\n def square(x):\n"
    (root.parent / "shout.diff").write_text(f"{head}-    return x\n{''.join(changed)}")
    arguments = ["--spec", "square", "--patch-file", "../shout.diff", "--json"]
    return CliRunner().invoke(add_candidate, arguments, standalone_mode=False)


@pytest.mark.parametrize("shout", SHOUTS)
def test_a_candidate_cannot_tell_what_it_met(repository: Path, shout: str):
    done = measured(repository, SHOUTS[shout])
    assert done.exception is None, done.output
    found = json.loads(done.output)
    assert found["evaluation"]["failure"]["kind"] == "holdout"
    assert found["evaluation"]["accepted"] is False
    outputs = [done.output]
    for more in (["--json"], ["--html", "-"], [found["id"]], [found["id"], "--json"], []):
        shown = CliRunner().invoke(inspect, ["--spec", "square", *more], standalone_mode=False)
        assert shown.exception is None, shown.output
        outputs.append(shown.output)
    written = [path.read_bytes() for path in (repository / ".sigil").rglob("*") if path.is_file()]
    for text in [*(output.encode() for output in outputs), *written]:
        assert str(SECRET).encode() not in text
        assert str(ANSWER).encode() not in text


def test_inspect_shows_the_held_out_value_beside_the_visible_one(repository: Path):
    found = json.loads(measured(repository, "return 0").output)
    assert found["evaluation"]["metrics"]["right"]["value"] == 1
    assert found["evaluation"]["holdout"]["right"]["value"] == 0
    shown = CliRunner().invoke(inspect, ["--spec", "square", found["id"]], standalone_mode=False)
    assert "on held-out inputs: right 0" in shown.output


def test_the_ranking_shows_held_out_values_of_what_was_measured_there(repository: Path):
    done = measured(repository, "return x * x")
    assert json.loads(done.output)["evaluation"]["accepted"] is True
    shown = CliRunner().invoke(inspect, ["--spec", "square"], standalone_mode=False)
    assert "held out" in shown.output
    assert "right 1" in shown.output
