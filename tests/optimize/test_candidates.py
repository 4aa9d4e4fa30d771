from pathlib import Path

import pytest

from sigil import errors
from sigil.cli.planning import make_plan
from sigil.cli.progress import Silent
from sigil.optimize.candidates import add_candidate, validate_patch
from sigil.optimize.plan import Plan
from sigil.optimize.promote import preview, select
from sigil.optimize.replay import replay
from sigil.optimize.run import run
from sigil.optimize.spec import load_spec
from sigil.optimize.workspace import Workspace, candidate_files, load_history, open_workspace
from sigil.store.verify import verify

SOURCE = "def square(x):\n    return x\n"

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
    return make_plan(load_spec(repository, "square"), None, {"num": 4})


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
        ("", errors.MalformedPatch),
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
    with pytest.raises(errors.Unreadable, match=r"gone\.diff"):
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
    _, second = add_candidate(plan, workspace, path, parent=first.id[:8], existing=folder)
    assert second.parent == first.id
    assert second.accepted is True
    assert verify(folder).intact


def test_a_candidate_added_to_a_search_leaves_winner_and_resume_as_they_were(
    repository: Path, workspace: Workspace, tmp_path: Path
) -> None:
    spec = load_spec(repository, "square")
    own = make_plan(spec, None, {"num": 3, "seed": 5})
    folder = run(own, workspace, Silent()).run
    winner = load_history(folder).winner
    recorded = make_plan(spec, None, {}, recorded=folder)
    add_candidate(recorded, workspace, written(tmp_path, LINEAR), existing=folder)
    assert load_history(folder).winner == winner
    resumed = run(recorded, workspace, Silent(), existing=folder)
    assert resumed.history.winner == winner
    assert verify(folder).intact


def test_the_winner_is_selected_and_applied(
    plan: Plan, workspace: Workspace, repository: Path
) -> None:
    found = run(plan, workspace, Silent())
    selection = select(plan.spec, workspace, found.run, None, apply=True)
    assert [link.name for link in selection.links] == ["square@v1"]
    assert selection.applied == ("square.py",)
    winner = candidate_files(found.history, selection.candidate, {"square.py": SOURCE})
    assert (repository / "square.py").read_text() == winner["square.py"]


def test_applying_twice_changes_nothing_the_second_time(
    plan: Plan, workspace: Workspace, repository: Path
) -> None:
    folder = run(plan, workspace, Silent()).run
    select(plan.spec, workspace, folder, None, apply=True)
    once = (repository / "square.py").read_text()
    assert select(plan.spec, workspace, folder, None, apply=True).applied == ()
    assert (repository / "square.py").read_text() == once


@pytest.mark.parametrize(
    "edited",
    ["def square(x):\n    return x - 1\n", "def square(x):\n    x = x + 1\n    return x\n"],
)
def test_a_change_is_not_applied_over_an_edit_of_the_pinned_text(
    plan: Plan, workspace: Workspace, repository: Path, edited: str
) -> None:
    folder = run(plan, workspace, Silent()).run
    (repository / "square.py").write_text(edited)
    with pytest.raises(errors.PatchDoesNotApply, match="was edited since"):
        select(plan.spec, workspace, folder, None, apply=True)
    assert (repository / "square.py").read_text() == edited
    assert not workspace.selected.exists()


def test_what_was_edited_outside_the_pins_is_kept(
    plan: Plan, workspace: Workspace, repository: Path
) -> None:
    folder = run(plan, workspace, Silent()).run
    source = repository / "square.py"
    source.write_text(f"BEFORE = 1\n\n\n{source.read_text()}\n\nAFTER = 1\n")
    select(plan.spec, workspace, folder, None, apply=True)
    assert source.read_text().startswith("BEFORE = 1\n")
    assert source.read_text().endswith("AFTER = 1\n")
    assert "return x\n" not in source.read_text()


def test_what_was_not_accepted_is_selected_only_if_asked_for(
    plan: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, LINEAR))
    with pytest.raises(errors.InvalidValue, match="--unaccepted"):
        select(plan.spec, workspace, folder, candidate.id)
    assert select(plan.spec, workspace, folder, candidate.id, unaccepted=True).links


def test_a_preview_is_the_diff_against_the_baseline(
    plan: Plan, workspace: Workspace, tmp_path: Path
) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    assert "+    return x * x" in preview(folder, candidate.id)


def test_a_replay_agrees_with_its_record(plan: Plan, workspace: Workspace, tmp_path: Path) -> None:
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    assert replay(plan, folder, candidate.id).agrees


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("square.py", "the pinned file square.py differs"),
        ("other.txt", "the file other.txt differs"),
        ("new.txt", "the file new.txt differs"),
        (".sigil/points.eval.yaml", "the eval differs"),
    ],
)
def test_a_replay_of_anything_else_is_refused_by_its_name(
    plan: Plan, workspace: Workspace, repository: Path, tmp_path: Path, name: str, said: str
) -> None:
    (repository / "other.txt").write_text("as it was")
    folder, candidate = add_candidate(plan, workspace, written(tmp_path, SQUARED))
    with (repository / name).open("a") as file:
        file.write("\n# changed\n")
    again = make_plan(load_spec(repository, "square"), None, {}, recorded=folder)
    with pytest.raises(errors.InvalidValue, match=f"{said} from what this run began with"):
        replay(again, folder, candidate.id)


def test_a_replay_takes_the_seed_of_the_record(
    repository: Path, workspace: Workspace, tmp_path: Path
) -> None:
    spec = load_spec(repository, "square")
    own = make_plan(spec, None, {"seed": 99})
    folder, candidate = add_candidate(own, workspace, written(tmp_path, SQUARED))
    again = make_plan(spec, None, {}, recorded=folder)
    assert again.seed == 99
    assert replay(again, folder, candidate.id).agrees


def test_a_pin_does_not_follow_a_linked_folder_out_of_the_repository(
    repository: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "square.py").write_text(SOURCE)
    (repository / "link").symlink_to(outside)
    path = repository / ".sigil" / "square.sigil.yaml"
    path.write_text(path.read_text().replace("[square.py]", "[link/square.py]"))
    spec = load_spec(repository, "square")
    with pytest.raises(errors.PinNotFound, match="links are not followed"):
        spec.read_pinned(spec.root)
