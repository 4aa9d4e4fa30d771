import os
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.shell import Done, Shell, copied

pytestmark = pytest.mark.e2e
NAMES = "--spec symbolic_regression --workspace demo"
RUN = f"sigil run {NAMES} --num 3"


@pytest.fixture
def shell(example: Callable[[str], Shell]) -> Shell:
    return example("symbolic_regression")


@dataclass(frozen=True)
class Finished:
    """The documented command, and the folder in which it has run; each test copies that."""

    folder: Path
    before: bytes
    done: Done


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    shell = copied("symbolic_regression", tmp_path_factory.mktemp("finished"))
    before = (shell.folder / "target_function.py").read_bytes()
    return Finished(shell.folder, before, shell(f"{RUN} --json"))


@pytest.fixture
def searched(finished: Finished, tmp_path: Path) -> Shell:
    shutil.copytree(finished.folder, tmp_path / finished.folder.name, symlinks=True)
    (tmp_path / "home").mkdir()
    return Shell(tmp_path / finished.folder.name, tmp_path / "home")


def test_the_documented_command_reaches_one_hundred_percent(finished: Finished) -> None:
    done = finished.done
    assert done.code == 0, done.err
    winner = done.json()["winner"]
    assert winner["evaluation"]["metrics"]["correctness"]["value"] == 100


def test_the_record_of_a_run_verifies(searched: Shell) -> None:
    done = searched("sigil verify .sigil")
    assert (done.code, "intact" in done.out) == (0, True), done.out


def test_a_changed_byte_in_the_record_is_found(finished: Finished, searched: Shell) -> None:
    pinned = searched.folder / finished.done.json()["record"] / "inputs" / "pinned.json"
    pinned.write_bytes(pinned.read_bytes().replace(b"return x", b"return y"))
    done = searched("sigil verify .sigil")
    assert done.code == 43
    assert "pinned.json" in done.out


def test_the_work_tree_is_untouched_until_a_candidate_is_applied(
    finished: Finished, searched: Shell
) -> None:
    source = searched.folder / "target_function.py"
    assert source.read_bytes() == finished.before
    done = searched(f"sigil select {NAMES} --apply")
    assert done.code == 0, done.err
    assert "x * x" in source.read_text() or "x ** 2" in source.read_text()
    assert searched("python3 test_correctness.py").out == "SCORE: 100.0\n"


def test_a_selected_candidate_has_a_versioned_link_to_its_files(searched: Shell) -> None:
    searched(f"sigil select {NAMES}")
    link = (
        searched.folder / ".sigil/symbolic_regression/workspaces/demo/selected/target_function@v1"
    )
    assert link.is_symlink()
    assert "+" in (link / "patch.diff").read_text()
    searched(f"sigil select {NAMES}")
    assert [path.name for path in link.parent.iterdir()] == ["target_function@v1"]


def test_a_replay_reproduces_the_winner(searched: Shell) -> None:
    done = searched(f"sigil replay {NAMES}")
    assert (done.code, "reproduces its record" in done.out) == (0, True), done.err


def test_two_runs_under_one_seed_try_the_same_candidates(shell: Shell) -> None:
    inspect = f"sigil inspect {NAMES} --json"
    shell(f"{RUN} --lanes 1")
    first = [c["id"] for c in shell(inspect).json()["candidates"]]
    shell(f"{RUN} --lanes 2")
    assert [c["id"] for c in shell(inspect).json()["candidates"]] == first


def test_the_stub_provider_proposes_nothing_that_is_worth_measuring(shell: Shell) -> None:
    done = shell(f"{RUN} --provider stub --json")
    assert done.code == 0, done.err
    assert (done.json()["evaluated"], done.json()["winner"]) == (0, None)


def test_a_patch_of_a_person_is_measured_and_recorded(shell: Shell) -> None:
    (shell.folder / "mine.diff").write_text(
        "--- a/target_function.py\n+++ b/target_function.py\n@@ -1,2 +1,2 @@\n def f(x):\n"
        "-    return x\n+    return x**2\n"
    )
    done = shell(f"sigil add-candidate {NAMES} --patch-file mine.diff --json")
    assert done.code == 0, done.err
    assert done.json()["verdict"] == "accepted"
    assert shell(f"sigil inspect {NAMES} {done.json()['id'][:8]} --json").code == 0


def test_a_patch_outside_the_pins_is_refused_with_hunk_and_line(shell: Shell) -> None:
    (shell.folder / "bad.diff").write_text(
        "--- a/test_correctness.py\n+++ b/test_correctness.py\n@@ -5,3 +5,3 @@\n"
        " POINTS = (0, 1, 2, 3, -1, -2, 0.5, 1.5)\n-TOLERANCE = 1e-10\n+TOLERANCE = 1e10\n \n"
    )
    done = shell("sigil validate-patch --spec symbolic_regression --patch-file bad.diff")
    assert done.code == 24
    assert done.err.count("\n") == 1
    assert "bad.diff" in done.err


def test_an_interrupted_run_goes_on_where_it_was(shell: Shell) -> None:
    process = shell.start(f"{RUN} --budget-evals 4000 --patience 4000")
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "evaluated" in line:
                break
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130 or "goal" in out
    done = shell(f"sigil run {NAMES} --resume --json")
    assert done.code == 0, done.err
    assert done.json()["winner"] is not None
    assert shell("sigil verify .sigil").code == 0


def test_a_second_run_in_one_workspace_is_told_who_holds_it(shell: Shell) -> None:
    process = shell.start(f"{RUN} --seed 5")
    try:
        assert process.stderr is not None
        process.stderr.readline()  # it holds the workspace once it names its run
        done = shell(RUN)
        assert done.code == 42
        assert str(process.pid) in done.err
        assert done.err.count("\n") == 1
    finally:
        process.communicate(timeout=60)


def test_no_process_survives_a_run_that_was_killed(shell: Shell) -> None:
    process = shell.start(RUN)
    assert process.stderr is not None
    process.stderr.readline()
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)  # ends once every holder of the pipes has ended
    done = shell(f"{RUN} --resume --json")
    assert done.code == 0, done.err
    assert done.json()["winner"] is not None
