"""An ALLOW merges one change, once, and only what was examined."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import (
    DependencyMissing,
    InvalidValue,
    NotFound,
    SigilError,
    Unreadable,
    WorkspaceBusy,
)
from sigil.gate.acting import Stands, decision_on, override, report_incident
from sigil.gate.decision import Code, Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.merging import merge, merges_alone
from sigil.gate.record import events
from sigil.gate.revisions import resolve
from sigil.gate.trust import Tier
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin
from sigil.ledger.remote import Remote
from sigil.ledger.syncing import clone, sync

SPEC = "docs/specs/quote.md"


@pytest.fixture
def bench(auto_bench) -> Bench:
    return auto_bench


def stands(bench: Bench, *, later_s: float = 0.0, ref: str = "change") -> Stands:
    moment = SYSTEM_CLOCK.now() + timedelta(seconds=later_s)
    return decision_on(bench.root, resolve(bench.root, ref), bench.ledger(), "api", moment)


def allowed(bench: Bench) -> Stands:
    outcome = evaluate(bench.wanted(), bench.parts(), Quiet())
    assert outcome.decision.verdict is Verdict.ALLOW, outcome.decision.reasons
    return stands(bench)


def alone() -> None:
    """There is no remote."""


def merged(bench: Bench, known: Stands, branch: str = "main", share=alone, root=None) -> str:
    return merge(
        root or bench.root,
        branch,
        known.recorded,
        ledger=bench.ledger(),
        service="api",
        seen=known.seen,
        share=share,
    )


def codes(known: Stands) -> set[Code]:
    return {reason.code for reason in known.worth.reasons}


def uses(bench: Bench) -> int:
    return len(list(bench.ledger().entries(kind=events.MERGE)))


# --- what is merged -----------------------------------------------------------------------


def test_the_past_of_these_tests_leads_to_auto(bench):
    assert allowed(bench).tier is Tier.AUTO


def test_the_merged_tree_is_the_examined_tree(bench):
    known = allowed(bench)
    base, change = bench.git("rev-parse", "main"), bench.git("rev-parse", "change")
    commit = merged(bench, known)
    assert bench.git("rev-parse", "main") == commit
    assert bench.git("rev-parse", f"{commit}^{{tree}}") == bench.git("rev-parse", "change^{tree}")
    assert bench.git("rev-parse", f"{commit}^1", f"{commit}^2").split() == [base, change]


def test_the_files_of_a_branch_that_is_checked_out_follow(bench):
    merged(bench, allowed(bench))
    assert bench.git("status", "--porcelain", "--untracked-files=no") == ""


def test_a_branch_that_is_not_checked_out_is_moved(bench):
    known = allowed(bench)
    bench.git("checkout", "-q", "--detach")
    assert merged(bench, known) == bench.git("rev-parse", "main")


# --- once ---------------------------------------------------------------------------------


def test_an_allow_that_was_used_is_worth_a_review(bench):
    merged(bench, allowed(bench))
    bench.git("checkout", "-q", "-B", "main", "main^1")  # somebody takes the merge back
    assert Code.USED in codes(stands(bench))


def test_an_allow_merges_once_even_if_nobody_looks_what_it_is_worth(bench):
    known = allowed(bench)
    merged(bench, known)
    bench.git("reset", "-q", "--hard", known.recorded.base)
    with pytest.raises(WorkspaceBusy, match="acted on already"):
        merged(bench, known)
    assert bench.git("rev-parse", "main") == known.recorded.base


def test_of_many_merges_at_once_one_merges(bench):
    known, start = allowed(bench), threading.Barrier(4)

    def attempt(_: int) -> str | None:
        start.wait(20)
        try:
            return merged(bench, known)
        except SigilError:
            return None

    with ThreadPoolExecutor(4) as pool:
        found = [one for one in pool.map(attempt, range(4)) if one]
    assert len(found) == 1
    assert bench.git("rev-parse", "main") == found[0]
    assert bench.git("rev-list", "--count", "--merges", "main") == "1"


def test_without_the_ledgers_remote_nothing_is_merged(bench):
    known = allowed(bench)

    def away() -> None:
        raise Unreadable("the remote does not answer")

    with pytest.raises(Unreadable):
        merged(bench, known, share=away)
    assert bench.git("rev-parse", "main") == known.recorded.base


def test_of_two_machines_the_one_that_the_remote_took_first_merges(bench):
    known = allowed(bench)

    def arrives_second() -> None:
        """Do what a sync does when another machine was faster: its use comes before ours."""
        entries = list(bench.ledger().entries(kind=events.MERGE))
        assert len(entries) == 2

    use = {"eval": known.recorded.eval, "nonce": known.recorded.nonce, "commit": "0" * 40}
    bench.ledger().append(events.MERGE, "api", use)
    with pytest.raises(WorkspaceBusy):
        merged(bench, known, share=arrives_second)
    assert bench.git("rev-parse", "main") == known.recorded.base


NEWS = {
    "an incident": lambda bench, name: report_incident(bench.ledger(), "api", "safety"),
    "an override": lambda bench, name: override(bench.ledger(), name, Verdict.BLOCK, "no"),
    "another evaluation of it": lambda bench, name: evaluate(
        bench.wanted(), bench.parts(), Quiet()
    ),
}


@pytest.mark.parametrize("kind", NEWS)
def test_what_is_told_after_an_allow_was_looked_at_keeps_it_from_merging(bench, kind):
    known = allowed(bench)
    NEWS[kind](bench, known.recorded.eval)
    with pytest.raises(WorkspaceBusy, match="since this was found to stand"):
        merged(bench, known)
    assert bench.git("rev-parse", "main") == known.recorded.base
    assert uses(bench) == 0


def test_an_incident_that_a_remote_has_before_the_use_keeps_it_from_merging(bench, tmp_path):
    url = tmp_path / "remote.git"
    subprocess.run(["git", "init", "-q", "--bare", url], check=True)
    known, here = allowed(bench), bench.ledger()
    sync(here, Remote(str(url), here.path))
    pin = Pin(tmp_path / "elsewhere.json")
    clone(tmp_path / "elsewhere", str(url), pin, here.known().keys, bench.signer)
    elsewhere = Ledger.open(tmp_path / "elsewhere", bench.signer, pin)
    report_incident(elsewhere, "api", "safety")
    sync(elsewhere, Remote(str(url), elsewhere.path))
    with pytest.raises(WorkspaceBusy, match=r"incident\.safety was put on record since"):
        merged(bench, known, share=lambda: sync(here, Remote(str(url), here.path)))
    assert bench.git("rev-parse", "main") == known.recorded.base


def test_what_is_told_of_other_changes_keeps_nothing_from_merging(bench):
    known = allowed(bench)
    bench.git("checkout", "-q", "-b", "other", "main")
    bench.git("commit", "-q", "--allow-empty", "-m", "nothing")
    (bench.root / "server.py").write_text("price = 600 * 2\n")
    bench.git("commit", "-q", "-a", "-m", "another change")
    bench.git("checkout", "-q", "main")
    evaluate(bench.wanted("other"), bench.parts(), Quiet())
    assert merged(bench, known) == bench.git("rev-parse", "main")


# --- only what was examined, and only while it holds ----------------------------------------


def test_another_commit_on_the_change_is_another_change(bench):
    allowed(bench)
    bench.git("checkout", "-q", "change")
    bench.git("commit", "-q", "--allow-empty", "-m", "the same tree")
    bench.git("checkout", "-q", "main")
    assert Code.MOVED in codes(stands(bench))


def test_a_base_branch_that_moved_ends_an_allow(bench):
    allowed(bench)
    bench.git("commit", "-q", "--allow-empty", "-m", "meanwhile")
    assert Code.MOVED in codes(stands(bench))


def test_another_exam_ends_an_allow(bench):
    allowed(bench)
    bench.exam.write("visible/another.lua", "return { run = function() expect(true) end }")
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "another exam")
    assert Code.MOVED in codes(stands(bench))


def test_an_allow_expires(bench):
    allowed(bench)
    assert {Code.EXPIRED, Code.STALE_LEDGER} <= codes(stands(bench, later_s=61))


def test_a_clock_that_was_set_back_ends_an_allow(bench):
    allowed(bench)
    assert Code.STALE_LEDGER in codes(stands(bench, later_s=-3600))


def test_an_evaluator_that_the_base_no_longer_names_ends_an_allow(bench):
    allowed(bench)
    bench.policy(evaluators=[])
    bench.git("commit", "-q", "-a", "-m", "nobody")
    with pytest.raises(NotFound, match="never evaluated"):
        stands(bench)


def test_an_override_is_what_holds_instead(bench):
    name = allowed(bench).recorded.eval
    body = {"eval": name, "decided": "ALLOW", "verdict": "BLOCK", "reason": "wrong"}
    bench.ledger().append(events.OVERRIDE, "api", body)
    assert stands(bench).worth.verdict is Verdict.BLOCK


def test_an_incident_of_this_very_change_is_a_review(bench):
    name = allowed(bench).recorded.eval
    bench.ledger().append(f"{events.INCIDENT}safety", "api", {"eval": name, "note": ""})
    assert Code.SPOKEN_AGAINST in codes(stands(bench))


def test_an_incident_takes_the_merge_from_the_machine(bench):
    allowed(bench)
    bench.ledger().append(f"{events.INCIDENT}safety", "api", {"eval": "", "note": ""})
    tier = stands(bench).tier
    assert tier is Tier.ADVISORY
    with pytest.raises(InvalidValue, match="merging is a human's"):
        merges_alone(tier)


@pytest.mark.parametrize("tier", [Tier.NONE, Tier.SHADOW, Tier.ADVISORY])
def test_below_auto_no_machine_merges(tier):
    with pytest.raises(InvalidValue, match=tier.value):
        merges_alone(tier)


# --- what goes wrong ------------------------------------------------------------------------


def test_a_change_that_left_the_base_branch_earlier_is_not_merged(bench):
    known = allowed(bench)
    older = replace(known.recorded.provenance, baseline=f"sha256:{'0' * 64}")
    behind = replace(known, recorded=replace(known.recorded, provenance=older))
    with pytest.raises(InvalidValue, match="does not stand on main"):
        merged(bench, behind)
    assert uses(bench) == 0


def test_a_branch_that_is_not_here_uses_nothing_up(bench):
    known = allowed(bench)
    with pytest.raises(InvalidValue, match="no local branch"):
        merged(bench, known, branch="release")
    assert uses(bench) == 0


def test_a_branch_that_moves_at_the_last_moment_stays_as_it_is(bench):
    known = allowed(bench)
    bench.git("checkout", "-q", "--detach")

    def meanwhile() -> None:
        tree = bench.git("rev-parse", "main^{tree}")
        commit = bench.git("commit-tree", tree, "-p", "main", "-m", "meanwhile")
        bench.git("update-ref", "refs/heads/main", commit)

    with pytest.raises(WorkspaceBusy, match="cannot be moved"):
        merged(bench, known, share=meanwhile)
    assert bench.git("log", "-1", "--format=%s", "main") == "meanwhile"


def test_work_in_the_checkout_that_is_in_the_way_is_kept(bench):
    known = allowed(bench)
    (bench.root / "server.py").write_text("my own work\n")
    with pytest.raises(WorkspaceBusy):
        merged(bench, known)
    assert (bench.root / "server.py").read_text() == "my own work\n"
    assert bench.git("rev-parse", "main") == known.recorded.base


def test_a_branch_that_another_worktree_has_checked_out_is_left_alone(bench, tmp_path):
    known = allowed(bench)
    bench.git("checkout", "-q", "--detach")
    bench.git("worktree", "add", "-q", str(tmp_path / "other"), "main")
    with pytest.raises(WorkspaceBusy, match=r"another worktree, .*/other, whose files"):
        merged(bench, known)
    assert bench.git("rev-parse", "main") == known.recorded.base
    assert uses(bench) == 0
    shutil.rmtree(tmp_path / "other")
    with pytest.raises(WorkspaceBusy, match="git worktree prune"):
        merged(bench, known)
    bench.git("worktree", "prune")
    assert merged(bench, known) == bench.git("rev-parse", "main")


def test_another_worktree_with_another_branch_is_not_in_the_way(bench, tmp_path):
    known = allowed(bench)
    bench.git("worktree", "add", "-q", str(tmp_path / "other"), "change")
    assert merged(bench, known) == bench.git("rev-parse", "main")
    assert bench.git("status", "--porcelain", "--untracked-files=no") == ""


def test_files_follow_in_a_worktree_that_is_named(bench, tmp_path):
    known, other = allowed(bench), tmp_path / "other"
    bench.git("checkout", "-q", "--detach")
    bench.git("worktree", "add", "-q", str(other), "main")
    commit = merged(bench, known, root=other)
    assert bench.git("rev-parse", "main") == commit
    shown = ["git", "-C", str(other), "status", "--porcelain", "--untracked-files=no"]
    assert subprocess.run(shown, check=True, capture_output=True, text=True).stdout == ""


# --- how git is asked -----------------------------------------------------------------------


@pytest.mark.parametrize("is_open", [True, False])
def test_the_branch_that_moves_is_this_repositorys_also_from_a_hook_of_another(
    bench, tmp_path, monkeypatch, is_open
):
    known = allowed(bench)
    if not is_open:
        bench.git("checkout", "-q", "--detach")
    other = tmp_path / "other"
    subprocess.run(["git", "clone", "-q", "-b", "main", bench.root, other], check=True)
    before = _refs(other)
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", str(other / ".git"))
        hook.setenv("GIT_WORK_TREE", str(other))
        hook.setenv("GIT_INDEX_FILE", str(other / ".git" / "index"))
        commit = merged(bench, known)
    assert bench.git("rev-parse", "main") == commit
    assert _refs(other) == before


def _refs(root: Path) -> str:
    command = ["git", "-C", str(root), "for-each-ref"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_head_that_names_no_commit_yet_is_not_in_the_way(bench):
    known = allowed(bench)
    bench.git("symbolic-ref", "HEAD", "refs/heads/unborn")
    assert merged(bench, known) == bench.git("rev-parse", "main")


def test_a_git_that_hangs_while_it_moves_the_branch_is_one_line(bench, tmp_path, monkeypatch):
    known, real = allowed(bench), shutil.which("git")
    folder = tmp_path / "bin"
    folder.mkdir()
    slow = f'#!/bin/sh\ncase "$*" in *--ff-only*) exec sleep 60;; esac\nexec {real} "$@"\n'
    (folder / "git").write_text(slow)
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("sigil.gate.merging.GIT_S", 5.0)
    with pytest.raises(WorkspaceBusy, match="main cannot be moved: git did not end within 5 s"):
        merged(bench, known)
    assert bench.git("rev-parse", "main") == known.recorded.base


def test_without_git_nothing_is_used_up(bench, monkeypatch):
    known = allowed(bench)
    with monkeypatch.context() as machine:
        machine.setenv("PATH", "")
        with pytest.raises(DependencyMissing):
            merged(bench, known)
    assert uses(bench) == 0


def test_no_filter_that_a_change_names_runs_while_its_files_are_written(bench, tmp_path):
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    bench.git("config", "filter.named.smudge", str(trap))
    bench.git("config", "filter.named.clean", str(trap))
    (bench.root / ".git" / "info").mkdir(exist_ok=True)
    (bench.root / ".git" / "info" / "attributes").write_text("* filter=named\n")
    merged(bench, allowed(bench))
    assert not (tmp_path / "sprung").exists()
