"""A frozen base: what is in it, how it is named, and that it is whole or not there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigil.errors import InvalidValue, NotFound, Unwritable
from sigil.sandbox import Base, freeze
from sigil.sandbox.base import locked_tree


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def git(repo: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", str(repo), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "repo", {"a.py": "a = 1\n", "pkg/b.py": "b = 2\n"})


@pytest.fixture
def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("*.log\nbuild/\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def names(base: Base) -> set[str]:
    found = (path for path in base.path.rglob("*") if path.is_symlink() or path.is_file())
    return {str(path.relative_to(base.path)) for path in found}


def test_a_plain_folder_is_frozen_file_by_file(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    assert names(base) == {"a.py", "pkg/b.py"}
    assert (base.path / "pkg/b.py").read_text() == "b = 2\n"


@pytest.mark.parametrize("name", [".git", ".sigil", ".venv", "node_modules", "__pycache__"])
def test_what_is_no_source_is_left_out(folder: Path, tmp_path: Path, name: str):
    write(folder, {f"{name}/x": "x", f"pkg/{name}/y": "y"})
    assert names(freeze(folder, tmp_path / "cache")) == {"a.py", "pkg/b.py"}


def test_what_is_excluded_is_left_out_with_all_below_it(folder: Path, tmp_path: Path):
    write(folder, {"data/deep/x.bin": "x", "notes.tmp": "n"})
    base = freeze(folder, tmp_path / "cache", exclude=["data", "*.tmp"])
    assert names(base) == {"a.py", "pkg/b.py"}


def test_a_work_tree_gives_tracked_and_new_files_but_no_ignored_ones(
    repository: Path, tmp_path: Path
):
    write(repository, {"new.py": "n\n", "noise.log": "x", "build/out": "x"})
    assert names(freeze(repository, tmp_path / "cache")) == {
        ".gitignore",
        "a.py",
        "new.py",
        "pkg/b.py",
    }


def test_a_tracked_file_that_was_deleted_is_not_frozen(repository: Path, tmp_path: Path):
    (repository / "a.py").unlink()
    assert "a.py" not in names(freeze(repository, tmp_path / "cache"))


def test_a_folder_inside_a_work_tree_is_frozen_alone(repository: Path, tmp_path: Path):
    assert names(freeze(repository / "pkg", tmp_path / "cache")) == {"b.py"}


def test_an_ignored_folder_is_frozen_as_a_plain_one(repository: Path, tmp_path: Path):
    write(repository, {"build/out.txt": "x"})
    assert names(freeze(repository / "build", tmp_path / "cache")) == {"out.txt"}


def test_a_commit_is_frozen_without_looking_at_the_work_tree(repository: Path, tmp_path: Path):
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "a.py").write_text("changed\n")
    base = freeze(repository, tmp_path / "cache", commit=commit)
    assert (base.path / "a.py").read_text() == "a = 1\n"


def test_a_clean_work_tree_and_its_commit_are_one_base(repository: Path, tmp_path: Path):
    link = repository / "link"
    link.symlink_to("a.py")
    (repository / "run.sh").write_text("#!/bin/sh\n")
    (repository / "run.sh").chmod(0o755)
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "second")
    cache = tmp_path / "cache"
    assert freeze(repository, cache) == freeze(repository, cache, commit="HEAD")


def test_a_symbolic_link_is_kept_as_a_link(folder: Path, tmp_path: Path):
    (folder / "outside").symlink_to("/etc/passwd")
    base = freeze(folder, tmp_path / "cache")
    assert (base.path / "outside").readlink() == Path("/etc/passwd")


def test_an_executable_file_stays_executable(folder: Path, tmp_path: Path):
    (folder / "run").write_text("#!/bin/sh\n")
    (folder / "run").chmod(0o700)
    base = freeze(folder, tmp_path / "cache")
    assert (base.path / "run").stat().st_mode & 0o777 == 0o755


def test_a_pipe_is_skipped_and_named(folder: Path, tmp_path: Path):
    os.mkfifo(folder / "pipe")
    (skipped,) = freeze(folder, tmp_path / "cache").skipped
    assert (skipped.path, skipped.reason) == ("pipe", "not a file")


def test_a_name_that_is_not_text_is_skipped_and_named(folder: Path, tmp_path: Path):
    (folder / os.fsdecode(b"\xff.txt")).write_text("x")
    (skipped,) = freeze(folder, tmp_path / "cache").skipped
    assert skipped.reason == "name is not UTF-8"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_named(folder: Path, tmp_path: Path):
    (folder / "a.py").chmod(0)
    with pytest.raises(InvalidValue, match=r"a\.py.*cannot be read.*exclude"):
        freeze(folder, tmp_path / "cache")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(NotFound, match="nowhere"):
        freeze(tmp_path / "nowhere", tmp_path / "cache")


def test_a_commit_that_is_not_there_is_named(repository: Path, tmp_path: Path):
    with pytest.raises(NotFound, match="no commit named gone"):
        freeze(repository, tmp_path / "cache", commit="gone")


def test_an_option_is_not_a_commit(repository: Path, tmp_path: Path):
    with pytest.raises(NotFound):
        freeze(repository, tmp_path / "cache", commit="--all")


def test_a_cache_that_cannot_be_made_is_named(folder: Path, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match="file"):
        freeze(folder, tmp_path / "file" / "cache")


def test_the_digest_depends_on_contents_and_mode_alone(folder: Path, tmp_path: Path):
    before = freeze(folder, tmp_path / "cache").digest
    os.utime(folder / "a.py", (1, 1))
    (folder / "empty").mkdir()
    assert freeze(folder, tmp_path / "cache").digest == before
    (folder / "a.py").chmod(0o755)
    assert freeze(folder, tmp_path / "cache").digest != before


NAMES = st.text("abc.é ", min_size=1, max_size=4).filter(lambda n: n not in {".", ".."})
TREES = st.dictionaries(NAMES, st.binary(max_size=40), max_size=6)


@settings(max_examples=30)
@given(tree=TREES, other=TREES)
def test_equal_digests_mean_equal_files(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes], other: dict[str, bytes]
):
    root = tmp_path_factory.mktemp("law")
    bases: list[Base] = []
    for number, files in enumerate((tree, other)):
        repo = root / str(number)
        repo.mkdir()
        for name, data in files.items():
            (repo / name).write_bytes(data)
        bases.append(freeze(repo, root / "cache"))
    assert (bases[0].digest == bases[1].digest) == (tree == other)
    assert {p.name: p.read_bytes() for p in bases[0].path.iterdir()} == tree


def test_the_same_contents_are_copied_once(folder: Path, tmp_path: Path):
    first = freeze(folder, tmp_path / "cache")
    inode = (first.path / "a.py").stat().st_ino
    assert (freeze(folder, tmp_path / "cache").path / "a.py").stat().st_ino == inode


def test_what_the_user_edits_later_does_not_reach_the_base(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    with (folder / "a.py").open("a") as file:
        file.write("later\n")
    assert (base.path / "a.py").read_text() == "a = 1\n"


@pytest.mark.parametrize("damage", ["shorter", "gone", "mode", "time", "manifest"])
def test_a_damaged_base_is_made_anew(folder: Path, tmp_path: Path, damage: str):
    base = freeze(folder, tmp_path / "cache")
    file = base.path / "a.py"
    match damage:
        case "shorter":
            file.write_text("")
        case "gone":
            file.unlink()
        case "mode":
            file.chmod(0o666)
        case "time":
            file.write_text("a = 2\n")
        case _:
            (base.path.parent / "files.json").write_text("{")
    again = freeze(folder, tmp_path / "cache")
    assert (again.path, (again.path / "a.py").read_text()) == (base.path, "a = 1\n")


FREEZE = (
    "import sys, pathlib, sigil.sandbox.base as b\n{}\nb.freeze(*map(pathlib.Path, sys.argv[1:]))"
)
KILLED = FREEZE.format(
    "import os, signal\n"
    "rename = b._rename_new\n"
    "b._rename_new = lambda *a: os.kill(os.getpid(), signal.SIGKILL)"
)


def test_a_freeze_that_was_killed_leaves_nothing_that_looks_whole(folder: Path, tmp_path: Path):
    cache = tmp_path / "cache"
    done = subprocess.run([sys.executable, "-c", KILLED, folder, cache], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = cache.iterdir()
    assert left.name.startswith(".partial-")
    base = freeze(folder, cache)
    assert list(cache.iterdir()) == [base.path.parent]


def test_two_processes_at_once_make_one_base(folder: Path, tmp_path: Path):
    write(folder, {f"many/{i}.txt": str(i) for i in range(200)})
    command = [sys.executable, "-c", FREEZE.format(""), str(folder), str(tmp_path / "cache")]
    running = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    base = freeze(folder, tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == [base.path.parent]


def test_a_locked_copy_shares_nothing_with_the_base(folder: Path, tmp_path: Path):
    base = freeze(folder, tmp_path / "cache")
    locked = locked_tree(base)
    assert (locked / "a.py").read_text() == "a = 1\n"
    assert (locked / "a.py").stat().st_mode & 0o222 == 0
    assert (locked / "a.py").stat().st_ino != (base.path / "a.py").stat().st_ino
