"""What a shell proposes, asked as a shell asks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from sigil.cli.sigil import sigil

KNOWN = ["eval_01M7YYY3SNRFJA", "eval_01M7YYY8ARFV6N"]


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Path:
    """A repository with two services, two evaluations and a half-written one; we are in it."""
    (tmp_path / ".sigil" / "scenarios" / "web" / "visible").mkdir(parents=True)
    (tmp_path / ".sigil" / "gate.yaml").write_text("services:\n  api: {}\n")
    for name in KNOWN:
        folder = tmp_path / ".sigil" / "gate" / name
        folder.mkdir(parents=True)
        (folder / "eval.json").write_text("{}")
    (tmp_path / ".sigil" / "gate" / "eval_unfinished").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proposed(*words: str) -> list[str]:
    """Return what a shell is told after ``words``, of which the last is being typed."""
    asked = ShellComplete(sigil, {}, "sigil", "_SIGIL_COMPLETE")
    found = asked.get_completions(list(words[:-1]), words[-1])
    return [one.value for one in found]


@pytest.mark.parametrize(
    "words",
    [
        ("eval", "change", "-s"), ("decide", "change", "--service"), ("init", "-s"),
        ("ci", "a/b#1", "-s"), ("incident", "safety", "-s"), ("scenario", "run", "-s"),
        ("scenario", "seal", "-s"), ("scenario", "list", "-s"), ("scenario", "keys", "-s"),
        ("trust", "show", "-s"), ("trust", "enroll", "-s"), ("ledger", "list", "--service"),
    ],
)  # fmt: skip
def test_services_are_those_of_the_policy_and_those_with_scenarios(repository, words):
    assert proposed(*words, "") == ["api", "web"]
    assert proposed(*words, "w") == ["web"]


@pytest.mark.parametrize(
    "words",
    [
        ("report",), ("replay",), ("feedback",), ("verdict",), ("override",), ("diff",),
        ("incident", "safety", "--eval"),
    ],
)  # fmt: skip
def test_evaluations_are_those_that_are_kept(repository, words):
    assert proposed(*words, "") == KNOWN
    assert proposed(*words, "eval_01M7YYY8") == KNOWN[1:]


def test_an_evaluation_is_not_compared_with_itself(repository):
    assert proposed("diff", KNOWN[0], "") == KNOWN[1:]


@pytest.mark.parametrize("command", ["decide", "eval"])
def test_changes_are_branches(repository, command):
    git = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q", "-b", "main"], ["commit", "-q", "--allow-empty", "-m", "a"],
                      ["branch", "fix/totals"]):  # fmt: skip
        subprocess.run([*git, *arguments], check=True)
    assert proposed(command, "") == ["fix/totals", "main"]


def test_another_repository_may_be_named(repository, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert proposed("report", "") == []
    assert proposed("report", "--repo-root", str(repository), "") == KNOWN


@pytest.mark.parametrize("policy", ["", "services: [", "services: {'a b\\n': {}}", "x" * 10])
def test_a_policy_that_is_being_written_is_no_error(repository, policy, capfd):
    (repository / ".sigil" / "gate.yaml").write_text(policy)
    assert proposed("eval", "change", "-s", "") == ["web"]
    assert capfd.readouterr() == ("", "")


def test_a_name_that_a_terminal_would_obey_is_not_proposed(repository):
    (repository / ".sigil" / "scenarios" / "\x1b[31m" / "visible").mkdir(parents=True)
    (repository / ".sigil" / "scenarios" / "$(id)" / "visible").mkdir(parents=True)
    assert proposed("eval", "change", "-s", "") == ["api", "web"]


def test_where_there_is_no_repository_nothing_is_proposed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert proposed("report", "") == proposed("eval", "change", "-s", "") == []


def test_specs_and_workspaces_are_those_that_stand_here(repository):
    (repository / ".sigil" / "route.sigil.yaml").write_text("")
    (repository / ".sigil" / "route" / "workspaces" / "night").mkdir(parents=True)
    assert proposed("run", "--spec", "") == ["route"]
    assert proposed("inspect", "--spec", "route", "--workspace", "n") == ["night"]


def test_a_function_begins_with_a_file():
    asked = ShellComplete(sigil, {}, "sigil", "_SIGIL_COMPLETE")
    (found,) = asked.get_completions(["evolve"], "te")
    assert (found.value, found.type) == ("te", "file")
    assert asked.get_completions(["evolve"], "text.py:c") == []
