"""Answer a scenario's HTTP calls over a deployment's own connections.

Plain HTTP/1.1, one request at a time over a connection that is kept. Pinned to one origin: no
call reaches anything but the deployment, and a redirect is a reply like any other. Whatever the
service does, a call ends within its time and within bounded memory, with a reply or with
`EffectFailed`.

A body is text in UTF-8 where it is valid, else in latin-1, one character per byte; ``encoding``
of the reply says which, and a request may say ``latin-1`` too. Compression is never asked for.

A kept connection that the service has closed meanwhile is replaced. If that shows only once a
request is under way, no more than GET, HEAD and OPTIONS are sent again: whether another one was
carried out nobody knows.

Not here: the messages themselves (`sigil.gate.http.message`), waiting for them
(`sigil.gate.http.stream`), JSON in a body (`sigil.gate.lua`).
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final, cast

from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.gate.effects import EXHAUSTED, Call, EffectFailed, Json
from sigil.gate.http.message import Head, render
from sigil.gate.http.stream import Closed, Stream

Connector = Callable[[float], socket.socket]
"""Takes seconds, returns a connected stream; raises OSError."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_MAX_TIMEOUT_MS: Final = 600_000


@dataclass(frozen=True, slots=True)
class Caps:
    """What one call may take.

    Args:
        reply_bytes: of a reply's body.
        request_bytes: of a request's body.
        timeout_ms: from the first byte sent to the last one received, unless the call says.
    """

    reply_bytes: int = 8 * 2**20
    request_bytes: int = 8 * 2**20
    timeout_ms: int = 30_000


class Http:
    """Answers calls of kind ``http``; one thread at a time. Close it.

    Args:
        connect: makes connections to the service.
        authority: its host and port, for the ``Host`` header.
        origins: what a call's ``base_url`` may be.
        caps: of each call.
        clock: for deadlines and ``elapsed_ms``.
    """

    def __init__(
        self,
        connect: Connector,
        authority: str,
        *,
        origins: Collection[str] = (),
        caps: Caps = Caps(),
        clock: Clock = SYSTEM_CLOCK,
    ):
        self._connect = connect
        self._authority = authority
        self._origins = frozenset(origins) | {f"http://{authority}"}
        self._caps = caps
        self._clock = clock
        self._kept: Stream | None = None

    def close(self) -> None:
        """Let go of the connection; idempotent."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def perform(self, call: Call) -> Json:
        """Return ``{status, headers, body, encoding, elapsed_ms}``.

        Raises:
            EffectFailed: the request cannot be sent as it is, or nothing that can be read as a
                reply came back in time and within the caps.
        """
        if call.kind != "http":
            raise EffectFailed(f"nobody here answers {call.kind}")
        request = call.request
        self._stay(request.get("base_url"))
        method, path = str(request.get("method")), str(request.get("path"))
        headers, body = _texts(request.get("headers")), self._body(request)
        data = render(method, path, self._authority, headers, body)
        start = self._clock.monotonic_ns()
        deadline = start + self._timeout_ms(request.get("timeout_ms")) * 1_000_000
        try:
            head, content = self._exchange(method, data, deadline)
        except BaseException:
            self.close()
            raise
        elapsed = (self._clock.monotonic_ns() - start) // 1_000_000
        text, encoding = _text(content)
        return {
            "status": head.status,
            "headers": head.headers,
            "body": text,
            "encoding": encoding,
            "elapsed_ms": elapsed,
        }

    # --- the request ------------------------------------------------------------------------

    def _stay(self, base_url: Any) -> None:
        if base_url is None:
            return
        if not isinstance(base_url, str) or base_url.rstrip("/").lower() not in self._origins:
            raise EffectFailed("base_url is not the service under test")

    def _body(self, request: dict[str, Json]) -> bytes | None:
        body = request.get("body")
        if body is None:
            return None
        encoding = "latin-1" if request.get("encoding") == "latin-1" else "utf-8"
        try:
            data = str(body).encode(encoding)
        except UnicodeEncodeError:
            raise EffectFailed(f"the body is no {encoding}") from None
        if len(data) > self._caps.request_bytes:
            raise EffectFailed(f"a body larger than {self._caps.request_bytes:,} bytes")
        return data

    def _timeout_ms(self, wanted: Any) -> int:
        if wanted is None:
            return self._caps.timeout_ms
        if not isinstance(wanted, int | float) or not 0 < wanted <= _MAX_TIMEOUT_MS:
            raise EffectFailed(f"timeout_ms is no number between 0 and {_MAX_TIMEOUT_MS:,}")
        return max(1, int(wanted))

    # --- the exchange -----------------------------------------------------------------------

    def _exchange(self, method: str, data: bytes, deadline: int) -> tuple[Head, bytes]:
        was_kept, stream = self._stream(deadline)
        self._kept = stream  # so that it is closed whatever happens
        try:
            head, content = stream.exchange(method, data, deadline, self._caps.reply_bytes)
        except Closed as closed:
            if not was_kept or method not in _SAFE:
                raise EffectFailed("the service closed the connection without a reply") from closed
            self.close()
            return self._exchange(method, data, deadline)
        except TimeoutError:
            raise EffectFailed("no whole reply in time") from None
        except OSError as error:
            raise EffectFailed(f"the connection broke ({_said(error)})") from error
        if not (head.reusable and stream.is_clean()):
            self.close()
        return head, content

    def _stream(self, deadline: int) -> tuple[bool, Stream]:
        """Return whether the connection was kept, and it or a new one."""
        if self._kept is not None and self._kept.is_quiet():
            return True, self._kept
        self.close()
        left = (deadline - self._clock.monotonic_ns()) / 1e9
        try:
            return False, Stream(self._connect(max(left, 0.001)), self._clock)
        except TimeoutError:
            raise EffectFailed("the service takes no connection in time") from None
        except OSError as error:
            problem = f"no connection to the service ({_said(error)})"
            raise EffectFailed(problem, is_ours=error.errno in EXHAUSTED) from error


def _texts(headers: Any) -> dict[str, str]:
    if headers is None:
        return {}
    if not isinstance(headers, dict):
        raise EffectFailed("headers are no table")
    return {str(name): str(value) for name, value in cast("dict[Any, Any]", headers).items()}


def _text(content: bytes) -> tuple[str, str]:
    """Return a body as text, and the encoding that turns it back into bytes."""
    try:
        return content.decode(), "utf-8"
    except UnicodeDecodeError:
        return content.decode("latin-1"), "latin-1"


def _said(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__
