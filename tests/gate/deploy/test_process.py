"""Services in the sandbox: side by side, reached, told apart, and gone afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import convert
from tests.gate.deploy.conftest import SERVER

from sigil.errors import DeploymentFailed, InvalidValue, NotFound, SandboxUnavailable
from sigil.gate.deploy import Deployment, Source, deploy, process
from sigil.gate.deploy.settings import Process
from sigil.gate.effects import Call, EffectFailed
from sigil.gate.http.client import Http
from sigil.gate.telling import for_operator
from sigil.sandbox import CommandSandbox

if TYPE_CHECKING:
    from tests.gate.deploy.conftest import Commit


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch) -> Path:
    """Where deployments write: a folder of this test's own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def settings(command: str = "python server.py {port}", **more: object) -> Process:
    return convert({"backend": "process", "command": command, **more}, Process)


def get(deployment: Deployment, path: str = "/x") -> str:
    asking = Http(deployment.connect, deployment.authority, origins=deployment.origins)
    try:
        return asking.perform(Call("http", {"method": "GET", "path": path}))["body"]
    finally:
        asking.close()


def seen(deployment: Deployment) -> dict[str, object]:
    return json.loads(get(deployment))


Start = Callable[..., str]


@pytest.fixture
def problem(commit: Commit, cache: Path) -> Start:
    """Put up a program that will not be up, and return what is said of it."""

    def told(program: str = "", side: str = "baseline", **more: object) -> str:
        wanted = settings(**{"command": "python server.py {port}", "start_s": 5.0, **more})
        deployment = deploy(wanted, commit({"server.py": program}), side, cache=cache)
        with pytest.raises(DeploymentFailed) as failed:
            deployment.start()
        assert not deployment.alive
        return str(failed.value)

    return told


# --- side by side -------------------------------------------------------------------------


def test_both_sides_are_up_on_one_port_and_are_two_services(commit: Commit, cache: Path):
    old = commit({"server.py": SERVER})
    new = commit({"server.py": SERVER.replace('"path": self.path', '"path": "changed"')})
    with (
        deploy(settings(), new, "pr", cache=cache) as pr,
        deploy(settings(), old, "baseline", cache=cache) as baseline,
    ):
        assert pr.authority == baseline.authority
        assert [seen(side)["path"] for side in (pr, baseline)] == ["changed", "/x"]


def test_both_sides_may_be_started_at_once(commit: Commit, cache: Path):
    source = commit({"server.py": SERVER})
    sides = [deploy(settings(), source, side, cache=cache) for side in ("pr", "baseline")]
    with ExitStack() as stack, ThreadPoolExecutor(2) as threads:
        for side in sides:
            stack.callback(side.stop)
        list(threads.map(lambda side: side.start(), sides))
        assert [seen(side)["path"] for side in sides] == ["/x", "/x"]


def test_the_files_are_the_commits_and_not_the_folders(commit: Commit, cache: Path):
    source = commit({"server.py": SERVER.replace('"path": self.path', '"path": "committed"')})
    (source.repository / "server.py").write_text("raise SystemExit('edited')")
    with deploy(settings(), source, "pr", cache=cache) as deployment:
        assert seen(deployment)["path"] == "committed"


def test_without_a_commit_the_files_are_those_that_stand_there(commit: Commit, cache: Path):
    source = commit({"server.py": "raise SystemExit('committed')"})
    (source.repository / "server.py").write_text(SERVER)
    with deploy(settings(), Source(source.repository), "pr", cache=cache) as deployment:
        assert seen(deployment)["path"] == "/x"


def test_neither_hooks_nor_filters_nor_attributes_have_a_say(commit: Commit, cache: Path):
    source = commit({"server.py": SERVER, ".gitattributes": "* filter=wicked\n* eol=crlf\n"})
    hook = source.repository / ".git/hooks/post-checkout"
    mark = source.repository / "ran"
    hook.write_text(f"#!/bin/sh\ntouch {mark}\n")
    hook.chmod(0o755)
    for key, value in (("filter.wicked.smudge", f"touch {mark}"), ("core.autocrlf", "true")):
        subprocess.run(["git", "-C", source.repository, "config", key, value], check=True)
    with deploy(settings(), source, "pr", cache=cache) as deployment:
        assert seen(deployment)["path"] == "/x"
    assert not mark.exists()


def test_the_environment_is_what_was_declared(commit: Commit, cache: Path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "canary")
    wanted = settings("python server.py $PORT".replace("$PORT", "{port}"), env={"MODE": "exam"})
    with deploy(wanted, commit({"server.py": SERVER}), "pr", cache=cache) as deployment:
        names = ["HOME", "LANG", "MODE", "PATH", "PYTHONHASHSEED", "TZ"]
        assert seen(deployment)["env"] == names


def test_a_port_may_be_told_by_a_variable(commit: Commit, cache: Path):
    program = SERVER.replace("sys.argv[1]", "os.environ['PORT']")
    wanted = settings("python server.py", env={"PORT": "{port}"}, port=9000)
    with deploy(wanted, commit({"server.py": program}), "pr", cache=cache) as deployment:
        assert deployment.authority == "127.0.0.1:9000"
        assert seen(deployment)["path"] == "/x"


def test_a_service_on_ipv6_alone_is_reached(commit: Commit, cache: Path):
    program = SERVER.replace('("127.0.0.1",', '("::1",').replace(
        "http.server.ThreadingHTTPServer(",
        "http.server.ThreadingHTTPServer.address_family = 10\nhttp.server.ThreadingHTTPServer(",
    )
    source = commit({"server.py": program})
    with deploy(settings(health="/"), source, "pr", cache=cache) as deployment:
        assert seen(deployment)["path"] == "/x"


def test_what_was_built_is_there_when_the_service_starts(commit: Commit, cache: Path):
    build = ["python -c \"open('server.py', 'w').write(open('template').read())\""]
    source = commit({"template": SERVER})
    with deploy(settings(build=build), source, "pr", cache=cache) as deployment:
        assert seen(deployment)["path"] == "/x"


# --- what goes wrong ----------------------------------------------------------------------


def test_a_service_that_is_never_healthy_is_given_up_in_time(problem: Start):
    unhealthy = SERVER.replace("answer(200", "answer(503")
    said = problem(unhealthy, health="/healthz", start_s=1.0)
    assert "not healthy within 1 s: /healthz answers 503" in said


def test_a_service_that_listens_on_another_port_is_given_up(problem: Start):
    said = problem(SERVER, command="python server.py 9999", port=8080, start_s=1.0)
    assert "no connection (Connection refused): it listens on 9999" in said


def test_a_service_that_accepts_and_says_nothing_is_given_up(problem: Start):
    mute = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
kept = []
while True:
    kept.append(server.accept())
"""
    assert "no whole reply in time" in problem(mute, health="/", start_s=1.0)


def test_a_service_that_ends_at_once_is_told_with_its_last_line(problem: Start):
    said = problem("print('starting')\nraise SystemExit('no database\\x1b[31m')")
    assert "exited with status 1 (no database\\x1b[31m) before it was healthy" in said


def test_why_a_change_does_not_come_up_is_told_because_nobody_has_asked_it_anything(problem: Start):
    assert "(no database)" in problem("raise SystemExit('no database')", side="pr")


def test_a_change_that_can_read_folders_of_this_machine_tells_nothing(problem: Start):
    said = problem("raise SystemExit('no database')", side="pr", readable=["/usr/share"])
    assert "no database" not in said


def test_the_end_of_what_it_printed_is_told_without_what_looks_like_a_secret(
    commit: Commit, cache: Path
):
    program = """
for number in range(50):
    print("line", number)
print('api_key = "abcdefgh"')
raise SystemExit(1)
"""
    with pytest.raises(DeploymentFailed) as failed:
        deploy(settings(), commit({"server.py": program}), "pr", cache=cache).start()
    shown = for_operator(failed.value.output)
    assert shown[-2:] == ("line 49", 'api_key = "[redacted]"')
    assert len(shown) == 20


KEYS = ("AKIAIOSFODNN7EXAMPLE", "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789")


@pytest.mark.parametrize("side", ["pr", "baseline"])
def test_the_message_itself_is_without_what_looks_like_a_secret(problem: Start, side: str):
    program = f"raise SystemExit('no access with {' '.join(KEYS)}')"
    for build in ([], ["python server.py"]):
        said = problem(f"{program}  # {len(build)}", side, build=build)
        assert "(no access with [redacted] [redacted])" in said


def test_what_was_printed_is_handed_on_as_it_was(commit: Commit, cache: Path):
    """Whoever hides a value of several lines has to find it."""
    program = "print('one  \\n\\n two\\x0b')\nraise SystemExit(1)"
    with pytest.raises(DeploymentFailed) as failed:
        deploy(settings(), commit({"server.py": program}), "pr", cache=cache).start()
    assert failed.value.output == ("one  ", "", " two\x0b")


def test_a_line_whose_beginning_is_lost_is_left_out(commit: Commit, cache: Path):
    program = "print('x' * 100_000)\nprint('the end')\nraise SystemExit(1)"
    with pytest.raises(DeploymentFailed) as failed:
        deploy(settings(), commit({"server.py": program}), "pr", cache=cache).start()
    assert failed.value.output == ("the end",)


def test_what_a_change_prints_once_it_is_healthy_is_not_kept(commit: Commit, cache: Path):
    talking = "print('beginning', flush=True)\n" + SERVER.replace(
        "def do_POST", "def log_message(self, *said): print(said, flush=True)\n    def do_POST"
    )
    kept, source = {}, commit({"server.py": talking})
    for side in ("pr", "baseline"):
        with deploy(settings(), source, side, cache=cache) as deployment:
            get(deployment)
            kept[side] = "beginning" in deployment.log
    assert kept == {"pr": False, "baseline": True}


def test_a_command_that_does_not_exist_is_told(problem: Start):
    assert "no-such-server: No such file" in problem(command="no-such-server {port}")


def test_a_build_that_fails_is_told_with_its_last_line(problem: Start):
    said = problem(SERVER, build=["python -c \"raise SystemExit('no compiler')\""])
    assert "exited with status 1 (no compiler)" in said


def test_a_build_that_does_not_end_is_ended(problem: Start):
    assert "did not end in time" in problem(SERVER, build=["sleep 100"], build_s=0.5)


def test_a_build_has_no_network(problem: Start):
    reach = "import socket; socket.create_connection(('127.0.0.1', 1))"
    assert "Error" in problem(SERVER, build=[f'python -c "{reach}"'])


def test_a_service_that_ends_half_way_is_not_alive_and_answers_no_more(commit: Commit, cache: Path):
    dying = SERVER.replace("def do_POST", "def do_DELETE(self): os._exit(3)\n    def do_POST")
    with deploy(settings(), commit({"server.py": dying}), "pr", cache=cache) as deployment:
        assert deployment.alive
        asking = Http(deployment.connect, deployment.authority)
        with pytest.raises(EffectFailed):
            asking.perform(Call("http", {"method": "DELETE", "path": "/"}))
        with pytest.raises(EffectFailed):
            asking.perform(Call("http", {"method": "GET", "path": "/"}))
        for _ in range(400):  # its connections close a moment before its process is gone
            if not deployment.alive:
                return
            subprocess.run(["sleep", "0.02"], check=True)
    raise AssertionError("it is said to be alive for ever")


def test_a_service_that_daemonises_ends_with_its_command(problem: Start):
    daemon = "import os\nif os.fork(): os._exit(0)\nos.setsid()\n" + SERVER.replace(
        "http.server.Thr", "import time; time.sleep(1)\nhttp.server.Thr"
    )
    said = problem(daemon)
    assert "exited with status 0 before it was healthy" in said


def test_an_unknown_commit_is_told(commit: Commit, cache: Path):
    source = commit({"server.py": SERVER})
    with pytest.raises(NotFound, match="no commit named nope"):
        deploy(settings(), Source(source.repository, "nope"), "pr", cache=cache).start()


def test_an_unknown_interpreter_is_told(commit: Commit, cache: Path):
    source = commit({"server.py": SERVER})
    with pytest.raises(InvalidValue, match="no interpreter nope"):
        deploy(settings(python="nope"), source, "pr", cache=cache).start()


def test_without_namespaces_nothing_weaker_takes_their_place(
    commit: Commit, cache: Path, scratch: Path, monkeypatch
):
    def refused(**wanted: object) -> CommandSandbox:
        assert wanted["level"] == "L3"
        raise SandboxUnavailable("user namespaces are refused here")

    monkeypatch.setattr(process, "CommandSandbox", refused)
    deployment = deploy(settings(), commit({"server.py": SERVER}), "pr", cache=cache)
    with pytest.raises(SandboxUnavailable, match="network of its own, and user namespaces"):
        deployment.start()
    assert list(scratch.iterdir()) == []


def test_progress_tells_what_is_waited_for(commit: Commit, cache: Path):
    told: list[str] = []
    source = commit({"server.py": "import time\ntime.sleep(1.5)\n" + SERVER})
    wanted = settings(build=["true"], health="/x")
    with deploy(wanted, source, "pr", cache=cache, progress=told.append):
        pass
    assert told[:2] == ["building pr: true", "starting pr"]
    assert "waiting for /x" in told[2]


# --- nothing is left ----------------------------------------------------------------------


def test_nothing_is_left_on_the_disk(commit: Commit, cache: Path, scratch: Path):
    with deploy(settings(), commit({"server.py": SERVER}), "pr", cache=cache) as deployment:
        seen(deployment)
        assert list(scratch.iterdir())
    assert list(scratch.iterdir()) == []


def test_no_descriptor_is_left_open(commit: Commit, cache: Path):
    source = commit({"server.py": SERVER})
    with deploy(settings(), source, "pr", cache=cache):
        pass
    before = len(list(Path("/proc/self/fd").iterdir()))
    source = commit({"server.py": SERVER + "\n# another one\n"})
    with deploy(settings(), source, "pr", cache=cache):
        pass
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nothing_is_left_after_a_failure(problem: Start, scratch: Path):
    problem("raise SystemExit(1)")
    assert list(scratch.iterdir()) == []


def test_nothing_is_left_after_an_interruption(commit: Commit, cache: Path, scratch: Path):
    def interrupt(what: str) -> None:
        raise KeyboardInterrupt

    deployment = deploy(
        settings(), commit({"server.py": SERVER}), "pr", cache=cache, progress=interrupt
    )
    with pytest.raises(KeyboardInterrupt):
        deployment.start()
    assert list(scratch.iterdir()) == []


def test_stopping_twice_and_starting_again_is_fine(commit: Commit, cache: Path):
    deployment = deploy(settings(), commit({"server.py": SERVER}), "pr", cache=cache)
    for _ in range(2):
        deployment.start()
        seen(deployment)
        deployment.stop()
        deployment.stop()
    with pytest.raises(OSError):  # noqa: PT011 - refused, however it is said
        deployment.connect(1)


KILLED = """
import sys, tempfile
from pathlib import Path
from sigil.gate.deploy import Source, deploy
from sigil.gate.deploy.settings import Process
tempfile.tempdir = sys.argv[4]
settings = Process(backend="process", command=f"python server.py {{port}} {sys.argv[5]}")
source = Source(Path(sys.argv[1]), sys.argv[2])
deployment = deploy(settings, source, "pr", cache=Path(sys.argv[3]))
deployment.start()
print("up", flush=True)
sys.stdin.read()
"""
INTERRUPTED = KILLED.replace("deployment.start()", "with deployment:").replace(
    '\nprint("up", flush=True)\nsys', '\n    print("up", flush=True)\n    sys'
)


def test_at_ctrl_c_nothing_is_left(commit: Commit, cache: Path, scratch: Path):
    source = commit({"server.py": SERVER})
    mark = f"mark-{scratch.stat().st_ino}-c"
    arguments = [source.repository, str(source.commit), cache, scratch, mark]
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert alive(mark)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: every process of ours gets it
        assert process.wait(60) != 0
    assert not alive(mark)
    assert list(scratch.iterdir()) == []


def test_when_we_are_killed_the_service_ends_and_the_next_one_cleans_up(
    commit: Commit, cache: Path, scratch: Path
):
    source = commit({"server.py": SERVER})
    mark = f"mark-{scratch.stat().st_ino}"
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            KILLED,
            source.repository,
            str(source.commit),
            cache,
            scratch,
            mark,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(signal.SIGKILL)
        process.wait()
    for _ in range(200):
        if not alive(mark):
            break
        subprocess.run(["sleep", "0.05"], check=True)
    assert not alive(mark)
    with deploy(settings(), source, "pr", cache=cache):
        assert len(list(scratch.iterdir())) == 1
    assert list(scratch.iterdir()) == []


def alive(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in words and b"-c" not in words:
            return True
    return False
