"""A remote that is not what it was, while an evaluation is under way: nothing is allowed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.gate.decision import Stage, Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.outcome import Outcome
from sigil.gate.record import events
from sigil.ledger.ledger import Ledger
from sigil.ledger.remote import Remote
from sigil.ledger.syncing import sync

BRANCH = "refs/heads/ledger"
BOMB = 64 * 2**20
"""Bytes of zeros, which git packs into some thousands."""


class Hostile:
    """A repository that everybody shares a ledger by, and what its owner may do to it."""

    def __init__(self, path: Path):
        self.path = path
        subprocess.run(["git", "init", "-q", "--bare", path], check=True)

    def git(self, *arguments: str, given: str | None = None) -> str:
        names = [
            f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
        ]
        return subprocess.run(
            ["git", "-C", self.path, *arguments],
            input=given,
            env={**os.environ, **dict.fromkeys(names, "x")},
            check=True,
            capture_output=True,
            text=True,
        ).stdout.strip()

    def become(self, tree: str, *parents: str) -> None:
        """Let a new commit of a tree be the newest state."""
        given = [part for parent in parents for part in ("-p", parent)]
        commit = self.git("commit-tree", tree, *given, "-m", "x")
        self.git("update-ref", BRANCH, commit)

    def rewind(self) -> None:
        self.git("update-ref", BRANCH, f"{BRANCH}~1")

    def forget(self) -> None:
        self.git("update-ref", "-d", BRANCH)

    def empty(self) -> None:
        self.become(self.git("mktree", given=""), BRANCH)

    def grow(self) -> None:
        """Add a file that unfolds to much more than it takes."""
        large = self.path.with_name("large")
        with large.open("wb") as file:
            file.truncate(BOMB)
        blob = self.git("hash-object", "-w", str(large))
        listed = self.git("ls-tree", BRANCH)
        self.become(self.git("mktree", given=f"{listed}\n100644 blob {blob}\tzzz\n"), BRANCH)

    def forge(self) -> None:
        """Let the signature of the newest state be another one's."""
        listed = self.git("ls-tree", f"{BRANCH}~1").splitlines()
        newer = self.git("ls-tree", BRANCH).splitlines()
        signed = [line for line in listed if line.endswith("\tcheckpoint")]
        others = [line for line in newer if not line.endswith("\tcheckpoint")]
        assert signed
        self.become(self.git("mktree", given="\n".join([*others, *signed, ""])), BRANCH)


@pytest.fixture
def remote(bench: Bench, tmp_path: Path) -> Hostile:
    hostile = Hostile(tmp_path / "remote.git")
    sync(bench.ledger(), Remote(str(hostile.path), bench.ledger_path))
    return hostile


def evaluated(bench: Bench, remote: Hostile, turns: Callable[[], None]) -> Outcome:
    """Evaluate, and let the remote turn once the scores are on record and shared."""
    turned: list[bool] = []

    def share(ledger: Ledger) -> bool:
        done = sync(ledger, Remote(str(remote.path), ledger.path))
        if done.sent and list(ledger.entries(kind=events.COMPLETE)) and not turned:
            turned.append(True)
            turns()
        return True

    outcome = evaluate(bench.wanted(), bench.parts(share=share), Quiet())
    assert turned
    return outcome


def test_a_remote_that_stays_as_it_is_allows(bench, remote):
    assert evaluated(bench, remote, lambda: None).decision.verdict is Verdict.ALLOW


@pytest.mark.parametrize("turn", ["rewind", "forget", "empty", "grow", "forge"])
def test_a_remote_that_turns_hostile_half_way_allows_nothing(bench, remote, turn):
    before = bench.ledger().tip.size
    outcome = evaluated(bench, remote, getattr(remote, turn))
    assert outcome.decision.verdict is Verdict.REVIEW
    assert [one.stage for one in outcome.troubles] == [Stage.LEDGER]
    ledger = bench.ledger()
    assert ledger.tip.size > before
    assert ledger.verify(ledger.known().keys, ledger.known(), full=True)


def test_a_remote_that_unfolds_without_end_fills_no_disk(bench, remote):
    evaluated(bench, remote, remote.grow)
    held = sum(path.stat().st_size for path in bench.ledger_path.rglob("*") if path.is_file())
    assert held < BOMB / 16
