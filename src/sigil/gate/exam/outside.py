"""Who answers the calls of one scenario, from within its process.

HTTP goes over connections that the hall hands in, so that a service in a network of its own costs
nothing more per request. The browser is driven from here, because pages are foreign too. Whatever
needs a key, a file or another process is asked of the hall.

Not here: what each request and reply holds (`sigil.gate.http.client`, `sigil.gate.browser`).
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from sigil.gate.agent import pursue
from sigil.gate.effects import Call, EffectFailed, Json
from sigil.gate.exam.channel import MODELS, Assignment, Channel, Reply, Word
from sigil.gate.http.client import Http

if TYPE_CHECKING:
    from sigil.gate.browser import Browser


@contextmanager
def _clock_stopped(stops: bool) -> Generator[None]:
    """Let no time of the scenario pass meanwhile."""
    left, _ = signal.getitimer(signal.ITIMER_REAL)
    if not stops or not left:
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


class Outside:
    """The effects of one live scenario. A context manager.

    Args:
        channel: to the hall.
        assignment: of the scenario: where the service is.
    """

    def __init__(self, channel: Channel, assignment: Assignment):
        self._channel = channel
        self._lock = threading.Lock()  # the browser's connections are asked for by threads
        self._http = Http(self._connect, assignment.authority, origins=assignment.origins)
        self._assignment = assignment
        self._browser: Browser | None = None
        self._lacked_connection = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._browser is not None:
            self._browser.close()
        self._http.close()

    def perform(self, call: Call) -> Json:
        """Return the reply; see `sigil.gate.effects.Effects`."""
        if call.kind == "http":
            return self._http.perform(call)
        if call.kind == "sleep":
            threading.Event().wait(call.request["seconds"])
            return None
        if call.kind == "browser":
            return self._browsed(call)
        if call.kind == "intent":
            return pursue(call.request, self.perform)
        with self._lock, _clock_stopped(call.kind in MODELS):
            self._channel.send(Word(call=call))
            return self._heard().value

    def _browsed(self, call: Call) -> Json:
        try:
            return self._browsing().perform(call)
        except EffectFailed as failed:
            if self._lacked_connection:  # of which the browser knows only that there was none
                raise EffectFailed(failed.problem, is_ours=True) from failed
            raise

    def _browsing(self) -> Browser:
        """Return the scenario's browser; most scenarios have none."""
        if self._browser is None:
            from sigil.gate.browser import Browser  # noqa: PLC0415 - not small

            self._browser = Browser(
                self._connect_page, self._assignment.authority, self._assignment.origins
            )
        return self._browser

    def _connect(self, timeout_s: float) -> socket.socket:
        with self._lock:
            self._channel.send(Word(connect_s=timeout_s))
            try:
                self._heard()
            except EffectFailed as failed:
                if failed.is_ours:
                    raise
                raise ConnectionRefusedError(failed.problem) from failed
            return self._channel.receive_socket()

    def _connect_page(self, timeout_s: float) -> socket.socket:
        """Connect for the browser's threads, to whom every refusal is the system's."""
        try:
            return self._connect(timeout_s)
        except EffectFailed as failed:
            self._lacked_connection = True
            raise ConnectionRefusedError(failed.problem) from failed

    def _heard(self) -> Reply:
        reply = self._channel.receive(Reply)
        if reply.failure is not None:
            raise EffectFailed(reply.failure, is_ours=reply.is_ours)
        return reply
