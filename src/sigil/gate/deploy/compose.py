"""Put a service up as containers, by ``docker compose`` or ``podman compose``.

The compose file is the control revision's: who writes one can mount this machine's disk, so the
change under test gets no say in it, nor do files that it would include. The rest of the project's
folder is the side's own, without links that lead out of it. Each deployment is a project of its
own name.

The containers are ended by a process of its own, which waits for the end of this one: so they are
ended even if this one is killed.

Why it did not come up the containers may say, as a command in the sandbox may: their output is
asked of the engine before anything of an exam has reached them, and never after. Not where the
compose file lets them read this machine. Who reads it is decided as for a command (`process`).

How well the containers are isolated from each other, from this machine and from the internet is
the compose file's doing. What it was run against stands in `docs/deployments.md`.

Not here: what the engine is asked (`compose_project`), what a compose file lets containers see
(`compose_file`), a service in our own sandbox (`process`).
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sigil.effects import SYSTEM_CLOCK, random_bytes
from sigil.errors import DeploymentFailed, InvalidValue, NotFound, Where
from sigil.gate.deploy.compose_file import (
    fields_naming_what_is_built,
    fields_reaching_out,
    sees_only_its_own,
    takes_in_the_project,
)
from sigil.gate.deploy.compose_project import Project, engine_here
from sigil.gate.deploy.health import wait_until_healthy
from sigil.gate.deploy.model import Order
from sigil.gate.deploy.settings import Compose
from sigil.printable import printable
from sigil.sandbox.base import frozen
from sigil.store.documents import Document, parse_document
from sigil.store.files import open_temporary_directory, remove_tree, sweep

_LOGS_S: Final = 10.0
_SECOND_NS: Final = 10**9
_ANYWHERE: Final = {"0.0.0.0": "127.0.0.1", "[::]": "::1", "": "127.0.0.1"}  # noqa: S104 - read, not bound


class ComposeDeployment:
    """Containers. See `sigil.gate.deploy.model.Deployment`.

    Args:
        order: what to put up.
        settings: of ``order``.
    """

    def __init__(self, order: Order, settings: Compose):
        self._order = order
        self._settings = settings
        self._held = ExitStack()
        self._project: Project | None = None
        self._address: tuple[str, int] | None = None
        self._may_tell = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def authority(self) -> str:
        """Return where its port is published."""
        host, port = self._published()
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def origins(self) -> frozenset[str]:
        """Return its only origin."""
        return frozenset({f"http://{self.authority}"})

    @property
    def alive(self) -> bool:
        """Return whether the engine says that the service runs."""
        if self._address is None or self._project is None:
            return False
        return self._project.runs(self._settings.service)

    def start(self) -> None:
        """Build and start the containers, and wait until they are healthy."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def connect(self, timeout_s: float) -> socket.socket:
        """Return a new connection; see `Deployment.connect`."""
        if self._address is None:
            raise ConnectionRefusedError("the service is not up")
        return socket.create_connection(self._address, timeout=timeout_s)

    def stop(self) -> None:
        """Remove containers, networks, volumes and what was built; idempotent.

        Raises:
            DeploymentFailed: the engine did not do it.
        """
        self._address = None
        project, self._project = self._project, None
        held, self._held = self._held, ExitStack()
        with held:
            if project is not None:
                project.end()

    # --- starting ---------------------------------------------------------------------------

    def _start(self) -> None:
        order, settings = self._order, self._settings
        if self._project is not None:
            raise DeploymentFailed("the service is up already")
        engine = engine_here(settings.engine)
        home = Path(tempfile.gettempdir())
        sweep(home)
        scratch, lock = self._held.enter_context(_scratch(home))
        file = self._compose_file(scratch)
        tree = self._tree(scratch)
        empty = scratch / "empty"  # instead of the .env of the change under test
        empty.touch()
        name = f"sigil-{order.side}-{random_bytes(6).hex()}"
        project = Project(engine, name, file=file, tree=tree, empty=empty, env=settings.env)
        self._project = project
        project.begin(lock)
        order.progress(f"starting {order.side}: {project.engine} compose up")
        try:
            self._come_up(project, scratch / "up.log")
        except DeploymentFailed as failed:
            raise DeploymentFailed(
                failed.problem,
                remedy=failed.remedy,
                output=project.printed(_LOGS_S) if self._may_tell else (),
                tree=str(tree),
                ending=failed.ending,
            ) from failed

    def _come_up(self, project: Project, log: Path) -> None:
        order, settings = self._order, self._settings
        start = SYSTEM_CLOCK.monotonic_ns()
        project.up(settings.start_s, log, is_heard=order.side == "baseline")
        self._address = self._find_port(project)
        taken = (SYSTEM_CLOCK.monotonic_ns() - start) / 1e9
        wait_until_healthy(
            self.connect,
            self.authority,
            settings.health,
            max(round(settings.start_s - taken, 1), 1.0),
            progress=order.progress,
        )

    def _compose_file(self, scratch: Path) -> Path:
        """Write the control revision's compose file; return its path."""
        control = self._order.control or self._order.source
        base = self._held.enter_context(
            frozen(control.repository, self._order.cache, commit=control.commit)
        )
        name = self._settings.file
        file = base.path / name
        if file.is_symlink() or not file.is_file():
            raise NotFound(
                "there is no such compose file in the control revision",
                where=Where(name),
                remedy="set file: of the deploy section",
            )
        document = parse_document(file.read_bytes(), name)
        services = document.data.get("services")
        if not isinstance(services, dict) or self._settings.service not in services:
            raise InvalidValue(
                f"there is no service {self._settings.service}", where=document.where("services")
            )
        _refuse(document)
        self._may_tell = self._order.side == "baseline" or sees_only_its_own(
            document.data, self._settings.env
        )
        target = scratch / "compose.yaml"
        target.write_bytes(document.raw)
        return target

    def _tree(self, scratch: Path) -> Path:
        """Copy the side's files; return the folder."""
        source = self._order.source
        base = self._held.enter_context(
            frozen(source.repository, self._order.cache, commit=source.commit)
        )
        tree = scratch / "tree"
        mark_ns = int.from_bytes(random_bytes(8)) % _SECOND_NS
        shutil.copytree(base.path, tree, symlinks=True, copy_function=_marked_copy(mark_ns))
        for link in sorted(path for path in tree.rglob("*") if path.is_symlink()):
            if not link.resolve().is_relative_to(tree.resolve()):
                raise DeploymentFailed(
                    "a symbolic link leads out of the repository, and an engine would follow it",
                    where=Where(printable(str(link.relative_to(tree)))),
                )
        return tree

    def _find_port(self, project: Project) -> tuple[str, int]:
        settings = self._settings
        told = project.published(settings.service, settings.port) or ""
        host, _, port = told.rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 2**16:
            raise DeploymentFailed(
                f"port {settings.port} of {settings.service} is not published",
                remedy=f'write ports: ["127.0.0.1::{settings.port}"] in the compose file',
            )
        return _ANYWHERE.get(host, host.strip("[]")), int(port)

    def _published(self) -> tuple[str, int]:
        if self._address is None:
            raise DeploymentFailed("a service that was not started has no address")
        return self._address


def _refuse(document: Document) -> None:
    """Refuse a compose file under which the two sides would not be two.

    Raises:
        InvalidValue: with the line of the field.
    """
    for field in fields_reaching_out(document.data):
        raise InvalidValue(
            "takes in a file of the change under test",
            where=document.where(field),
            remedy="write what it holds into the compose file itself",
        )
    for field in fields_naming_what_is_built(document.data):
        raise InvalidValue(
            "what is built would have one name on both sides, so either could run the other's",
            where=document.where(field),
            remedy="leave it out, so that each side's image has a name of its own",
        )
    if not takes_in_the_project(document.data):
        raise InvalidValue(
            "no service builds or mounts anything of the repository, so every change is alike",
            where=document.where("services"),
            remedy="write build: . for what is under test, or use backend: external",
        )


def _marked_copy(mark_ns: int) -> Callable[[str, str], object]:
    """Return a copy of files that have a time of their own, below one second.

    BuildKit takes a file whose path, size and time are those of the build before for that one, and
    does not look at what it holds: so the baseline would be built of files of the change.
    """

    def copy(source: str, target: str) -> str:
        shutil.copy2(source, target)
        seconds = Path(target).stat().st_mtime_ns // _SECOND_NS * _SECOND_NS
        os.utime(target, ns=(seconds + mark_ns, seconds + mark_ns))
        return target

    return copy


@contextmanager
def _scratch(home: Path) -> Generator[tuple[Path, int]]:
    """Make a folder that is gone at the end; with the descriptor that keeps others off it."""
    path, lock = open_temporary_directory(home)
    try:
        yield path, lock
    finally:
        with suppress(OSError):
            remove_tree(path)
        os.close(lock)
