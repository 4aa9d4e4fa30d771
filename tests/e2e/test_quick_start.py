"""The README's first steps with the gate, typed line by line where nothing is there yet."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from tests.e2e.shell import Done, environment

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(200)]
README = Path(__file__).parents[2] / "README.md"
REVIEW = 3
IDENTITY = {
    f"GIT_{who}_{what}": text
    for who in ("AUTHOR", "COMMITTER")
    for what, text in (("NAME", "t"), ("EMAIL", "t@example.invalid"))
}


def lines() -> list[str]:
    """Return what the block below the heading of the gate asks to type."""
    part = README.read_text().partition("## The gate")[2]
    found = re.search(r"^```sh\n(.*?)^```", part, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1].splitlines()


@pytest.fixture(scope="module")
def typed(tmp_path_factory) -> dict[str, Done]:
    """Type them, in an empty repository; return what became of each command of ours."""
    root, home = tmp_path_factory.mktemp("repository"), tmp_path_factory.mktemp("home")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    found: dict[str, Done] = {}
    for line in lines():
        done = subprocess.run(
            ["/bin/sh", "-c", line],
            cwd=root,
            env={**environment(home), **IDENTITY},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        name = " ".join(shlex.split(line)[:2])
        found[name] = Done(done.returncode, done.stdout, done.stderr)
        assert done.returncode in {0, REVIEW}, (line, done.stdout, done.stderr)
    return found


def test_the_change_is_reviewed_and_by_the_exam_alone_allowed(typed):
    done = typed["sigil eval"]
    assert done.code == REVIEW
    assert "by the exam alone: ALLOW, and with the trust earned so far: REVIEW" in done.out


def test_the_exam_has_both_halves(typed):
    assert "2 visible · 2 holdout" in typed["sigil eval"].err


def test_what_is_missing_for_the_next_rung_is_said(typed):
    for name in ("sigil decide", "sigil trust"):
        assert "to ADVISORY: 49 evaluations more · 20 human verdicts more" in typed[name].out


def test_nothing_but_the_review_is_no_success(typed):
    assert {name for name, done in typed.items() if done.code} == {"sigil eval", "sigil decide"}
