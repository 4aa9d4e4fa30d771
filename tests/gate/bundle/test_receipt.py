"""A seal that was cut short anywhere and is repeated seals its text once."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.gate.exams import Exam, an_exam

from sigil.cli.sigil import sigil
from sigil.gate.bundle import receipt as receipts
from sigil.gate.bundle.receipt import sealed_before, take_back
from sigil.store import files

TEXT = """return { title = 'SECRET', policy = { capabilities = {'http'} }, run = function()
  expect(sigil.get('/').status == 200)
end }
"""
CALLS = ("open", "write", "fsync", "mkdir", "rename", "replace", "unlink", "rmdir")


@pytest.fixture
def exam(tmp_path, monkeypatch) -> Exam:
    """An exam with two holdouts, and a visible scenario that is to be sealed."""
    made = an_exam(tmp_path)
    made.write("visible/third.lua", TEXT)
    made.seal()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SIGIL_KEYS", str(tmp_path / "keys"))
    return made


def command(exam: Exam, *more: str) -> list[str]:
    return ["scenario", "seal", "-s", "api", "--recipient", exam.recipient, *more]


def seal(exam: Exam, *more: str):
    return CliRunner().invoke(sigil, command(exam, *(more or ("-",))), input=TEXT)


def receipt(exam: Exam) -> Path:
    return exam.root / ".sigil/cache/seal-api.json"


def killed(exam: Exam, call: int, *more: str) -> bool:
    """Seal in a child that is killed at the ``call``-th call of the system; say whether it was."""
    child = os.fork()
    if child == 0:
        numbers = itertools.count(1)
        for name in CALLS:
            setattr(os, name, _deadly(getattr(os, name), numbers, call))
        result = seal(exam, *more)
        os._exit(0 if result.exit_code == 0 else 1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _deadly(real, numbers, call):
    def done(*arguments, **more):
        if next(numbers) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*arguments, **more)

    return done


def quick_digest(salt: bytes, data: bytes) -> str:
    """Return what `slow_digest` would, had a guess to cost nothing."""
    return f"scrypt:{hashlib.scrypt(data, salt=salt, n=2, r=8, p=1, dklen=32).hex()}"


def times_sealed(exam: Exam) -> int:
    return list(exam.titles().values()).count(TEXT)


def copies(exam: Exam, folder: Path) -> Exam:
    subprocess.run(["cp", "-a", str(exam.root), str(folder)], check=True)
    return Exam(folder, exam.key)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("how", [("-",), (".sigil/scenarios/api/visible/third.lua",)])
def test_a_seal_that_is_killed_anywhere_and_repeated_seals_once(exam, memory, monkeypatch, how):
    monkeypatch.setattr(receipts, "slow_digest", quick_digest)  # half of the time of a seal
    whole = copies(exam, memory / "whole")
    monkeypatch.chdir(whole.root)
    assert seal(whole, *how).exit_code == 0  # what it imports, no child imports again
    deaths = 0
    for call in itertools.count(1):
        one = copies(exam, memory / str(call))
        monkeypatch.chdir(one.root)
        was_killed = killed(one, call, *how)
        if not was_killed:
            break
        deaths += 1
        again = seal(one, *how)
        assert again.exit_code == 0, again.exception
        assert times_sealed(one) == 1
        assert not receipt(one).exists()
    assert deaths > 20


def test_a_text_that_was_sealed_before_the_death_is_told_of_and_skipped(exam, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sigil.gate.bundle.receipt.take_back", dies)
        assert seal(exam).exit_code != 0
    again = seal(exam)
    assert "sealed already, by a seal that was cut short: holdout_003" in again.stdout
    assert times_sealed(exam) == 1


def dies(*_: object) -> None:
    raise KeyboardInterrupt


def test_without_the_key_somebody_who_was_told_seals_the_same_text_again(exam):
    assert seal(exam).exit_code == seal(exam).exit_code == 0
    assert times_sealed(exam) == 2


def test_a_visible_file_that_an_update_removed_is_removed_once(exam, monkeypatch):
    path = ".sigil/scenarios/api/visible/third.lua"
    with monkeypatch.context() as patched:
        patched.setattr(
            "sigil.gate.bundle.updating.files.write_atomic", refuses_manifest(files.write_atomic)
        )
        assert isinstance(seal(exam, path, "--remove").exception, OSError)
    assert "cut short is finished" in seal(exam, path, "--remove").stderr
    assert times_sealed(exam) == 1


def refuses_manifest(real):
    def written(path: Path, data: bytes) -> None:
        if path.name == "bundle.json":
            raise OSError("full")
        real(path, data)

    return written


def test_a_receipt_shows_nobody_else_anything(exam, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sigil.gate.bundle.receipt.take_back", dies)
        seal(exam)
    assert stat.S_IMODE(receipt(exam).stat().st_mode) == 0o600
    assert "SECRET" not in receipt(exam).read_text()
    ignored = exam.root / ".sigil/cache/.gitignore"
    assert ignored.read_text() == "*\n"


@pytest.mark.parametrize(
    "data", ["", "[]", "{}", '{"salt":"00","sealed":[]}', "{", "null", "[" * 20_000]
)
def test_a_damaged_receipt_vouches_for_nothing(exam, data):
    receipt(exam).write_text(data)
    assert sealed_before(exam.root, "api", [TEXT]) == {}


@pytest.mark.parametrize("salt", ["", "ab", "00" * 31, "00" * 33, "é", 5])
def test_a_receipt_with_a_salt_of_another_length_vouches_for_nothing(exam, salt):
    listed = json.loads((exam.root / ".sigil/scenarios/api/bundle.json").read_bytes())["scenarios"]
    one = next(entry for entry in listed if entry["half"] == "holdout")
    noted = {"id": one["id"], "sealed": one["sealed"], "text": "scrypt:0"}
    receipt(exam).write_text(json.dumps({"salt": salt, "sealed": [noted]}))
    assert sealed_before(exam.root, "api", [TEXT]) == {}


def test_a_receipt_of_a_seal_that_was_never_decided_vouches_for_nothing(exam, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("sigil.gate.bundle.updating.apply_update", dies)
        seal(exam)
    assert receipt(exam).exists()
    assert "sealed holdout_003" in seal(exam).stdout
    assert times_sealed(exam) == 1


def test_a_seal_on_a_full_disk_that_is_repeated_seals_once(exam):
    """A limit on the size of files refuses the ciphertext, not what is small."""
    program = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
        "from sigil.cli.sigil import main; sys.argv[0] = 'sigil'; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command(exam, "-")],
        input=TEXT, text=True, capture_output=True, cwd=exam.root, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode != 0
    assert "no space to write" in done.stderr
    assert done.stderr.count("\n") == 1
    assert seal(exam).exit_code == 0
    assert times_sealed(exam) == 1


OTHER = TEXT.replace("SECRET", "ANOTHER")


def untold(exam: Exam, monkeypatch, *more: str) -> None:
    """Seal, and die before anybody is told."""
    with monkeypatch.context() as patched:
        patched.setattr("sigil.gate.bundle.receipt.take_back", dies)
        assert seal(exam, *more).exit_code != 0


def test_a_seal_of_another_text_keeps_what_nobody_was_told_of(exam, monkeypatch):
    untold(exam, monkeypatch)
    other = CliRunner().invoke(sigil, command(exam, "-"), input=OTHER)
    assert other.exit_code == 0, other.exception
    assert "sealed already" in seal(exam).stdout
    assert times_sealed(exam) == 1
    assert not receipt(exam).exists()


def test_a_seal_of_nothing_keeps_what_nobody_was_told_of(exam, monkeypatch):
    untold(exam, monkeypatch)
    assert CliRunner().invoke(sigil, command(exam)).exit_code == 0
    assert "sealed already" in seal(exam).stdout
    assert times_sealed(exam) == 1


def test_what_another_seal_noted_meanwhile_is_not_taken_back(exam, monkeypatch):
    untold(exam, monkeypatch)
    take_back(exam.root, "api", {"holdout_900"})  # of a seal that was told of its own
    assert "sealed already" in seal(exam).stdout
    assert times_sealed(exam) == 1


def test_two_drafts_of_one_text_are_one_holdout_once(exam, monkeypatch):
    exam.write("visible/fourth.lua", TEXT)
    both = [f".sigil/scenarios/api/visible/{name}.lua" for name in ("third", "fourth")]
    untold(exam, monkeypatch, *both)
    again = seal(exam, *both)
    assert again.stdout.count("sealed already") == 1
    assert "hold the same text are sealed once" in again.stderr
    assert times_sealed(exam) == 1
