"""The browser's one way out: a SOCKS5 server that leads to the service under test and nowhere else.

Chromium sends everything here: pages, redirects, frames, scripts, beacons, WebSockets, downloads,
whatever a popup loads and whatever it would like to tell its maker. So it does not matter by which
of its many ways a page asks for another origin: there is no connection to be had. Names are never
looked up, and pages are addressed as the service addresses itself, whatever leads to it.

Two threads for each connection. `close` ends them all.

Source: RFC 1928; no authentication, CONNECT alone.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import struct
import threading
from collections.abc import Callable, Collection
from typing import Final

Connector = Callable[[float], socket.socket]
"""Takes seconds, returns a connected stream; raises OSError."""
Destination = tuple[str, int]
"""Host in lower case, and port."""

_VERSION: Final = 5
_NO_AUTHENTICATION: Final = bytes([_VERSION, 0])
_CONNECT: Final = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_GRANTED, _FORBIDDEN, _REFUSED = 0, 2, 5
_CHUNK: Final = 2**16
_MOST: Final = 64
_CONNECT_S: Final = 10.0
_JOIN_S: Final = 5.0


class Door:
    """A listening address on this machine's loopback. Close it.

    Args:
        connect: to the service.
        destinations: under which it may be asked for.

    Attributes:
        port: on 127.0.0.1.
        turned_away: how many connections to somewhere else were asked for.
    """

    def __init__(self, connect: Connector, destinations: Collection[Destination]):
        self._connect = connect
        self._destinations = frozenset(destinations)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=_MOST)
        self.port: int = self._listener.getsockname()[1]
        self.turned_away = 0
        self._open: dict[threading.Thread, list[socket.socket]] = {}
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._accept, daemon=True, name="door")
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

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            client.settimeout(_CONNECT_S)
            thread = threading.Thread(
                target=self._serve, args=(client,), daemon=True, name="through the door"
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
                service = self._admitted(client)
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

    def _admitted(self, client: socket.socket) -> socket.socket | None:
        """Hear where a client wants to go; return the connection, or None if it may not."""
        if _wanted(client) not in self._destinations:
            self.turned_away += 1
            client.sendall(_answer(_FORBIDDEN))
            return None
        try:
            service = self._connect(_CONNECT_S)
        except OSError:
            client.sendall(_answer(_REFUSED))
            return None
        try:
            client.sendall(_answer(_GRANTED))
        except BaseException:
            service.close()
            raise
        return service


def _wanted(client: socket.socket) -> Destination | None:
    """Speak SOCKS5 up to the request; None for what is none that we understand."""
    version, count = _exactly(client, 2)
    if version != _VERSION:
        return None
    _exactly(client, count)
    client.sendall(_NO_AUTHENTICATION)
    _, command, _, kind = _exactly(client, 4)
    if kind == _IPV4:
        host = str(ipaddress.IPv4Address(_exactly(client, 4)))
    elif kind == _IPV6:
        host = str(ipaddress.IPv6Address(_exactly(client, 16)))
    elif kind == _NAME:
        [length] = _exactly(client, 1)
        host = _exactly(client, length).decode("ascii", "replace").lower()
    else:
        return None
    [port] = struct.unpack("!H", _exactly(client, 2))
    return (host.strip("[]"), port) if command == _CONNECT else None


def _answer(status: int) -> bytes:
    return struct.pack("!BBBB4sH", _VERSION, status, 0, _IPV4, bytes(4), 0)


def _exactly(end: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        received = end.recv(count - len(data))
        if not received:
            raise ConnectionResetError("it hung up")
        data += received
    return data


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
