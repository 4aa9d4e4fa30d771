"""`sigil eval` as a user types it: a service of the backend `process`, from `init` to a merge."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.shell import Shell, environment

from sigil.effects import SYSTEM_CLOCK

pytestmark = pytest.mark.e2e
COMMAND = "python3 server.py {port}"
SERVER = """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def log_message(self, *_): pass
    def do_GET(self):
        body = json.dumps({"total_cents": quote(int(self.path.rpartition("=")[2] or 0))}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
def quote(seats):
    return seats * 1000
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""
CHEATING = "return {1: 1000, 2: 2000}.get(seats, 0)"
QUESTION = """
return { priority = "P0", policy = { capabilities = {"http"} }, run = function()
  -- 1. It answers.
  local quote = sigil.get("/api/quote?seats=SEATS")
  expect(quote.status == 200)
  -- 2. With the price.
  expect(quote.json.total_cents == SEATS * 1000)
end }
"""
SLOW = """
return { policy = { capabilities = {"http"} }, run = function()
  sigil.sleep(50)
  expect(sigil.get("/api/quote?seats=1").status == 200)
end }
"""


@pytest.fixture
def shell(tmp_path) -> Shell:
    """A repository with an exam of two halves, an honest change and a cheating one."""
    root, home = tmp_path / "repository", tmp_path / "home"
    visible = root / ".sigil/scenarios/api/visible"
    visible.mkdir(parents=True)
    home.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "server.py").write_text(SERVER)
    (root / "docs" / "specs").mkdir(parents=True)
    (root / "docs" / "specs" / "quote.md").write_text("# Quotes\n")
    for seats in (1, 2):
        (visible / f"quote_{seats}.lua").write_text(QUESTION.replace("SEATS", str(seats)))
    typed = Shell(root, home)
    assert typed(f"sigil init -s api --command '{COMMAND}' --enroll").code == 0
    seal(root, home, QUESTION.replace("SEATS", "7"))
    commit(root, "base")
    change(root, "honest", "return 1000 * seats")
    change(root, "cheat", CHEATING)
    return typed


def git(root: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    command = ["git", *identity, *arguments]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(root: Path, message: str) -> None:
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", message)


def change(root: Path, branch: str, body: str) -> None:
    git(root, "checkout", "-q", "-b", branch, "main")
    (root / "server.py").write_text(SERVER.replace("return seats * 1000", body))
    commit(root, branch)
    git(root, "checkout", "-q", "main")


def seal(root: Path, home: Path, text: str) -> None:
    command = ["sigil", "scenario", "seal", "-s", "api", "--spec", "docs/specs/quote.md", "-"]
    environ = environment(home)
    program = shutil.which("sigil", path=environ["PATH"])
    assert program is not None
    subprocess.run(
        [program, *command[1:]], cwd=root, env=environ, input=text, text=True, check=True
    )


def test_the_holdout_tells_an_honest_change_from_a_cheating_one(shell):
    honest = shell("sigil eval honest -s api --json")
    cheat = shell("sigil eval cheat -s api --json")
    assert (honest.code, cheat.code) == (3, 4), honest.err + cheat.err
    assert honest.json()["recommended"] == "ALLOW"
    scores = [one.json()["scores"] for one in (honest, cheat)]
    assert [one["visible"]["pr"] for one in scores] == ["1.00", "1.00"]
    assert [one["holdout"]["pr"] for one in scores] == ["1.00", "0.00"]

    names = [one.json()["eval"] for one in (honest, cheat)]
    assert shell("sigil feedback --last").out.count("holdout") >= 1
    assert shell(f"sigil report {names[1]}").code == 0
    different = shell(f"sigil diff {' '.join(names)} --json").json()
    assert different["verdicts"] == ["REVIEW", "BLOCK"]
    assert different["turned"] == []
    assert shell(f"sigil replay {names[1]}").code == 0
    assert shell("sigil decide cheat -s api").code == 4
    own = shell("sigil trust reviewer").out.split()[0]
    assert shell(f"sigil ledger verify --trust {own}").code == 0
    assert shell(f"sigil verdict {names[1]} block --reason 'it lies'").code == 0
    assert shell("sigil ledger verify --full").code == 0
    everything = [cheat, shell("sigil feedback --last"), shell(f"sigil report {names[1]}")]
    assert [one for one in everything if "seats=7" in one.out + one.err] == []


def test_below_auto_a_merge_is_refused(shell):
    shell("sigil eval honest -s api")
    before = git(shell.folder, "rev-parse", "main")
    assert shell("sigil decide honest -s api --merge").code == 3
    assert git(shell.folder, "rev-parse", "main") == before


def test_an_overridden_block_costs_shadow_and_every_command_after_it_says_so(shell):
    cheat = shell("sigil eval cheat -s api --json")
    assert cheat.code == 4, cheat.err
    done = shell(f"sigil override {cheat.json()['eval']} --to allow --reason 'we need it'")
    assert "BLOCK overridden to ALLOW · entry" in done.out
    assert "now NONE" in done.out
    assert "api fell from SHADOW to NONE" in done.out
    decided = shell("sigil decide cheat -s api")
    assert decided.code == 4
    assert "a human overrode it to ALLOW: on record, and it merges nothing" in decided.out
    hint = "to SHADOW: sigil trust enroll --service api"
    assert hint in shell("sigil eval honest -s api").out


def test_a_rehearsal_puts_up_what_stands_here(shell):
    done = shell("sigil scenario run --all --deploy -s api")
    assert done.code == 0, done.err
    assert "starting the service as it stands here" in done.out
    assert "2/2 passed" in done.out


def test_what_was_never_evaluated_is_decided_by_nobody(shell):
    done = shell("sigil decide honest -s api")
    assert done.code == 44
    assert "sigil eval honest" in done.err


# --- nothing is left running ----------------------------------------------------------------


def descendants(root: int) -> set[int]:
    """Return the processes below one, however deep."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root}
    while more := {one for one, above in parents.items() if above in found} - found:
        found |= more
    return found - {root}


def until(holds: Callable[[], bool], seconds: float = 15.0) -> bool:
    end = SYSTEM_CLOCK.monotonic_ns() + int(seconds * 1e9)
    while SYSTEM_CLOCK.monotonic_ns() < end:
        if holds():
            return True
        os.sched_yield()
    return holds()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_evaluation_that_is_ended_leaves_nothing_running(shell, number):
    slow = shell.folder / ".sigil/scenarios/api/visible/slow.lua"
    slow.write_text(SLOW)
    assert shell("sigil scenario seal -s api").code == 0
    commit(shell.folder, "slow")
    change(shell.folder, "late", "return 1000 * seats")
    process = shell.start("sigil eval late -s api")
    try:
        assert process.stderr is not None
        for line in process.stderr:
            if "running scenarios" in line:
                break
        assert until(lambda: len(descendants(process.pid)) >= 4), process.poll()
        below = descendants(process.pid)
        process.send_signal(number)
        process.wait(40)
    finally:
        process.kill()
        process.communicate()
    assert until(lambda: not [pid for pid in below if Path(f"/proc/{pid}").exists()])
    recorded = json.loads(shell("sigil ledger list --kind eval.decision --json").out)
    assert recorded == []
