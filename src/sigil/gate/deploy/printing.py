"""The end of what a command prints, in bounded room and time.

Not here: what of it may be shown, and to whom (`sigil.gate.telling`).
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Final

from sigil.effects import SYSTEM_CLOCK

_CHUNK: Final = 2**16


def output_of(words: Sequence[str], env: Mapping[str, str], *, room: int, seconds: float) -> bytes:
    """Run a command and return the last bytes of its standard output, as far as it came.

    Args:
        words: the command; it is killed, with what it started in its session, once time is up.
        env: its variables, and no others.
        room: bytes that are kept at most.
        seconds: from now.

    Raises:
        OSError: it cannot be started.
    """
    process = subprocess.Popen(
        list(words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=dict(env),
        start_new_session=True,
    )
    assert process.stdout is not None
    end = SYSTEM_CLOCK.monotonic_ns() + int(seconds * 1e9)
    kept = bytearray()
    try:
        while (left := (end - SYSTEM_CLOCK.monotonic_ns()) / 1e9) > 0:
            if not select.select([process.stdout], [], [], left)[0]:
                break
            data = os.read(process.stdout.fileno(), _CHUNK)
            if not data:
                break
            kept += data
            del kept[: max(0, len(kept) - room)]
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.stdout.close()
        process.wait()
    return bytes(kept)
