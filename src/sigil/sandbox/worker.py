"""One sealed worker as its parent sees it: requests under a deadline, and the cause of death.

The parent believes nothing that a worker says: a frame that does not fit is a protocol
failure, silence is a timeout, and of what it died the zygote's wait4 tells.

Not here: frames (`sigil.sandbox.wire`), who forks and when (`sigil.sandbox.calls`).
"""

from __future__ import annotations

import math
import os
import signal
import socket
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Protocol, Self

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import InvalidValue, SandboxUnavailable
from sigil.sandbox import affinity, wire
from sigil.sandbox.model import CandidateFailed, Case, FailureKind, Limits, Reply, Source
from sigil.sandbox.preload import named_in
from sigil.sandbox.zygote import Death, RungMissing, Zygote, wait_at_most

BATCHES_OF_CPU: Final = 64
"""A worker's whole life may take the CPU time of so many batches that use their deadline."""
_SMALL: Final = 4096
"""Arguments up to so many bytes travel with the word "go": reading them takes microseconds."""
_PLENTY: Final = 0.9
"""While so much of the time is left, waiting for the whole of it once more does no harm."""
_HELLO_S: Final = 10.0
_OUT_OF_MEMORY: Final = 121


class Owner(Protocol):
    """What a worker asks of the sandbox that made it."""

    limits: Limits

    def release(self, worker: Worker) -> None:
        """The worker has ended."""
        ...

    def lost(self) -> None:
        """The zygote has died."""
        ...

    def richer(self, modules: frozenset[str]) -> Zygote:
        """Return a zygote that has imported ``modules`` too."""
        ...


def cpu_cap(limits: Limits) -> int:
    """Return the CPU seconds of a worker's whole life, as its rlimit has it."""
    return min(math.ceil(BATCHES_OF_CPU * limits.wall_s), 2**31 - 2)


class Worker:
    """One sealed process, for one candidate. Made by `CallSandbox.worker` only."""

    def __init__(self, owner: Owner, zygote: Zygote):
        self._owner = owner
        self._zygote = zygote
        self._limits = owner.limits
        self._buffer = bytearray(wire.PACKET)
        self._view = memoryview(self._buffer)
        self._number, self._socket = zygote.fork()
        self._deadline = 0
        self._within_s = math.inf
        self._allowed = 0.0
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
        if left and self._zygote.sealed:
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
        modules = named_in(source.text for source in sources.values())
        if not modules <= self._zygote.extra:
            self._move(self._owner.richer(modules))
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

    def call(self, cases: Sequence[Case], within_s: float | None = None) -> Reply:
        """Call the loaded function once per case and return what came of it.

        Args:
            cases: what to call it with.
            within_s: a deadline that is nearer than that of the worker's limits.

        Raises:
            CandidateFailed: it hung, died, flooded or broke the protocol; the worker is ended.
            InvalidValue: a case holds what is not a value; nothing was sent.
            SandboxUnavailable: the zygote is gone.
        """
        if not self._loaded:
            raise InvalidValue("a worker is called before anything was loaded")
        request = self._request()
        body = wire.call_body(cases, self._limits.output_bytes)
        self._start_clock(min(within_s or math.inf, self._limits.wall_s))
        if len(body) <= _SMALL:
            message = wire.frame(wire.CALL, request, body)
        else:
            self._send(wire.frame(wire.WAIT, request, body))
            self._receive(wire.READY, request)
            self._left()
            message = wire.frame(wire.GO, request)
        start = SYSTEM_CLOCK.monotonic_ns()
        self._send(message)
        self._receive(wire.DONE, request)
        done = SYSTEM_CLOCK.monotonic_ns()
        if self._deadline - done < _PLENTY * self._within_s * 1e9:
            self._left()
        _, body = self._receive(wire.RESULTS, request)
        try:
            results = wire.outcomes(body, len(cases))
        except wire.Violation as violation:
            raise self._failed("protocol", str(violation)) from None
        end = SYSTEM_CLOCK.monotonic_ns()
        self._nothing_more()
        return Reply(results, done - start, end - done)

    def _move(self, zygote: Zygote) -> None:
        """Go on as a fresh process of a zygote that has more; nothing was loaded yet."""
        self._zygote.discard(self._number)
        self._socket.close()
        self._zygote = zygote
        self._number, self._socket = zygote.fork()
        self._greeted = False
        self._allowed = 0.0
        self.greet()

    def _request(self) -> bytes:
        if self._failure is not None:
            raise self._failure
        if not self._alive:
            raise InvalidValue("the worker has been ended")
        return os.urandom(8)

    # --- frames, under a deadline -----------------------------------------------------------

    def _start_clock(self, seconds: float) -> None:
        self._within_s = seconds
        self._deadline = SYSTEM_CLOCK.monotonic_ns() + int(seconds * 1e9)
        self._allow(seconds)

    def _allow(self, seconds: float) -> None:
        if seconds != self._allowed:
            wait_at_most(self._socket, seconds)
            self._allowed = seconds

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
        """Refuse a reply that has something after it. A worker that ended has not."""
        try:
            if self._socket.recv_into(self._buffer, 1, socket.MSG_DONTWAIT) == 0:
                return
        except OSError:
            return
        raise self._failed("protocol", "the worker said more than its reply")

    # --- ends -------------------------------------------------------------------------------

    def _too_long(self) -> str:
        return f"no answer within {self._within_s:.3g} s"

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
            self._owner.lost()
            raise
        self._failure = CandidateFailed(*cause_of(death, self._limits))
        self._owner.release(self)
        return self._failure

    def _end(self) -> None:
        if self._alive:
            self._alive = False
            self._zygote.discard(self._number)
            self._socket.close()
            self._owner.release(self)

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
    spent = death.cpu_s >= cpu_cap(limits)
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
