"""A folder is removed whatever hostile code made of it, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

from sigil.store.removal import remove_tree


def test_what_is_not_there_is_removed_already(tmp_path: Path):
    remove_tree(tmp_path / "no")


def test_a_file_and_a_link_are_removed_like_a_folder(tmp_path: Path):
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to(tmp_path)
    remove_tree(tmp_path / "file")
    remove_tree(tmp_path / "link")
    assert list(tmp_path.iterdir()) == []


def test_folders_without_permissions_are_removed(tmp_path: Path):
    (tmp_path / "tree/a/b").mkdir(parents=True)
    (tmp_path / "tree/a/b/file").write_text("x")
    for name in ("tree/a/b", "tree/a", "tree"):
        (tmp_path / name).chmod(0)
    remove_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_folders_deeper_than_any_path_are_removed(tmp_path: Path):
    (tmp_path / "tree").mkdir()
    above = Path.cwd()
    os.chdir(tmp_path / "tree")
    for _ in range(60):
        Path("d" * 200).mkdir()
        os.chdir("d" * 200)
    os.chdir(above)
    remove_tree(tmp_path / "tree")
    assert list(tmp_path.iterdir()) == []


def test_removal_follows_no_link(tmp_path: Path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/file").write_text("x")
    (tmp_path / "tree/in").mkdir(parents=True)
    (tmp_path / "tree/in/link").symlink_to(tmp_path / "kept")
    (tmp_path / "tree/link").symlink_to(tmp_path / "kept")
    remove_tree(tmp_path / "tree")
    assert (tmp_path / "kept/file").exists()
    assert not (tmp_path / "tree").exists()
