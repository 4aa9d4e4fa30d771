"""Whole commands, run as a user types them, with an empty home."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@dataclass(frozen=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)


def environment(home: Path) -> dict[str, str]:
    return {"PATH": f"{BIN}:{os.defpath}:/bin:/usr/bin", "HOME": str(home), "LC_ALL": "C.UTF-8"}


@dataclass(frozen=True)
class Shell:
    """Types commands into one folder."""

    folder: Path
    home: Path

    def __call__(self, command: str, timeout: float = 100) -> Done:
        done = subprocess.run(
            shlex.split(command),
            cwd=self.folder,
            env=environment(self.home),
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            shlex.split(command),
            cwd=self.folder,
            env=environment(self.home),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )


def copied(example: str, into: Path) -> Shell:
    """Return a shell in a copy of one example, without the records of former runs."""
    ignored = shutil.ignore_patterns("workspaces", "cache", "__pycache__", "index.sqlite")
    shutil.copytree(EXAMPLES / example, into / example, ignore=ignored)
    home = into / "home"
    home.mkdir(exist_ok=True)
    return Shell(into / example, home)
