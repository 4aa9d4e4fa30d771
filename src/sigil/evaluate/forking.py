"""The inside of a nursery: fork a lane whenever the parent asks for one.

A fresh interpreter that has imported what a lane needs, has one thread, no sandbox, no eval
and nothing of its parent's but one socket, on which a packet is a request or its answer:

    FORK with a socket  fork a lane that serves it; the answer is its pid, with a pidfd
    REAP and a pid      reap a lane that has ended; the answer is its exit code

Whatever way the parent goes, the socket then closes and the nursery ends, and the kernel kills
every lane that is left.

Not here: the other end (`sigil.evaluate.nursery`), what a lane does (`sigil.evaluate.lane`).
"""

from __future__ import annotations

import gc
import os
import signal
import socket
import traceback
from typing import NoReturn

from sigil.evaluate import lane
from sigil.evaluate.nursery import FORK, NUMBER

_LARGEST = 16


def main(descriptor: int) -> NoReturn:
    """Serve the control socket on ``descriptor`` until it closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as control:
        while True:
            packet, passed, _, _ = socket.recv_fds(control, _LARGEST, 1, socket.MSG_CMSG_CLOEXEC)
            if not packet:
                os._exit(0)  # our parent is gone or has no more use for us
            if packet == FORK:
                _fork(control, passed[0])
            else:
                (pid,) = NUMBER.unpack(packet[1:])
                control.send(NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def _fork(control: socket.socket, connection: int) -> None:
    """Fork a lane that serves ``connection``, and say which it is."""
    nursery = os.getpid()
    try:
        pid = os.fork()
    except OSError as error:
        os.close(connection)
        control.send(NUMBER.pack(-(error.errno or 1)))
        return
    if not pid:
        control.close()
        _be_lane(connection, nursery)
    os.close(connection)
    os.setpgid(pid, pid)
    watched = os.pidfd_open(pid)
    socket.send_fds(control, [NUMBER.pack(pid)], [watched])
    os.close(watched)


def _be_lane(connection: int, nursery: int) -> NoReturn:
    """Be a lane to its end.

    To tidy the interpreter up would only copy what all lanes share, and takes longer than the
    start did.
    """
    code = 1
    try:
        gc.enable()
        lane.main(connection, nursery)
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
    except BaseException:  # noqa: BLE001 - the end of the process, told as Python would
        traceback.print_exc()
    finally:
        os._exit(code)
