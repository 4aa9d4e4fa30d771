"""Canaries in a holdout, in the vault and in the keys, and a service that hunts for them.

One evaluation as a user types it, of a service of the backend `process` that answers with all it
is sent, logs it, writes it down and searches whatever it can read. Afterwards everything that is
left is searched: files, both git repositories with every object, what commands print, what a forge
would be told.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.e2e.shell import BIN, Done, environment

from sigil.gate.decision import Verdict
from sigil.gate.forge import publishing
from sigil.gate.record import dossier

pytestmark = [pytest.mark.hostile, pytest.mark.timeout(300)]
PARTS = "title tag endpoint path header comment expected".split()
HELD = {part: f"canary-{part}-740517" for part in PARTS}
SECRET, NEIGHBOUR = "canary-vault-740517", "canary-neighbour-740517"
HOLDOUT = """\
-- {comment}
return {{
  title = "{title}", priority = "P0", tags = {{"{tag}"}}, endpoints = {{"GET /{endpoint}"}},
  policy = {{ capabilities = {{"http", "judge"}} }},
  run = function()
    -- 1. It answers.
    local secret = sigil.env("SIGNUP_PASSWORD")
    local headers = {{ ["X-A"] = "{header}" }}
    local r = sigil.post("/{path}", {{ password = secret }}, {{ headers = headers }})
    expect(r.status == 200)
    --- It names "{path}".
    sigil.judge(r.body, {{ min_score = 0.9 }})
    -- 2. With what it should.
    expect(r.json.path == "{expected}")
  end,
}}
""".format(**HELD)
SIGNUP = """\
return { policy = { capabilities = {"http"} }, run = function()
  -- 1. It answers.
  local secret = sigil.env("SIGNUP_PASSWORD")
  local r = sigil.post("/signup", { password = secret })
  expect(r.status == 200)
  -- 2. With something else than it was sent, which it does not.
  expect(r.json.body == "nothing of the kind")
end }
"""
REMEMBERED = """\
return { policy = { capabilities = {"http"} }, run = function()
  -- 1. It answers, with what another scenario sent it.
  local r = sigil.get("/remembered")
  expect(r.status == 200)
  -- 2. With something else, which it does not.
  local told = r.json.of
  expect(told == "nothing of the kind", r.body)
end }
"""
ASKED = """\
return { policy = { capabilities = {"http"} }, run = function()
  -- 1. It answers.
  local r = sigil.get("/hunt", nil, { timeout_ms = 60000 })
  expect(r.status == 200)
  -- 2. And found nothing.
  expect(r.body == "[]")
end }
"""
SERVER = r"""
import glob, http.server, json, os, re, stat, sys, threading, urllib.parse
REMEMBERED, KNOWN = [], threading.Event()
WANTED = re.compile(rb"(?:canary-[a-z]+-[0-9]{6}|AGE-SECRET-KEY-[0-9A-Z]{20}|BEGIN [P]RIVATE KEY)")
def is_new(place):
    try:
        found = os.stat(place)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_ctime_ns >= SINCE
def hunt():
    places = [*glob.glob("/proc/[0-9]*/environ"), *glob.glob("/proc/[0-9]*/cmdline")]
    for top in (os.getcwd(), "/tmp", "/dev/shm", os.path.expanduser("~"), *TOPS):
        for folder, _, names in os.walk(top):
            places += filter(is_new, (os.path.join(folder, name) for name in names))
    found = []
    for place in places:
        try:
            with open(place, "rb") as file:
                data = file.read(1 << 20)
        except OSError:
            continue
        found += [[place, text.decode()] for text in WANTED.findall(data)]
    return found
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    def do_GET(self):
        if self.path == "/remembered":
            KNOWN.wait(60)
            word = REMEMBERED[0]
            self.say({"of": word, "long": "x" * 90 + word, "json": json.dumps(json.dumps(word)),
                      "url": urllib.parse.quote(word, safe="").replace("%", "%25")})
        else:
            self.say(hunt())
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        print(self.path, self.headers, body, flush=True)
        print(self.path, self.headers, body, file=sys.stderr, flush=True)
        REMEMBERED.append(json.loads(body)["password"])
        KNOWN.set()
        if self.path != "/signup":
            for place in ("seen", "/tmp/seen", "/dev/shm/seen"):
                try:
                    open(place, "a").write(self.path + str(self.headers) + body)
                except OSError:
                    pass
        self.say({"path": self.path, "body": json.loads(body)["password"]})
    def say(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def forms(canary: str) -> list[bytes]:
    """Return how a text may stand in a file: as it is, in hex, in base64 at any place."""
    raw = canary.encode()
    shifted = (base64.b64encode(b"\0" * shift + raw)[4:-4] for shift in range(3))
    return [raw, raw.hex().encode(), canary.encode("utf-16-le"), *shifted]


def hunting(since: int, *tops: Path) -> str:
    """Return the service, which reads what changed since then: no older file has a canary.

    Where an environment of Python lies below a folder that it searches, those are thousands.
    """
    return f"SINCE, TOPS = {since}, {[str(top) for top in tops]!r}{SERVER}"


@dataclass
class Told:
    """All that an evaluation left behind."""

    root: Path
    home: Path
    scratch: Path
    name: str
    printed: dict[str, Done]
    arguments: bytes

    @property
    def canaries(self) -> list[str]:
        keys = self.home / ".config" / "sigil" / "keys"
        lines = [line for path in keys.iterdir() for line in path.read_text().splitlines()]
        secrets = [one for one in lines if len(one) > 20 and not one.startswith(("#", "-----"))]
        assert len(secrets) >= 2
        return [*HELD.values(), SECRET, NEIGHBOUR, *secrets]

    def told(self, data: bytes) -> list[str]:
        return [one for one in self.canaries for form in forms(one) if form in data]

    @property
    def folder(self) -> Path:
        return dossier.folder_of(self.root, self.name)


def sigil(told_to: Path, home: Path, line: list[str], **more: str) -> Done:
    done = subprocess.run(
        line,
        cwd=told_to,
        env={**environment(home), **more},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    subprocess.run(["git", *identity, *arguments], cwd=root, check=True, capture_output=True)


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory) -> Told:
    """Evaluate once, with the canaries in place, and say all that can be said of it."""
    above = tmp_path_factory.mktemp("told")
    since = above.stat().st_ctime_ns
    root, home, scratch = (above / name for name in ("repository", "home", "scratch"))
    visible = root / ".sigil" / "scenarios" / "api" / "visible"
    for folder in (visible, home, scratch):
        folder.mkdir(parents=True)
    git(root, "init", "-q", "-b", "main")
    server = hunting(since, root, home, scratch)
    (root / "server.py").write_text(server)
    (visible / "signup.lua").write_text(SIGNUP)
    (visible / "hunt.lua").write_text(ASKED)
    (visible / "remembered.lua").write_text(REMEMBERED)
    (root / "docs" / "specs").mkdir(parents=True)
    (root / "docs" / "specs" / "a.md").write_text("# What is asked for\n")
    own = {"TMPDIR": str(scratch), "SIGNUP_PASSWORD": SECRET, "OTHER_SECRET": NEIGHBOUR}
    program = str(BIN / "sigil")

    def typed(*words: str) -> Done:
        return sigil(root, home, [program, *words], **own)

    typed("init", "-s", "api", "--command", "python3 server.py {port}", "--enroll")
    policy = root / ".sigil" / "gate.yaml"
    text = policy.read_text()
    assert "    # env: [SIGNUP_PASSWORD]" in text
    policy.write_text(text.replace("    # env: [SIGNUP_PASSWORD]", "    env: [SIGNUP_PASSWORD]"))
    sealed = subprocess.run(
        [program, "scenario", "seal", "-s", "api", "--spec", "docs/specs/a.md", "-"],
        cwd=root, env={**environment(home), **own}, input=HOLDOUT, text=True, check=True,
    )  # fmt: skip
    assert sealed.returncode == 0
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "base")
    git(root, "checkout", "-q", "-b", "change")
    (root / "server.py").write_text(server + "\n")
    git(root, "commit", "-q", "-a", "-m", "change")
    git(root, "checkout", "-q", "main")

    log = above / "trace"
    # All at once: one scenario waits in the service for what another one sends it.
    evaluation = [program, "eval", "change", "-s", "api", "--lanes", "8", "--junit", "exam.xml"]
    evaluation += ["--markdown", "comment.md"]
    strace = shutil.which("strace")
    spied = [strace, "-f", "-qq", "-s", "1000000", "-e", "trace=execve,execveat", "-o", str(log)]
    done = sigil(root, home, [*spied, *evaluation] if strace else evaluation, **own)
    arguments = log.read_bytes() if log.exists() else b""
    if strace and done.code not in {3, 4}:
        done, arguments = sigil(root, home, evaluation, **own), b""
    assert done.code in {3, 4}, done.err
    [name] = dossier.names(root)
    printed = {"eval": done}
    for line in (
        "feedback --last", "feedback --last --json", f"report {name}", f"report {name} --json",
        f"report {name} --html report.html", f"diff {name} {name}", "decide change -s api",
        "decide change -s api --json", "trust show", "ledger log", "ledger export --decoded",
        f"replay {name}",
    ):  # fmt: skip
        printed[line] = typed(*line.split())
        assert printed[line].code in {0, 3, 4}, printed[line].err
    return Told(root, home, scratch, name, printed, arguments)


# --- whether the test itself would see anything -----------------------------------------------


def test_a_canary_is_found_in_each_of_its_forms():
    for form in forms(SECRET):
        assert form
    assert any(form in base64.b64encode(b"ab" + SECRET.encode()) for form in forms(SECRET))


def test_the_holdout_was_asked_and_the_secret_was_sent(evaluated):
    """Without this, silence would prove nothing."""
    line = next(line for line in _feedback(evaluated).lines if line.half == "holdout")
    assert line.failed
    assert line.steps[0].value == "pass"


def test_a_secret_that_the_service_remembered_was_told_to_a_scenario_that_never_read_it(evaluated):
    """Its name stands in the evidence, where it was told the value."""
    [sat] = [
        one
        for one in dossier.read_visible(evaluated.folder)
        if (one.scenario, one.side) == ("remembered", "pr")
    ]
    assert "__SIGNUP_PASSWORD__" in repr(sat.evidence)


# --- what the service could see -----------------------------------------------------------------


def test_the_service_found_nothing_that_it_was_not_sent(evaluated):
    [line] = [line for line in _feedback(evaluated).lines if line.name == "hunt"]
    frames = evaluated.printed[f"report {evaluated.name}"].out
    assert not line.failed, frames


def test_no_argument_of_any_process_tells_anything(evaluated):
    if b"execve" not in evaluated.arguments:
        pytest.skip("tracing is not permitted here")
    assert b"server.py" in evaluated.arguments
    assert evaluated.told(evaluated.arguments) == []


# --- what is left afterwards --------------------------------------------------------------------


def test_no_file_tells_anything(evaluated):
    keys = evaluated.home / ".config" / "sigil" / "keys"
    tops = (evaluated.root, evaluated.home, evaluated.scratch)
    files = [path for top in tops for path in top.rglob("*") if path.is_file()]
    assert evaluated.folder / dossier.VISIBLE in files
    told = {
        str(path): evaluated.told(os.fsencode(path) + path.read_bytes())
        for path in files
        if keys not in path.parents
    }
    assert {path: found for path, found in told.items() if found} == {}


def test_no_object_of_either_repository_tells_anything(evaluated):
    for repository in (evaluated.root / ".git", evaluated.root / ".sigil" / "ledger"):
        whole = subprocess.run(
            ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch"],
            capture_output=True,
            check=True,
        ).stdout
        payloads = re.findall(rb'"payload":\s*"([A-Za-z0-9+/=]+)"', whole)
        decoded = b"\n".join(base64.b64decode(one) for one in payloads)
        assert evaluated.told(whole + decoded) == []
    assert b"eval.decision" in decoded


def test_no_command_prints_anything(evaluated):
    told = {
        line: evaluated.told((done.out + done.err).encode())
        for line, done in evaluated.printed.items()
    }
    assert {line: found for line, found in told.items() if found} == {}


@pytest.mark.parametrize("verdict", Verdict)
def test_nothing_that_a_forge_is_told_tells_anything(evaluated, verdict):
    found = replace(dossier.read_summary(evaluated.folder), verdict=verdict)
    text = publishing.comment_text(found, _feedback(evaluated)) + publishing.status_text(found)
    assert found.eval in text
    assert evaluated.told(text.encode()) == []


@pytest.mark.parametrize("name", ["exam.xml", "comment.md", "report.html"])
def test_what_is_handed_on_is_there_and_tells_nothing(evaluated, name):
    data = (evaluated.root / name).read_bytes()
    assert data
    assert evaluated.told(data) == []


def test_json_that_is_printed_tells_nothing_once_it_is_read(evaluated):
    for line, done in evaluated.printed.items():
        if "--json" in line:
            assert evaluated.told(repr(json.loads(done.out)).encode()) == []


def _feedback(evaluated: Told):
    return dossier.read_feedback(evaluated.folder)
