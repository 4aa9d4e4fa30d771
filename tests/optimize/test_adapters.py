"""One more adapter in ``.sigil`` changes no run but those that use it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.errors import InvalidValue
from sigil.optimize import workbench
from sigil.optimize.plan import Plan
from sigil.optimize.promote import select
from sigil.optimize.replay import replay
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec, read_eval
from sigil.optimize.workbench import read_target
from sigil.optimize.workspace import open_workspace

OWN, OTHER = ".sigil/points_target.py", ".sigil/other_target.py"


@pytest.fixture
def repository(repository: Path) -> Path:
    """A repository whose eval calls an adapter."""
    home = repository / ".sigil"
    (repository / OWN).write_text("from square import square\n\n\ndef call(x): return square(x)\n")
    text = (home / "points.eval.yaml").read_text()
    named = text.replace("kind: call\n", f"kind: call\n    function: {OWN}:call\n")
    (home / "points.eval.yaml").write_text(named)
    return repository


def add_other(repository: Path) -> None:
    """Add another eval with its adapter, as `sigil evolve` of another function does."""
    (repository / OTHER).write_text("def call(x): return x\n")
    (repository / ".sigil" / "other.eval.yaml").write_text(f"function: {OTHER}:call\n")


def plan_of(repository: Path, recorded: Path | None = None) -> Plan:
    spec = load_spec(repository, "square")
    flags = {"num": 4, "lanes": 1, "provider": "none"}
    return make_plan(spec, None, {} if recorded else flags, recorded=recorded)


def searched(repository: Path) -> Path:
    plan = plan_of(repository)
    return run(plan, open_workspace(plan.spec, "w"), Silent()).run


def adapters_measured_with(repository: Path) -> list[str]:
    spec = load_spec(repository, "square")
    frozen = read_target(spec, read_eval(spec, None)).base.path
    return sorted(path.name for path in (frozen / ".sigil").iterdir())


def test_a_run_is_replayed_after_another_eval_got_an_adapter(repository: Path) -> None:
    folder = searched(repository)
    add_other(repository)
    assert replay(plan_of(repository, folder), folder).agrees


def test_an_adapter_of_its_own_that_was_edited_is_named(repository: Path) -> None:
    folder = searched(repository)
    add_other(repository)
    with (repository / OWN).open("a") as file:
        file.write("# edited\n")
    with pytest.raises(InvalidValue, match=f"the file {OWN} differs from what"):
        replay(plan_of(repository, folder), folder)


def test_an_adapter_that_its_own_one_imports_is_measured_with(repository: Path) -> None:
    add_other(repository)
    (repository / OWN).write_text("from other_target import call\n")
    assert adapters_measured_with(repository) == ["other_target.py", "points_target.py"]


def test_an_adapter_that_another_one_imports_is_not_measured_with(repository: Path) -> None:
    add_other(repository)
    (repository / OTHER).write_text("from third_target import call\n")
    (repository / ".sigil" / "third_target.py").write_text("def call(x): return x\n")
    assert adapters_measured_with(repository) == ["points_target.py"]


def test_an_adapter_that_no_document_names_is_measured_with(repository: Path) -> None:
    (repository / OTHER).write_text("def call(x): return x\n")
    assert adapters_measured_with(repository) == ["other_target.py", "points_target.py"]


@pytest.mark.parametrize("cached", [True, False])
def test_a_record_of_a_tree_with_adapters_of_others_is_replayed(
    repository: Path, monkeypatch: pytest.MonkeyPatch, cached: bool
) -> None:
    add_other(repository)
    with monkeypatch.context() as patched:  # as runs were recorded before
        patched.setattr(workbench, "adapters_of_others", lambda *_: ())
        folder = searched(repository)
    if not cached:
        shutil.rmtree(repository / ".sigil" / "cache")
    assert replay(plan_of(repository, folder), folder).agrees


def test_a_replay_after_the_winner_was_applied_says_so_and_what_to_type(repository: Path) -> None:
    folder = searched(repository)
    plan = plan_of(repository)
    select(plan.spec, open_workspace(plan.spec, "w"), folder, None, apply=True)
    with pytest.raises(InvalidValue) as refused:
        replay(plan_of(repository, folder), folder)
    assert str(refused.value).endswith(
        "the pinned file square.py holds this run's winner by now; put back what the run began "
        "with, from a commit before that: git checkout COMMIT -- square.py"
    )


def test_a_winner_that_was_applied_is_not_blamed_for_other_edits(repository: Path) -> None:
    folder = searched(repository)
    plan = plan_of(repository)
    select(plan.spec, open_workspace(plan.spec, "w"), folder, None, apply=True)
    (repository / "new.txt").touch()
    with pytest.raises(InvalidValue, match=r"square\.py differs from what this run began with"):
        replay(plan_of(repository, folder), folder)
