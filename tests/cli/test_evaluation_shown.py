"""What is shown while an evaluation goes on."""

from __future__ import annotations

import pytest

from sigil.cli.evaluation_shown import Shown


@pytest.fixture
def said(capsys):
    def of(*lines: str, quiet: bool = False) -> list[str]:
        with Shown(quiet=quiet) as shown:
            for line in lines:
                shown.says(line)
        return capsys.readouterr().err.splitlines()

    return of


def test_what_happens_once_for_each_half_is_said_once(said):
    lines = ("starting pr", "starting pr", "starting baseline", "starting baseline")
    assert said(*lines) == ["  starting pr", "  starting baseline"]


def test_what_happens_again_later_is_said_again(said):
    assert said("a", "b", "a") == ["  a", "  b", "  a"]


def test_whoever_asked_for_json_is_told_nothing(said):
    assert said("a", quiet=True) == []


def test_foreign_text_cannot_move_the_cursor(said):
    assert "\x1b" not in said("a\x1b[2J")[0]


def test_a_line_fits_a_narrow_terminal(said):
    [line] = said("building pr: " + "x" * 200)
    assert len(line) == 80
    assert line.endswith("…")
