"""How long an attempt may take, and how much it may read: for all of it, not for one read.

The clients' own timeouts begin anew with every byte that arrives, so that an answer which
drips would never end. Here the connection itself knows when the attempt that uses it ends.

Not here: looking up a name, which the system does in its own time.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import ProviderFailed
from sigil.llm.model import Unanswered
from sigil.llm.pacing import NS

MAX_BYTES = 16 << 20
"""Of an answer on the wire."""
ERROR_BYTES = 1 << 16
"""Of an answer that is none."""


class Limits(threading.local):
    """What is left of the attempt under way in this thread."""

    def __init__(self) -> None:
        self._timeout_s = 0.0
        self._deadline_ns: int | None = None
        self._most = self._bytes = 0

    @contextmanager
    def attempt(self, timeout_s: float) -> Generator[None]:
        """Give what this thread does meanwhile so long, and `MAX_BYTES` to read."""
        self._timeout_s, self._most, self._bytes = timeout_s, MAX_BYTES, 0
        self._deadline_ns = SYSTEM_CLOCK.monotonic_ns() + round(timeout_s * NS)
        try:
            yield
        finally:
            self._deadline_ns = None

    def read_no_more_than(self, count: int) -> None:
        """Let no more bytes arrive in this attempt than ``count``."""
        self._most = min(self._most, count)

    def hold_for(self, client: Any) -> None:
        """Have every connection that an `httpx` client makes keep to this.

        `httpx` has no public way to say so, `httpcore` below it has one.
        """
        for transport in (client._transport, *client._mounts.values()):
            pool = getattr(transport, "_pool", None)
            if pool is not None:
                pool._network_backend = _Backend(pool._network_backend, self)

    def left_s(self, timeout_s: float | None) -> float | None:
        """Return how long the next step may take, which itself wants at most ``timeout_s``.

        Raises:
            Unanswered: the attempt is over.
        """
        if self._deadline_ns is None:
            return timeout_s
        left = (self._deadline_ns - SYSTEM_CLOCK.monotonic_ns()) / NS
        if left <= 0:
            raise Unanswered(f"no answer within {self._timeout_s:g} s")
        return left if timeout_s is None else min(left, timeout_s)

    def count(self, arrived: int) -> None:
        """Count so many bytes that arrived.

        Raises:
            ProviderFailed: that is more than may be read.
        """
        if self._deadline_ns is not None:
            self._bytes += arrived
            if self._bytes > self._most:
                most = self._most >> 10
                shown = f"{most >> 10} MiB" if most >> 10 else f"{most} KiB"
                raise ProviderFailed(f"the answer is larger than {shown}")


class _Backend:
    """Makes connections; see `httpcore.NetworkBackend`."""

    def __init__(self, own: Any, limits: Limits):
        self._own = own
        self._limits = limits

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, *rest: Any, **more: Any
    ) -> _Stream:
        left_s = self._limits.left_s(timeout)
        stream = self._own.connect_tcp(host, port, left_s, *rest, **more)
        return _Stream(stream, self._limits)

    def sleep(self, seconds: float) -> None:
        self._own.sleep(seconds)


class _Stream:
    """One connection; see `httpcore.NetworkStream`."""

    def __init__(self, own: Any, limits: Limits):
        self._own = own
        self._limits = limits

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        arrived: bytes = self._own.read(max_bytes, self._limits.left_s(timeout))
        self._limits.count(len(arrived))
        return arrived

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._own.write(buffer, self._limits.left_s(timeout))

    def close(self) -> None:
        self._own.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> _Stream:
        left_s = self._limits.left_s(timeout)
        return _Stream(self._own.start_tls(ssl_context, server_hostname, left_s), self._limits)

    def get_extra_info(self, info: str) -> Any:
        return self._own.get_extra_info(info)
