"""Lend a service an address on this machine's loopback, for a browser.

Whatever connects to that address is connected to the service. Every process of this machine can,
so a relay is started only when somebody asks for a `url`; the other side's service cannot, being
in a network of its own.

One thread per connection, each with a bounded buffer in each direction. `close` ends them all.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

_BUFFER: Final = 2**18
_CHUNK: Final = 2**16
_MAX_CONNECTIONS: Final = 128
_CONNECT_S: Final = 10.0
_JOIN_S: Final = 10.0


class Relay:
    """A listening address that leads to a service. Close it.

    Args:
        connect: to the service; takes seconds, raises OSError.

    Attributes:
        port: on 127.0.0.1.
    """

    def __init__(self, connect: Callable[[float], socket.socket]):
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._lines: dict[threading.Thread, _Line] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, daemon=True, name="relay")
        self._thread.start()

    def close(self) -> None:
        """End every connection, and take no more; idempotent."""
        with self._lock:
            self._closed = True
            lines = dict(self._lines)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes who accepts
        self._thread.join(_JOIN_S)
        self._listener.close()
        for thread, line in lines.items():
            line.hang_up()
            thread.join(_JOIN_S)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        line = _Line(client)
        thread = threading.Thread(target=self._carry, args=(line,), daemon=True, name="relayed")
        with self._lock:
            if self._closed or len(self._lines) >= _MAX_CONNECTIONS:
                line.hang_up()
                client.close()
                return
            self._lines[thread] = line
        thread.start()

    def _carry(self, line: _Line) -> None:
        try:
            line.carry(self._connect)
        finally:
            with self._lock:
                self._lines.pop(threading.current_thread(), None)


class _Line:
    """A client, and once it is connected the service."""

    def __init__(self, client: socket.socket):
        self._ends = [client]
        self._waiting: dict[socket.socket, bytearray] = {}
        self._done: set[socket.socket] = set()

    def hang_up(self) -> None:
        """Have both ends closed soon, from another thread."""
        for end in list(self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def carry(self, connect: Callable[[float], socket.socket]) -> None:
        """Carry bytes both ways until both ends have sent all, or one is gone."""
        try:
            with suppress(OSError):
                self._ends.append(connect(_CONNECT_S))
                for end in self._ends:
                    end.setblocking(False)
                    self._waiting[end] = bytearray()
                while len(self._done) < len(self._ends):
                    self._step()
        finally:
            for end in self._ends:
                end.close()

    def _step(self) -> None:
        client, service = self._ends
        poll = select.poll()
        for end, other in ((client, service), (service, client)):
            reading = end not in self._done and len(self._waiting[other]) < _BUFFER
            events = (select.POLLIN if reading else 0) | (
                select.POLLOUT if self._waiting[end] else 0
            )
            if events:
                poll.register(end, events)
        for number, events in poll.poll():
            end, other = (client, service) if number == client.fileno() else (service, client)
            if events & select.POLLOUT:
                self._send(end)
            if events & (select.POLLIN | select.POLLHUP | select.POLLERR):
                self._receive(end, other)

    def _receive(self, end: socket.socket, other: socket.socket) -> None:
        data = end.recv(_CHUNK)
        if data:
            self._waiting[other] += data
        else:
            self._done.add(end)
        self._send(other)

    def _send(self, end: socket.socket) -> None:
        """Send what waits for ``end``, and then its end if the other one is done."""
        waiting = self._waiting[end]
        with suppress(BlockingIOError):
            while waiting:
                del waiting[: end.send(waiting)]
        (other,) = (one for one in self._ends if one is not end)
        if not waiting and other in self._done:
            end.shutdown(socket.SHUT_WR)
