"""A service that a person puts up and that fails tells that person what it printed last."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.gate import billings

from sigil.cli.sigil import sigil
from sigil.errors import DeploymentFailed

VAGUE = """---
title: Vague
owner: "@x"
priority: P1
---

# Vague

## Acceptance criteria

1. It is nice.
2. It is fast enough.
"""
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


def test_a_program_that_is_not_there_is_said_to_be_none(root):
    policy = root / ".sigil" / "gate.yaml"
    policy.write_text(policy.read_text().replace("command: python3", "command: python9"))
    result = run(root, "deploy")
    assert isinstance(result.exception, DeploymentFailed)
    assert "its command starts no program (python9: No such file" in str(result.exception)
    assert "healthy" not in str(result.exception)


def test_an_intent_of_which_nothing_compiles_does_not_end_well(root):
    intent = root / "docs" / "specs" / "vague.md"
    intent.write_text(VAGUE)
    words = ["scenario", "generate", "--dry-run", "--no-baseline", "--from", str(intent)]
    result = run(root, *words)
    assert "0 visible · 0 holdout · 2 not compiled" in result.output
    assert result.exit_code == 3
    assert "nothing was compiled" in result.stderr
