"""`sigil scenario run -` and of files elsewhere: a holdout is tried, and nothing of it is left."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.e2e.shell import BIN

CANARY = "CANARY7391"
HOLDS = f"""return {{ title = '{CANARY}', policy = {{ capabilities = {{'http'}} }}, run = function()
  local r = sigil.get('/')
  expect(r.status == 200 and r.body ~= '{CANARY}', '{CANARY}')
end }}
"""
FAILS = HOLDS.replace("200", "404")


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):  # http.server's name
        self.send_response(200)
        self.send_header("content-length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A repository with one visible scenario; temporary files and settings are in it too."""
    visible = tmp_path / ".sigil" / "scenarios" / "api" / "visible"
    visible.mkdir(parents=True)
    (visible / "one.lua").write_text(HOLDS.replace(CANARY, "one"))
    (tmp_path / "tmp").mkdir()
    for name in ("TMPDIR", "HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "tmp"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words(url: str, *names: str) -> list[str]:
    return [str(BIN / "sigil"), "scenario", "run", *names, "-s", "api", "--url", url]


def run(text: str, url: str, *names: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words(url, *names), input=text, capture_output=True, text=True, timeout=60, check=False
    )


def on_a_terminal(text: str, url: str, *names: str) -> str:
    """Pipe a text in to a run, read at a terminal; return what it shows."""
    return shown_by(words(url, *names), text)


def shown_by(command: list[str], text: str) -> str:
    """Pipe a text in, read at a terminal; return what it shows."""
    ours, its = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=its, stderr=its) as process:
        os.close(its)
        assert process.stdin is not None
        process.stdin.write(text.encode())
        process.stdin.close()
        shown = b""
        with suppress(OSError):  # the terminal's end
            while piece := os.read(ours, 65536):
                shown += piece
        process.wait(60)
    os.close(ours)
    return shown.decode()


def told(root: Path) -> list[Path]:
    """Return the files below ``root`` that hold the canary."""
    found = [path for path in root.rglob("*") if path.is_file() and not path.is_symlink()]
    return [path for path in found if CANARY.encode() in path.read_bytes()]


def test_a_draft_that_holds_ends_well(root, url):
    done = run(HOLDS, url, "-")
    assert done.returncode == 0, done.stderr
    assert "the scenario  pass" in done.stdout
    assert "no draft was written anywhere" in done.stdout


def test_in_a_pipe_nothing_of_a_draft_is_said_but_its_labels(root, url):
    done = run(FAILS, url, "-")
    assert done.returncode == 1
    assert "the scenario: fail; frames need a terminal" in done.stdout
    assert CANARY not in done.stdout + done.stderr


def test_at_a_terminal_whoever_typed_it_sees_the_frame(root, url):
    shown = on_a_terminal(FAILS, url, "-")
    assert "× scenario failed: the scenario" in shown
    assert CANARY in shown
    assert "seen on" not in shown


def test_a_draft_of_no_step_is_sent_to_lint(root, url):
    done = run(f"return {{ {CANARY} {CANARY}", url, "-")
    assert "no step; what is wrong may be told by: sigil scenario lint -" in done.stdout


@pytest.mark.parametrize("command", ["lint", "seal"])
def test_at_a_terminal_whoever_typed_it_is_told_all_that_is_wrong(root, command):
    words = [str(BIN / "sigil"), "scenario", command, "-", "-s", "api"]
    shown = shown_by(words, f"return {{ {CANARY} {CANARY}")
    assert f"'}}' expected near '{CANARY}'" in shown


def test_no_file_holds_anything_of_a_draft(root, url):
    run(FAILS, url, "-")
    on_a_terminal(FAILS, url, "-")
    assert told(root) == []


def test_a_file_elsewhere_is_read_where_it_is_and_copied_nowhere(root, url):
    (root / "tmp" / "draft.lua").write_text(FAILS)
    done = run("", url, "tmp/draft.lua")
    assert done.returncode == 1
    assert CANARY not in done.stdout + done.stderr
    assert told(root) == [root / "tmp" / "draft.lua"]
    assert CANARY in on_a_terminal("", url, "tmp/draft.lua")


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", "empty"), ("\0", "not text"), (f"return {{ {CANARY} {CANARY}", "error")],
)
def test_what_is_no_scenario_is_said_and_not_repeated(root, url, text, problem):
    done = run(text, url, "-")
    assert done.returncode in {1, 64}
    assert problem in done.stdout + done.stderr
    assert CANARY not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["-", "x.lua"], "standard input and files at once"),
        (["-", "--all"], "a draft is run alone"),
        (["-", "one"], "a draft is run alone"),
        (["-", "--json"], "a draft is run alone"),
        (["-", "--junit", "x.xml"], "a draft is run alone"),
        (["nowhere.lua"], "no such file"),
        ([".sigil/scenarios/api/visible/one.lua"], "name it by its id: one"),
        (["tmp"], "no visible scenario is called tmp"),
    ],
)
def test_what_cannot_be_run_is_one_line(root, url, names, problem):
    done = run(HOLDS, url, *names)
    assert done.returncode != 0
    assert problem in done.stderr
    assert done.stderr.count("\n") == 1


def test_helpers_of_the_bundle_are_there(root, url):
    library = root / ".sigil" / "scenarios" / "api" / "lib"
    library.mkdir()
    (library / "ok.lua").write_text("return { status = 200 }\n")
    done = run(HOLDS.replace("== 200", "== require('lib.ok').status"), url, "-")
    assert done.returncode == 0, done.stdout
