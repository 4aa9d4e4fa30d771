"""An address on this machine's loopback that leads to a service which has none there.

Two threads for each connection. `Relay.close` ends them all.

Not here: what a browser may ask for (`sigil.gate.browser.door`).
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Final

Connector = Callable[[float], socket.socket]
"""Takes seconds, returns a connected stream; raises OSError."""

CONNECT_S: Final = 10.0
_CHUNK: Final = 2**16
_MOST: Final = 64
_JOIN_S: Final = 5.0


class Relay:
    """A listening address on 127.0.0.1. Close it.

    Args:
        connect: to the service.
        port: to listen on; 0 for a free one.

    Attributes:
        port: it listens on.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, connect: Connector, port: int = 0):
        self._connect = connect
        self._listener = socket.create_server(("127.0.0.1", port), backlog=_MOST)
        self.port: int = self._listener.getsockname()[1]
        self._open: dict[threading.Thread, list[socket.socket]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, daemon=True, name="relay")
        self._thread.start()

    def close(self) -> None:
        """End every connection, and take no more; idempotent."""
        with self._lock:
            self._closed = True
            threads = list(self._open)
            for ends in self._open.values():
                for end in ends:
                    _hang_up(end)
        _hang_up(self._listener)  # wakes who accepts
        self._thread.join(_JOIN_S)
        self._listener.close()
        for thread in threads:
            thread.join(_JOIN_S)

    def admitted(self, client: socket.socket) -> socket.socket | None:
        """Return the connection that a client gets; None if it gets none.

        Raises:
            OSError: the client or the service has hung up.
        """
        del client
        return self._connect(CONNECT_S)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.settimeout(CONNECT_S)
            thread = threading.Thread(
                target=self._serve, args=(client,), daemon=True, name="through the relay"
            )
            with self._lock:
                if self._closed or len(self._open) >= _MOST:
                    client.close()
                    continue
                self._open[thread] = [client]
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        me = threading.current_thread()
        try:
            with client, contextlib.suppress(OSError):
                service = self.admitted(client)
                if service is None:
                    return
                with service:
                    with self._lock:
                        if self._closed:
                            return
                        self._open[me].append(service)
                    _carry(client, service)
        finally:
            with self._lock:
                self._open.pop(me, None)


def _carry(client: socket.socket, service: socket.socket) -> None:
    """Carry bytes both ways until both ends have sent all, or one is gone."""
    for end in (client, service):
        end.settimeout(None)
    back = threading.Thread(target=_pour, args=(service, client), daemon=True, name="and back")
    back.start()
    _pour(client, service)
    back.join()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(_CHUNK):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        _hang_up(source)
        _hang_up(target)


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
