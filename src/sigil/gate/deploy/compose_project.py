"""One project of ``docker compose`` or ``podman compose``, and the end of it, whoever dies before.

A process of its own waits for the end of this one, and then takes the project down. It knows which
command is under way and kills that before: else the engine would go on building, and start
containers after they were removed.

Not here: the files that the project is made of, and whether the service is healthy (`compose`).
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from sigil.errors import DependencyMissing, DeploymentFailed
from sigil.gate.deploy.printing import last_line, output_of, whole_lines

ENGINES: Final = ("docker", "podman")
_PASSED: Final = (
    "DOCKER_", "CONTAINER", "PODMAN_", "XDG_", "PATH", "HOME", "SSH_AUTH_SOCK", "TMPDIR",
)  # fmt: skip
"""What of our environment an engine needs to find its daemon, by first letters."""
_LOOK_S: Final = 30.0
_DOWN_S: Final = 120.0
_LOG_BYTES: Final = 64 * 2**10
_LOGS: Final = ("logs", "--no-color", "--tail", "200")
_RUNNING: Final = ("ps", "--services", "--status", "running")
_UP: Final = ("up", "--detach", "--build", "--wait")
_DOWN: Final = ("down", "--volumes", "--remove-orphans", "--rmi", "local", "--timeout", "2")
_ERASE: Final = "\x1b[2K"
"""Compose writes it before each line of a log, also where there is no terminal."""
_WRAPPED: Final = re.compile(r"Error: executing .*: exit status \d+")
"""Podman's word about the program that it calls, after that program's own."""
_WHEN_TOLD: Final = 'read -r _ && exec "$0" "$@" </dev/null'
"""For a shell: run a command once a line comes, and never if none does."""
_UNDER_WAY: Final = "cut"
_OVER: Final = "over"
_WAIT_THEN_RUN: Final = f"""
last=
while read -r line; do last=$line; done
case $last in [0-9]*) kill -s KILL -- "-$last" ;; esac
"$0" "$@"
status=$?
case $last in
[0-9]* | {_UNDER_WAY}) sleep 2; "$0" "$@"; status=$? ;;
esac
exit $status
"""
"""For a shell: run a command once nobody holds the other end of our stdin.

The last line there says what was under way: the process group of a command, to be killed before;
that it was cut short; or that it is over. Unless it is, an engine may still carry out what it was
asked last, so that a second look is taken.
"""


def engine_here(wanted: str | None) -> str:
    """Return the path of an engine.

    Args:
        wanted: its name; None for the first of all that is installed.

    Raises:
        DependencyMissing: it is not installed.
    """
    names = (wanted,) if wanted else ENGINES
    for name in names:
        if (found := shutil.which(name)) is not None:
            return found
    raise DependencyMissing(
        f"{' or '.join(names)} is not installed", remedy="install it, or use another backend"
    )


class Project:
    """A project at an engine.

    Args:
        engine: the path of its program.
        name: the project's, which nobody else has.
        file: the compose file.
        tree: what paths in that file are relative to.
        empty: an empty file, instead of the ``.env`` of ``tree``.
        env: what the file may interpolate.
    """

    def __init__(
        self, engine: str, name: str, *, file: Path, tree: Path, empty: Path, env: Mapping[str, str]
    ):
        self.name = name
        self.engine = Path(engine).name
        self._program = engine
        self._command = [
            engine, "compose", "--file", str(file), "--project-directory", str(tree),
            "--project-name", name, "--env-file", str(empty),
        ]  # fmt: skip
        ours = {name: value for name, value in os.environ.items() if name.startswith(_PASSED)}
        self._env = {**ours, **env}
        self._ender: subprocess.Popen[bytes] | None = None

    def begin(self, lock: int) -> None:
        """See to it that the project is taken down, however this process ends.

        Args:
            lock: a descriptor that keeps the project's files from being removed; whoever takes it
                down holds it too.

        Raises:
            DependencyMissing: this engine has no ``compose``.
            DeploymentFailed: the engine does not answer, or cannot read the file.
        """
        self._try_it()
        self._ender = subprocess.Popen(
            ["/bin/sh", "-c", _WAIT_THEN_RUN, *self._command, *_DOWN],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._env,
            cwd="/",
            pass_fds=(lock,),
            start_new_session=True,  # Ctrl-C is for us, and this is what we do about it
        )

    def up(self, seconds: float, log: Path, *, is_heard: bool) -> None:
        """Build and start all services.

        Args:
            seconds: that it may take.
            log: a file for what the engine says.
            is_heard: whether it is kept; what a change prints while it is built is in it.

        Raises:
            DeploymentFailed: it was not done, or not in time.
        """
        words = [*self._command, *_UP, "--wait-timeout", str(max(1, int(seconds)))]
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["/bin/sh", "-c", _WHEN_TOLD, *words],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=output if is_heard else subprocess.DEVNULL,
                env=self._env,
                start_new_session=True,
            )
        try:
            self._tell(str(process.pid))  # before it begins
            _write_line(process, "go")
            status = process.wait(seconds)
        except BaseException as error:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self._tell(_UNDER_WAY)
            if isinstance(error, subprocess.TimeoutExpired):
                late = f"not up within {seconds:g} s"
                raise DeploymentFailed(late, remedy="give more start_s", ending=late) from None
            raise
        finally:
            if process.stdin is not None:
                with suppress(OSError):
                    process.stdin.close()
        self._tell(_OVER)
        if status != 0:
            ended = f"compose up exited with status {status}"
            raise DeploymentFailed(f"{ended}{_said(log.read_bytes())}", ending=ended)

    def published(self, service: str, port: int) -> str | None:
        """Return host and port under which a container's port is published; None if it is not.

        Raises:
            DeploymentFailed: the engine does not answer.
        """
        status, told, _ = self._ask("port", service, str(port))
        return (told.splitlines() or [""])[0].strip() if status == 0 else None

    def runs(self, service: str) -> bool:
        """Return whether the engine says that a service runs."""
        try:
            status, running, _ = self._ask(*_RUNNING)
        except DeploymentFailed:
            return False
        return status == 0 and service in running.split()

    def printed(self, seconds: float) -> tuple[str, ...]:
        """Return the last lines of its containers; none where the engine does not say.

        Args:
            seconds: that the engine may take.
        """
        try:
            output = output_of(
                [*self._command, *_LOGS], self._env, room=_LOG_BYTES, seconds=seconds
            )
        except OSError:
            return ()
        return tuple(line.removeprefix(_ERASE) for line in whole_lines(output, _LOG_BYTES))

    def end(self) -> None:
        """Remove containers, networks, volumes and what was built; idempotent.

        Raises:
            DeploymentFailed: the engine did not do it.
        """
        ender, self._ender = self._ender, None
        if ender is None:
            return
        if ender.stdin is not None:
            with suppress(OSError):
                ender.stdin.close()
        try:
            status = ender.wait(_DOWN_S)
        except subprocess.TimeoutExpired:
            status = None  # and left running: it may yet succeed
        if status != 0:
            raise DeploymentFailed(
                f"the containers of {self.name} could not be removed",
                remedy=f"{self.engine} compose -p {self.name} down --volumes",
            )

    def _try_it(self) -> None:
        """Ask what is asked of a service that runs, before anything of a change is touched."""
        status, _, said = self._ask(*_RUNNING)
        if status == 0:
            return
        if self._run([self._program, "compose", "version"])[0] != 0:
            raise DependencyMissing(
                f"{self.engine} has no compose",
                remedy="install Compose 2, which podman calls from its version 4.7 on",
            )
        raise DeploymentFailed(
            f"{self.engine} compose does not do its work here{_said(said)}",
            remedy=f"it has to be Compose 2, and its engine has to run: {self.engine} compose ls",
        )

    def _ask(self, *words: str) -> tuple[int, str, bytes]:
        return self._run([*self._command, *words])

    def _run(self, command: list[str]) -> tuple[int, str, bytes]:
        """Run a command; return its status and what it printed on stdout and stderr."""
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._env,
                start_new_session=True,
            )
        except OSError as error:
            raise self._silent(f"({type(error).__name__})") from error
        with process:
            try:
                told, said = process.communicate(timeout=_LOOK_S)
            except subprocess.TimeoutExpired as error:
                raise self._silent(f"within {_LOOK_S:g} s") from error
            finally:
                if process.returncode is None:  # with what it calls, as podman does
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        return process.wait(), told.decode(errors="replace"), said

    def _silent(self, how: str) -> DeploymentFailed:
        return DeploymentFailed(
            f"{self.engine} compose does not answer {how}",
            remedy=f"see whether its engine runs, and start it anew: {self.engine} compose ls",
        )

    def _tell(self, line: str) -> None:
        if self._ender is not None:
            _write_line(self._ender, line)


def _write_line(process: subprocess.Popen[bytes], line: str) -> None:
    if process.stdin is not None:
        with suppress(BrokenPipeError):
            process.stdin.write(f"{line}\n".encode())
            process.stdin.flush()


def _said(log: bytes) -> str:
    """Return what an engine said last about itself, in brackets."""
    lines = whole_lines(log, _LOG_BYTES)
    return last_line([line for line in lines if not _WRAPPED.fullmatch(line.strip())])
