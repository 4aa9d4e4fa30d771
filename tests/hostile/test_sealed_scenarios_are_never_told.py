"""Canaries in every part of a holdout reach no file, output, argument or environment."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.gate.exams import an_exam

from sigil.cli.sigil import sigil
from sigil.gate.bundle.read import folder_of

pytestmark = pytest.mark.hostile

PARTS = "title tag endpoint path body header comment rubric expected capture helper intent".split()
CANARIES = {part: f"canary-{part}-740517" for part in PARTS}
HOLDOUT = """\
-- {comment}
return {{
  title = "{title}", priority = "P0", tags = {{"{tag}"}}, endpoints = {{"GET /{endpoint}"}},
  policy = {{ capabilities = {{"http", "judge", "intent"}} }},
  run = function()
    local h = require("lib.{helper}")
    local r = sigil.post("/{path}", {{ a = "{body}" }}, {{ headers = {{ X = "{header}" }} }})
    expect(r.body == "{expected}")
    --- {intent}
    local done = sigil.intent({{ capture = {{ x = "string: {capture}" }} }})
    expect(done.completed)
    --- {rubric}
    sigil.judge(r.body, {{ min_score = 0.5 }})
  end,
}}
""".format(**CANARIES)
BROKEN = HOLDOUT.replace("title =", "title = =")
SEAL = ("scenario", "seal", "-s", "api", "-", "--spec", "docs/specs/b.md")
COMMANDS = {
    "seal": (SEAL, HOLDOUT),
    "seal --json": ((*SEAL, "--json"), HOLDOUT),
    "seal --dry-run": ((*SEAL, "--dry-run"), HOLDOUT),
    "seal of what does not parse": (SEAL, BROKEN),
    "seal of what is no text": (SEAL, HOLDOUT + "\0"),
    "seal of what is too long": (SEAL, HOLDOUT * 2000),
    "seal for what is no recipient": ((*SEAL, "--recipient", "age1x"), HOLDOUT),
    "seal of another service": (("scenario", "seal", "-s", "web", "-"), HOLDOUT),
    "lint": (("scenario", "lint", "-s", "api", "-"), HOLDOUT),
    "lint of what does not parse": (("scenario", "lint", "-s", "api", "-", "--json"), BROKEN),
}
AFTER = {
    "list": ("scenario", "list"),
    "list --json": ("scenario", "list", "--json"),
    "lint": ("scenario", "lint", "-s", "api", "--holdouts"),
    "lint --json": ("scenario", "lint", "-s", "api", "--holdouts", "--json"),
    "rotate": ("scenario", "rotate", "-s", "api", "--json"),
    "rotate --dry-run": ("scenario", "rotate", "-s", "api", "--dry-run"),
    "rotate for nobody": ("scenario", "rotate", "-s", "api", "--recipient", "age1x"),
    "rotate of nothing": ("scenario", "rotate", "-s", "api", "--retire", "holdout_009"),
}


def told(data: bytes) -> list[str]:
    """Return which canaries ``data`` tells, in any form in which text is easily hidden."""
    return [part for part, canary in CANARIES.items() if canary.encode() in data]


def told_by_files(*folders: Path) -> dict[str, list[str]]:
    files = [path for folder in folders for path in folder.rglob("*")]
    found = {str(p): told(os.fsencode(p.name) + (p.read_bytes() if p.is_file() else b""))
             for p in files if not p.is_symlink()}  # fmt: skip
    return {path: parts for path, parts in found.items() if parts}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with an exam, and everything that a process may write to below one folder."""
    exam = an_exam(tmp_path / "repository")
    keys = tmp_path / "keys"
    keys.mkdir(mode=0o700)
    (keys / "api.agekey").write_text(str(exam.key))
    (keys / "api.agekey").chmod(0o600)
    (exam.root / ".sigil" / "gate.yaml").write_text(
        f"services:\n  api: {{recipients: [{exam.recipient}]}}\n"
    )
    intent = exam.root / "docs" / "specs" / "b.md"
    intent.parent.mkdir(parents=True, exist_ok=True)
    intent.write_text("# B\n")
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("SIGIL_KEYS", str(keys))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.chdir(exam.root)
    return exam.root


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """All that this process hands to the system to be written, whatever becomes of the file."""
    pieces: list[bytes] = []
    write, pwrite = os.write, os.pwrite

    def noted(descriptor: int, data: bytes) -> int:
        pieces.append(bytes(data))
        return write(descriptor, data)

    def noted_at(descriptor: int, data: bytes, offset: int) -> int:
        pieces.append(bytes(data))
        return pwrite(descriptor, data, offset)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", noted)
        patched.setattr(os, "pwrite", noted_at)
        yield pieces


def test_the_canaries_are_found_where_they_are(tmp_path):
    (tmp_path / "plain.lua").write_text(HOLDOUT)
    assert told_by_files(tmp_path) == {f"{tmp_path}/plain.lua": PARTS}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_that_is_given_a_holdout_tells_nothing_of_it(repository, tmp_path, written, case):
    arguments, text = COMMANDS[case]
    result = CliRunner().invoke(sigil, arguments, input=text)
    assert told(f"{result.output}{result.exception}".encode()) == []
    assert [told(piece) for piece in written if told(piece)] == []
    assert told_by_files(tmp_path) == {}


@pytest.mark.parametrize("case", AFTER)
def test_a_command_over_sealed_holdouts_tells_nothing_of_them(repository, tmp_path, written, case):
    assert CliRunner().invoke(sigil, SEAL, input=HOLDOUT).exit_code == 0
    result = CliRunner().invoke(sigil, AFTER[case])
    assert told(f"{result.output}{result.exception}".encode()) == []
    assert [told(piece) for piece in written if told(piece)] == []
    assert told_by_files(tmp_path) == {}


def test_a_damaged_holdout_is_refused_without_a_word_of_it(repository, tmp_path):
    assert CliRunner().invoke(sigil, SEAL, input=HOLDOUT).exit_code == 0
    for path in sorted((repository / folder_of("api") / "holdout").iterdir()):
        path.write_bytes(path.read_bytes()[:-1])
        result = CliRunner().invoke(sigil, ["scenario", "rotate", "-s", "api"])
        assert result.exit_code != 0
        assert told(f"{result.output}{result.exception}".encode()) == []


# --- what other processes of the same user can see ------------------------------------------


def command(*arguments: str) -> list[str]:
    return [str(Path(sys.executable).with_name("sigil")), *arguments]


def wait_until_it_reads(process: subprocess.Popen[bytes]) -> None:
    """Return once the process sleeps in a read of what it has been sent."""
    assert process.stdin is not None
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None
        state = Path(f"/proc/{process.pid}/syscall").read_text().split()
        if state[:2] == ["0", "0x0"] or state[:2] == ["63", "0x0"]:  # read(0) of x86-64, of arm64
            return
        time.sleep(0.01)
    raise AssertionError("the command never read its standard input")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_process_shows_a_holdout_in_its_arguments_or_environment(repository, tmp_path):
    with subprocess.Popen(
        command(*SEAL), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdin is not None
        process.stdin.write(HOLDOUT.encode())
        process.stdin.flush()
        try:
            wait_until_it_reads(process)
        except PermissionError:
            pytest.skip("this machine does not show what a process waits for")
        finally:
            shown = b"".join(
                Path(f"/proc/{process.pid}/{name}").read_bytes() for name in ("cmdline", "environ")
            )
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
            output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert (told(shown), children, told(output)) == ([], "", [])
    assert told_by_files(tmp_path) == {}


def traced(tmp_path: Path, *arguments: str, text: str) -> bytes:
    """Return every write and every program that a command starts, as the system sees them."""
    log = tmp_path / "trace"
    calls = "write,pwrite64,writev,sendto,sendmsg,execve,memfd_create,openat"
    strace = ["strace", "-f", "-qq", "-s", "100000", "-e", f"trace={calls}", "-o", str(log)]
    subprocess.run(
        [*strace, *command(*arguments)], input=text.encode(), capture_output=True, check=False
    )
    data = log.read_bytes() if log.exists() else b""
    log.unlink(missing_ok=True)
    return data


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
def test_the_system_never_sees_a_holdout(repository, tmp_path):
    seen = traced(tmp_path, *SEAL, text=HOLDOUT)
    if b"bundle.json" not in seen:
        pytest.skip("tracing is not permitted here")
    assert told(seen) == []
    assert told(traced(tmp_path, "scenario", "rotate", "-s", "api", text="")) == []


# --- keys -----------------------------------------------------------------------------------


def test_a_key_reaches_no_file_and_no_output(repository, tmp_path, written):
    key = tmp_path / "keys" / "api.agekey"
    secret = key.read_bytes().strip()
    key.unlink()
    CliRunner().invoke(sigil, SEAL, input=HOLDOUT)
    arguments = ["scenario", "rotate", "-s", "api", "--json", "--key-fd"]
    reading, writing = os.pipe()
    os.write(writing, secret)
    os.close(writing)
    written.clear()
    result = CliRunner().invoke(sigil, [*arguments, str(reading)])
    assert json.loads(result.stdout)["holdout"] == 3
    assert secret not in result.output.encode() + b"".join(written)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path for path in files if secret in path.read_bytes()] == []
