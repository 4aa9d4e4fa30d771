"""Wait for sockets, for other processes' ends and for children, all at once.

Runs in the target's interpreter: CPython 3.9 or later, the standard library alone, and no
knowledge of Sigil.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
from contextlib import suppress

MAX_PACKET = 32768


def receive(control: socket.socket):
    """Return the next message and its descriptors; None when the other end is gone.

    A long message stands in the first descriptor, and only its length in the packet.
    """
    data, descriptors, _, _ = socket.recv_fds(control, MAX_PACKET, 8)
    if not data:
        return None, []
    if data.isdigit():
        number = descriptors.pop(0)
        data = os.pread(number, int(data), 0)
        os.close(number)
    return json.loads(data), descriptors


def send(control: socket.socket, message: dict) -> None:
    """Send one message; if nobody is there to read it, our own end will be noticed soon."""
    with suppress(OSError):
        control.send(json.dumps(message).encode())


def tell(number: int, message: dict, descriptors=()) -> None:
    """Send a message, and descriptors, over the socket ``number`` without taking it over."""
    channel = socket.socket(fileno=os.dup(number))
    try:
        socket.send_fds(channel, [json.dumps(message).encode()], list(descriptors))
    finally:
        channel.close()


def wait(descriptors: list) -> set:
    """Return those of ``descriptors`` that have something to read or have been closed."""
    poll = select.poll()
    for number in descriptors:
        poll.register(number, select.POLLIN)
    return {number for number, _ in poll.poll()}


def wake_on_children() -> int:
    """Return a descriptor that becomes readable when a child ends."""
    read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return read


def drain(number: int) -> None:
    """Read a non-blocking descriptor empty."""
    try:
        while os.read(number, 4096):
            pass
    except BlockingIOError:
        pass


def default_signals() -> None:
    """Undo `wake_on_children` in a fork that will run somebody else's program."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
