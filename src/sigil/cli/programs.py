"""Programs that are no Python packages and that only some exams need: do they work here?

Each is asked something harmless, so that one that is there and does not start is told from one
that works.

Not here: the sandbox and Python packages (`sigil.cli.doctor`).
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass

_ASKING_S = 15.0
"""Seconds that one may take to answer; an engine's daemon may be starting."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, and what becomes of whoever needs it.

    Args:
        name: as a person says it.
        needed: for what.
        found: its path; empty if there is none.
        problem: why it does not work; empty if it does.
        remedy: what to do about that.
    """

    name: str
    needed: str
    found: str = ""
    problem: str = ""
    remedy: str = ""

    @property
    def works(self) -> bool:
        """Whether it can be used."""
        return not self.problem


def programs_here() -> list[Program]:
    """Try each program, and return what became of it."""
    from sigil.gate.deploy.compose_project import ENGINES

    return [_chromium(), *map(_engine, ENGINES)]


def _chromium() -> Program:
    from sigil.gate.browser.launching import find
    from sigil.gate.effects import EffectMissing

    needed = "sigil.browser"
    remedy = "apt-get install chromium"
    try:
        path = find()
    except EffectMissing:
        return Program("chromium", needed, "", "missing", remedy)
    problem = "" if _answers(path, "--version") else "does not start"
    return Program("chromium", needed, path, problem, remedy if problem else "")


def _engine(name: str) -> Program:
    """Try an engine of containers; for the backend ``compose``, either is enough."""
    named, needed = f"{name} compose", "the backend compose"
    path = shutil.which(name)
    if path is None:
        return Program(named, needed, "", "missing", f"install {name} and its compose plugin")
    if not _answers(path, "compose", "version"):
        return Program(named, needed, path, "has no compose", "install its compose plugin")
    if not _answers(path, "info"):
        return Program(
            named, needed, path, "does not answer", f"start it, and look at: {name} info"
        )
    return Program(named, needed, path)


def _answers(program: str, *words: str) -> bool:
    """Say whether a command ends well, and in time."""
    try:
        done = subprocess.run(
            [program, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_ASKING_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
