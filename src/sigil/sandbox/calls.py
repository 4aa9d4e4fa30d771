"""Call functions that nobody trusts: one sealed worker per candidate, values in and out.

    with CallSandbox() as sandbox, sandbox.worker() as worker:
        worker.load({"square": Source("def f(x):\\n    return x * x\\n", "square.py")}, "square:f")
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

import math
import os
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import InvalidValue, SandboxUnavailable
from sigil.sandbox import affinity, ladder, wire
from sigil.sandbox.model import (
    CandidateFailed,
    Case,
    FailureKind,
    Isolation,
    Level,
    Limits,
    Reply,
    Source,
)
from sigil.sandbox.preload import DEFAULT
from sigil.sandbox.zygote import Death, Facts, RungMissing, Zygote

_BATCHES_OF_CPU: Final = 64
"""A worker's whole life may take the CPU time of so many batches that use their deadline."""
_SMALL: Final = 4096
"""Arguments up to so many bytes travel with the word "go": reading them takes microseconds."""
_HELLO_S: Final = 10.0
_OUT_OF_MEMORY: Final = 121
_TIMEVAL: Final = struct.Struct("@ll")
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
        self._ready: list[Worker] = []
        self._in_use: set[Worker] = set()
        self._zygote: Zygote | None = None
        self.isolation = ladder.climb(level, self._start, unsafe=unsafe)

    def _start(self, level: Level) -> Isolation:
        """Start a zygote at one rung and believe it only after a worker's self-test."""

        def plan(facts: Facts) -> dict[str, object]:
            limits = self.limits
            cpu = math.ceil(_BATCHES_OF_CPU * limits.wall_s)
            return {
                **ladder.seal(level, facts, [*self._path, sys.base_prefix]),
                "default": list(DEFAULT),
                "preload": self._preload,
                "path": self._path,
                "modules": self._modules,
                "limits": {"memory": limits.memory_bytes, "cpu": min(cpu, 2**31 - 2)},
            }

        with affinity.AtHome():
            zygote = Zygote.start(self._python, plan)
        self._zygote = zygote
        try:
            first = Worker(self, zygote, sealed=level != "L0")
            first.greet()
        except BaseException:
            self.close()
            raise
        self._ready.append(first)
        return ladder.isolation(
            level, zygote.facts.landlock_abi, zygote.namespaces, zygote.uid, first.self_test
        )

    def worker(self) -> Worker:
        """Return a fresh worker, sealed and self-tested. Use it as a context manager.

        Raises:
            SandboxUnavailable: none can be had any more at this rung.
        """
        if self._zygote is None:
            now = self._start(self.isolation.level)
            if now != self.isolation:
                self.close()
                raise SandboxUnavailable(f"a new zygote is isolated otherwise: {now}")
        assert self._zygote is not None
        try:
            worker = self._ready.pop() if self._ready else self._fork()
            worker.greet()
        except SandboxUnavailable:
            self.close()
            raise
        self._in_use.add(worker)
        return worker

    def _fork(self) -> Worker:
        assert self._zygote is not None
        return Worker(self, self._zygote, sealed=self.isolation.level != "L0")

    def release(self, worker: Worker) -> None:
        """Forget a worker that has ended; with none in use, fork ahead again."""
        self._in_use.discard(worker)
        if self._in_use or self._zygote is None:
            return
        with suppress(SandboxUnavailable):
            while len(self._ready) < self._ahead:
                self._ready.append(self._fork())

    def lost(self) -> None:
        """Give up a zygote that died; the next `worker` starts another."""
        self.close()

    def close(self) -> None:
        """End every worker and the zygote. May be called again."""
        zygote, self._zygote = self._zygote, None
        for worker in (*self._ready, *self._in_use):
            worker.hang_up()
        self._ready.clear()
        self._in_use.clear()
        if zygote is not None:
            zygote.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Worker:
    """One sealed process, for one candidate. Made by `CallSandbox.worker` only."""

    def __init__(self, sandbox: CallSandbox, zygote: Zygote, *, sealed: bool):
        self._sandbox = sandbox
        self._zygote = zygote
        self._sealed = sealed
        self._limits = sandbox.limits
        self._buffer = bytearray(wire.PACKET)
        self._view = memoryview(self._buffer)
        self._number, self._socket = zygote.fork()
        self._deadline = 0
        self._at_home = affinity.AtHome()
        self._failure: CandidateFailed | None = None
        self._alive = True
        self._greeted = False
        self._loaded = False
        self.self_test = ""

    def greet(self) -> None:
        """Wait for hello, which carries the self-test's finding.

        Raises:
            RungMissing: the seal holds less than it should.
        """
        if self._greeted:
            return
        self._start_clock(_HELLO_S)
        try:
            _, body = self._receive(wire.HELLO, wire.NOBODY)
        except CandidateFailed as failure:
            # No candidate has been near it yet: whatever went wrong is ours.
            raise RungMissing(f"a fresh worker did not seal itself ({failure})") from failure
        left = bytes(body).decode("ascii", "replace")
        if left and self._sealed:
            self._end()
            raise RungMissing(f"a sealed worker could still: {left}")
        self.self_test = f"not sealed: {left}" if left else "passed"
        self._greeted = True

    # --- the two requests -------------------------------------------------------------------

    def load(self, sources: Mapping[str, Source], entry: str) -> int:
        """Hand over a candidate's modules and import the function to call.

        Args:
            sources: modules by dotted name; imported lazily, in any order.
            entry: ``module:qualified.name``.

        Returns:
            Nanoseconds on the parent's clock, of compiling and importing.

        Raises:
            CandidateFailed: kind ``load`` if it does not import; the worker is ended.
        """
        request = self._request()
        message = wire.frame(wire.LOAD, request, wire.load_body(sources, entry))
        self._start_clock(self._limits.wall_s)
        start = SYSTEM_CLOCK.monotonic_ns()
        self._send(message)
        kind, body = self._receive(wire.LOADED + wire.FAILED, request)
        elapsed = SYSTEM_CLOCK.monotonic_ns() - start
        if kind == wire.FAILED:
            raise self._failed("load", _load_failure(body))
        self._loaded = True
        return elapsed

    def call(self, cases: Sequence[Case]) -> Reply:
        """Call the loaded function once per case and return what came of it.

        Raises:
            CandidateFailed: it hung, died, flooded or broke the protocol; the worker is ended.
            InvalidValue: a case holds what is not a value; nothing was sent.
            SandboxUnavailable: the zygote is gone.
        """
        if not self._loaded:
            raise InvalidValue("a worker is called before anything was loaded")
        request = self._request()
        body = wire.call_body(cases, self._limits.output_bytes)
        self._start_clock(self._limits.wall_s)
        if len(body) <= _SMALL:
            message = wire.frame(wire.CALL, request, body)
        else:
            self._send(wire.frame(wire.WAIT, request, body))
            self._receive(wire.READY, request)
            message = wire.frame(wire.GO, request)
        start = SYSTEM_CLOCK.monotonic_ns()
        self._send(message)
        self._receive(wire.DONE, request)
        done = SYSTEM_CLOCK.monotonic_ns()
        _, body = self._receive(wire.RESULTS, request)
        try:
            results = wire.outcomes(body, len(cases))
        except wire.Violation as violation:
            raise self._failed("protocol", str(violation)) from None
        end = SYSTEM_CLOCK.monotonic_ns()
        self._nothing_more()
        return Reply(results, done - start, end - done)

    def _request(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        if not self._alive:
            raise InvalidValue("the worker has been ended")
        return os.urandom(8)

    # --- frames, under a deadline -----------------------------------------------------------

    def _start_clock(self, seconds: float) -> None:
        self._deadline = SYSTEM_CLOCK.monotonic_ns() + int(seconds * 1e9)
        self._allow(seconds)

    def _allow(self, seconds: float) -> None:
        """Let the kernel end a wait, which saves a poll before every packet."""
        whole = int(seconds)
        value = _TIMEVAL.pack(whole, max(1, int((seconds - whole) * 1e6)))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, value)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, value)

    def _left(self) -> None:
        """Shorten the waits to what is left, for frames of many packets."""
        left = self._deadline - SYSTEM_CLOCK.monotonic_ns()
        if left <= 0:
            raise self._failed("timeout", self._too_long())
        self._allow(left / 1e9)

    def _send(self, message: bytes) -> None:
        try:
            if len(message) <= wire.PACKET:
                self._socket.send(message)
                return
            view = memoryview(message)
            for start in range(0, len(message), wire.PACKET):
                self._left()
                self._socket.send(view[start : start + wire.PACKET])
        except BlockingIOError:
            raise self._failed("timeout", self._too_long()) from None
        except OSError:
            raise self._died() from None

    def _receive(self, kinds: bytes, request: bytes) -> tuple[bytes, memoryview | bytearray]:
        """Return kind and body of the one frame that may come now; the body until the next."""
        cap = self._limits.output_bytes
        count = self._packet()
        try:
            kind, length = wire.body_length(self._view[:count], kinds, request, cap)
        except wire.Violation as violation:
            raise self._failed("protocol", str(violation)) from None
        if length > cap:
            raise self._failed("flood", f"a reply of {length} bytes; {cap} are allowed")
        if wire.HEADER.size + length <= wire.PACKET:
            return kind, self._view[wire.HEADER.size : count]
        body = bytearray(self._view[wire.HEADER.size : count])
        while len(body) < length:
            self._left()
            count = self._packet()
            if count != min(wire.PACKET, length - len(body)):
                raise self._failed("protocol", "a packet that does not fit its frame")
            body += self._view[:count]
        return kind, body

    def _packet(self) -> int:
        try:
            count = self._socket.recv_into(self._buffer)
        except BlockingIOError:
            raise self._failed("timeout", self._too_long()) from None
        except ConnectionError:
            count = 0
        if count == 0:
            raise self._died()
        return count

    def _nothing_more(self) -> None:
        """Refuse a reply that has something after it."""
        try:
            self._socket.recv_into(self._buffer, 1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            pass
        raise self._failed("protocol", "the worker said more than its reply")

    # --- ends -------------------------------------------------------------------------------

    def _too_long(self) -> str:
        return f"no answer within {self._limits.wall_s:g} s"

    def _failed(self, kind: FailureKind, detail: str) -> CandidateFailed:
        self._failure = CandidateFailed(kind, wire.printable(detail))
        self._end()
        return self._failure

    def _died(self) -> CandidateFailed:
        """Say of what a worker died, from the zygote's wait4."""
        self._alive = False
        self._socket.close()
        try:
            death = self._zygote.reap(self._number)
        except SandboxUnavailable:
            self._sandbox.lost()
            raise
        self._failure = CandidateFailed(*cause_of(death, self._limits))
        self._sandbox.release(self)
        return self._failure

    def _end(self) -> None:
        if self._alive:
            self._alive = False
            self._zygote.discard(self._number)
            self._socket.close()
            self._sandbox.release(self)

    def hang_up(self) -> None:
        """Drop our end only: the zygote is about to end, and the worker with it."""
        self._alive = False
        self._socket.close()

    def close(self) -> None:
        """Kill the worker. May be called again."""
        self._end()

    def __enter__(self) -> Self:
        self._at_home.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._end()
        finally:
            self._at_home.__exit__()


def cause_of(death: Death, limits: Limits) -> tuple[FailureKind, str]:
    """Return kind and detail of a worker's end, from the status that wait4 gave.

    SIGKILL that we did not send comes from a limit: of CPU time if that was used up, of
    memory otherwise (the kernel's out-of-memory killer).
    """
    if os.WIFEXITED(death.status):
        code = os.WEXITSTATUS(death.status)
        if code == _OUT_OF_MEMORY:
            return "memory", f"out of memory ({limits.memory_bytes} bytes are allowed)"
        return "exited", f"the worker ended by itself with status {code}"
    number = os.WTERMSIG(death.status)
    spent = death.cpu_s >= math.ceil(_BATCHES_OF_CPU * limits.wall_s)
    if number == signal.SIGXCPU or (number == signal.SIGKILL and spent):
        return "cpu", f"{death.cpu_s:.1f} s of CPU time used"
    if number == signal.SIGKILL:
        return "memory", f"killed by the kernel; it had {death.peak_kib} KiB resident"
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    hint = " (deep recursion overflows the stack)" if number == signal.SIGSEGV else ""
    return "signalled", f"the worker died of {name}{hint}"


def _load_failure(body: memoryview | bytearray) -> str:
    """Return the one line that says why a candidate did not load."""
    try:
        (outcome,) = wire.outcomes(body, 1)
    except wire.Violation:
        return "the candidate did not load, and its reason cannot be read"
    error, message = getattr(outcome, "error", ""), getattr(outcome, "message", "")
    return f"{error}: {message}" if error else "the candidate did not load"
