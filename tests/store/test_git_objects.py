"""A loose object is whole or refused; what is no loose object is left to git."""

from __future__ import annotations

import subprocess
import zlib

import pytest

from sigil.errors import Corrupt
from sigil.store.git_objects import is_loose, objects_of, refuse_torn

NAME = "ab" + "0" * 38
DATA = zlib.compress(b"blob 3000000\0" + bytes(3_000_000))


def stored(objects, data: bytes) -> None:
    (objects / "ab").mkdir()
    (objects / "ab" / NAME[2:]).write_bytes(data)


@pytest.mark.parametrize("length", [0, 1, 2, len(DATA) // 2, len(DATA) - 1])
def test_a_cut_object_is_refused(tmp_path, length):
    stored(tmp_path, DATA[:length])
    with pytest.raises(Corrupt, match="this object of git was cut"):
        refuse_torn(tmp_path, NAME)


@pytest.mark.parametrize("data", [DATA, DATA + b"more", b"garbage"])
def test_what_is_not_cut_is_left_to_git(tmp_path, data):
    stored(tmp_path, data)
    refuse_torn(tmp_path, NAME)


def test_what_is_not_there_is_left_to_git(tmp_path):
    refuse_torn(tmp_path, NAME)


def test_an_object_is_loose_while_it_has_a_file_of_its_own(tmp_path):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], cwd=tmp_path, check=True)
    told = subprocess.run(
        [*git, "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True
    )
    name = told.stdout.decode().strip()
    assert is_loose(objects_of(tmp_path / ".git"), name)
    subprocess.run([*git, "repack", "-q", "-a", "-d"], cwd=tmp_path, check=True)
    assert not is_loose(objects_of(tmp_path / ".git"), name)


def test_a_worktree_has_the_objects_of_its_repository(tmp_path):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (
        ["init", "-q", "main"],
        ["-C", "main", "commit", "-q", "--allow-empty", "-m", "x"],
        ["-C", "main", "worktree", "add", "-q", "../other"],
    ):
        subprocess.run([*git, *command], cwd=tmp_path, check=True, capture_output=True)
    folder = tmp_path / "main" / ".git" / "worktrees" / "other"
    assert objects_of(folder).resolve() == (tmp_path / "main" / ".git" / "objects").resolve()
    assert objects_of(tmp_path / "main" / ".git") == tmp_path / "main" / ".git" / "objects"
