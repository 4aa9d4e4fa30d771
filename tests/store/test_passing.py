"""What lasts as long as a process, in processes that end in every way."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sigil.store.passing import passing_directory, remove_now

PROGRAM = """\
import os, signal, sys
from pathlib import Path
from sigil.store.passing import passing_directory

path = passing_directory(Path({place!r}))
(path / "deep").mkdir()
(path / "deep" / "file").write_text("x")
print(path, flush=True)
{rest}
"""
WAIT = "sys.stdin.read()"


def made(place: Path, rest: str) -> subprocess.Popen[str]:
    """Start a process that makes a directory, and then does the rest."""
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM.format(place=str(place), rest=rest)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize(
    "rest", ["pass", "raise ValueError", "sys.exit(3)", "os.kill(os.getpid(), signal.SIGINT)"]
)
def test_it_is_gone_when_its_process_has_ended(tmp_path: Path, rest: str) -> None:
    out, _ = made(tmp_path, rest).communicate(timeout=60)
    assert out.startswith(str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_killed_process_leaves_the_next_one_removes(tmp_path: Path, number: int) -> None:
    process = made(tmp_path, WAIT)
    assert process.stdout is not None
    left = Path(process.stdout.readline().strip())
    process.send_signal(number)
    process.communicate(timeout=60)
    assert (left / "deep" / "file").is_file()
    ours = passing_directory(tmp_path)
    assert list(tmp_path.iterdir()) == [ours]
    remove_now(ours)


def test_that_of_a_living_process_stays(tmp_path: Path) -> None:
    process = made(tmp_path, WAIT)
    assert process.stdout is not None
    theirs = Path(process.stdout.readline().strip())
    ours = passing_directory(tmp_path)
    assert set(tmp_path.iterdir()) == {theirs, ours}
    remove_now(ours)
    assert theirs.is_dir()
    process.communicate(timeout=60)


def test_a_forked_child_that_ends_removes_nothing(tmp_path: Path) -> None:
    rest = "child = os.fork()\nif not child: sys.exit()\nos.waitpid(child, 0)\nprint(path.is_dir())"
    out, _ = made(tmp_path, rest).communicate(timeout=60)
    assert out.splitlines()[1:] == ["True"]
    assert list(tmp_path.iterdir()) == []


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    path = passing_directory(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o700
    remove_now(path)
    assert not path.exists()
