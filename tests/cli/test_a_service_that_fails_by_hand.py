"""A service that a person puts up and that fails tells that person what it printed last."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.gate import billings

from sigil.cli.sigil import sigil
from sigil.errors import DeploymentFailed

CRASHES = 'for n in range(30): print("line", n, flush=True)\nraise SystemExit(7)\n'
DIES = """import os, threading
def die():
    print("out of ideas", flush=True)
    os._exit(3)
threading.Timer(%s, die).start()
"""


@pytest.fixture
def root(tmp_path) -> Path:
    return billings.repository(tmp_path / "repository")


def run(root: Path, *words: str) -> Result:
    return CliRunner().invoke(sigil, [*words, "-s", "api", "--repo-root", str(root)])


@pytest.mark.parametrize("words", [
    ["deploy"],
    ["scenario", "run", "--all", "--deploy"],
    ["scenario", "run", "--all", "--deploy", "--json"],
    ["scenario", "generate", "--dry-run", "--rotate", "--from", "INTENT"],
])  # fmt: skip
def test_one_that_does_not_come_up_says_its_last_lines(root, words):
    (root / "server.py").write_text(CRASHES)
    intent = next((root / "docs" / "specs").glob("*.md"))
    result = run(root, *(str(intent) if word == "INTENT" else word for word in words))
    assert isinstance(result.exception, DeploymentFailed)
    said = [line for line in result.stderr.splitlines() if "│" in line]
    assert said == [f"  │ line {number}" for number in range(10, 30)]


def test_what_looks_like_a_secret_is_not_among_them(root):
    (root / "server.py").write_text('print("token", "ghp_" + "a1B2" * 9)\nraise SystemExit(1)\n')
    result = run(root, "deploy")
    assert "a1B2a1B2" not in result.stderr
    assert "│ token" in result.stderr


def dying(root: Path, seconds: float) -> None:
    server = root / "server.py"
    text = server.read_text()
    assert text.count("import argparse") == 1
    server.write_text(text.replace("import argparse", f"{DIES % seconds}import argparse"))


def test_one_that_ends_later_says_how_and_its_last_lines(root):
    dying(root, 1)
    result = run(root, "deploy")
    assert isinstance(result.exception, DeploymentFailed)
    assert "api ended by itself: it exited with status 3" in str(result.exception)
    assert "  │ out of ideas" in result.stderr


def test_one_that_ends_while_scenarios_are_run_is_told_beside_their_results(root):
    server = root / "server.py"
    text = server.read_text()
    sign_up = "    def _sign_up(self, asked: Asked) -> Answer:\n"
    assert text.count(sign_up) == 1
    die = '        print("out of ideas", flush=True)\n        __import__("os")._exit(3)\n'
    server.write_text(text.replace(sign_up, sign_up + die))
    result = run(root, "scenario", "run", "--all", "--deploy")
    assert result.exit_code == 1, result.exception
    assert "api ended by itself: it exited with status 3" in result.stderr
    assert "  │ out of ideas" in result.stderr
