"""The folder as it stands and a commit are read alike, and neither leads out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sigil.errors import Corrupt, InvalidValue, NotFound, Unreadable
from sigil.gate.trees import Capped, CommitTree, Entry, FolderTree, Tree, first_link, place

GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
Made = Callable[[], Tree]


def commit(root: Path) -> CommitTree:
    """Commit all of ``root`` and return what git holds."""
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all", "--allow-empty"]):
        subprocess.run([*GIT, *command], cwd=root, check=True, capture_output=True)
    return CommitTree(root, "HEAD")


@pytest.fixture(params=["folder", "commit"])
def made(request: pytest.FixtureRequest, tmp_path: Path) -> Made:
    """Make a tree of what stands in ``tmp_path``."""
    return lambda: FolderTree(tmp_path) if request.param == "folder" else commit(tmp_path)


def write(root: Path, path: str, data: bytes = b"x") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(data)


def test_all_files_below_a_folder_are_found(tmp_path, made):
    for path in ("a/b/c.lua", "a/d.lua", "a.lua", "ab/e.lua"):
        write(tmp_path, path)
    assert sorted(made().entries("a")) == [Entry("a/b/c.lua", "file"), Entry("a/d.lua", "file")]


@pytest.mark.parametrize("folder", ["b", "a/c", "a/b/c/d"])
def test_a_folder_that_is_not_there_holds_nothing(tmp_path, made, folder):
    write(tmp_path, "a/b/c2")
    assert list(made().entries(folder)) == []


def test_a_file_is_read(tmp_path, made):
    write(tmp_path, "a/b", b"\x00\xff")
    assert made().read("a/b", 2) == b"\x00\xff"


def test_a_file_that_is_larger_than_allowed_is_refused(tmp_path, made):
    write(tmp_path, "a/b", b"123")
    with pytest.raises(InvalidValue, match="larger than 2 bytes"):
        made().read("a/b", 2)


@pytest.mark.parametrize("path", ["b", "a/c", "a/b/c"])
def test_a_file_that_is_not_there_is_not_found(tmp_path, made, path):
    write(tmp_path, "a/b")
    with pytest.raises((NotFound, Corrupt)):
        made().read(path, 10)


def test_the_topmost_link_of_a_path_is_found_and_the_root_may_be_one(tmp_path):
    write(tmp_path, "root/a/b/c")
    (tmp_path / "root" / "a" / "inner").symlink_to("b")
    (tmp_path / "root" / "outer").symlink_to("a")
    (tmp_path / "linked").symlink_to("root")
    for root in (tmp_path / "root", tmp_path / "linked"):
        assert first_link(root, "outer/inner/c") == "outer"
        assert first_link(root, "a/inner/c") == "a/inner"
        assert [first_link(root, path) for path in ("a/b/c", "a/gone", ".")] == [None] * 3


def test_a_link_is_seen_and_not_followed(tmp_path, made):
    write(tmp_path, "outside/secret")
    write(tmp_path, "a/b")
    (tmp_path / "a" / "link").symlink_to("../outside/secret")
    (tmp_path / "a" / "folder").symlink_to("../outside")
    tree = made()
    assert sorted(tree.entries("a")) == [
        Entry("a/b", "file"), Entry("a/folder", "link"), Entry("a/link", "link"),
    ]  # fmt: skip
    assert list(tree.entries("a/folder")) == [Entry("a/folder", "link")]
    for path in ("a/link", "a/folder/secret"):
        with pytest.raises(Corrupt):
            tree.read(path, 10)


def test_a_file_where_a_folder_belongs_is_seen(tmp_path, made):
    write(tmp_path, "a")
    assert list(made().entries("a")) == [Entry("a", "file")]


def test_names_that_are_no_utf_8_are_seen(tmp_path, made):
    write(tmp_path, "a/b")
    (tmp_path / "a" / os.fsdecode(b"\xff")).write_bytes(b"x")
    assert {entry.path for entry in made().entries("a")} == {"a/b", "a/\udcff"}


def test_a_device_is_no_file(tmp_path):
    (tmp_path / "a").mkdir()
    os.mkfifo(tmp_path / "a" / "pipe")
    tree = FolderTree(tmp_path)
    assert list(tree.entries("a")) == [Entry("a/pipe", "other")]
    with pytest.raises(Corrupt):
        tree.read("a/pipe", 10)


def test_a_commit_stays_what_it_was(tmp_path):
    write(tmp_path, "a/b", b"then")
    tree = commit(tmp_path)
    write(tmp_path, "a/b", b"now")
    assert tree.read("a/b", 10) == b"then"
    assert place(tree, "a/b").file == f"{tree.commit[:12]}:a/b"


@pytest.mark.parametrize("reference", ["nope", "", "^", "HEAD^{tree}", "HEAD\0", "0" * 40])
def test_a_reference_that_is_no_commit_is_said(tmp_path, reference):
    commit(tmp_path)
    with pytest.raises(NotFound, match="git knows no commit"):
        CommitTree(tmp_path, reference)


@pytest.mark.parametrize("damage", ["missing", "garbage"])
@pytest.mark.parametrize("kind", ["blob", "tree"])
def test_an_object_that_git_lacks_is_said(tmp_path, kind, damage):
    write(tmp_path, "a/b", b"then")
    commit(tmp_path)
    name = subprocess.run(
        ["git", "rev-parse", "HEAD:a/b" if kind == "blob" else "HEAD:a"],
        cwd=tmp_path, check=True, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    stored = tmp_path / ".git" / "objects" / name[:2] / name[2:]
    stored.chmod(0o600)
    if damage == "missing":
        stored.unlink()
    else:
        stored.write_bytes(b"garbage garbage")
    tree = CommitTree(tmp_path, "HEAD")
    with pytest.raises(Unreadable, match="git cannot read this of the commit"):
        tree.read("a/b", 10)


@pytest.mark.parametrize("kind", ["HEAD", "HEAD:", "HEAD:a", "HEAD:a/b"])
@pytest.mark.parametrize("left", [0, 2, 9, -1])
def test_an_object_that_was_cut_is_said_and_does_not_hang(tmp_path, kind, left):
    write(tmp_path, "a/b", b"then")
    commit(tmp_path)
    command = ["git", "rev-parse", kind]
    name = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout.decode()
    stored = tmp_path / ".git" / "objects" / name[:2] / name[2:].strip()
    stored.chmod(0o600)
    stored.write_bytes(stored.read_bytes()[:left])
    script = (
        "import sys; from pathlib import Path; from sigil.errors import Corrupt\n"
        "from sigil.gate.trees import CommitTree\n"
        "try: CommitTree(Path(sys.argv[1]), 'HEAD').read('a/b', 10)\n"
        "except Corrupt as cut: print(cut)"
    )
    told = subprocess.run(  # another process, because a hang could not be interrupted here
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True, check=True, timeout=60, text=True,
    ).stdout  # fmt: skip
    assert "this object of git was cut" in told


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_repository_of_somebody_else_is_not_trusted(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    commit(tmp_path)
    for path in (tmp_path, tmp_path / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(Unreadable, match="belongs to another user"):
        CommitTree(tmp_path, "HEAD")


def test_a_folder_without_git_is_said(tmp_path):
    with pytest.raises(NotFound, match="no git repository"):
        CommitTree(tmp_path, "HEAD")


def test_no_more_is_read_than_was_allowed_in_all(tmp_path, made):
    for name in "abc":
        write(tmp_path, name, b"1234")
    tree = Capped(made(), 9)
    assert tree.read("a", 4) + tree.read("b", 4) == b"12341234"
    with pytest.raises(InvalidValue, match="with the files before it larger than 9 bytes"):
        tree.read("c", 4)
