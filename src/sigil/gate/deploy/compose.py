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
the compose file's doing. Not tried against an engine here: see `docs/deployments.md`.

Not here: what a compose file lets containers see (`compose_file`), a service in our own sandbox
(`process`).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sigil.effects import random_bytes
from sigil.errors import DependencyMissing, DeploymentFailed, InvalidValue, NotFound, Where
from sigil.gate.deploy.compose_file import (
    fields_reaching_out,
    sees_only_its_own,
    takes_in_the_project,
)
from sigil.gate.deploy.health import wait_until_healthy
from sigil.gate.deploy.model import Order
from sigil.gate.deploy.printing import last_line, output_of, whole_lines
from sigil.gate.deploy.settings import Compose
from sigil.printable import printable
from sigil.sandbox.base import frozen
from sigil.store.documents import parse_document
from sigil.store.files import sweep, temporary_directory

ENGINES: Final = ("docker", "podman")
_PASSED: Final = ("DOCKER_", "CONTAINER", "XDG_", "PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR")
"""What of our environment an engine needs to find its daemon, by first letters."""
_LOOK_S: Final = 30.0
_DOWN_S: Final = 120.0
_LOG_BYTES: Final = 64 * 2**10
_LOGS: Final = ("logs", "--no-color", "--tail", "200")
_LOGS_S: Final = 10.0
_UP: Final = ("up", "--detach", "--build", "--wait")
_DOWN: Final = ("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "2")
_WAIT_THEN_RUN: Final = 'read -r _; exec "$0" "$@"'
"""For a shell: run a command once nobody holds the other end of our stdin."""
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
        self._command: list[str] = []
        self._project = ""
        self._ender: subprocess.Popen[bytes] | None = None
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
        if self._address is None:
            return False
        try:
            running = self._ask("ps", "--services", "--status", "running")
        except DeploymentFailed:
            return False
        return self._settings.service in running.split()

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
        ender, self._ender = self._ender, None
        held, self._held = self._held, ExitStack()
        with held:
            if ender is not None:
                self._end(ender)

    # --- starting ---------------------------------------------------------------------------

    def _start(self) -> None:
        order, settings = self._order, self._settings
        if self._ender is not None:
            raise DeploymentFailed("the service is up already")
        engine = self._engine()
        home = Path(tempfile.gettempdir())
        sweep(home)
        scratch = self._held.enter_context(temporary_directory(home))
        file = self._compose_file(scratch)
        tree = self._tree(scratch)
        (scratch / "empty").touch()  # instead of the .env of the change under test
        self._project = f"sigil-{order.side}-{random_bytes(6).hex()}"
        self._command = [
            engine, "compose", "--file", str(file), "--project-directory", str(tree),
            "--project-name", self._project, "--env-file", str(scratch / "empty"),
        ]  # fmt: skip
        self._ender = self._wait_for_our_end()
        order.progress(f"starting {order.side}: {Path(engine).name} compose up")
        try:
            self._up(scratch / "up.log")
            self._address = self._find_port()
            wait_until_healthy(
                self.connect,
                self.authority,
                settings.health,
                settings.start_s,
                progress=order.progress,
            )
        except DeploymentFailed as failed:
            raise DeploymentFailed(
                failed.problem,
                remedy=failed.remedy,
                output=self._printed(),
                tree=str(tree),
                ending=failed.ending,
            ) from failed

    def _engine(self) -> str:
        wanted = (self._settings.engine,) if self._settings.engine else ENGINES
        for name in wanted:
            if (found := shutil.which(name)) is not None:
                return found
        raise DependencyMissing(
            f"{' or '.join(wanted)} is not installed", remedy="install it, or use another backend"
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
        for field in fields_reaching_out(document.data):
            raise InvalidValue(
                "takes in a file of the change under test",
                where=document.where(field),
                remedy="write what it holds into the compose file itself",
            )
        if not takes_in_the_project(document.data):
            raise InvalidValue(
                "no service builds or mounts anything of the repository, so every change is alike",
                where=document.where("services"),
                remedy="write build: . for what is under test, or use backend: external",
            )
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
        shutil.copytree(base.path, tree, symlinks=True)
        for link in sorted(path for path in tree.rglob("*") if path.is_symlink()):
            if not link.resolve().is_relative_to(tree.resolve()):
                raise DeploymentFailed(
                    "a symbolic link leads out of the repository, and an engine would follow it",
                    where=Where(printable(str(link.relative_to(tree)))),
                )
        return tree

    def _up(self, log: Path) -> None:
        seconds = max(1, int(self._settings.start_s))
        with log.open("wb") as output:
            process = subprocess.Popen(
                [*self._command, *_UP, "--wait-timeout", str(seconds)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=output if self._order.side == "baseline" else subprocess.DEVNULL,
                env=self._environment(),
                start_new_session=True,
            )
        try:
            status = process.wait(self._settings.start_s)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                late = f"not up within {self._settings.start_s:g} s"
                raise DeploymentFailed(late, remedy="give more start_s", ending=late) from None
            raise
        if status != 0:
            ended = f"compose up exited with status {status}"
            raise DeploymentFailed(f"{ended}{_said(log)}", ending=ended)

    def _find_port(self) -> tuple[str, int]:
        told = self._ask("port", self._settings.service, str(self._settings.port))
        host, _, port = (told.splitlines() or [""])[0].strip().rpartition(":")
        if not port.isdigit() or not 0 < int(port) < 2**16:
            raise DeploymentFailed(
                f"port {self._settings.port} of {self._settings.service} is not published",
                remedy=f'write ports: ["127.0.0.1::{self._settings.port}"] in the compose file',
            )
        return _ANYWHERE.get(host, host.strip("[]")), int(port)

    def _published(self) -> tuple[str, int]:
        if self._address is None:
            raise DeploymentFailed("a service that was not started has no address")
        return self._address

    # --- the engine -------------------------------------------------------------------------

    def _environment(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if name.startswith(_PASSED)}
        return {**ours, **self._settings.env}

    def _ask(self, *words: str) -> str:
        try:
            return subprocess.run(
                [*self._command, *words],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self._environment(),
                timeout=_LOOK_S,
                check=True,
            ).stdout.decode(errors="replace")
        except (OSError, subprocess.SubprocessError) as error:
            raise DeploymentFailed(f"compose {words[0]} failed ({type(error).__name__})") from error

    def _printed(self) -> tuple[str, ...]:
        """Return the end of what the containers printed; nothing where the engine does not say."""
        if not self._may_tell:
            return ()
        try:
            words = [*self._command, *_LOGS]
            output = output_of(words, self._environment(), room=_LOG_BYTES, seconds=_LOGS_S)
        except OSError:
            return ()
        return whole_lines(output, _LOG_BYTES)

    def _wait_for_our_end(self) -> subprocess.Popen[bytes]:
        """Start what takes the project down once our end of its stdin is closed, by whomever."""
        return subprocess.Popen(
            ["/bin/sh", "-c", _WAIT_THEN_RUN, *self._command, *_DOWN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._environment(),
            cwd="/",
            start_new_session=True,  # Ctrl-C is for us, and this is what we do about it
        )

    def _end(self, ender: subprocess.Popen[bytes]) -> None:
        if ender.stdin is not None:
            ender.stdin.close()
        try:
            status = ender.wait(_DOWN_S)
        except subprocess.TimeoutExpired:
            status = None  # and left running: it may yet succeed
        if status != 0:
            raise DeploymentFailed(
                f"the containers of {self._project} could not be removed",
                remedy=f"{Path(self._command[0]).name} compose -p {self._project} down --volumes",
            )


def _said(log: Path) -> str:
    return last_line(whole_lines(log.read_bytes(), _LOG_BYTES))
