from pathlib import Path

import pytest

from sigil import errors
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize.candidates import add_candidate, validate_patch
from sigil.optimize.plan import Plan
from sigil.optimize.promote import apply_to_tree, preview, select
from sigil.optimize.replay import replay
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import Workspace, open_workspace
from sigil.store.verify import verify

SQUARED = """\
--- a/square.py
+++ b/square.py
@@ -1,2 +1,2 @@
 def square(x):
-    return x
+    return x * x
"""
LINEAR = SQUARED.replace("x * x", "x + 0")


@pytest.fixture
def plan(repository: Path) -> Plan:
    return make_plan(repository, "square", None, {"num": 4}, unsafe=False)


@pytest.fixture
def workspace(plan: Plan) -> Workspace:
    return open_workspace(plan.spec, "w")


def written(tmp_path: Path, patch: str) -> Path:
    path = tmp_path / "mine.diff"
    path.write_text(patch)
    return path


def test_a_good_patch_is_valid(repository: Path, tmp_path: Path) -> None:
    changed = validate_patch(load_spec(repository, "square"), written(tmp_path, SQUARED))
    assert changed["square.py"].endswith("return x * x\n")


@pytest.mark.parametrize(
    ("patch", "error"),
    [
        ("hello\n", errors.MalformedPatch),
        (SQUARED.replace("-    return x\n", "-    return y\n"), errors.PatchDoesNotApply),
        (SQUARED.replace("x * x", "x *"), errors.PatchBreaksInterface),
        (
            SQUARED.replace(" def square(x):", "-def square(x):\n+def square(y):"),
            errors.PatchBreaksInterface,
        ),
        (SQUARED.replace("square.py", "../square.py"), errors.SigilError),
    ],
)
def test_a_bad_patch_is_named(
    repository: Path, tmp_path: Path, patch: str, error: type[errors.SigilError]
) -> None:
    with pytest.raises(error, match=r"mine\.diff"):
        validate_patch(load_spec(repository, "square"), written(tmp_path, patch))


def test_a_patch_file_that_is_not_there_is_named(repository: Path, tmp_path: Path) -> None:
    with pytest.raises(errors.MalformedPatch, match=r"gone\.diff"):
        validate_patch(load_spec(repository, "square"), tmp_path / "gone.diff")


def test_an_added_candidate_is_measured_in_full_and_sealed(
    plan: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    assert candidate.confirmed is not None
    assert candidate.confirmed.accepted is True
    assert verify(folder).intact


def test_a_candidate_can_be_added_to_a_run_with_a_parent_in_it(
    plan: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    folder, first = add_candidate(plan, workspace, written(tmp_path, LINEAR))
    child = SQUARED.replace("return x\n", "return x + 0\n")
    path = written(tmp_path, child)
    _, second = add_candidate(plan, workspace, path, parent=first.id[:8], run=folder.name)
    assert second.parent == first.id
    assert second.verdict is not None
    assert second.verdict.accepted is True
    assert verify(folder).intact


def test_the_winner_is_selected_and_applied(
    plan: Plan, workspace: Workspace, repository: Path
) -> None:
    folder = run(plan, workspace, Silent()).run
    selection = select(plan.spec, workspace, folder, None, unaccepted=False)
    assert [link.name for link in selection.links] == ["square@v1"]
    assert apply_to_tree(plan.spec, folder, selection) == ["square.py"]
    assert (repository / "square.py").read_text() == selection.changed["square.py"]


def test_a_change_is_not_applied_over_an_edit_of_the_same_lines(
    plan: Plan, workspace: Workspace, repository: Path
) -> None:
    folder = run(plan, workspace, Silent()).run
    selection = select(plan.spec, workspace, folder, None, unaccepted=False)
    edited = "def square(x):\n    return x - 1\n"
    (repository / "square.py").write_text(edited)
    with pytest.raises(errors.PatchDoesNotApply):
        apply_to_tree(plan.spec, folder, selection)
    assert (repository / "square.py").read_text() == edited


def test_what_was_edited_outside_the_pins_is_kept(
    plan: Plan, workspace: Workspace, repository: Path
) -> None:
    folder = run(plan, workspace, Silent()).run
    selection = select(plan.spec, workspace, folder, None, unaccepted=False)
    source = repository / "square.py"
    source.write_text(source.read_text() + "\n\nADDED = 1\n")
    apply_to_tree(plan.spec, folder, selection)
    assert source.read_text().endswith("ADDED = 1\n")


def test_what_was_not_accepted_is_selected_only_if_asked_for(
    plan: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, LINEAR))
    with pytest.raises(errors.InvalidValue, match="--unaccepted"):
        select(plan.spec, workspace, folder, candidate.id, unaccepted=False)
    assert select(plan.spec, workspace, folder, candidate.id, unaccepted=True).links


def test_a_preview_is_the_diff_against_the_baseline(
    plan: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    assert "+    return x * x" in preview(folder, candidate.id)


def test_a_replay_agrees_with_its_record(plan: Plan, workspace: Workspace, tmp_path: Path) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    assert replay(plan, folder, candidate.id).agrees


def test_a_replay_on_another_tree_is_refused(
    plan: Plan, workspace: Workspace, repository: Path, tmp_path: Path
) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    (repository / "square.py").write_text("def square(x):\n    return x - 1\n")
    with pytest.raises(errors.InvalidValue, match=r"square\.py"):
        replay(plan, folder, candidate.id)
