r"""Call functions that nobody trusts: one sealed worker per candidate, values in and out.

    with CallSandbox() as sandbox, sandbox.worker() as worker:
        worker.load({"square": Source("def f(x):\n    return x * x\n", "square.py")}, "square:f")
        reply = worker.call([Case((3,)), Case((4,))])

The parent alone holds the clock, the limits and the verdict. A worker that hangs, floods,
forges or dies is killed and raises `CandidateFailed`; only what *we* could not do raises
`SandboxUnavailable`. Values are None, bool, int (at most 4,300 digits), finite float, str,
bytes, complex, and list, tuple, set, frozenset and dict of them, at most 200 deep, of
exactly these types. Arguments are fresh copies for each call; results are read after the
last call of a batch.

A sandbox and its workers belong to the thread that uses them. A zygote that dies (it can
only be killed from outside) fails the workers it had with `SandboxUnavailable`; the next
`CallSandbox.worker` starts a new one at the same rung.

Not here: frames (`sigil.sandbox.wire`), seals (`sigil.sandbox.ladder`).
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sigil.errors import SandboxUnavailable
from sigil.sandbox import affinity, ladder, wire
from sigil.sandbox.model import Isolation, Level, Limits, Source
from sigil.sandbox.preload import DEFAULT, named_in
from sigil.sandbox.worker import Worker, cpu_cap
from sigil.sandbox.zygote import Facts, Zygote

__all__ = ["CallSandbox", "Worker"]

_NO_SOURCES: Final[Mapping[str, Source]] = {}


class CallSandbox:
    """A warm, sealed zygote of the target's interpreter that hands out sealed workers.

    Args:
        python: the target's interpreter, CPython 3.9 or later; None: the one running now.
        preload: modules to import before the seal, besides `sigil.sandbox.preload.DEFAULT`.
        path: import path for ``preload``; readable for ``modules`` too.
        modules: repository modules that no candidate changes. They run in the zygote after
            its seal: without network, without writing, reading only ``path`` and the
            interpreter's own library.
        limits: of every load and every batch; memory is of the whole worker.
        level: a rung, or None for the best that holds.
        unsafe: allows ``level="L0"``.
        ahead: workers to keep forked ahead. They are forked when no worker is in use, so that
            none is forked while another is being timed.

    A standard module of `sigil.sandbox.preload.ON_DEMAND` that a candidate's source names is
    preloaded by starting a richer zygote, once; the workers in use keep theirs.

    Raises:
        SandboxUnavailable: the rung does not hold, or the interpreter or a preload is missing.
        BaselineFailed: one of ``modules`` raised.
    """

    isolation: Isolation

    def __init__(
        self,
        *,
        python: Path | None = None,
        preload: Sequence[str] = (),
        path: Sequence[Path] = (),
        modules: Mapping[str, Source] = _NO_SOURCES,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
        level: Level | None = None,
        unsafe: bool = False,
        ahead: int = 1,
    ):
        self._python = str(python or sys.executable)
        self._preload = list(preload)
        self._path = [str(entry) for entry in path]
        self._modules = wire.plain_sources(modules)
        self.limits = limits
        self._ahead = ahead
        self._extra = named_in(source.text for source in modules.values())
        self._ready: list[Worker] = []
        self._in_use: set[Worker] = set()
        self._zygote: Zygote | None = None
        self._retired: list[Zygote] = []
        self.isolation = ladder.climb(level, self._start, unsafe=unsafe)

    def _start(self, level: Level) -> Isolation:
        """Start a zygote at one rung and believe it only after a worker's self-test."""

        def plan(facts: Facts) -> dict[str, object]:
            return {
                **ladder.seal(level, facts, [*self._path, sys.base_prefix]),
                "default": [*DEFAULT, *sorted(self._extra)],
                "preload": self._preload,
                "path": self._path,
                "modules": self._modules,
                "limits": {"memory": self.limits.memory_bytes, "cpu": cpu_cap(self.limits)},
            }

        with affinity.AtHome():
            zygote = Zygote.start(self._python, plan)
        zygote.sealed, zygote.extra = level != "L0", self._extra
        try:
            first = self._fork(zygote)
        except BaseException:
            zygote.close()
            raise
        self._zygote = zygote
        self._ready.append(first)
        return ladder.isolation(
            level, zygote.facts.landlock_abi, zygote.namespaces, zygote.uid, first.self_test
        )

    def _restart(self) -> Zygote:
        """Start another zygote at the same rung, or say that it is not the same any more."""
        now = self._start(self.isolation.level)
        if now != self.isolation:
            self.close()
            raise SandboxUnavailable(f"a new zygote is isolated otherwise: {now}")
        assert self._zygote is not None
        return self._zygote

    def worker(self) -> Worker:
        """Return a fresh worker, sealed and self-tested. Use it as a context manager.

        Raises:
            SandboxUnavailable: none can be had any more at this rung.
        """
        zygote = self._zygote or self._restart()
        try:
            worker = self._ready.pop() if self._ready else Worker(self, zygote)
            self._greet(worker)
        except SandboxUnavailable:
            self.close()
            raise
        self._in_use.add(worker)
        return worker

    def _fork(self, zygote: Zygote) -> Worker:
        worker = Worker(self, zygote)
        self._greet(worker)
        return worker

    @staticmethod
    def _greet(worker: Worker) -> None:
        try:
            worker.greet()
        except BaseException:
            worker.hang_up()
            raise

    @property
    def zygote_pid(self) -> int | None:
        """The pid of the process above the zygote and all workers; None while there is none."""
        return self._zygote.pid if self._zygote is not None else None

    def richer(self, modules: frozenset[str]) -> Zygote:
        """Return a zygote that has imported ``modules`` too; workers of the old one live on."""
        if self._zygote is not None and modules <= self._extra:
            return self._zygote
        self._extra |= modules
        old, self._zygote = self._zygote, None
        self._hang_up(self._ready)
        if old is not None:
            self._retired.append(old)
        return self._restart()

    def release(self, worker: Worker) -> None:
        """Forget a worker that has ended; with none in use, fork ahead again."""
        self._in_use.discard(worker)
        if self._in_use:
            return
        while self._retired:
            self._retired.pop().close()
        if self._zygote is not None:
            with suppress(SandboxUnavailable):
                while len(self._ready) < self._ahead:
                    self._ready.append(Worker(self, self._zygote))

    def lost(self) -> None:
        """Give up a zygote that died; the next `worker` starts another."""
        self.close()

    def close(self) -> None:
        """End every worker and the zygote. May be called again."""
        zygotes = [*self._retired, *([self._zygote] if self._zygote is not None else [])]
        self._zygote = None
        self._retired.clear()
        self._hang_up(self._ready)
        self._hang_up(self._in_use)
        for zygote in zygotes:
            zygote.close()

    @staticmethod
    def _hang_up(workers: list[Worker] | set[Worker]) -> None:
        for worker in workers:
            worker.hang_up()
        workers.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
