"""Copies of the examples, in which whole commands are run."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.shell import Shell

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture
def example(tmp_path: Path) -> Callable[[str], Shell]:
    """Return a shell in a copy of one example, without the records of former runs."""

    def copy(name: str) -> Shell:
        folder = tmp_path / name
        ignored = shutil.ignore_patterns("workspaces", "cache", "__pycache__", "index.sqlite")
        shutil.copytree(EXAMPLES / name, folder, ignore=ignored)
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        return Shell(folder, home)

    return copy
