"""Hostile code runs at every rung that this machine offers; one that it lacks is skipped."""

from __future__ import annotations

import subprocess
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.hostile.deployed import SERVER, make

from sigil.errors import SandboxUnavailable
from sigil.gate.deploy import Deployment
from sigil.gate.deploy import Source as Commit
from sigil.sandbox import (
    Base,
    CallSandbox,
    Case,
    CommandResult,
    CommandSandbox,
    Level,
    Limits,
    Raised,
    Returned,
    Rung,
    Source,
    freeze,
    open_checkout,
    probe,
)
from sigil.sandbox.commands import probe as probe_commands


@cache
def _rungs() -> dict[Level, Rung]:
    return {rung.level: rung for rung in probe()}


@pytest.fixture(scope="session", params=["L3", "L2", "L1"])
def level(request: pytest.FixtureRequest) -> Level:
    """Each rung in turn."""
    rung = _rungs()[request.param]
    if not rung.holds:
        pytest.skip(f"this machine does not offer {rung.level}: {rung.reason}")
    return rung.level


# Hostile code gets every tool that it could wish for: the kernel is to refuse, not the import.
TOOLS = ("socket", "subprocess", "threading", "ctypes", "pickle", "gc", "inspect")
LIMITS = Limits(wall_s=5.0, memory_bytes=128 * 2**20, output_bytes=2**20)


@pytest.fixture(scope="session")
def sandbox(level: Level) -> Iterator[CallSandbox]:
    """A sandbox of calls at this rung, shared by tests that leave it alone."""
    with CallSandbox(level=level, limits=LIMITS, preload=TOOLS) as made:
        yield made


@pytest.fixture(scope="session")
def impatient(level: Level) -> Iterator[CallSandbox]:
    """The same, with a deadline of a fifth of a second."""
    limits = Limits(wall_s=0.2, memory_bytes=128 * 2**20, output_bytes=2**20)
    with CallSandbox(level=level, limits=limits, preload=TOOLS) as made:
        yield made


Run = Callable[..., Returned | Raised]


@pytest.fixture
def run(sandbox: CallSandbox) -> Run:
    """Load ``source`` in a fresh worker, call its ``f`` once, and return the outcome."""

    def once(source: str, *args: object) -> Returned | Raised:
        with sandbox.worker() as worker:
            worker.load({"candidate": Source(source, "candidate.py")}, "candidate:f")
            (outcome,) = worker.call([Case(args)]).results
            return outcome

    return once


# --- commands -----------------------------------------------------------------------------

VICTIM = "untouched\n"
COMMAND_LIMITS = Limits(wall_s=20.0, memory_bytes=256 * 2**20, processes=64, file_bytes=2**24)


@pytest.fixture(scope="session", params=["L3", "L2"])
def command_level(request: pytest.FixtureRequest) -> Level:
    """Each rung that commands have, in turn."""
    try:
        CommandSandbox(level=request.param, warm=False).close()
    except SandboxUnavailable as unavailable:
        pytest.skip(str(unavailable))
    return request.param


@pytest.fixture(scope="session", params=["warm", "cold"])
def command_sandbox(
    request: pytest.FixtureRequest, command_level: Level
) -> Iterator[CommandSandbox]:
    """A sandbox of commands at this rung that starts Python in a prepared or a fresh process."""
    with CommandSandbox(
        level=command_level, limits=COMMAND_LIMITS, warm=request.param == "warm"
    ) as made:
        yield made


@dataclass
class Attack:
    """Runs hostile programs in a checkout of ``repo``; ``secret`` lies outside of all lists."""

    sandbox: CommandSandbox
    root: Path
    base: Base
    secret: Path

    def __call__(self, source: str, *arguments: str, **more: Any) -> CommandResult:
        """Run a Python program; ``try_`` in it prints ``held`` or what it got."""
        text = TRY + textwrap.dedent(source)
        files: dict[str, str | bytes | None] = {"attack.py": text}
        with open_checkout(self.base, files, scratch=self.root / "scratch") as checkout:
            command = ["python", "attack.py", *arguments]
            return self.sandbox.run(command, checkout=checkout, **more)

    def each(self, attempts: Iterable[str], **facts: object) -> dict[str, str]:
        """Evaluate expressions in one program; return what became of each."""
        lines = {
            a: f"try_(lambda: {a.format(**{k: str(v) for k, v in facts.items()})})\n"
            for a in attempts
        }
        result = self("".join(lines.values()))
        assert result.stderr == b""
        return dict(zip(lines, result.stdout.decode().splitlines(), strict=True))

    def sh(self, line: str, **more: Any) -> CommandResult:
        """Run a shell line."""
        with open_checkout(self.base, {}, scratch=self.root / "scratch") as checkout:
            return self.sandbox.run(["sh", "-c", line], checkout=checkout, **more)


TRY = """
import os, socket, sys
def try_(attempt):
    try:
        got = attempt()
    except (OSError, ValueError) as error:
        print("held")
    else:
        print("GOT", repr(got)[:200])
"""


def _snapshot(folder: Path) -> dict[str, tuple[float | int | bytes, ...]]:
    found: dict[str, tuple[float | int | bytes, ...]] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        data = path.read_bytes() if path.is_file() else b""
        times = (status.st_mtime_ns,) if path.is_file() else ()
        found[str(path.relative_to(folder))] = (status.st_mode, status.st_uid, data, *times)
    return found


@pytest.fixture
def attack(command_sandbox: CommandSandbox, tmp_path: Path) -> Iterator[Attack]:
    """Attack with Python programs, warm and cold."""
    yield from _attacking(command_sandbox, tmp_path)


@pytest.fixture(scope="session")
def shell_sandbox(command_level: Level) -> Iterator[CommandSandbox]:
    """A sandbox of commands at this rung, for programs to which warm and cold are one."""
    with CommandSandbox(level=command_level, limits=COMMAND_LIMITS, warm=False) as made:
        yield made


@pytest.fixture
def shell_attack(shell_sandbox: CommandSandbox, tmp_path: Path) -> Iterator[Attack]:
    """Attack with other programs than Python."""
    yield from _attacking(shell_sandbox, tmp_path)


def _attacking(sandbox: CommandSandbox, tmp_path: Path) -> Iterator[Attack]:
    """Attack, and then find the user's folder, the base, the secret and the host as before."""
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "victim.txt").write_text(VICTIM)
    (repo / "escape").symlink_to(tmp_path)
    base = freeze(repo, tmp_path / "cache")
    secret = tmp_path / "outside"
    secret.mkdir()
    (secret / "key").write_text("hunter2")
    watched = (repo, secret, tmp_path / "cache" / base.path.parent.name / "tree")
    before = [_snapshot(folder) for folder in watched]
    yield Attack(sandbox, tmp_path, base, secret / "key")
    assert [_snapshot(folder) for folder in watched] == before
    assert list(tmp_path.glob("scratch/*")) == []
    assert str(tmp_path) not in Path("/proc/self/mountinfo").read_text()


# --- deployed services --------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for deployments, with a place for what they write; no test without a network."""
    rung = probe_commands()[0]
    if not rung.holds:
        pytest.skip(f"no network namespaces here: {rung.reason}")
    folder = tmp_path_factory.mktemp("deployed")
    (folder / "scratch").mkdir()
    before = tempfile.tempdir
    tempfile.tempdir = str(folder / "scratch")
    yield folder
    tempfile.tempdir = before


@pytest.fixture(scope="module")
def source(home: Path) -> Commit:
    """Give a commit of a service that executes what it is sent."""
    root = home / "repository"
    (root / ".sigil/scenarios").mkdir(parents=True)
    (root / "server.py").write_text(SERVER)
    (root / ".sigil/scenarios/visible.lua").write_text("return {}")
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", "-C", root, *words], check=True)
    return Commit(root, "HEAD")


@pytest.fixture(scope="module")
def pair(home: Path, source: Commit) -> Iterator[tuple[Deployment, Deployment]]:
    """Both sides of one evaluation, up at once."""
    with make(home, source) as pr, make(home, source, "baseline") as baseline:
        yield pr, baseline
