"""Figures of the sandbox's calls face, each beside its floor, measured in the same run.

Medians, with ours and the floor taken in turns, so that a noisy neighbour disturbs both alike.
"""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import perf_counter_ns, sleep
from typing import Self

from bench.row import Row
from sigil.sandbox.affinity import AtHome
from sigil.sandbox.calls import CallSandbox
from sigil.sandbox.model import Case, Source

_IDENTITY = {"m": Source("def f(x):\n    return x\n", "m.py")}
_CASE = [Case((7,))]

# A small CPython that forks and reaps a child that does nothing, once per line of input.
_PLAIN = """
import gc, os, sys, time
gc.collect(); gc.freeze()
for line in sys.stdin:
    start = time.perf_counter_ns()
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    print(time.perf_counter_ns() - start, flush=True)
"""


def rows() -> Iterator[Row]:
    """Yield every figure of the calls face."""
    yield from calls()
    yield from fresh_workers()
    yield from steadiness()


def calls() -> Iterator[Row]:
    """A sandboxed call against a bare round trip over a socket pair on the same core."""
    ours: list[float] = []
    floor: list[float] = []
    with CallSandbox() as sandbox, sandbox.worker() as worker, _Echo() as echo:
        worker.load(_IDENTITY, "m:f")
        for _ in range(20):
            ours += _timed(lambda: worker.call(_CASE), 100)
            floor += _timed(echo.round_trip, 100)
        many = [Case((n,)) for n in range(64)]
        batched = median(_timed(lambda: worker.call(many), 300)) / 64
    trip = median(floor) / 1e3
    yield Row("sandboxed call", median(ours) / 1e3, trip, "same-core round trip", "µs", at_most=3)
    yield Row("sandboxed call, 64 in a batch", batched / 1e3, trip, "same-core round trip", "µs")


def fresh_workers() -> Iterator[Row]:
    """A fresh sealed worker, and whole lives of one, against plain fork + exit + wait."""
    handed: list[float] = []
    whole: list[float] = []
    lives: list[float] = []
    floor: list[float] = []
    with CallSandbox(ahead=0) as sandbox, _Plain() as plain:

        def hand_out() -> None:
            sleep(0.002)  # the worker before is gone by then, so only this one is measured
            start = perf_counter_ns()
            with sandbox.worker():
                handed.append(perf_counter_ns() - start)

        def open_and_close() -> None:
            with sandbox.worker():
                pass

        def live() -> None:
            with sandbox.worker() as worker:
                worker.load(_IDENTITY, "m:f")
                worker.call(_CASE)

        for _ in range(20):
            _timed(hand_out, 20)
            floor += [plain.once() for _ in range(20)]
            whole += _timed(open_and_close, 20)
            lives += _timed(live, 20)
        level = sandbox.isolation.level
    plain_us, against = median(floor) / 1e3, "plain fork + exit"
    name = f"fresh sealed worker ({level})"
    yield Row(f"{name}, handed out", median(handed) / 1e3, plain_us, against, "µs", at_most=2)
    yield Row(f"{name}, and its end", median(whole) / 1e3, plain_us, against, "µs")
    yield Row(f"{name}, load, call and end", median(lives) / 1e3, plain_us, against, "µs")
    yield Row("such lives, one after the other", 1e9 / median(lives), None, "", "1/s")


def steadiness(workers: int = 2000) -> Iterator[Row]:
    """Descriptors and resident memory of the parent after many workers, against before."""
    with CallSandbox() as sandbox:

        def live(count: int) -> None:
            for _ in range(count):
                with sandbox.worker() as worker:
                    worker.load(_IDENTITY, "m:f")
                    worker.call(_CASE)

        live(200)
        descriptors, resident = _descriptors(), _resident_kib()
        live(workers)
        after = f"after {workers} workers"
        yield Row(f"descriptors {after}", _descriptors(), descriptors, "before", "", at_most=1)
        yield Row(f"memory {after}", _resident_kib(), resident, "before", "KiB", at_most=1.02)


def _timed(action: Callable[[], object], times: int) -> list[float]:
    samples: list[float] = []
    for _ in range(times):
        start = perf_counter_ns()
        action()
        samples.append(perf_counter_ns() - start)
    return samples


class _Echo:
    """A process on the home core that sends back what it gets, and nothing else."""

    def __enter__(self) -> Self:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._buffer = bytearray(65536)
        self._pid = os.fork()
        if self._pid == 0:
            self._ours.close()
            buffer = bytearray(65536)
            while count := theirs.recv_into(buffer):
                theirs.send(buffer[:count])
            os._exit(0)
        theirs.close()
        return self

    def round_trip(self) -> None:
        """Send 32 bytes and wait for them."""
        self._ours.send(b"12345678901234567890123456789012")
        self._ours.recv_into(self._buffer)

    def __exit__(self, *_: object) -> None:
        self._ours.close()
        os.waitpid(self._pid, 0)


class _Plain:
    """A bare interpreter that forks on request, on the home core as our zygote is."""

    def __enter__(self) -> Self:
        with AtHome():
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", _PLAIN],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                bufsize=1,
            )
        return self

    def once(self) -> float:
        """Return the nanoseconds of one fork, exit and wait."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        return float(self._process.stdout.readline())

    def __exit__(self, *_: object) -> None:
        self._process.communicate()


def _descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def _resident_kib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1024
