"""Wait until a service is healthy, or is known never to be.

Not here: what puts it up.
"""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import DeploymentFailed
from sigil.gate.deploy.model import SHOWN, Progress
from sigil.gate.effects import Call, EffectFailed
from sigil.gate.http.client import Caps, Http
from sigil.printable import printable

_PROBE_S: Final = 5.0
_PAUSES_S: Final = (0.005, 0.01, 0.02, 0.05, 0.1)
_ANSWER_BYTES: Final = 2**20
_TELL_EVERY_S: Final = 1.0
_WELL: Final = range(200, 400)


@dataclass(frozen=True, slots=True)
class End:
    """How a service ended.

    Args:
        how: in fixed words, such as ``exited with status 1``.
        said: what is known besides, perhaps in the service's own words, in brackets.
    """

    how: str
    said: str = ""


Over = Callable[[float], End | None]
"""Waits at most so many seconds for the service's end, and returns how it ended, if it did."""


def never_over(wait_s: float) -> None:
    """Wait; of a service that nobody here watches."""
    select.select([], [], [], wait_s)


def wait_until_healthy(
    connect: Callable[[float], socket.socket],
    authority: str,
    health: str,
    start_s: float,
    *,
    over: Over = never_over,
    progress: Progress,
) -> None:
    """Return when the service is healthy.

    Args:
        connect: to the service.
        authority: of the service.
        health: a path that has to answer with a status of 200 to 399, or ``tcp``.
        start_s: seconds from now.
        over: see `Over`.
        progress: hears about once a second how long it has been; of the service's answers nothing,
            since the log of a job may be the author's to read.

    Raises:
        DeploymentFailed: it ended, or was not healthy in time; with what the last try came to.
    """
    start = SYSTEM_CLOCK.monotonic_ns()
    told, tries = 0.0, 0
    while True:
        elapsed = (SYSTEM_CLOCK.monotonic_ns() - start) / 1e9
        problem = _problem(connect, authority, health, min(_PROBE_S, max(start_s - elapsed, 0.01)))
        if problem is None:
            return
        ended = over(_PAUSES_S[min(tries, len(_PAUSES_S) - 1)])
        tries += 1
        if ended is not None:
            raise DeploymentFailed(
                f"the service {ended.how}{ended.said} before it was healthy",
                ending=f"the service {ended.how} before it was healthy",
            )
        elapsed = (SYSTEM_CLOCK.monotonic_ns() - start) / 1e9
        if elapsed >= start_s:
            raise DeploymentFailed(
                f"not healthy within {start_s:g} s: {problem}",
                remedy="give more start_s, or check health and the port",
                ending=f"not healthy within {start_s:g} s",
            )
        if elapsed - told >= _TELL_EVERY_S:
            told = elapsed
            progress(f"waiting for {printable(health, SHOWN)} ({elapsed:.0f} s)")


def _problem(
    connect: Callable[[float], socket.socket], authority: str, health: str, timeout_s: float
) -> str | None:
    """Return why the service is not healthy; None if it is."""
    if health == "tcp":
        try:
            connect(timeout_s).close()
        except OSError as error:
            return f"no connection ({error.strerror or error})"
        return None
    timeout_ms = max(1, int(timeout_s * 1000))
    asking = Http(connect, authority, caps=Caps(_ANSWER_BYTES, timeout_ms=timeout_ms))
    try:
        reply = asking.perform(Call("http", {"method": "GET", "path": health}))
    except EffectFailed as failed:
        return failed.problem
    finally:
        asking.close()
    return None if reply["status"] in _WELL else f"{health} answers {reply['status']}"
