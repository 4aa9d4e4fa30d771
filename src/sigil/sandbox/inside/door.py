"""Hand out sockets that are inside a command's network, to whoever holds the other end.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil. A socket belongs for good to the network namespace that it was made in. So
the zygote steps into the command's for as long as it takes to make one, and sends it out
unconnected: what it is connected to, and how long that may take, the receiver decides.

The command can neither see nor reach any of this: it is in a pid namespace of its own, and
never holds the channel.

All sockets are alike, so several processes may ask for them over one channel at once.

Not here: the receiver (`sigil/sandbox/service.py`).
"""

# Strings, not Path objects: importing pathlib is dear.
# ruff: noqa: PTH123

from __future__ import annotations

import json
import os
import socket

import namespaces
import view

_LISTENS = "0A"
_TABLE, _PORTS = 65536, 20
_FAMILIES = (socket.AF_INET, socket.AF_INET6)


class Door:
    """The way into the network of one command.

    Args:
        channel: number of a SEQPACKET socket. ``sockets`` asks for two of them, one for IPv4
            and one for IPv6, where the kernel has that; ``ports`` for what is listened on.
        pid: of the command, sealed: it cannot change its network any more.
    """

    def __init__(self, channel: int, pid: int) -> None:
        self._pid = pid
        self._theirs = _network(pid)
        self._own = _network("self")
        self.channel = socket.socket(fileno=channel)
        self.channel.setblocking(False)

    def serve(self) -> bool:
        """Answer one question; False when nobody will ask any more."""
        made = []
        try:
            word = self.channel.recv(16)
            if word == b"ports":
                self.channel.send(json.dumps(_listened_on(self._pid)).encode())
                return True
            if not word:
                return False
            made = self._make()
            socket.send_fds(self.channel, [b"sockets"], [one.fileno() for one in made])
        except BlockingIOError:
            return True  # woken for nothing, or nobody takes what was asked for
        except OSError:
            return False
        finally:
            for one in made:
                one.close()
        return True

    def _make(self) -> list:
        namespaces.enter_network(self._theirs)
        try:
            return [one for one in map(_socket, _FAMILIES) if one is not None]
        finally:
            try:
                namespaces.enter_network(self._own)
            except OSError:
                os._exit(1)  # better none than one that makes commands in the wrong network

    def close(self) -> None:
        """Let go of the networks and of the channel."""
        self.channel.close()
        for number in (self._own, self._theirs):
            os.close(number)


def _socket(family):
    try:
        return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    except OSError:
        return None


def _listened_on(pid) -> list:
    """Return the TCP ports that somebody in a process's network listens on, a few at most."""
    ports = set()
    for name in ("tcp", "tcp6"):
        try:
            with open("{}/proc/{}/net/{}".format(view.HOST, pid, name)) as file:
                rows = [line.split() for line in file.read(_TABLE).splitlines()[1:]]
        except OSError:
            continue
        ports.update(int(row[1][-4:], 16) for row in rows if row[3:4] == [_LISTENS])
    return sorted(ports)[:_PORTS]


def _network(pid) -> int:
    return os.open("{}/proc/{}/ns/net".format(view.HOST, pid), os.O_RDONLY | os.O_CLOEXEC)
