"""The tree that a spec speaks of is its base commit, where it names one."""

import subprocess
from pathlib import Path

import pytest

from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.errors import NotFound, PatchDoesNotApply
from sigil.optimize.candidates import validate_patch
from sigil.optimize.run import run
from sigil.optimize.spec import Spec, load_spec, read_eval
from sigil.optimize.workbench import read_target
from sigil.optimize.workspace import open_workspace
from sigil.search.diffing import diff

COMMITTED = "def square(x):\n    return x + 1\n"
EDITED = "def square(x):\n    # since\n    return x * x\n"


def git(repository: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
    done = subprocess.run(
        ["git", "-C", str(repository), *identity, *arguments],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def at(repository: Path, commit: str) -> Spec:
    path = repository / ".sigil" / "square.sigil.yaml"
    path.write_text(f'{path.read_text()}base_commit: "{commit}"\n')
    return load_spec(repository, "square")


@pytest.fixture
def spec(repository: Path) -> Spec:
    """A spec at a commit since which the pinned file was edited, and is right now."""
    (repository / "square.py").write_text(COMMITTED)
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    commit = git(repository, "rev-parse", "HEAD")
    (repository / "square.py").write_text(EDITED)
    return at(repository, commit)


def test_what_is_measured_and_changed_is_the_text_of_the_base_commit(spec: Spec) -> None:
    plan = make_plan(spec, None, {"num": 4, "lanes": 1, "budget_evals": 4, "provider": "none"})
    history = run(plan, open_workspace(spec, "w"), Silent()).history
    assert history.baseline is not None
    assert history.baseline.metrics["agreement"].value < 1
    assert history.candidates
    assert all("-    return x + 1" in one.patch for one in history.candidates.values())
    assert (spec.root / "square.py").read_text() == EDITED


def test_a_patch_is_held_against_the_base_commit(spec: Spec, tmp_path: Path) -> None:
    patch = tmp_path / "change.diff"
    after = {"square.py": COMMITTED.replace("+ 1", "+ 2")}
    patch.write_text(diff({"square.py": COMMITTED}, after))
    assert validate_patch(spec, patch) == after
    patch.write_text(diff({"square.py": EDITED}, after))
    with pytest.raises(PatchDoesNotApply):
        validate_patch(spec, patch)


def test_a_base_commit_that_does_not_exist_is_named(repository: Path, spec: Spec) -> None:
    path = repository / ".sigil" / "square.sigil.yaml"
    path.write_text(path.read_text().replace(str(spec.model.base_commit), "0" * 40))
    missing = load_spec(repository, "square")
    with pytest.raises(NotFound, match="0000000"):
        read_target(missing, read_eval(missing, None))
