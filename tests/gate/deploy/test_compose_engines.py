"""Containers over docker and podman themselves; skipped where they cannot run one."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec import convert
from tests.gate.deploy.composing import wait_for
from tests.gate.deploy.real_engines import (
    COMPOSE,
    DOCKERFILE,
    at_work,
    held_by,
    problem_of,
    project_of,
)

from sigil.errors import DeploymentFailed
from sigil.gate.deploy import Deployment, Source, compose, deploy
from sigil.gate.deploy.compose_project import ENGINES, Project
from sigil.gate.deploy.settings import Compose
from sigil.gate.effects import Call
from sigil.gate.http.client import Http
from sigil.testing.deployers import CHECKS, Check, Subject

if TYPE_CHECKING:
    from tests.gate.deploy.conftest import Commit

SOON_S = 120.0
"""For an engine to end what was begun."""


@pytest.fixture(params=ENGINES)
def real(request: pytest.FixtureRequest, projects: list[str]) -> Iterator[str]:
    """An engine that works; nothing is left at it by a test."""
    engine = str(request.param)
    if problem := problem_of(engine):
        pytest.skip(f"{engine} cannot run a container here: {problem}")
    yield engine
    assert [held_by(engine, project) for project in projects if held_by(engine, project)] == []


@pytest.fixture
def projects(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of all projects of a test."""
    named: list[str] = []

    class Noted(Project):
        def __init__(self, engine: str, name: str, **more: Any):
            named.append(name)
            super().__init__(engine, name, **more)

    monkeypatch.setattr(compose, "Project", Noted)
    return named


Service = Callable[..., Source]


@pytest.fixture
def service(commit: Commit, tmp_path: Path) -> Service:
    """Commit a service that serves a file ``x``."""

    def committed(x: str = "x", *, compose: str = COMPOSE, more: str = "", **files: str) -> Source:
        shutil.copy(str(shutil.which("busybox")), tmp_path / "repository" / "busybox")
        texts = {"compose.yaml": compose, "Dockerfile": DOCKERFILE + more, "www/x": x}
        return commit({**texts, **{name.replace("_", "."): text for name, text in files.items()}})

    return committed


def settings(engine: str, **more: object) -> Compose:
    chosen = {"backend": "compose", "service": "web", "port": 80, "engine": engine}
    return convert({**chosen, "health": "/x", "start_s": SOON_S, **more}, Compose)


def body_of(deployment: Deployment) -> str:
    asking = Http(deployment.connect, deployment.authority, origins=deployment.origins)
    try:
        return asking.perform(Call("http", {"method": "GET", "path": "/x"}))["body"]
    finally:
        asking.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_compose_conforms(check: Check, real: str, service: Service, cache: Path):
    source = service()
    failing = settings(real, health="/nothing", start_s=5.0)
    check(
        Subject(
            make=lambda: deploy(settings(real), source, "pr", cache=cache),
            failing=lambda: deploy(failing, source, "pr", cache=cache),
            path="/x",
        )
    )


def test_both_sides_are_up_at_once_each_with_its_own(real: str, service: Service, cache: Path):
    old, new = service("old"), service("new")
    with (
        deploy(settings(real), new, "pr", cache=cache, control=old) as pr,
        deploy(settings(real), old, "baseline", cache=cache) as baseline,
    ):
        assert (body_of(pr), body_of(baseline)) == ("new", "old")


def test_the_env_file_of_the_change_is_not_read(real: str, service: Service, cache: Path):
    served = '    command: [/bin/busybox, httpd, -f, -p, "80", -h, "/${ROOT:-www}"]\n'
    source = service("x", compose=COMPOSE + served, _env="ROOT=bin\n")
    with deploy(settings(real), source, "pr", cache=cache) as deployment:
        assert body_of(deployment) == "x"


def test_a_service_that_dies_is_not_alive(
    real: str, service: Service, cache: Path, projects: list[str]
):
    with deploy(settings(real), service(), "pr", cache=cache) as deployment:
        container = f"{projects[0]}-web-1"
        subprocess.run([real, "kill", container], check=True, capture_output=True)
        wait_for(lambda: not deployment.alive)


def test_why_an_image_is_not_built_is_told_of_the_baseline(
    real: str, service: Service, cache: Path
):
    source = service(more='RUN ["/bin/busybox", "false"]\n')
    with pytest.raises(DeploymentFailed, match=r"\(.*exit (status|code:) 1\)"):
        deploy(settings(real), source, "baseline", cache=cache).start()


def test_what_a_container_printed_that_ended_is_told(real: str, service: Service, cache: Path):
    source = service(more='CMD ["/bin/busybox", "echo", "no database"]\n')
    with pytest.raises(DeploymentFailed) as failed:
        deploy(settings(real, start_s=20.0), source, "pr", cache=cache).start()
    assert failed.value.output == ("web-1  | no database",)


def test_a_port_that_is_not_published_is_told(real: str, service: Service, cache: Path):
    source = service(compose="services: {web: {build: ., stop_signal: SIGKILL}}\n")
    with pytest.raises(DeploymentFailed, match=r"port 80 of web is not published; write ports"):
        deploy(settings(real), source, "pr", cache=cache).start()


def test_an_engine_that_is_not_running_is_told(
    real: str, service: Service, cache: Path, monkeypatch: pytest.MonkeyPatch
):
    source = service()
    deployment = deploy(settings(real), source, "pr", cache=cache)
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("DOCKER_HOST", "unix:///nonexistent/engine.sock")
        with pytest.raises(DeploymentFailed, match=r"does not do its work here \(.*onnect"):
            deployment.start()


BEGUN = """
import sys
from pathlib import Path
from sigil.gate.deploy import Source, deploy
from sigil.gate.deploy.settings import Compose
settings = Compose(backend="compose", service="web", port=80, engine=sys.argv[1], health="/x")
source = Source(Path(sys.argv[2]), sys.argv[3])
with deploy(settings, source, "pr", cache=Path(sys.argv[4])):
    print("up", flush=True)
    sys.stdin.read()
"""


def begin(engine: str, source: Source, cache: Path) -> subprocess.Popen[bytes]:
    """Put a service up in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", BEGUN, engine, source.repository, str(source.commit), cache],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT], ids=lambda end: end.name)
def test_what_ends_while_an_image_is_built_leaves_nothing(
    real: str, service: Service, cache: Path, end: signal.Signals
):
    mark = f"mark-{uuid.uuid4()}"
    building = f'RUN ["/bin/busybox", "sh", "-c", "/bin/busybox sleep 20; : {mark}"]\n'
    with begin(real, service(more=building), cache) as process:
        wait_for(lambda: at_work(mark), SOON_S)
        project = project_of(process.pid)
        process.send_signal(end)
        process.wait(SOON_S)
    wait_for(lambda: not at_work(project) and not at_work(mark), SOON_S)
    assert held_by(real, project) == []


def test_what_is_killed_while_it_is_up_leaves_nothing(real: str, service: Service, cache: Path):
    with begin(real, service(), cache) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        project = project_of(process.pid)
        assert held_by(real, project) != []
        process.kill()
        process.wait(SOON_S)
    wait_for(lambda: not at_work(project), SOON_S)
    assert held_by(real, project) == []
