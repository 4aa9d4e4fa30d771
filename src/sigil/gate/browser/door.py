"""The browser's one way out: a SOCKS5 server that leads to the service under test and nowhere else.

Chromium sends everything here: pages, redirects, frames, scripts, beacons, WebSockets, downloads,
whatever a popup loads and whatever it would like to tell its maker. So it does not matter by which
of its many ways a page asks for another origin: there is no connection to be had. Names are never
looked up, and pages are addressed as the service addresses itself, whatever leads to it.

Source: RFC 1928; no authentication, CONNECT alone.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from collections.abc import Collection
from typing import Final

from sigil.gate.deploy.relay import CONNECT_S, Connector, Relay

Destination = tuple[str, int]
"""Host in lower case, and port."""

_VERSION: Final = 5
_NO_AUTHENTICATION: Final = bytes([_VERSION, 0])
_CONNECT: Final = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4
_GRANTED, _FORBIDDEN, _REFUSED = 0, 2, 5


class Door(Relay):
    """A relay for those who ask for the right address. Close it.

    Args:
        connect: to the service.
        destinations: under which it may be asked for.

    Attributes:
        turned_away: how many connections to somewhere else were asked for.
    """

    def __init__(self, connect: Connector, destinations: Collection[Destination]):
        self._destinations = frozenset(destinations)
        self.turned_away = 0
        super().__init__(connect)

    def admitted(self, client: socket.socket) -> socket.socket | None:
        """Hear where a client wants to go; return the connection, or None if it may not."""
        if _wanted(client) not in self._destinations:
            self.turned_away += 1
            client.sendall(_answer(_FORBIDDEN))
            return None
        try:
            service = self._connect(CONNECT_S)
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
