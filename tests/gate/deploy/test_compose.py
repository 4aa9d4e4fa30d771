"""Containers, over a small engine that keeps state and runs real processes."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from msgspec import convert
from tests.gate.deploy.composing import Engine, compose_file, wait_for
from tests.gate.deploy.conftest import SERVER

from sigil.errors import (
    DependencyMissing,
    DeploymentFailed,
    InvalidValue,
    MalformedDocument,
    NotFound,
)
from sigil.gate.deploy import Deployment, Source, compose, compose_project, deploy
from sigil.gate.deploy.settings import Compose
from sigil.gate.effects import Call
from sigil.gate.http.client import Http
from sigil.gate.model import SideName

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.gate.deploy.conftest import Commit


def settings(**more: object) -> Compose:
    return convert({"backend": "compose", "service": "web", "port": 80, **more}, Compose)


def path_seen(deployment: Deployment) -> str:
    asking = Http(deployment.connect, deployment.authority, origins=deployment.origins)
    try:
        return json.loads(asking.perform(Call("http", {"method": "GET", "path": "/x"}))["body"])[
            "path"
        ]
    finally:
        asking.close()


def test_a_service_is_put_up_asked_and_taken_down(engine: Engine, commit: Commit, cache: Path):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    with deploy(settings(), source, "pr", cache=cache) as deployment:
        assert path_seen(deployment) == "/x"
        assert deployment.alive
        assert deployment.origins == {f"http://{deployment.authority}"}
    assert engine.verbs() == ["ps", "up", "port", "ps", "down"]
    assert engine.projects() == []
    assert not deployment.alive


def test_each_deployment_is_a_project_of_its_own(engine: Engine, commit: Commit, cache: Path):
    one = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    other = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    with (
        deploy(settings(), one, "pr", cache=cache),
        deploy(settings(), other, "baseline", cache=cache),
    ):
        assert [name.split("-")[1] for name in engine.projects()] == ["baseline", "pr"]


def test_a_file_has_another_time_in_each_build(engine: Engine, commit: Commit, cache: Path):
    """Else an engine may take it for that of the build before, whatever it holds."""
    server = SERVER.replace("self.path,", 'os.stat("server.py").st_mtime_ns,')
    source = commit({"server.py": server, "compose.yaml": compose_file()})
    times: set[str] = set()
    for _ in range(2):
        with deploy(settings(), source, "pr", cache=cache) as deployment:
            times.add(path_seen(deployment))
    assert len(times) == 2


def test_the_compose_file_is_the_control_revisions(engine: Engine, commit: Commit, cache: Path):
    control = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    wicked = compose_file(privileged=True, platform="broken")
    change = commit(
        {"server.py": SERVER.replace("self.path,", '"changed",'), "compose.yaml": wicked}
    )
    with deploy(settings(), change, "pr", cache=cache, control=control) as deployment:
        assert path_seen(deployment) == "changed"


def test_the_env_file_of_the_change_is_not_read(engine: Engine, commit: Commit, cache: Path):
    files = {"server.py": SERVER, "compose.yaml": compose_file(), ".env": "HOST_FOLDER=/"}
    with deploy(settings(), commit(files), "pr", cache=cache):
        up = engine.calls()[0]["argv"]
    assert Path(up[up.index("--env-file") + 1]).name == "empty"


def test_the_engine_is_told_what_was_declared_and_nothing_of_ours(
    engine: Engine, commit: Commit, cache: Path, monkeypatch
):
    monkeypatch.setenv("SECRET_OF_OURS", "canary")
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    with deploy(settings(env={"TAG": "v1"}), source, "pr", cache=cache):
        pass
    assert all("SECRET_OF_OURS" not in call["env"] for call in engine.calls())
    assert engine.calls()[0]["env"]["TAG"] == "v1"


@pytest.mark.parametrize(
    ("text", "error", "said"),
    [
        ("include: [other.yaml]\nservices: {web: {}}\n", InvalidValue, "compose.yaml:1: include"),
        (
            "services:\n  web:\n    build: .\n    image: app\n",
            InvalidValue,
            "compose.yaml:4: services.web.image: what is built would have one name",
        ),
        (
            "services:\n  web:\n    extends: {file: other.yaml, service: x}\n",
            InvalidValue,
            "compose.yaml:3: services.web.extends",
        ),
        ("services: {other: {}}\n", InvalidValue, "there is no service web"),
        ("services:\n  web: {image: app}\n", InvalidValue, "compose.yaml:1: services: no service"),
        ("services: [\n", MalformedDocument, "compose.yaml:"),
    ],
)
def test_a_compose_file_that_will_not_do_is_told_by_its_line(
    engine: Engine, commit: Commit, cache: Path, text: str, error: type[Exception], said: str
):
    with pytest.raises(error, match=said):
        deploy(settings(), commit({"compose.yaml": text}), "pr", cache=cache).start()
    assert engine.calls() == []


def test_a_missing_compose_file_is_told(engine: Engine, commit: Commit, cache: Path):
    with pytest.raises(NotFound, match=r"deploy/compose\.yaml"):
        deploy(settings(file="deploy/compose.yaml"), commit({"a": "b"}), "pr", cache=cache).start()


def test_a_link_out_of_the_repository_is_refused(engine: Engine, commit: Commit, cache: Path):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    (source.repository / "data").symlink_to("/etc")
    linked = commit({})
    with pytest.raises(DeploymentFailed, match="data: a symbolic link leads out"):
        deploy(settings(), linked, "pr", cache=cache).start()
    assert engine.calls() == []


def test_what_failed_to_come_up_is_taken_down_too(engine: Engine, commit: Commit, cache: Path):
    source = commit({"compose.yaml": compose_file(platform="broken")})
    with pytest.raises(DeploymentFailed, match=r"status 1 \(pull access denied for broken\)"):
        deploy(settings(), source, "baseline", cache=cache).start()
    assert engine.verbs() == ["ps", "up", "logs", "down"]
    assert engine.projects() == []


def test_what_the_change_prints_while_it_is_built_is_not_shown(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"compose.yaml": compose_file(platform="broken")})
    with pytest.raises(DeploymentFailed) as failed:
        deploy(settings(), source, "pr", cache=cache).start()
    assert "denied" not in str(failed.value)


ENDING = "import sys\nprint('no database at', sys.argv[1])\nraise SystemExit('gone')\n"


def failing(commit: Commit, **service: object) -> Source:
    return commit({"server.py": ENDING, "compose.yaml": compose_file(**service)})


@pytest.fixture
def failure(engine: Engine, cache: Path) -> Callable[..., DeploymentFailed]:
    """Fail to put a service up; return the error."""

    def fail(source: Source, side: SideName = "pr") -> DeploymentFailed:
        with pytest.raises(DeploymentFailed) as failed:
            deploy(settings(start_s=3.0, health="/x"), source, side, cache=cache).start()
        assert engine.projects() == []
        return failed.value

    return fail


@pytest.mark.parametrize("side", ["pr", "baseline"])
def test_why_containers_do_not_come_up_is_told(
    engine: Engine, commit: Commit, failure: Callable[..., DeploymentFailed], side: SideName
):
    failed = failure(failing(commit), side)
    assert "not healthy within" in failed.problem
    assert [line[:21] for line in failed.output] == ["web-1  | no database ", "web-1  | gone"]
    assert engine.verbs() == ["ps", "up", "port", "logs", "down"]


@pytest.mark.parametrize(
    "window",
    [
        {"volumes": ["/var/lib:/data"]},
        {"volumes": ["./../x:/data"]},
        {"volumes": ["~/x:/data"]},
        {"volumes": ["$HOME:/data"]},
        {"volumes": [{"type": "bind", "source": "/", "target": "/h"}]},
        {"env_file": ["secret.env"]},
        {"privileged": True},
    ],
)
def test_a_change_whose_containers_may_see_this_machine_tells_nothing(
    engine: Engine,
    commit: Commit,
    failure: Callable[..., DeploymentFailed],
    window: dict[str, object],
):
    assert failure(failing(commit, **window)).output == ()
    assert "logs" not in engine.verbs()
    assert failure(failing(commit, **window), "baseline").output != ()


def test_a_volume_of_its_own_keeps_nobody_from_telling(
    engine: Engine, commit: Commit, failure: Callable[..., DeploymentFailed]
):
    volumes = ["data:/data", "./src:/app", "/cache", {"type": "tmpfs", "target": "/run"}]
    assert failure(failing(commit, volumes=volumes)).output != ()


def test_containers_that_print_for_ever_are_heard_for_a_bounded_time_and_length(
    engine: Engine, commit: Commit, failure: Callable[..., DeploymentFailed], monkeypatch
):
    monkeypatch.setattr(compose, "_LOGS_S", 1.0)
    (engine.folder / "flood").touch()
    output = failure(failing(commit)).output
    assert set(output) == {"for ever"}
    assert sum(map(len, output)) < 2**16


def test_an_engine_that_does_not_say_what_was_printed_is_not_waited_for(
    engine: Engine, commit: Commit, failure: Callable[..., DeploymentFailed], monkeypatch
):
    monkeypatch.setattr(compose, "_LOGS_S", 0.2)
    (engine.folder / "mute").touch()
    assert failure(failing(commit)).output == ()


def test_nobody_asks_what_containers_print_that_came_up(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    with deploy(settings(), source, "pr", cache=cache) as deployment:
        path_seen(deployment)
    assert "logs" not in engine.verbs()


def test_what_never_comes_up_is_ended_in_time(engine: Engine, commit: Commit, cache: Path):
    source = commit({"compose.yaml": compose_file(platform="endless")})
    with pytest.raises(DeploymentFailed, match="not up within 1 s"):
        deploy(settings(start_s=1.0), source, "pr", cache=cache).start()
    assert engine.projects() == []


def test_a_port_that_is_not_published_is_told(engine: Engine, commit: Commit, cache: Path):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    with pytest.raises(DeploymentFailed, match=r"port 81 of web is not published; write ports"):
        deploy(settings(port=81), source, "pr", cache=cache).start()
    assert engine.projects() == []


def test_containers_that_will_not_go_are_told_with_the_command_that_removes_them(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    deployment = deploy(settings(), source, "pr", cache=cache)
    deployment.start()
    (engine.folder / "stuck").touch()
    with pytest.raises(DeploymentFailed, match=r"docker compose -p sigil-pr-.* down --volumes"):
        deployment.stop()
    (engine.folder / "stuck").unlink()
    (project,) = engine.projects()
    subprocess.run(
        [engine.folder / "docker", "compose", "--project-name", project, "down", "--volumes",
         "--remove-orphans"], check=True,
    )  # fmt: skip


KILLED = """
import sys
from pathlib import Path
from sigil.gate.deploy import Source, deploy
from sigil.gate.deploy.settings import Compose
settings = Compose(backend="compose", service="web", port=80)
source = Source(Path(sys.argv[1]), sys.argv[2])
deployment = deploy(settings, source, "pr", cache=Path(sys.argv[3]))
deployment.start()
print("up", flush=True)
sys.stdin.read()
"""


def pulling(engine: Engine) -> str:
    """Return the process that brings up what never comes up, once it does."""
    return "".join(path.read_text() for path in engine.folder.glob("sigil-*/pulling"))


def test_containers_end_when_we_are_killed(engine: Engine, commit: Commit, cache: Path):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    assert source.commit is not None
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, source.repository, source.commit, cache],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        assert len(engine.projects()) == 1
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_for(lambda: not engine.projects())


def test_at_ctrl_c_while_it_comes_up_all_is_taken_down(engine: Engine, commit: Commit, cache: Path):
    source = commit({"compose.yaml": compose_file(platform="endless")})
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, source.repository, str(source.commit), cache],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        wait_for(lambda: pulling(engine))
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) != 0
    assert engine.projects() == []
    assert engine.verbs() == ["ps", "up", "down", "down"]


def test_what_was_killed_under_way_is_not_brought_up_after_all(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file(platform="endless")})
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, source.repository, str(source.commit), cache],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as process:
        wait_for(lambda: pulling(engine))
        group = os.getpgid(int(pulling(engine)))
        process.send_signal(signal.SIGKILL)
    wait_for(lambda: engine.verbs()[-2:] == ["down", "down"])
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_an_engine_that_does_not_answer_is_told_in_its_words(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    (engine.folder / "dead").touch()
    with pytest.raises(DeploymentFailed, match=r"work here \(Cannot connect to the daemon\)"):
        deploy(settings(), source, "pr", cache=cache).start()
    assert engine.verbs() == ["ps", "version"]


def test_an_engine_without_compose_is_told_with_a_remedy(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    (engine.folder / "dead").touch()
    (engine.folder / "none").touch()
    with pytest.raises(DependencyMissing, match="docker has no compose; install Compose 2"):
        deploy(settings(), source, "pr", cache=cache).start()


def test_what_builds_and_what_is_healthy_share_one_time(
    engine: Engine, commit: Commit, cache: Path
):
    source = commit({"server.py": ENDING, "compose.yaml": compose_file(platform="slow")})
    with pytest.raises(DeploymentFailed, match=r"not healthy within [12](\.\d+)? s"):
        deploy(settings(start_s=3.0, health="/x"), source, "pr", cache=cache).start()


def test_without_an_engine_the_remedy_is_told(commit: Commit, cache: Path, monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent")
    deployment = deploy(settings(), Source(Path("/nonexistent")), "pr", cache=cache)
    with pytest.raises(DependencyMissing, match="docker or podman is not installed"):
        deployment.start()


def test_an_engine_that_hangs_is_killed_with_what_it_calls(
    engine: Engine, commit: Commit, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    alive = tmp_path / "alive"
    os.mkfifo(alive)
    program = engine.folder / "docker"
    program.unlink()
    program.write_text(f"#!/bin/sh\necho begun >{alive}\nsleep 300 >{alive} &\nwait\n")
    program.chmod(0o755)
    monkeypatch.setattr(compose_project, "_LOOK_S", 1.0)
    source = commit({"server.py": SERVER, "compose.yaml": compose_file()})
    heard = os.open(alive, os.O_RDWR)
    with (
        pytest.raises(DeploymentFailed, match="does not answer within 1 s; see whether its engine"),
        deploy(settings(), source, "pr", cache=cache),
    ):
        pass
    reading = os.open(alive, os.O_RDONLY)
    os.close(heard)  # from here on the pipe has an end, unless somebody of the engine lives
    assert os.read(reading, 100) == b"begun\n"
    assert select.select([reading], [], [], 30)[0]
    assert os.read(reading, 100) == b""
    os.close(reading)
