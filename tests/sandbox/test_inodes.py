"""Inodes that belong to one sandbox alone: what is shown through them, and what cannot be."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from sigil.errors import SandboxUnavailable
from sigil.sandbox import CommandResult, CommandSandbox, Level, freeze, inside, open_checkout

INSIDE = str(Path(inside.__path__[0]))
TRYING = """
import fcntl, os, sys
for path in sys.argv[1:]:
    try:
        fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)
        print("granted")
    except OSError:
        print("refused")
"""


@pytest.fixture
def large(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    path.write_bytes(bytes(2**20 + 1))
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "folder: a,b").mkdir()
    (tmp_path / "folder: a,b" / "file").write_text("read")
    return tmp_path / "folder: a,b"


def made(readable: Sequence[Path], level: Level = "L3", *, warm: bool = False) -> CommandSandbox:
    try:
        return CommandSandbox(level=level, readable=readable, warm=warm)
    except SandboxUnavailable as unavailable:
        pytest.skip(str(unavailable))


def run(sandbox: CommandSandbox, place: Path, *words: str) -> CommandResult:
    (place / "repo").mkdir(exist_ok=True)
    base = freeze(place / "repo", place / "cache")
    with open_checkout(base, {"try.py": TRYING}, scratch=place / "scratch") as checkout:
        return sandbox.run(words, checkout=checkout)


@pytest.fixture(params=[False, True], ids=["cold", "warm"])
def sandbox(request: pytest.FixtureRequest, folder: Path) -> Iterator[CommandSandbox]:
    with made([folder], warm=request.param) as one:
        yield one


def test_a_lock_of_ours_on_a_readable_file_is_not_met(
    sandbox: CommandSandbox, folder: Path, tmp_path: Path
):
    with (folder / "file").open() as ours:
        fcntl.flock(ours, fcntl.LOCK_EX)
        result = run(sandbox, tmp_path, "python", "try.py", str(folder / "file"))
    assert result.stdout == b"granted\n"


def test_an_exclusive_lock_on_what_all_share_is_refused(sandbox: CommandSandbox, tmp_path: Path):
    shared = ["/dev/null", "/dev/urandom", "/proc/self/ns/uts", "/proc/self/ns/user"]
    result = run(sandbox, tmp_path, "python", "try.py", *shared)
    assert result.stdout == b"refused\n" * len(shared)


def test_a_warm_program_shares_no_lock_on_its_interpreter(folder: Path, tmp_path: Path):
    with made([folder], warm=True) as one:
        result = run(one, tmp_path, "python", "try.py", "/proc/self/exe")
    assert (result.warm, result.stdout) == (True, b"refused\n")


def test_a_file_is_shown_with_its_mode_and_its_time(tmp_path: Path):
    file = tmp_path / "tool"
    file.write_text("#!/bin/sh\necho works\n")
    file.chmod(0o755)
    os.utime(file, ns=(10**9, 2 * 10**9))
    with made([file]) as one:
        assert one.isolation.shared == ()
        assert run(one, tmp_path, str(file)).stdout == b"works\n"
        assert run(one, tmp_path, "stat", "-c", "%a %Y", str(file)).stdout == b"755 2\n"


def test_a_copy_cannot_be_written(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("kept")
    with made([file]) as one:
        result = run(one, tmp_path, "sh", "-c", f"echo x > '{file}'; cat '{file}'")
    assert result.stdout == b"kept"


def test_a_file_too_large_to_copy_is_shown_and_named(large: Path, tmp_path: Path):
    with made([large]) as one:
        assert one.isolation.shared == (str(large.resolve()),)
        assert run(one, tmp_path, "wc", "-c", str(large)).stdout.split()[0] == b"1048577"


def test_without_namespaces_all_is_shared(folder: Path):
    with made([folder], "L2") as one:
        assert one.isolation.shared == ("/",)


def test_a_folder_in_which_something_is_mounted_is_shown_with_it_and_named(
    folder: Path, tmp_path: Path
):
    script = f"""
        import json, sys
        sys.path.append({INSIDE!r})
        import namespaces
        from pathlib import Path
        from sigil.sandbox import CommandSandbox, freeze, open_checkout

        folder, place = Path({str(folder)!r}), Path({str(tmp_path)!r})
        namespaces.unshare("user", "mount")
        namespaces.make_mounts_private()
        namespaces.mount("tmpfs", str(folder), "tmpfs")
        (folder / "inner").mkdir()
        namespaces.mount("tmpfs", str(folder / "inner"), "tmpfs")
        (folder / "inner/file").write_text("mounted")
        (place / "repo").mkdir()
        base = freeze(place / "repo", place / "cache")
        with (
            CommandSandbox(level="L3", readable=[folder], warm=False) as sandbox,
            open_checkout(base, {{}}, scratch=place / "scratch", method="reflink") as checkout,
        ):
            result = sandbox.run(["cat", str(folder / "inner/file")], checkout=checkout)
            print(json.dumps([sandbox.isolation.shared, result.stdout.decode()]))
    """
    made([folder]).close()
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert json.loads(done.stdout) == [[str(folder.resolve())], "mounted"]


def test_what_somebody_has_for_himself_cannot_be_held_and_is_named(tmp_path: Path):
    paths = [str(tmp_path / "free"), str(tmp_path / "taken")]
    for path in paths:
        Path(path).touch()
    with Path(paths[1]).open() as taken:
        fcntl.flock(taken, fcntl.LOCK_EX)
        script = (
            f"import sys; sys.path.append({INSIDE!r}); import inodes; print(inodes.hold({paths}))"
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        )
    assert done.stdout == f"{paths[1:]}\n"
