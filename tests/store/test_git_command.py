"""Git is run where it is told to, ends in time, and says what went wrong in one line."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.errors import DependencyMissing
from sigil.store.git_command import complaint, run_git, without_filters, without_user

REFUSED = """\
ssh: connect to host git.example.invalid port 22: Connection refused
fatal: Could not read from remote repository.

Please make sure you have the correct access rights
and the repository exists.
"""
TIME_S = 20.0


@pytest.fixture
def root(tmp_path) -> Path:
    return made(tmp_path / "repository", "a.txt")


def made(folder: Path, name: str) -> Path:
    git("init", "-q", "-b", "main", str(folder))
    (folder / name).write_text("1\n")
    git("-C", str(folder), "add", "-A")
    git("-C", str(folder), "commit", "-q", "-m", "x")
    return folder


def git(*arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.invalid")
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


def program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def hanging(folder: Path, monkeypatch, text: str) -> None:
    """Put a git into the path that tells who it is, and does not end."""
    folder.mkdir()
    program(folder / "git", f"echo $$ > {folder}/leader\n{text}")
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


# --- where ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"]
)
def test_the_variables_of_a_hook_do_not_lead_it_elsewhere(root, tmp_path, monkeypatch, name):
    other = made(tmp_path / "other", "b.txt")
    below = {"GIT_DIR": ".git", "GIT_WORK_TREE": "", "GIT_INDEX_FILE": ".git/index"}
    monkeypatch.setenv(name, str(other / below.get(name, ".git/objects")))
    where = ("rev-parse", "--absolute-git-dir", "--show-toplevel")
    found = run_git(*where, folder=root, timeout_s=TIME_S).stdout.split()
    assert found == [str(root / ".git"), str(root)]
    status = run_git("status", "--porcelain", folder=root, timeout_s=TIME_S)
    assert (status.returncode, status.stdout) == (0, "")


def test_a_setting_in_the_environment_is_not_obeyed(root, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "canary.a")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "sprung")
    assert run_git("config", "canary.a", folder=root, timeout_s=TIME_S).stdout == ""


# --- whose programs -------------------------------------------------------------------------


@pytest.mark.parametrize("setting", ["core.hooksPath", "core.fsmonitor"])
def test_no_program_of_the_repository_is_started(root, tmp_path, setting):
    (root / "trap").mkdir()
    trap = program(root / "trap" / "post-checkout", f"touch {tmp_path}/sprung")
    named = trap.parent if setting == "core.hooksPath" else trap
    git("-C", str(root), "config", "include.path", "../planted")
    (root / "planted").write_text(f"[core]\n\t{setting.partition('.')[2]} = {named}\n")
    run_git("checkout", "--detach", folder=root, timeout_s=TIME_S)
    run_git("status", folder=root, timeout_s=TIME_S)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("kind", ["smudge", "clean", "process"])
def test_no_filter_is_started_where_none_is_wanted(root, tmp_path, kind):
    trap = program(tmp_path / "trap", f"touch {tmp_path}/sprung; cat")
    for setting, value in ((kind, str(trap)), ("required", "true")):
        git("-C", str(root), "config", f"filter.A b.c.{setting}", value)
    (root / ".gitattributes").write_text('*.txt filter="A b.c"\n*.txt filter=plain\n')
    (root / "a.txt").unlink()
    git("-C", str(root), "config", f"filter.plain.{kind}", str(trap))
    as_stored = without_filters(root, timeout_s=TIME_S)
    done = run_git("checkout", "--", "a.txt", folder=root, timeout_s=TIME_S, settings=as_stored)
    assert (done.returncode, (root / "a.txt").read_text()) == (0, "1\n")
    assert run_git("add", "-A", folder=root, timeout_s=TIME_S, settings=as_stored).returncode == 0
    assert not (tmp_path / "sprung").exists()


def test_where_no_filter_is_set_nothing_has_to_be_turned_off(root):
    assert [one for one in without_filters(root, timeout_s=TIME_S) if "lfs" not in one] == []


# --- how it ends ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["sleep 60 & wait", "exec sleep 60", "trap '' TERM; while :; do sleep 1; done"]
)
def test_a_git_that_hangs_is_ended_with_all_that_it_started(tmp_path, monkeypatch, text):
    hanging(tmp_path / "bin", monkeypatch, text)
    monkeypatch.setattr("sigil.store.git_command.GRACE_S", 0.2)
    with pytest.raises(TimeoutError, match="did not end within"):
        run_git("status", timeout_s=0.3)
    group = int((tmp_path / "bin" / "leader").read_text())
    with pytest.raises(ProcessLookupError):
        _wait_for_the_end(group)


def _wait_for_the_end(group: int) -> None:
    """Ask until the group is gone; those that were killed are buried by somebody else."""
    for _ in range(2_000):
        os.killpg(group, 0)
        subprocess.run(["sleep", "0.005"], check=True)


def test_a_git_that_is_told_to_end_may_take_its_locks_away(tmp_path, monkeypatch):
    lock = tmp_path / "lock"
    text = f"touch {lock}; trap 'rm {lock}; exit 1' TERM; while :; do sleep 0.05; done"
    hanging(tmp_path / "bin", monkeypatch, text)
    with pytest.raises(TimeoutError):
        run_git("status", timeout_s=0.5)
    assert (tmp_path / "bin" / "leader").exists()
    assert not lock.exists()


def test_a_machine_without_git_is_told_so(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(DependencyMissing, match="git is not installed"):
        run_git("status", timeout_s=TIME_S)


def test_a_failure_is_an_answer_like_any_other(tmp_path):
    done = run_git("rev-parse", "HEAD", folder=tmp_path, timeout_s=TIME_S)
    assert done.returncode != 0
    assert complaint(done.stderr).startswith("fatal: not a git repository")


# --- what it says ---------------------------------------------------------------------------


def test_the_cause_and_what_came_of_it_are_told_and_the_advice_is_not():
    assert complaint(REFUSED) == (
        "ssh: connect to host git.example.invalid port 22: Connection refused; "
        "fatal: Could not read from remote repository."
    )


@pytest.mark.parametrize("said", ["", "\n \n"])
def test_where_git_says_nothing_that_is_told(said):
    assert complaint(said) == "git does not say why"


def test_no_password_is_told():
    told = complaint("fatal: unable to access 'https://me:canary@example.invalid/x/': no")
    assert "canary" not in told
    assert "https://example.invalid/x/" in told


def test_an_address_without_a_user_stays_as_it_is():
    assert without_user("ssh://example.invalid/a@b") == "ssh://example.invalid/a@b"


@given(st.text())
def test_whatever_git_says_is_one_printable_line(said):
    told = complaint(said)
    assert told.isprintable()
    assert 0 < len(told) <= 400
