"""Put a service up as a command in the sandbox.

Each side has a checkout of its own, made of the objects of its commit (no hook, filter or
attribute has a say), and user, pid, mount, network and ipc namespaces of its own. So neither side
reaches the other, this machine, what we know or the internet; and both may listen on one port.

What the change under test prints once it is healthy is dropped by the kernel: it can carry the
requests that it got. What it prints before that is kept, but not where it can read folders of this
machine. It is the operator's: nobody has asked this deployment anything by then, but an earlier one
may have left word of what it was asked, and who else reads it depends on that
(`sigil.gate.feedback`). Of the baseline a tail is kept for the operator.

Everything ends with `stop`, with this process however that ends, or when it fails to start. What
a killed process left on the disk is removed by the next deployment.

Not here: the sandbox (`sigil.sandbox`), what healthy means (`health`).
"""

from __future__ import annotations

import socket
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, Self

from sigil.errors import DeploymentFailed, SandboxUnavailable
from sigil.evaluate.interpreter import choose_python
from sigil.gate.deploy.health import End, wait_until_healthy
from sigil.gate.deploy.model import Order
from sigil.gate.deploy.printing import last_line, whole_lines
from sigil.gate.deploy.settings import PORT, Process
from sigil.printable import printable
from sigil.sandbox.base import frozen
from sigil.sandbox.checkout import Checkout, open_checkout
from sigil.sandbox.commands import CommandSandbox
from sigil.sandbox.model import CommandResult, Limits
from sigil.sandbox.overlay import overlay_holds
from sigil.sandbox.service import Ended, Service
from sigil.store.files import sweep, temporary_directory

LOG_BYTES: Final = 64 * 2**10
_SHOWN: Final = 300
_TREE: Final = "/checkout"
"""Where a service sees its files; `sigil.sandbox.inside.view`, which is not ours to import."""
_MEGABYTE: Final = 2**20
_BUILD_OUTPUT: Final = 16 * _MEGABYTE


class ProcessDeployment:
    """A service in the sandbox. See `sigil.gate.deploy.model.Deployment`.

    Args:
        order: what to put up.
        settings: of ``order``.
    """

    def __init__(self, order: Order, settings: Process):
        self._order = order
        self._settings = settings
        self._held = ExitStack()
        self._service: Service | None = None

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
    def order(self) -> Order:
        """Return what was put up."""
        return self._order

    @property
    def settings(self) -> Process:
        """Return how."""
        return self._settings

    @property
    def authority(self) -> str:
        """Return where it listens in its own network."""
        return f"127.0.0.1:{self._settings.port}"

    @property
    def origins(self) -> frozenset[str]:
        """Return its origin inside."""
        return frozenset({f"http://{self.authority}"})

    @property
    def alive(self) -> bool:
        """Return whether the command runs; what it has started in the background does not count."""
        try:
            return self._service is not None and self._service.ended() is None
        except SandboxUnavailable:
            return False  # what looks after it died, and took it along

    def failure(self) -> DeploymentFailed | None:
        """Return how it ended by itself, with what is kept of its output; None if it did not."""
        try:
            ended = self._service.ended() if self._service else None
        except SandboxUnavailable:
            return DeploymentFailed("the service ended with what looks after it")
        if ended is None or self._service is None:
            return None
        self._service.stop()  # so that all it printed has been read
        how = f"the service {_ending(ended)}"
        output = self._last_lines(self._service.tail())
        return DeploymentFailed(how, output=output, tree=_TREE, ending=how)

    @property
    def log(self) -> str:
        """Return what the baseline printed last, made printable line by line."""
        tail = self._service.tail() if self._service else b""
        lines = tail.decode(errors="replace").splitlines()
        return "\n".join(printable(line) for line in lines)

    def start(self) -> None:
        """Check out, build, start, and wait until healthy; see `Deployment.start`."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def connect(self, timeout_s: float) -> socket.socket:
        """Return a new connection; see `Deployment.connect`."""
        if self._service is None:
            raise ConnectionRefusedError("the service is not up")
        return self._service.connect(self._settings.port, timeout_s=timeout_s)

    def stop(self) -> None:
        """End every process and remove the checkout; idempotent."""
        held, self._held = self._held, ExitStack()
        held.close()
        self._service = None

    # --- starting ---------------------------------------------------------------------------

    def _start(self) -> None:
        order, settings = self._order, self._settings
        if self._service is not None:
            raise DeploymentFailed("the service is up already")
        source = order.source
        base = self._held.enter_context(
            frozen(source.repository, order.cache, commit=source.commit)
        )
        home = Path(tempfile.gettempdir())
        sweep(home)
        scratch = self._held.enter_context(temporary_directory(home))
        checkout = self._held.enter_context(
            # Never links to shared files: the service may write whatever it finds.
            open_checkout(
                base, {}, scratch=scratch, method="overlay" if overlay_holds(scratch) else "reflink"
            )
        )
        sandbox = self._held.enter_context(self._sandbox())
        self._build(sandbox, checkout)
        order.progress(f"starting {order.side}")
        self._service = self._held.enter_context(
            Service(
                sandbox,
                self._filled(settings.command),
                checkout=checkout,
                env=self.environment(),
                limits=self._limits(),
                log_bytes=LOG_BYTES if self._may_tell else 0,
            )
        )
        try:
            wait_until_healthy(
                self.connect,
                self.authority,
                settings.health,
                settings.start_s,
                over=self._over,
                progress=order.progress,
            )
        except DeploymentFailed as failed:
            self._blame(self._service, failed)
        if order.side == "pr":
            self._service.hush()

    def _sandbox(self) -> CommandSandbox:
        settings, repository = self._settings, self._order.source.repository
        try:
            return CommandSandbox(
                python=choose_python(repository, settings.python),
                readable=[Path(folder).expanduser() for folder in settings.readable],
                limits=self._limits(),
                level="L3",
                warm=False,
            )
        except SandboxUnavailable as missing:
            raise SandboxUnavailable(
                f"a service needs a network of its own, and {missing.problem}",
                remedy="allow user namespaces, or use backend: compose or external",
            ) from missing

    def _build(self, sandbox: CommandSandbox, checkout: Checkout) -> None:
        for command in self._settings.build:
            self._order.progress(f"building {self._order.side}: {printable(command, 80)}")
            result = sandbox.run(
                self._filled(command),
                checkout=checkout,
                env=self.environment(),
                limits=self._limits(wall_s=self._settings.build_s),
            )
            if result.exit_code != 0:
                output = self._last_lines(result.stderr or result.stdout)
                raise DeploymentFailed(
                    f"the build command {printable(command, 80)} {_how(result)}{last_line(output)}",
                    output=output,
                    tree=_TREE,
                    ending=f"the build {_how(result)}",
                )

    def _limits(self, wall_s: float = 1.0) -> Limits:
        settings = self._settings
        return Limits(
            wall_s=wall_s,
            memory_bytes=settings.memory_mb * _MEGABYTE,
            output_bytes=_BUILD_OUTPUT,
            processes=settings.processes,
            file_bytes=settings.file_mb * _MEGABYTE,
        )

    def _filled(self, text: str) -> str:
        return text.replace(PORT, str(self._settings.port))

    def environment(self) -> dict[str, str]:
        """Return the variables that its settings give it."""
        return {name: self._filled(value) for name, value in self._settings.env.items()}

    def _over(self, wait_s: float) -> End | None:
        """Return how the service ended, if it did within so many seconds.

        Raises:
            DeploymentFailed: there was no program to start.
        """
        ended = self._service.ended(wait_s) if self._service else None
        if ended is None or self._service is None:
            return None
        self._service.stop()  # so that all it printed has been read
        if ended.ending == "missing":
            raise DeploymentFailed(
                f"its command starts no program ({printable(ended.reason, _SHOWN)})",
                remedy="name one that is there, where the sandbox sees it",
                ending="its command starts no program",
            )
        said = last_line(self._last_lines(self._service.tail()))
        return End(_ending(ended), said)

    def _blame(self, service: Service, failed: DeploymentFailed) -> NoReturn:
        """Say what it printed, and whether it listens on other ports than on the one asked."""
        ports, output = service.ports(), self._last_lines(service.tail())
        problem, remedy = failed.problem, failed.remedy
        if ports and self._settings.port not in ports:
            problem = f"{problem}: it listens on {', '.join(map(str, ports))}"
            remedy = f"have it listen on {PORT}, which is {self._settings.port}, or set port"
        raise DeploymentFailed(
            problem, remedy=remedy, output=output, tree=_TREE, ending=failed.ending
        ) from failed

    @property
    def _may_tell(self) -> bool:
        """Whether its output is kept at all: a change could print what the folders hold."""
        return self._order.side == "baseline" or not self._settings.readable

    def _last_lines(self, output: bytes) -> tuple[str, ...]:
        """Return the end of an output, if it may be told at all."""
        return whole_lines(output, LOG_BYTES) if self._may_tell else ()


def _how(result: CommandResult) -> str:
    return {
        "exited": f"exited with status {result.exit_code}",
        "missing": "does not exist",
        "timeout": "did not end in time",
        "memory": "ran out of memory",
        "flood": "printed or wrote too much",
        "signalled": "was killed by a signal",
    }[result.ending]


def _ending(ended: Ended) -> str:
    return {
        "exited": f"exited with status {ended.code}",
        "missing": "does not exist",
        "memory": "ran out of memory",
        "disk": "filled the disk",
        "signalled": f"was killed by signal {ended.code}",
    }[ended.ending]
