"""Make a plain stream of an encrypted one, so that it can be handed to another process.

What a TLS connection is lives in the process that opened it; a descriptor alone is ciphertext. So
the plain end that is handed out is one of a pair, and a thread carries between the other one and
the service for as long as both are there.

Not here: who is asked (`external`), certificates (the system's).
"""

from __future__ import annotations

import select
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final

_CHUNK: Final = 2**16
_STALLED_S: Final = 120.0
"""After so long without a byte in the middle of something, the connection is given up."""


def plain_end_of(secure: ssl.SSLSocket) -> socket.socket:
    """Return a plain stream that is connected to what ``secure`` is connected to.

    Args:
        secure: after its handshake; ours from here on. It ends with the plain one.
    """
    plain, inner = socket.socketpair()
    threading.Thread(target=_carry, args=(inner, secure), daemon=True, name="encrypted").start()
    return plain


def _carry(inner: socket.socket, secure: ssl.SSLSocket) -> None:
    poll = select.poll()
    for end in (inner, secure):
        poll.register(end, select.POLLIN)
    with inner, secure, suppress(OSError):
        while True:
            # What is decrypted already, the kernel knows nothing of.
            ready = {secure.fileno()} if secure.pending() else {number for number, _ in poll.poll()}
            if secure.fileno() in ready and not _pass_on(secure, inner):
                return
            if inner.fileno() in ready and not _pass_on(inner, secure):
                return


def _pass_on(source: socket.socket, target: socket.socket) -> bool:
    """Carry what has come; False at the end of it."""
    source.settimeout(0)
    try:
        data = source.recv(_CHUNK)
    except (ssl.SSLWantReadError, BlockingIOError):
        return True  # TLS spoke of itself, or half a record has come
    if data:
        target.settimeout(_STALLED_S)
        target.sendall(data)
    return bool(data)
