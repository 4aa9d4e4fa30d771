"""The end of what a command prints, in bounded room and time, in lines and in one line.

Not here: what more of it is hidden from the author of a change (`sigil.gate.telling`).
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
from sigil.llm.redaction import redact
from sigil.printable import printable

_CHUNK: Final = 2**16
_SHOWN: Final = 300


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


def whole_lines(output: bytes, room: int) -> tuple[str, ...]:
    """Return the lines of the end of an output, exactly as they were printed.

    What is to be hidden may have empty lines and blanks at the end of one, so none is taken away.

    Args:
        output: what was kept of it.
        room: bytes that are kept at most; the first line of so many was cut, and is left out: half
            of what is to be hidden is not known for what it is.
    """
    lines = output[-room:].decode(errors="replace").split("\n")
    if len(output) >= room:
        del lines[:1]
    if lines and not lines[-1]:
        del lines[-1]  # a newline ends a line, and begins none
    return tuple(lines)


def last_line(lines: Sequence[str]) -> str:
    """Return the last of an output's lines in brackets, without keys of known shapes.

    Nothing is returned of an output that is blank, or where that line is too long to be a message.
    """
    said = [line.strip() for line in redact("\n".join(lines)).splitlines()]
    last = next((line for line in reversed(said) if line), "")
    return f" ({printable(last)})" if 0 < len(last) <= _SHOWN else ""
