"""`sigil init`: what is missing is made, what is there stays."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from tests.e2e.shell import Shell

from sigil.errors import AlreadyExists, InvalidValue, Unreadable
from sigil.gate.policy import load_policy
from sigil.gate.starting import IGNORED, Start, branch_of, ignore_text, policy_text, workflow_text

COMMAND = "python3 server.py {port}"
pytestmark = pytest.mark.e2e


@pytest.fixture
def shell(tmp_path) -> Shell:
    root, home = tmp_path / "repository", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    return Shell(root, home)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def colleagues(tmp_path) -> Path:
    """A remote to which others have pushed a service with its policy, and their ledger."""
    remote, home = tmp_path / "remote.git", tmp_path / "theirs"
    root = tmp_path / "first"
    for folder in (home, root):
        folder.mkdir()
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(remote))
    git(root, "init", "-q", "-b", "main")
    theirs = Shell(root, home)
    assert theirs(f"sigil init -s api --command '{COMMAND}'").code == 0
    assert theirs(f"sigil ledger sync {remote}").code == 0
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "a service")
    git(root, "push", "-q", str(remote), "main")
    return remote


@pytest.fixture
def clone(tmp_path, colleagues) -> Shell:
    """A fresh clone on a machine that knows nothing."""
    home = tmp_path / "home"
    home.mkdir()
    git(tmp_path, "clone", "-q", str(colleagues), "repository")
    return Shell(tmp_path / "repository", home)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_a_new_repository_gets_all_that_an_exam_needs(shell):
    done = shell(f"sigil init -s api --command '{COMMAND}' --enroll --example --github")
    assert done.code == 0, done.err
    policy = load_policy((shell.folder / ".sigil/gate.yaml").read_bytes())
    assert policy.deployment("api").command == COMMAND
    assert len(policy.gate.evaluators) == len(policy.service("api").recipients) == 1
    assert (shell.folder / "docs/specs/example.md").is_file()
    assert (shell.folder / ".github/workflows/sigil.yml").is_file()
    assert shell("sigil trust show").out.startswith("api: SHADOW")


def test_doing_it_again_changes_nothing(shell):
    shell(f"sigil init -s api --command '{COMMAND}' --enroll")
    before = files(shell.folder)
    done = shell("sigil init -s api --enroll")
    assert done.code == 0, done.err
    assert files(shell.folder) == before
    assert "add to" not in done.out


def test_a_dry_run_writes_nothing_at_all(shell):
    before = files(shell.folder), files(shell.home)
    done = shell("sigil init -s api --dry-run --github --example --enroll")
    assert done.code == 0, done.err
    assert (files(shell.folder), files(shell.home)) == before
    assert "would write .sigil/gate.yaml" in done.out


def test_a_policy_that_is_there_is_kept_and_what_it_lacks_is_said(shell):
    shell(f"sigil init -s api --command '{COMMAND}'")
    before = (shell.folder / ".sigil/gate.yaml").read_bytes()
    done = shell("sigil init -s web")
    assert (shell.folder / ".sigil/gate.yaml").read_bytes() == before
    assert "add to .sigil/gate.yaml: services.web" in done.out
    assert "services.web.recipients: age1" in done.out


def test_another_command_is_not_used_and_that_is_said(shell):
    shell(f"sigil init -s api --command '{COMMAND}'")
    for line in ("", "--dry-run"):
        done = shell(f"sigil init -s api --command 'python3 other.py {{port}}' {line}")
        assert done.code == 0, done.err
        assert "--command is not used" in done.out
        assert f"it starts api by: {COMMAND}" in done.out
        assert "edit services.api.deploy.command there" in done.out


def test_the_same_command_again_is_nothing_to_speak_of(shell):
    first = shell(f"sigil init -s api --command '{COMMAND}'")
    again = shell(f"sigil init -s api --command '{COMMAND}'")
    assert "not used" not in first.out + again.out


def test_a_command_for_a_service_that_the_policy_lacks_is_not_used_either(shell):
    shell(f"sigil init -s api --command '{COMMAND}'")
    assert "--command is not used" in shell(f"sigil init -s web --command '{COMMAND}'").out


def test_a_key_that_is_there_is_said_to_be_of_every_service_of_that_name(shell):
    first = shell(f"sigil init -s api --command '{COMMAND}'")
    assert "also of other repositories" not in first.out
    assert "also of other repositories" in shell("sigil init -s api").out


def test_a_command_that_cannot_work_makes_no_key(shell):
    done = shell("sigil init -s api --command ./server")
    assert done.code == 12
    assert "put {port} into command" in done.err
    assert files(shell.home) == {}


def test_without_a_command_the_policy_says_what_to_add(shell):
    done = shell("sigil init -s api")
    assert "services.api.deploy, before anything is examined" in done.out


def test_no_private_key_is_in_the_repository_or_on_the_screen(shell):
    done = shell(f"sigil init -s api --command '{COMMAND}' --github")
    secrets = [
        line
        for text in files(shell.home / ".config/sigil/keys").values()
        for line in text.decode().splitlines()
        if line and not line.startswith(("#", "-----"))
    ]
    assert len(secrets) >= 2
    everything = b"".join(files(shell.folder).values()).decode(errors="replace")
    assert [one for one in secrets if one in everything + done.out + done.err] == []


@pytest.mark.parametrize("present", ["", "a\n", "a", "\n.sigil/cache/\n"])
def test_lines_to_ignore_are_added_once_and_what_is_there_stays(present):
    once = ignore_text(present)
    assert once.startswith(present)
    assert ignore_text(once) == once
    assert [once.splitlines().count(line) for line in IGNORED] == [1, 1, 1]


@pytest.mark.parametrize("command", ['a "b" {port}', "a 'b' {port}", "a: b # {port}", "ä {port}"])
def test_a_command_comes_back_as_it_was_said(command):
    policy = load_policy(policy_text(Start("api", command)).replace('"…"', "").encode())
    assert policy.deployment("api").command == command


@pytest.mark.parametrize("name", ["API", "a b", "../x", ""])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(InvalidValue):
        policy_text(Start(name))


# --- the workflow ---------------------------------------------------------------------------


@pytest.fixture
def workflow() -> dict:
    return yaml.safe_load(workflow_text("api"))


def test_the_workflow_checks_out_nothing_of_the_pull_request(workflow):
    steps = workflow["jobs"]["examine"]["steps"]
    [checkout] = [step for step in steps if "checkout" in step.get("uses", "")]
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    text = yaml.safe_dump(steps)
    assert "head.sha" not in text
    assert "head.ref" not in text


def test_the_workflow_begins_for_the_branch_that_holds_the_exam_alone(tmp_path):
    subprocess.run(["git", "init", "-q", "-b", "o'trunk", tmp_path], check=True)
    text = workflow_text("api", branch_of(tmp_path))
    assert "branches: ['o''trunk']" in text
    assert yaml.safe_load(text)["jobs"]["examine"]["environment"] == "sigil"


def test_no_text_of_a_pull_request_reaches_a_shell_of_the_workflow(workflow):
    for step in workflow["jobs"]["examine"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_keys_and_token_are_in_no_step_together(workflow):
    for step in workflow["jobs"]["examine"]["steps"]:
        named = yaml.safe_dump(step.get("env", {}))
        assert not ("secrets." in named and "github.token" in named)
        if "sigil ci" in step.get("run", ""):
            assert "secrets." not in named


@pytest.mark.parametrize("package", ["", "sigil", "sigil[gate]==0.1.0", "--no-deps sigil"])
def test_the_workflow_installs_nothing_that_is_not_named_by_its_address(
    workflow, tmp_path, package
):
    done, installed = installing(workflow, tmp_path, package)
    assert done.returncode == 1
    assert "SIGIL_PACKAGE" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert installed == []


def test_the_workflow_installs_what_its_repository_names(workflow, tmp_path):
    package = "sigil[gate] @ git+http://127.0.0.1/sigil@0123456"
    done, installed = installing(workflow, tmp_path, package)
    assert done.returncode == 0, done.stdout + done.stderr
    assert installed == ["install", package]


def installing(
    workflow: dict, folder: Path, package: str
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run the step that installs, as a runner does; return with what pip was asked."""
    steps = workflow["jobs"]["examine"]["steps"]
    [step] = [step for step in steps if "pip" in step.get("run", "")]
    assert step["env"] == {"PACKAGE": "${{ vars.SIGIL_PACKAGE }}"}
    asked = folder / "asked"
    pip = folder / "pip"
    pip.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {asked}\n")
    pip.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-c", step["run"]],
        env={"PATH": f"{folder}:/usr/bin:/bin", "PACKAGE": package},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done, asked.read_text().splitlines() if asked.exists() else []


def test_the_workflow_may_write_no_contents(workflow):
    assert workflow["permissions"] == {
        "contents": "read",
        "pull-requests": "write",
        "statuses": "write",
    }


def test_a_command_without_a_port_is_blamed_on_the_flag_and_on_no_file(shell):
    done = shell("sigil init -s api --command 'python3 x.py'")
    assert done.code == InvalidValue.exit_code
    assert "--command: nothing says which port" in done.err
    assert "gate.yaml" not in done.err


# --- where others have a ledger ---------------------------------------------------------------


def begun(shell: Shell) -> bool:
    return bool((shell.folder / ".sigil/ledger").exists() or files(shell.home))


def test_no_ledger_is_begun_beside_that_of_a_remote(clone):
    done = clone("sigil init -s api")
    assert done.code == AlreadyExists.exit_code
    assert "the remote origin holds it" in done.err
    assert not begun(clone)


def test_what_it_says_to_type_joins_the_ledger_of_the_others(clone, colleagues):
    told = clone("sigil init -s api").err
    assert 'sigil ledger init --remote "$(git remote get-url origin)"' in told
    assert clone(f"sigil ledger init --remote {colleagues}").code == 0
    done = clone("sigil init -s api")
    assert done.code == 0, done.err
    assert "made .sigil/ledger" not in done.out
    assert "add to .sigil/gate.yaml: evaluators: ed25519:" in done.out


def test_a_policy_that_names_evaluators_says_that_there_is_a_ledger_elsewhere(clone, colleagues):
    git(colleagues, "update-ref", "-d", "refs/heads/ledger")
    done = clone("sigil init -s api")
    assert done.code == AlreadyExists.exit_code
    assert re.search(r"\.sigil/gate\.yaml on \S+: names evaluators", done.err)
    assert not begun(clone)


def test_a_remote_that_does_not_answer_leaves_it_open_and_nothing_is_made(shell, tmp_path):
    git(shell.folder, "remote", "add", "origin", str(tmp_path / "nowhere.git"))
    done = shell("sigil init -s api")
    assert done.code == Unreadable.exit_code
    assert "nobody knows whether others have a ledger: the remote origin" in done.err
    assert not begun(shell)


def test_who_says_so_begins_another_ledger_without_asking_anybody(clone):
    done = clone("sigil init -s api --new-ledger")
    assert done.code == 0, done.err
    assert (clone.folder / ".sigil/ledger").is_dir()


def test_a_remote_without_a_ledger_is_no_reason_not_to_begin_one(shell, tmp_path):
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "empty.git"))
    git(shell.folder, "remote", "add", "origin", str(tmp_path / "empty.git"))
    assert shell("sigil init -s api").code == 0


def test_a_branch_whose_name_only_ends_like_that_of_a_ledger_is_none(shell, colleagues):
    git(colleagues, "update-ref", "refs/heads/pr/refs/heads/ledger", "refs/heads/ledger")
    git(colleagues, "update-ref", "-d", "refs/heads/ledger")
    git(shell.folder, "remote", "add", "origin", str(colleagues))
    done = shell("sigil init -s api")
    assert done.code == 0, done.err


def test_who_waits_for_remotes_is_told_for_which(shell, tmp_path):
    for name in ("origin", "backup"):
        git(shell.folder, "remote", "add", name, str(tmp_path / "nowhere.git"))
    told = shell("sigil init -s api").err.splitlines()
    assert [line.split(",")[0] for line in told[:2]] == [
        "asking the remote origin for a ledger",
        "asking the remote backup for a ledger",
    ]
