"""Each mistake ends in one line with file, line, field and remedy, and its own exit code."""

import contextlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.shell import Done, Shell

from sigil import errors

pytestmark = pytest.mark.e2e
RUN = "sigil run --spec symbolic_regression --workspace demo --num 3"
SPEC = ".sigil/symbolic_regression.sigil.yaml"
EVAL = ".sigil/quadratic_correctness.eval.yaml"
COMMAND = "python3 test_correctness.py"


@pytest.fixture
def shell(example: Callable[[str], Shell]) -> Shell:
    return example("symbolic_regression")


def replace(shell: Shell, file: str, old: str, new: str) -> None:
    path = shell.folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def is_one_line_of(done: Done, error: type[errors.SigilError], *parts: str) -> None:
    assert done.code == error.exit_code, done.err
    said = [line for line in done.err.splitlines() if line.startswith("sigil: ")]
    assert len(said) == 1, done.err
    assert "Traceback" not in done.err
    for part in parts:
        assert part in said[0]


@pytest.mark.parametrize(
    ("file", "old", "new", "error", "parts"),
    [
        (SPEC, "evals:", "evals: [", errors.MalformedDocument, (f"{SPEC}:",)),
        (SPEC, "pins:", "pinz:", errors.UnknownKey, (f"{SPEC}:7", "pinz", "did you mean pins")),
        (SPEC, "target_function.py", "gone.py", errors.PinNotFound, (f"{SPEC}:11", "pins[0]")),
        (SPEC, "symbol: f", "symbol: g", errors.PinNotFound, (f"{SPEC}:12", "f")),
        (EVAL, "SCORE: ([0-9.]+)", "POINTS: ([0-9.]+)", errors.ParseMatchedNothing, (f"{EVAL}:8",)),
        (EVAL, "([0-9.]+)", "([0-9.]+", errors.InvalidParse, (f"{EVAL}:8",)),
        (EVAL, "max(correctness)", "max(corectness)", errors.InvalidExpression, ("correctness",)),
        (EVAL, COMMAND, "no_such_program", errors.CommandMissing, (f"{EVAL}:7",)),
        (
            EVAL,
            "kind: numeric",
            "kind: number",
            errors.InvalidValue,
            (f"{EVAL}:6", "metrics[0].kind"),
        ),
        (EVAL, "candidate_timeout_s: 60", "candidate_timeout_s: soon", errors.InvalidValue, ()),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else None,
)
def test_a_mistake_in_a_document_is_one_line(
    shell: Shell, file: str, old: str, new: str, error: type[errors.SigilError], parts: tuple[str]
) -> None:
    replace(shell, file, old, new)
    is_one_line_of(shell(RUN), error, *parts)


@pytest.mark.parametrize(
    "command",
    [
        "sigil evolve target_function.py:nonesuch",
        "sigil evolve nowhere.py:f",
        "sigil inspect --spec symbolic_regression",
        "sigil run --spec nonesuch",
        "sigil run --spec symbolic_regression --num none",
        "sigil verify nowhere",
    ],
)
def test_an_error_is_a_line_on_standard_error_also_with_json(shell: Shell, command: str) -> None:
    done = shell(f"{command} --json")
    assert done.code not in {0, 1}
    assert done.out == ""
    assert done.err.startswith("sigil: ")
    assert done.err.count("\n") == 1


def test_a_command_that_hangs_is_stopped_and_named(shell: Shell) -> None:
    replace(shell, EVAL, COMMAND, "sleep 600")
    replace(shell, EVAL, "candidate_timeout_s: 60", "candidate_timeout_s: 1")
    is_one_line_of(shell(RUN), errors.CommandTimedOut, f"{EVAL}:7")


def test_a_command_that_floods_is_stopped_and_named(shell: Shell) -> None:
    replace(shell, EVAL, COMMAND, "'yes'")
    is_one_line_of(shell(RUN), errors.OutputFlood, f"{EVAL}:7")


def test_a_metric_that_is_not_a_number_is_named(shell: Shell) -> None:
    (shell.folder / "nan.py").write_text("print('SCORE: nan')\n")
    replace(shell, EVAL, COMMAND, "python3 nan.py")
    replace(shell, EVAL, "([0-9.]+)", "(.*)")
    is_one_line_of(shell(RUN), errors.NotANumber, f"{EVAL}:")


def test_a_pin_that_matches_twice_is_one_line(shell: Shell) -> None:
    source = shell.folder / "target_function.py"
    source.write_text(source.read_text() * 2)
    is_one_line_of(shell(RUN), errors.PinAmbiguous, f"{SPEC}:12", "target_function.py")


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"\xff\xfe", b"- a\n- b\n", b"\tname: x"]
)
def test_a_document_of_any_bytes_is_one_line(shell: Shell, content: bytes) -> None:
    (shell.folder / SPEC).write_bytes(content)
    is_one_line_of(shell(RUN), errors.MalformedDocument, SPEC)


def test_a_workspace_that_cannot_be_made_is_one_line(shell: Shell) -> None:
    folder = shell.folder / ".sigil/symbolic_regression"
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("a file where a folder belongs")
    is_one_line_of(shell(RUN), errors.Unwritable, "symbolic_regression")


def test_a_workspace_name_cannot_lead_out_of_the_folder(shell: Shell) -> None:
    done = shell("sigil run --spec symbolic_regression --workspace ../../out")
    is_one_line_of(done, errors.InvalidValue, "workspace")


def test_a_full_disk_is_one_line_and_leaves_the_workspace_whole(
    shell: Shell, tmp_path: Path
) -> None:
    home = shell.folder / ".sigil"
    kept = tmp_path / "kept"
    shutil.copytree(home, kept)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(home)], check=False
    )
    if mounted.returncode:
        pytest.skip("mounting a small tmpfs is not permitted here")
    try:
        shutil.copytree(kept, home, dirs_exist_ok=True)
        filler = home / "filler"
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while file.write(b"x" * 4096):
                pass
        is_one_line_of(shell(RUN), errors.DiskFull)
        filler.unlink()
        assert shell(RUN).code == 0
        assert shell("sigil verify .sigil").code == 0
    finally:
        subprocess.run(["umount", str(home)], check=True)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("sigil run", 2),
        ("sigil run --spec symbolic_regression --num zero", 2),
        ("sigil run --spec symbolic_regression --budget-time soon", 2),
        ("sigil run --spec symbolic_regression --optimizer annealing", 2),
        ("sigil run --spec symbolic_regression --provider nobody", 2),
        ("sigil run --spec symbolic_regression --backend ray", 2),
        ("sigil run --spec circle", errors.NotFound.exit_code),
        ("sigil run --spec symbolic_regression --eval speed", errors.NotFound.exit_code),
        ("sigil run --spec symbolic_regression --resume", errors.NotFound.exit_code),
        ("sigil inspect --spec symbolic_regression", errors.NotFound.exit_code),
        ("sigil select --spec symbolic_regression", errors.NotFound.exit_code),
        ("sigil replay --spec symbolic_regression", errors.NotFound.exit_code),
        ("sigil verify nowhere", errors.NotFound.exit_code),
        ("sigil frobnicate", 2),
        ("sigil run --nosuch", 2),
        ("sigil run --num \x1b[31m", 2),
        ("sg status", errors.NotYet.exit_code),
    ],
)
def test_a_mistake_on_the_command_line_has_its_code_and_no_traceback(
    shell: Shell, command: str, code: int
) -> None:
    done = shell(command)
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert done.err.startswith("s")
    assert done.err.count("\n") == 1
