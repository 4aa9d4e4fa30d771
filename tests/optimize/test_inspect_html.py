"""`sigil inspect --html`, over a run that really took place."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sigil.cli.inspect import inspect, run_json
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.cli.replay import replay
from sigil.errors import SigilError, Unwritable, UsageError
from sigil.evaluate.result import Evaluation, MetricValue
from sigil.optimize.history import Candidate, History
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import open_workspace
from sigil.search.model import BASELINE


@pytest.fixture
def lived(repository: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The run that finds the square, in the current folder."""
    monkeypatch.chdir(repository)
    path = repository / ".sigil" / "points.eval.yaml"
    path.write_text(path.read_text().replace("[7], expected: 49", "[76543], expected: 5858830849"))
    spec = load_spec(repository, "square")
    plan = make_plan(spec, None, {"num": 4})
    return run(plan, open_workspace(spec, "default"), Silent()).run


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(inspect, ["--spec", "square", *arguments], standalone_mode=False)


def test_the_page_stands_in_the_workspace_unless_a_file_is_named(lived: Path) -> None:
    typed("--html")
    typed("--html", "mine.html")
    in_workspace = lived.parents[1] / f"{lived.name}.html"
    assert Path("mine.html").read_bytes() == in_workspace.read_bytes()


def test_a_page_does_not_keep_a_run_from_being_replayed(lived: Path) -> None:
    typed("--html")
    done = CliRunner().invoke(replay, ["--spec", "square"], standalone_mode=False)
    assert done.exception is None


def test_a_dash_is_standard_output(lived: Path) -> None:
    assert typed("--html", "-").output.startswith("<!doctype html>")


def test_it_tells_of_the_real_run_and_of_nothing_that_was_held_back(
    lived: Path, repository: Path
) -> None:
    typed("--html", "page.html")
    text = Path("page.html").read_text()
    assert "agreement <em>+" in text
    assert "holds there" in text
    assert str(repository) not in text
    assert "76543" not in text
    assert "5858830849" not in text


def test_json_has_the_clause_about_what_was_left_undecided(lived: Path) -> None:
    value = MetricValue(0.5, 1, ratio=0.5)
    found = Evaluation("measured", {"agreement": value}, costs=(0.5,))
    better = replace(found, metrics={"agreement": replace(value, value=0.75, ratio=1.5)})
    one = Candidate("a1", BASELINE, "", "mutate", evaluation=better, confirmed=better)
    said = run_json(lived, History(baseline=found, candidates={one.id: one}))["undecided"]
    assert said == "one looked +50.0 % in agreement, but noise or time left it undecided"
    assert json.loads(typed("--json").output)["undecided"] is None


@pytest.mark.parametrize("more", [["--json"], ["--runs"], ["abc"]])
def test_a_page_is_about_a_whole_run(lived: Path, more: list[str]) -> None:
    with pytest.raises(UsageError, match="whole run"):
        raise_from(typed(*more, "--html", "page.html"))


def test_a_folder_that_is_not_there_is_named(lived: Path) -> None:
    with pytest.raises(Unwritable, match="nowhere"):
        raise_from(typed("--html", "nowhere/page.html"))


def raise_from(result: Result) -> None:
    assert isinstance(result.exception, SigilError), result.output
    raise result.exception
