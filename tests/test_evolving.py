"""What `sigil.evolve` says to a caller in Python: its arguments, never flags of a command."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from sigil import evolving
from sigil.errors import BaselineFailed, InvalidValue
from sigil.evolving import Evolved, evolve
from sigil.optimize.plan import Plan
from sigil.optimize.report import Report, Summary
from sigil.optimize.workspace import Workspace


class NoSpace(Exception):
    """Something that goes wrong meanwhile."""


def refuses(x: int) -> int:
    raise KeyError("a table")


def test_a_remedy_names_arguments_and_no_flags(tmp_path: Path):
    for inputs in (None, [(1,), (2,)]):
        with pytest.raises(BaselineFailed) as refused:
            evolve(refuses, inputs=inputs, folder=tmp_path / "home", progress=False)
        assert "inputs=" in (refused.value.remedy or "")
        assert "--" not in f"{refused.value} {refused.value.remedy}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"evals": 0}, "a whole number from 1"),
        ({"inputs": 7}, "a value of type int holds no calls"),
        ({"inputs": []}, "there is no input"),
    ],
)
def test_an_argument_that_does_not_fit_is_one_line(given: dict[str, Any], said: str):
    with pytest.raises(InvalidValue) as refused:
        evolve(refuses, **given)
    assert said in f"{refused.value} {refused.value.remedy}"


@pytest.mark.parametrize("progress", [True, False])
def test_what_takes_a_while_before_the_search_is_told_if_wanted(
    progress: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(BaselineFailed):
        evolve(refuses, inputs=[(1,)], folder=tmp_path / "home", progress=progress)
    assert ("looking for inputs of refuses" in capsys.readouterr().err) is progress


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, empty."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def test_a_function_that_is_refused_leaves_no_folder(temporary: Path):
    with pytest.raises(BaselineFailed):
        evolve(refuses, inputs=[(1,), (2,)], progress=False)
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("ending", [KeyboardInterrupt, NoSpace])
def test_a_search_that_does_not_end_leaves_no_folder(
    temporary: Path, monkeypatch: pytest.MonkeyPatch, ending: type[BaseException]
):
    def ends(plan: Plan, workspace: Workspace, report: Report) -> Summary:
        assert list(temporary.iterdir())
        raise ending

    monkeypatch.setattr(evolving, "run", ends)
    with pytest.raises(ending):
        evolve(together, inputs=[(1, 2), (3, 4)], progress=False)
    assert list(temporary.iterdir()) == []


def test_a_result_says_how_long_its_record_lasts():
    assert str(found()).endswith("the record: runs/1")
    for show in (str, Evolved._repr_html_):
        assert "until this process ends (folder=… keeps it): runs/1" in show(found(kept=False))


def found(**facts: Any) -> Evolved:
    plain: dict[str, Any] = {
        "name": "f",
        "accepted": True,
        "speedup": 2.0,
        "interval": (1.9, 2.1),
        "held_out": True,
        "source": "def f():\n    return 1\n",
        "diff": "-    return 0 + 1\n+    return 1\n",
        "notes": ("all in a set; may differ if one cannot be hashed",),
        "reason": "its time was up",
        "inputs": "on 3 inputs [not markup]",
        "evaluated": 9,
        "run": Path("runs/1"),
        "folder": Path(),
        "kept": True,
    }
    return Evolved(**{**plain, **facts})


def printed(result: Evolved) -> str:
    out = io.StringIO()
    Console(file=out, width=90, force_terminal=False).print(result)
    return out.getvalue()


def test_rich_shows_the_verdict_the_inputs_and_the_change():
    shown = printed(found())
    for part in ("f: 2× faster [1.9, 2.1], same answers", "[not markup]", "9 candidates; its time"):
        assert part in shown
    for part in ("-    return 0 + 1", "+    return 1", "runs/1"):
        assert part in shown


@pytest.mark.parametrize("show", [str, printed, Evolved._repr_html_])
def test_every_view_says_what_was_done_and_when_it_may_differ(show: Callable[[Evolved], str]):
    assert "all in a set; may differ if one cannot be hashed" in show(found())


def test_the_verdict_claims_no_more_than_was_checked():
    assert str(found()).splitlines()[0].endswith("same answers on what was held out")
    assert str(found(held_out=False)).splitlines()[0].endswith("same answers on what was shown")


def together(one: int, other: int) -> int:
    """Return the sum.

    >>> together(1, 2)
    3
    >>> together(5, -3)
    2
    >>> together(-4, -4)
    -8
    """
    return one - other


def test_a_result_has_the_notes_of_its_steps(tmp_path: Path):
    home = tmp_path / "home"
    result = evolve(together, goal="repair", evals=120, budget="2m", folder=home, progress=False)
    assert result.accepted
    assert result.notes
    assert all(note in str(result) for note in result.notes)


def test_rich_shows_the_function_itself_where_nothing_was_accepted():
    shown = printed(found(accepted=False, diff="", speedup=None, interval=None, held_out=False))
    assert "f: nothing better was accepted" in shown
    assert "def f():" in shown
