"""Which commits are compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sigil.errors import InvalidValue, NotFound, Unreadable
from sigil.gate.revisions import content_digest, fetched, resolve
from sigil.gate.trees import CommitTree


class Repository:
    """A git repository that is written by git itself."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
        done = subprocess.run(
            ["git", *identity, *arguments],
            cwd=self.root,
            env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.root / name).write_text(text)
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path) -> Repository:
    found = Repository(tmp_path / "repository")
    found.commit(a="1")
    return found


def digest(repository, commit: str = "HEAD") -> str:
    return content_digest(CommitTree(repository.root, commit))


def branched(repository) -> tuple[str, str, str]:
    left = repository.git("rev-parse", "HEAD")
    repository.git("checkout", "-q", "-b", "change")
    change = repository.commit(a="2")
    repository.git("checkout", "-q", "main")
    return left, change, repository.commit(b="new on main")


def test_a_change_is_compared_with_where_it_left_and_examined_by_what_main_is_now(repository):
    left, change, now = branched(repository)
    found = resolve(repository.root, "change")
    assert (found.baseline.commit, found.change.commit, found.control.commit) == (left, change, now)


def test_a_pull_request_is_fetched_from_its_remote(repository, tmp_path):
    _, change, _ = branched(repository)
    repository.git("update-ref", "refs/pull/42/head", change)
    repository.git("branch", "-D", "change")
    clone = tmp_path / "clone"
    repository.git("clone", "-q", str(repository.root), str(clone))
    assert resolve(clone, "pull/42/head").change.commit == change


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"])
def test_what_is_fetched_goes_into_this_repository_also_from_a_hook_of_another(
    repository, tmp_path, monkeypatch, name
):
    other = Repository(tmp_path / "other")
    other.commit(b="elsewhere")
    repository.git("update-ref", "refs/pull/42/head", branched(repository)[1])
    repository.git("remote", "add", "origin", str(repository.root))
    below = "objects" if name == "GIT_OBJECT_DIRECTORY" else ""
    with monkeypatch.context() as hook:
        hook.setenv("GIT_DIR", str(other.root / ".git"))
        hook.setenv(name, str(other.root / ".git" / below))
        held = fetched(repository.root, "pull/42/head", "origin")
    assert repository.git("rev-parse", held) == repository.git("rev-parse", "change")
    assert "refs/sigil" not in other.git("for-each-ref")


def test_a_remote_that_does_not_answer_is_given_up(repository, tmp_path, monkeypatch):
    waiting = tmp_path / "ssh"
    waiting.write_text("#!/bin/sh\nexec sleep 60\n")
    waiting.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", str(waiting))
    monkeypatch.setattr("sigil.gate.revisions.FETCH_S", 0.3)
    with pytest.raises(NotFound, match=r"took more than 0\.3 s"):
        fetched(repository.root, "pull/42/head", "host:nowhere.git")


def test_a_pull_request_that_does_not_exist_is_named(repository):
    repository.git("remote", "add", "origin", str(repository.root))
    with pytest.raises(NotFound, match="pull/7/head cannot be fetched from origin"):
        resolve(repository.root, "pull/7/head")


def test_a_ref_that_does_not_exist_is_named(repository):
    with pytest.raises(NotFound, match="git knows no commit 'nowhere'"):
        resolve(repository.root, "nowhere")


def test_a_ref_is_never_an_option_of_git(repository):
    with pytest.raises(NotFound):
        resolve(repository.root, "--upload-pack=true")


def test_what_is_on_the_base_branch_already_is_no_change(repository):
    with pytest.raises(InvalidValue, match="holds nothing that main does not hold"):
        resolve(repository.root, "main")


def test_histories_that_share_nothing_are_refused(repository):
    repository.git("checkout", "-q", "--orphan", "other")
    repository.commit(a="9")
    with pytest.raises(NotFound, match="share no history"):
        resolve(repository.root, "other", base="main")


def test_a_folder_without_git_is_refused(tmp_path):
    with pytest.raises(NotFound, match="no git repository"):
        resolve(tmp_path, "main")


def test_a_digest_depends_on_content_and_not_on_history(repository):
    first = repository.git("rev-parse", "HEAD")
    again = repository.commit()
    assert again != first
    assert digest(repository, first) == digest(repository, again)


def test_a_digest_sees_a_name_a_text_and_a_mode(repository):
    seen = {digest(repository)}
    seen.add(digest(repository, repository.commit(a="2")))
    seen.add(digest(repository, repository.commit(b="2")))
    (repository.root / "a").chmod(0o755)
    seen.add(digest(repository, repository.commit()))
    assert len(seen) == 4


def test_a_digest_is_pinned(repository):
    commit = repository.git("rev-parse", "HEAD")
    pinned = "sha256:bf326adb5b60e1122e619c232177e2c95e8e219e61c32e5feda36d3249320697"
    assert digest(repository, commit) == pinned


def test_a_tag_of_the_same_name_is_not_the_base_branch(repository):
    _, _, now = branched(repository)
    repository.git("tag", "main", "change")
    repository.git("tag", "origin/HEAD", "change")
    assert resolve(repository.root, "change").control.commit == now
    assert resolve(repository.root, "change", base="main").control.commit == now


@pytest.mark.parametrize("base", [None, "main", "origin/main", "refs/remotes/origin/main"])
@pytest.mark.parametrize("above", ["refs/heads/", "refs/remotes/", "refs/tags/", ""])
def test_a_tag_that_calls_itself_a_branch_is_not_the_base_branch(repository, base, above):
    _, _, now = branched(repository)
    repository.git("update-ref", "refs/remotes/origin/main", now)
    for name in ("main", "origin/main", "origin/HEAD"):
        repository.git("tag", f"{above}{name}", "change")
    assert resolve(repository.root, "change", base=base).control.commit == now


@pytest.mark.parametrize("base", ["nowhere", "refs/heads/nowhere", "a..b", "a\0b", "", "0" * 40])
def test_a_base_branch_that_does_not_exist_is_an_error(repository, base):
    branched(repository)
    repository.git("tag", "refs/heads/nowhere", "change")
    with pytest.raises(NotFound):
        resolve(repository.root, "change", base=base)


@pytest.mark.parametrize(
    ("here", "there", "said"),
    [
        ("left", "now", "main here, at .*, which is behind origin/main, at "),
        ("now", "change", "which has parted from origin/main"),
        ("now", "now", "^$"),
        ("now", "left", "^$"),
    ],
)
@pytest.mark.parametrize("base", [None, "main", "refs/heads/main"])
def test_a_base_branch_that_lacks_what_its_remote_has_is_in_doubt(
    repository, here, there, said, base
):
    commits = dict(zip(("left", "change", "now"), branched(repository), strict=True))
    repository.git("checkout", "-q", "-b", "other", "change")
    repository.commit(a="3")
    repository.git("update-ref", "refs/heads/main", commits[here])
    repository.git("update-ref", "refs/remotes/origin/main", commits[there])
    assert re.search(said, resolve(repository.root, "other", base=base).doubt)


def test_a_base_branch_is_held_against_the_one_that_it_follows(repository):
    _, change, now = branched(repository)
    repository.git("remote", "add", "origin", str(repository.root))
    repository.git("remote", "add", "team", str(repository.root))
    repository.git("update-ref", "refs/remotes/origin/main", now)
    repository.git("update-ref", "refs/remotes/team/trunk", change)
    repository.git("branch", "-q", "--set-upstream-to", "team/trunk", "main")
    assert "parted from team/trunk" in resolve(repository.root, "change").doubt


@pytest.mark.parametrize("base", ["origin/main", "refs/remotes/origin/main"])
def test_a_remotes_branch_is_in_no_doubt(repository, base):
    left, _, now = branched(repository)
    repository.git("update-ref", "refs/heads/main", left)
    repository.git("update-ref", "refs/remotes/origin/main", now)
    assert resolve(repository.root, "change", base=base).doubt == ""


def test_a_branch_that_calls_itself_a_remote_s_is_not_the_base_branch(repository):
    _, _, now = branched(repository)
    repository.git("branch", "origin/HEAD", "change")
    assert resolve(repository.root, "change").control.commit == now


def test_a_byte_that_is_no_text_is_not_the_text_that_shows_it(repository):
    (repository.root / "x\\xff").write_text("1")
    one = digest(repository, repository.commit())
    (repository.root / "x\\xff").unlink()
    (repository.root / os.fsdecode(b"x\xff")).write_text("1")
    assert digest(repository, repository.commit()) != one


@pytest.mark.parametrize("kind", ["change:folder", "change:folder/b", "change~1"])
def test_an_object_that_was_cut_is_said_and_does_not_hang(repository, kind):
    repository.git("checkout", "-q", "-b", "change")
    (repository.root / "folder").mkdir()
    repository.commit(**{"folder/b": "1"})
    repository.commit(a="2")
    name = repository.git("rev-parse", kind)
    stored = repository.root / ".git" / "objects" / name[:2] / name[2:]
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:9])
    script = (
        "import sys; from pathlib import Path; from sigil.errors import Corrupt\n"
        "from sigil.gate.revisions import resolve\n"
        "try: resolve(Path(sys.argv[1]), 'change')\n"
        "except Corrupt as cut: print(cut)"
    )
    told = subprocess.run(  # another process, because a hang could not be interrupted here
        [sys.executable, "-c", script, str(repository.root)],
        capture_output=True, check=True, timeout=60, text=True,
    ).stdout  # fmt: skip
    assert "this object of git was cut" in told


def test_a_history_that_git_lacks_a_part_of_is_said(repository):
    repository.git("checkout", "-q", "-b", "change")
    lost = repository.commit(a="2")
    repository.commit(a="3")
    (repository.root / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    with pytest.raises(Unreadable, match="git cannot read the history"):
        resolve(repository.root, "change")


def test_a_remote_that_cannot_be_reached_is_told_with_its_cause_and_without_a_password(repository):
    nowhere = "https://me:canary@127.0.0.1:1/a.git"
    with pytest.raises(NotFound) as caught:
        resolve(repository.root, "pull/7/head", remote=nowhere)
    told = str(caught.value)
    assert "127.0.0.1:1" in told
    assert "fatal:" in told
    assert "canary" not in told
    assert "and the repository exists" not in told


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("change", "refs/tags/change"),
        ("origin/subtle", "refs/tags/origin/subtle"),
        ("origin/subtle", "refs/heads/origin/subtle"),
        ("origin", "refs/heads/origin"),
        ("heads/change", "refs/tags/heads/change"),
    ],
)
@pytest.mark.parametrize("rest", ["", "~0", "^{commit}", "@{0}"])
def test_a_name_of_two_things_is_refused_with_both(repository, name, other, rest):
    _, _, now = branched(repository)
    repository.git("update-ref", "refs/remotes/origin/subtle", "change")
    repository.git("update-ref", "refs/remotes/origin/HEAD", "change")
    repository.git("update-ref", other, now)
    with pytest.raises(InvalidValue, match=rf"{name}' is both .*{other}|both {other} and") as told:
        resolve(repository.root, f"{name}{rest}")
    assert f"write {other}" in str(told.value) or f"or {other}" in str(told.value)


def test_a_name_of_two_things_that_are_one_commit_is_refused_too(repository):
    branched(repository)
    repository.git("tag", "change", "change")
    with pytest.raises(InvalidValue, match="refs/tags/change and refs/heads/change"):
        resolve(repository.root, "change")


@pytest.mark.parametrize("digits", [7, 39])
@pytest.mark.parametrize("before", ["", "v1-2-g"])
def test_a_branch_that_is_named_like_the_beginning_of_a_commit_is_refused(
    repository, digits, before
):
    _, change, now = branched(repository)
    name = f"{before}{change[:digits]}"
    repository.git("update-ref", f"refs/heads/{name}", now)
    with pytest.raises(InvalidValue, match=f"refs/heads/{name} and the commit {change[:12]}"):
        resolve(repository.root, name)


def test_an_id_in_full_is_the_commit_whatever_is_named_like_it(repository):
    _, change, now = branched(repository)
    repository.git("update-ref", f"refs/heads/{change}", now)
    assert resolve(repository.root, change).change.commit == change


def test_an_id_in_full_that_is_no_commit_here_is_no_branch_of_that_name(repository):
    branched(repository)
    repository.git("update-ref", f"refs/heads/{'a' * 40}", "change")
    with pytest.raises(NotFound):
        resolve(repository.root, "a" * 40)


@pytest.mark.parametrize("whole", ["refs/heads/change", "refs/tags/change"])
def test_a_whole_name_is_itself_alone(repository, whole):
    _, change, now = branched(repository)
    repository.git("checkout", "-q", "-b", "tagged", now)
    tagged = repository.commit(c="3")
    repository.git("tag", "change", tagged)
    repository.git("tag", whole, now)
    expected = {"refs/heads/change": change, "refs/tags/change": tagged}[whole]
    assert resolve(repository.root, whole).change.commit == expected


def test_a_tag_that_calls_itself_a_branch_is_not_that_branch(repository):
    branched(repository)
    repository.git("tag", "refs/heads/gone", "change")
    with pytest.raises(NotFound, match="git knows no commit 'refs/heads/gone'"):
        resolve(repository.root, "refs/heads/gone")


def test_nobody_takes_the_place_of_what_is_checked_out(repository):
    _, change, now = branched(repository)
    repository.git("checkout", "-q", "change")
    for name in ("refs/tags/HEAD", "refs/heads/@"):
        repository.git("update-ref", name, now)
    assert resolve(repository.root, "HEAD").change.commit == change
    assert resolve(repository.root, "@").change.commit == change
