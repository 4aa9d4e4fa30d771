"""One connection to a service that nobody trusts: send a request, take its reply.

Promises: every wait ends at one deadline, however slowly bytes drip; no more is kept than a head
or the cap of a body; a reply that breaks off, or goes on after its end, is never taken for a
whole one.

Not here: which connection, and what to do when it is closed (`sigil.gate.http.client`).
"""

from __future__ import annotations

import select
import socket
from contextlib import suppress
from typing import Final

from sigil.effects import Clock
from sigil.gate.effects import EffectFailed
from sigil.gate.http.message import MAX_HEAD_BYTES, Head, parse_head

_CHUNK: Final = 2**16
_MAX_LINE: Final = 4096
_MAX_INTERIM: Final = 8


class Closed(Exception):
    """The service closed the connection before it answered at all."""


class _Ended(Exception):
    """The other end sends no more."""


class Stream:
    """A connection.

    Args:
        connected: a stream; ours from here on.
        clock: which deadlines are on, in nanoseconds.
    """

    def __init__(self, connected: socket.socket, clock: Clock):
        self._socket = connected
        self._clock = clock
        self._buffer = bytearray()
        self._began = False
        self._poll = select.poll()
        self._poll.register(connected, select.POLLIN)
        self._is_tcp = connected.family in (socket.AF_INET, socket.AF_INET6)
        if self._is_tcp:
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self) -> None:
        """Let go of it; idempotent."""
        self._socket.close()

    def is_clean(self) -> bool:
        """Say whether nothing came that belongs to no reply."""
        return not self._buffer

    def is_quiet(self) -> bool:
        """Say whether the other end neither closed nor sent something unasked."""
        return not self._poll.poll(0)

    def exchange(self, method: str, data: bytes, deadline: int, cap: int) -> tuple[Head, bytes]:
        """Send a request and return the reply.

        Raises:
            Closed: the connection ended before the reply began.
            OSError: it broke; TimeoutError at the deadline.
            EffectFailed: what came is no reply, or larger than ``cap``.
        """
        self._began = False
        self._wait_until(deadline)
        # What stopped listening may have answered before.
        with suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)
        try:
            head = self._head(method, deadline)
            return head, self._content(head, deadline, cap)
        except (_Ended, ConnectionResetError) as ended:
            if self._began:
                raise EffectFailed("the reply breaks off") from ended
            raise Closed from ended

    def _head(self, method: str, deadline: int) -> Head:
        for _ in range(_MAX_INTERIM):
            head = parse_head(self._until(b"\r\n\r\n", MAX_HEAD_BYTES, deadline), method)
            if head.status == 101:  # noqa: PLR2004 - switching protocols
                raise EffectFailed("the service speaks another protocol from here on")
            if head.status >= 200:  # noqa: PLR2004 - no interim reply
                return head
        raise EffectFailed("interim replies and no end of them")

    def _content(self, head: Head, deadline: int, cap: int) -> bytes:
        match head.framing:
            case "none":
                return b""
            case "length":
                return self._exactly(head.length, deadline, cap)
            case "chunks":
                return self._chunks(deadline, cap)
            case "close":
                return self._rest(deadline, cap)

    def _exactly(self, length: int, deadline: int, cap: int) -> bytes:
        if length > cap:
            raise _too_large(cap)
        while len(self._buffer) < length:
            self._more(deadline)
        content = bytes(self._buffer[:length])
        del self._buffer[:length]
        return content

    def _chunks(self, deadline: int, cap: int) -> bytes:
        content = bytearray()
        while size := self._chunk_size(deadline):
            content += self._exactly(size, deadline, cap - len(content))
            if self._exactly(2, deadline, cap) != b"\r\n":
                raise EffectFailed("a chunk that does not end where it said")
        left = MAX_HEAD_BYTES
        while trailer := self._until(b"\r\n", _MAX_LINE, deadline):
            left -= len(trailer)
            if left < 0:
                raise EffectFailed("trailers and no end of them")
        return bytes(content)

    def _chunk_size(self, deadline: int) -> int:
        line = self._until(b"\r\n", _MAX_LINE, deadline).partition(b";")[0].rstrip(b" \t")
        if not 0 < len(line) <= 16 or not all(c in b"0123456789abcdefABCDEF" for c in line):  # noqa: PLR2004 - 64 bits
            raise EffectFailed("a chunk whose size is no number")
        return int(line, 16)

    def _rest(self, deadline: int, cap: int) -> bytes:
        while len(self._buffer) <= cap:
            try:
                self._more(deadline)
            except _Ended:
                content = bytes(self._buffer)
                self._buffer.clear()
                return content
        raise _too_large(cap)

    def _until(self, end: bytes, most: int, deadline: int) -> bytes:
        """Return what comes before ``end``, which is dropped."""
        looked = 0
        while (found := self._buffer.find(end, looked)) < 0:
            looked = max(0, len(self._buffer) - len(end) + 1)
            if looked > most:
                break
            self._more(deadline)
        if not 0 <= found <= most:
            raise EffectFailed(f"no end of a head or a line within {most:,} bytes")
        before = bytes(self._buffer[:found])
        del self._buffer[: found + len(end)]
        return before

    def _more(self, deadline: int) -> None:
        """Receive something; `_Ended` if there is no more."""
        if self._is_tcp:
            # A service that writes head and body apart waits with the second for our
            # acknowledgement of the first, which the kernel would put off by 40 ms.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        self._wait_until(deadline)
        data = self._socket.recv(_CHUNK)
        if not data:
            raise _Ended
        self._began = True
        self._buffer += data

    def _wait_until(self, deadline: int) -> None:
        left = deadline - self._clock.monotonic_ns()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left / 1e9)


def _too_large(cap: int) -> EffectFailed:
    return EffectFailed(f"a body larger than {cap:,} bytes")
