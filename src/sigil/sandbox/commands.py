"""Run a program that nobody trusts, in a scratch checkout.

    with CommandSandbox() as sandbox, open_checkout(base, changes, scratch=tmp) as checkout:
        result = sandbox.run("python bench/walltime.py --n 100", checkout=checkout)

A command sees the system, its interpreter and what is named ``readable``, all read-only; it
writes in its checkout, its home and a private ``/tmp``; it has no network, no terminal, none of
our environment, and a deadline on everything that it ever starts. Programs of the form
``python script.py …`` (or ``-m module``, ``-c code``) run *warm*, in a sealed fork of a prepared
interpreter, unless ``warm=False`` or their environment or folders ask for what only a fresh one
can give; `CommandResult.warm` says which it was.

Rungs: L3 and L2. There is no L1 for commands: seccomp alone cannot tell files apart, and a
command must open some. L0 only with ``unsafe=True``.

Not here: the measure and the verdict (`sigil.evaluate`).
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import InvalidValue, SandboxUnavailable
from sigil.sandbox import argv, ladder
from sigil.sandbox import command_seal as seal
from sigil.sandbox.capture import Captured, Watch
from sigil.sandbox.cgroup import CommandGroup, make_group
from sigil.sandbox.checkout import Checkout
from sigil.sandbox.inside import kernel
from sigil.sandbox.launch import Begun, CommandZygote, in_memory
from sigil.sandbox.model import CandidateFailed, CommandResult, Ending, Isolation, Level, Limits
from sigil.sandbox.zygote import RungMissing
from sigil.store.removal import remove_tree

Network = Literal["none", "loopback"]

PRELOADED = (
    "argparse bisect collections.abc contextlib copy csv dataclasses datetime enum functools "
    "heapq importlib.util inspect io itertools json math operator os pathlib pickle random re "
    "shutil statistics string struct subprocess tempfile textwrap threading time timeit "
    "traceback types typing urllib.parse warnings"
)
"""What most scripts import, and what costs a fresh interpreter most of its start."""

_NAMESPACES = ("user", "net", "pid", "mount", "ipc")
_OF_THE_ZYGOTE = 64 * 2**20
"""Memory that the group grants besides a command's own: the zygote and the warden."""


class CommandSandbox:
    """Runs commands one at a time; a lane of its own per sandbox. A context manager.

    Args:
        python: the target's interpreter; ours by default.
        preload: modules of the target that warm programs should find imported, besides
            `PRELOADED`.
        readable: further folders and files that commands may read and execute.
        limits: of each command, unless `run` is told otherwise.
        level: exactly this rung; None takes the best that holds.
        unsafe: allows L0, a bare process.
        warm: whether Python programs may run in a prepared interpreter.

    Attributes:
        isolation: what was in force when the self-test passed.

    Raises:
        SandboxUnavailable: the rung, or every rung, does not hold here.
    """

    isolation: Isolation

    def __init__(
        self,
        *,
        python: Path | None = None,
        preload: Sequence[str] = (),
        readable: Sequence[Path] = (),
        limits: Limits = Limits(),  # noqa: B008 - frozen
        level: Level | None = None,
        unsafe: bool = False,
        warm: bool = True,
    ):
        self._python = Path(os.path.abspath(python or sys.executable))  # noqa: PTH100 - keeps links
        self._readable = [os.path.abspath(path) for path in readable]  # noqa: PTH100 - keeps links
        self._preload = [*PRELOADED.split(), *preload] if warm else []
        self._limits = limits
        self._warm = warm
        self._lock = threading.Lock()
        self._group: CommandGroup | None = None
        self._zygote: CommandZygote | None = None
        self._env = argv.environment(self._python, self._searched())
        try:
            self.isolation = ladder.climb(level, self._start, unsafe=unsafe)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End whatever runs; idempotent."""
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None
        if self._group is not None:
            self._group.close()
            self._group = None

    def run(
        self,
        command: str | Sequence[str],
        *,
        checkout: Checkout,
        env: Mapping[str, str] = {},
        limits: Limits | None = None,
        network: Network = "none",
        stdin: bytes = b"",
    ) -> CommandResult:
        """Run one command at the root of a checkout, to the end of its last process.

        Args:
            command: words, or a string that is split like a shell does; no shell runs.
            checkout: where; commands that follow see what this one wrote.
            env: variables besides `sigil.sandbox.argv.environment`.
            limits: of this command.
            network: ``loopback`` brings up ``lo`` and nothing else.
            stdin: what the command can read there.

        Raises:
            InvalidValue: the command does not parse.
            SandboxUnavailable: it could not be sealed as `isolation` says.
            CandidateFailed: it damaged files that its checkout shares with others.
        """
        wanted = self._wanted(command, env, network)
        bounds = limits or self._limits
        with self._lock:
            wanted |= self._place(checkout)
            captured, killed = self._launch(wanted, bounds, stdin)
            if checkout.shares_inodes_unprotected() and not checkout.base_is_intact():
                raise CandidateFailed("protocol", "the command changed files that others share")
        return _result(captured, killed=killed)

    def begin(
        self,
        command: str | Sequence[str],
        streams: Sequence[int],
        *,
        checkout: Checkout,
        env: Mapping[str, str] = {},
        limits: Limits | None = None,
    ) -> Begun:
        """Start a command with a loopback of its own, and leave it to the caller to watch it.

        For what runs until it is told to stop (`sigil.sandbox.service`). The sandbox runs
        nothing after it; `close` ends it.

        Args:
            command: as for `run`.
            streams: descriptors of its stdin, stdout and stderr; they stay the caller's.
            checkout: where.
            env: variables besides `sigil.sandbox.argv.environment`.
            limits: of it; its deadline is the caller's.

        Raises:
            InvalidValue: the command does not parse.
            SandboxUnavailable: the sandbox is closed or busy, or has no network to give.
        """
        wanted = self._wanted(command, env, "loopback")
        if not self._lock.acquire(blocking=False):
            raise SandboxUnavailable("the sandbox runs a command already")
        wanted |= self._place(checkout)
        zygote = self._ready(wanted, limits or self._limits)
        return Begun(zygote.control, zygote.ask(wanted, streams))

    def _wanted(
        self, command: str | Sequence[str], env: Mapping[str, str], network: Network
    ) -> dict[str, Any]:
        """Return the part of a request that does not depend on a place."""
        words = argv.split(command)
        if network == "loopback" and self._level == "L2":
            raise SandboxUnavailable(
                "a network of its own needs network namespaces", remedy="run without network"
            )
        wanted: dict[str, Any] = {
            "argv": words, "env": self._env | _checked(env), "network": network
        }  # fmt: skip
        if argv.is_interpreter(words[0], self._python):
            wanted["argv"] = [str(self._python), *words[1:]]
            wanted["warm"] = argv.warm_form(words, env) if self._warm else None
        return wanted

    # --- starting ---------------------------------------------------------------------------

    def _start(self, level: Level) -> Isolation:
        """Start a zygote at a rung and let a sealed process prove that the rung holds."""
        if level == "L1":
            raise RungMissing("commands need files, and seccomp alone cannot tell files apart")
        self._group = self._group or make_group()
        self._level: Level = level
        try:
            self._zygote = self._new_zygote()
            self._self_test()
        except RungMissing:
            raise
        except SandboxUnavailable as refused:
            self._end_zygote()
            raise RungMissing(refused.problem) from refused
        return Isolation(
            level=level,
            landlock_abi=kernel.landlock_abi() if level != "L0" else 0,
            namespaces=_NAMESPACES if level == "L3" else (),
            cgroup=self._group.name if self._group else None,
            uid=os.geteuid(),
            self_test="passed" if level != "L0" else "none",
            shared=self._zygote.shared if level == "L3" else ("/",),
        )

    def _new_zygote(self) -> CommandZygote:
        config = {
            "level": self._level,
            "preload": self._preload,
            "readable": self._readable,
            "memory_group": self._group is not None,
            "other_processes": 0,
            "tmp_bytes": self._limits.memory_bytes,
            "policies": seal.policies(self._level),
            "numbers": seal.supervised_numbers(),
        }
        return CommandZygote(self._python, config, self._env, self._group)

    def _end_zygote(self) -> None:
        if self._zygote is not None:
            self._zygote.close()
            self._zygote = None

    def _self_test(self) -> None:
        """Have a sealed process try what it must not be able to do."""
        if self._level == "L0":
            return
        place = Path(tempfile.mkdtemp(prefix="sigil-self-test-")).resolve()
        try:
            (place / "root").mkdir()
            (place / "secret").write_bytes(b"secret")
            wanted: dict[str, Any] = {
                "argv": ["self-test"],
                "env": self._env,
                "self_test": str(place / "secret"),
                "path": str(place / "root"),
                "home": str(place / "home"),
                "network": "none",
            }
            captured, _ = self._launch(wanted, self._limits, b"")
        finally:
            remove_tree(place)
        left = captured.out["stdout"].decode(errors="replace")
        if captured.status != 0 or left != "[]":
            raise RungMissing(f"a sealed command kept powers: {left or 'it died'}")

    def _searched(self) -> list[str]:
        """Return the folders of our ``PATH`` that commands may read because we were told so."""
        ours = os.environ.get("PATH", "").split(os.pathsep)
        return [
            folder
            for folder in ours
            if any(Path(folder).is_relative_to(allowed) for allowed in self._readable)
        ]

    # --- running ----------------------------------------------------------------------------

    def _place(self, checkout: Checkout) -> dict[str, Any]:
        if self._level != "L3":
            checkout.materialize()
        overlay = checkout.overlay()
        place: dict[str, Any] = {"path": str(checkout.path), "home": str(checkout.home)}
        if overlay is not None:
            place["overlay"] = {
                "lower": [str(folder) for folder in overlay.lower],
                "upper": str(overlay.upper),
                "work": str(overlay.work),
            }
        return place

    def _launch(
        self, wanted: dict[str, Any], limits: Limits, stdin: bytes
    ) -> tuple[Captured, bool]:
        """Run a request; return what was seen, and whether memory ran out meanwhile."""
        zygote = self._ready(wanted, limits)
        asked_ns = SYSTEM_CLOCK.monotonic_ns()
        watch = self._ask(wanted, stdin)
        try:
            captured = watch.run(limits, asked_ns)
        except BaseException:
            self._end_zygote()
            raise
        finally:
            watch.close()
        zygote.fork()
        return captured, self.ran_out_of_memory()

    def ran_out_of_memory(self) -> bool:
        """Say whether a process died for want of memory since the last question."""
        return self._group is not None and self._group.killed()

    def _ready(self, wanted: dict[str, Any], limits: Limits) -> CommandZygote:
        """Put limits into a request and into the group; return a zygote that lives."""
        wanted["limits"] = asdict(limits)
        wanted["tmp_bytes"] = limits.memory_bytes
        if self._zygote is None or not self._zygote.alive():
            self._end_zygote()
            self._zygote = self._new_zygote()
        if self._group is not None:
            self._group.bound(
                memory_bytes=limits.memory_bytes + _OF_THE_ZYGOTE, processes=limits.processes + 3
            )
        return self._zygote

    def _ask(self, wanted: Mapping[str, Any], stdin: bytes) -> Watch:
        if self._zygote is None:
            raise SandboxUnavailable("the sandbox is closed")
        passed = [in_memory(stdin) if stdin else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)]
        ours: list[int] = []
        try:
            for _ in range(2):
                read, write = os.pipe2(os.O_CLOEXEC)
                ours.append(read)
                passed.append(write)
            gate = self._zygote.ask(wanted, passed)
        except BaseException:
            for number in ours:
                os.close(number)
            raise
        finally:
            for number in passed:
                os.close(number)
        return Watch(
            self._zygote.control, gate, ours[0], ours[1], place=str(Path(wanted["path"]).parent)
        )


def probe() -> list[ladder.Rung]:
    """Return each rung that commands have, with whether it holds on this machine, best first."""
    levels: tuple[Level, ...] = ("L3", "L2")
    found: list[ladder.Rung] = []
    for level in levels:
        try:
            with CommandSandbox(level=level, warm=False) as sandbox:
                found.append(ladder.Rung(level, holds=True, reason="", isolation=sandbox.isolation))
        except SandboxUnavailable as missing:
            found.append(ladder.Rung(level, holds=False, reason=missing.problem, isolation=None))
    return found


def _checked(env: Mapping[str, str]) -> dict[str, str]:
    for name, value in env.items():
        if not name or "=" in name or "\0" in name + value:
            raise InvalidValue(f"not a variable: {name!r}")
    return dict(env)


def _result(captured: Captured, *, killed: bool) -> CommandResult:
    ending, code = _ending(captured, killed=killed)
    return CommandResult(
        ending=ending,
        exit_code=code,
        stdout=bytes(captured.out["stdout"]),
        stderr=bytes(captured.out["stderr"]),
        elapsed_ns=captured.elapsed_ns,
        cpu_ns=captured.cpu_ns,
        max_rss_bytes=captured.max_rss_bytes,
        warm=captured.warm,
    )


def _ending(captured: Captured, *, killed: bool) -> tuple[Ending, int | None]:
    if captured.missing is not None:
        return "missing", None
    if captured.stopped is not None:
        return captured.stopped, None
    if os.WIFEXITED(captured.status):
        return "exited", os.WEXITSTATUS(captured.status)
    return ("memory" if killed else "signalled"), None
