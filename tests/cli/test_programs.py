"""Which programs that an exam may need work here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sigil.cli import programs
from sigil.cli.programs import Program, programs_here

Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Leave nothing on the path but what is put there: a name, and lines for a shell."""
    monkeypatch.setenv("PATH", str(tmp_path))

    def made(name: str, lines: str) -> None:
        (tmp_path / name).write_text(f"#!/bin/sh\n{lines}\n")
        (tmp_path / name).chmod(0o755)

    return made


def found(name: str) -> Program:
    (one,) = (program for program in programs_here() if program.name == name)
    return one


def test_nothing_works_where_nothing_is(put: Put):
    assert {one.name: (one.works, one.problem) for one in programs_here()} == {
        "chromium": (False, "missing"),
        "docker compose": (False, "missing"),
        "podman compose": (False, "missing"),
    }


def test_what_does_not_work_has_a_remedy(put: Put):
    put("docker", "exit 1")
    put("chromium", "exit 1")
    assert all(one.remedy for one in programs_here())


@pytest.mark.parametrize("name", ["chromium", "google-chrome-stable"])
def test_a_browser_is_found_by_each_of_its_names(put: Put, tmp_path: Path, name: str):
    put(name, "exit 0")
    one = found("chromium")
    assert (one.works, one.found) == (True, str(tmp_path / name))


def test_a_browser_that_does_not_start_does_not_work(put: Put):
    put("chromium", "exit 127")
    assert found("chromium").problem == "does not start"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("exit 0", ""),
        ('[ "$1" != compose ]', "has no compose"),
        ('[ "$1" != info ]', "does not answer"),
    ],
)
def test_an_engine_needs_its_compose_and_its_daemon(put: Put, lines: str, problem: str):
    put("podman", lines)
    assert found("podman compose").problem == problem


def test_an_engine_that_never_answers_does_not_hold_us_up(
    put: Put, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(programs, "_ASKING_S", 2.0)
    put("docker", '[ "$1" != info ] || exec /bin/sleep 60')
    assert found("docker compose").problem == "does not answer"
