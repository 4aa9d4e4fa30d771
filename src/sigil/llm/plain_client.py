"""The client of ``openai-compatible``: JSON posted below one URL, by Python's own `http.client`.

A server that speaks OpenAI's protocol and is not OpenAI needs one path of it, and so nothing has
to be installed for one: the official client brings all the other paths, and what is below it
spends four times as long on an exchange.

Promises: no redirect is followed; what is sent is what is given here; connections are kept, one
for each thread, and none is used that the server has ended or on which it said what nobody asked
for; an answer is asked for as it is, and one that is compressed all the same is refused.

Not here: proxies (`sigil.llm.routes`), how long an attempt may take and how much it may read
(`sigil.llm.limits`), what a failure means (`sigil.llm.connection`).
"""

from __future__ import annotations

import io
import json
import select
import socket
import ssl
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, Final, cast
from urllib.parse import quote, urlsplit

from sigil import __version__
from sigil.errors import ProviderFailed
from sigil.llm.limits import ERROR_BYTES, Limits
from sigil.llm.routes import Route, route_to

__all__ = ["APIConnectionError", "APIStatusError", "APITimeoutError", "PlainClient"]

APIConnectionError = (OSError, HTTPException)
APITimeoutError = TimeoutError

_CONNECT_S: Final = 10.0
_PIECE: Final = 1 << 16


class APIStatusError(Exception):
    """An answer that is no success.

    Args:
        response: its head.
        body: of it, as text.

    Attributes:
        status_code: of HTTP.
        message: the status and the body.
    """

    def __init__(self, response: HTTPResponse, body: str):
        self.response = response
        self.body = body
        self.status_code = response.status
        self.message = f"{response.reason}: {body}"
        super().__init__(self.message)


class PlainClient:
    """Posts JSON to the paths below one URL, from any thread.

    Args:
        base_url: of the server, such as ``http://127.0.0.1:11434/v1``.
        headers: to send besides those that HTTP itself needs.
        limits: of an attempt.

    Attributes:
        secrets: what no message may repeat, besides what is in ``headers``.

    Raises:
        ProviderFailed: there is no way to such a server.
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], limits: Limits):
        self._route = route_to(base_url)
        self._tls = ssl.create_default_context() if self._route.scheme == "https" else None
        path = quote(urlsplit(base_url).path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
        self._path = f"http://{self._route.shown}{path}" if self._route.is_relayed else path
        self._headers = {
            "Host": self._route.shown,
            **(self._route.for_proxy if self._route.is_relayed else {}),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": f"sigil/{__version__}",
            **headers,
        }
        named = self._route.named
        self.secrets = tuple(filter(None, (named, named.partition(":")[2])))
        self._limits = limits
        self._own = threading.local()
        self._lock = threading.Lock()
        self._open: set[_Stream] = set()
        self._closed = False

    @contextmanager
    def post(self, path: str, body: Mapping[str, Any]) -> Generator[_Answer]:
        """Send ``body`` and give the answer.

        Raises:
            APIStatusError: it is no success.
            APITimeoutError, APIConnectionError: there is none.
            ProviderFailed: it is compressed.
        """
        sent = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")
        stream = self._stream()
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # an answer may say why
                stream.send(self._head(f"{self._path}{path}", len(sent)) + sent)
            response = stream.response("POST")
            self._accept(response)
            answer = _Answer(response)
            yield answer
            if response.will_close or not answer.is_read:
                self._drop(stream)
        except BaseException:
            self._drop(stream)
            raise

    def close(self) -> None:
        """End the connections, also those that a thread waits at."""
        with self._lock:
            self._closed = True
            streams = list(self._open)
        for stream in streams:
            self._drop(stream)

    def _accept(self, response: HTTPResponse) -> None:
        """Look at the head of an answer, and read the body of one that is no success.

        Raises:
            APIStatusError, ProviderFailed: see `post`.
        """
        if response.status >= HTTPStatus.BAD_REQUEST:
            self._limits.read_no_more_than(ERROR_BYTES)
        encoding = response.headers.get("content-encoding", "").strip().lower()
        is_plain = encoding in {"", "identity"}
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            body = b"".join(_Answer(response).iter_bytes()) if is_plain else b"(compressed)"
            raise APIStatusError(response, body.decode("utf-8", "replace"))
        if not is_plain:
            raise ProviderFailed("the answer is compressed, which nobody asked for")

    def _head(self, path: str, length: int) -> bytes:
        headers = {**self._headers, "Content-Length": str(length)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")

    def _stream(self) -> _Stream:
        """Return this thread's connection, a new one where the server has ended it."""
        stream: _Stream | None = getattr(self._own, "stream", None)
        if stream is not None and stream in self._open:
            if not stream.is_ended:
                return stream
            self._drop(stream)
        stream = _Stream(_connected(self._route, self._tls, self._limits), self._limits)
        with self._lock:
            self._open.add(stream)
            closed = self._closed
        if closed:
            self._drop(stream)
            raise ConnectionAbortedError("the client is closed")
        self._own.stream = stream
        return stream

    def _drop(self, stream: _Stream) -> None:
        with self._lock:
            self._open.discard(stream)
        stream.end()


class _Answer:
    """An answer whose body is still to be read."""

    def __init__(self, response: HTTPResponse):
        self._response = response

    @property
    def is_read(self) -> bool:
        """Whether the next thing on the connection would be another answer."""
        return self._response.isclosed() or self._response.length == 0

    def iter_bytes(self) -> Iterator[bytes]:
        """Yield the body as it arrives.

        Raises:
            IncompleteRead: it ends before it should.
        """
        while piece := self._response.read1(_PIECE):
            yield piece
        if missing := self._response.length:
            raise IncompleteRead(b"", missing)


# --- connections --------------------------------------------------------------------------


class _Stream:
    """One connection, of which the limits know; `HTTPResponse` takes it for a socket."""

    def __init__(self, connected: socket.socket, limits: Limits):
        self._socket = connected
        self._limits = limits
        self._incoming = _Incoming(connected, limits)
        self._reader = _Reader(self._incoming)
        self._watch = select.poll()
        self._watch.register(connected, select.POLLIN)

    @property
    def is_ended(self) -> bool:
        """Whether the server has ended it, or has said what nobody asked for."""
        waits = isinstance(self._socket, ssl.SSLSocket) and self._socket.pending()
        return bool(self._incoming.held(self._reader) or waits or self._watch.poll(0))

    def send(self, data: bytes) -> None:
        self._socket.settimeout(self._limits.left_s(None))
        self._socket.sendall(data)

    def response(self, method: str) -> HTTPResponse:
        """Return the head of an answer, after those that only say that it will come."""
        while True:
            response = HTTPResponse(cast("socket.socket", self), method=method)
            response.begin()
            if response.status >= HTTPStatus.OK:
                return response

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Give what all answers are read from."""
        return self._reader

    def end(self) -> None:
        """Close it; a thread that waits for an answer gets none."""
        with suppress(OSError):
            # Not that of TLS, which would first let a thread that is sending go on in plain text.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
        self._socket.close()


class _Incoming(io.RawIOBase):
    """What arrives, as far as the attempt allows."""

    def __init__(self, connected: socket.socket, limits: Limits):
        self._socket = connected
        self._limits = limits
        self._rests = False

    def held(self, reader: io.BufferedReader) -> bytes:
        """Return what ``reader`` has of this that was not read yet, without waiting for more."""
        self._rests = True
        try:
            return reader.peek(1)
        finally:
            self._rests = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._rests:
            return None
        self._socket.settimeout(self._limits.left_s(None))
        count = self._socket.recv_into(buffer)
        self._limits.count(count)
        return count


class _Reader(io.BufferedReader):
    def close(self) -> None:
        """Stay: an answer has ended, and the connection has not."""


def _connected(route: Route, tls: ssl.SSLContext | None, limits: Limits) -> socket.socket:
    """Return a new connection to a server, through its proxy if there is one."""
    host, port = route.first_stop
    what = f"the proxy {host}:{port}" if route.proxy else f"{host}:{port}"
    connected = _reached(host, port, what, limits)
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return connected
        if route.proxy is not None:
            _tunnel(_Stream(connected, limits), route)
        connected.settimeout(limits.left_s(_CONNECT_S))
        return tls.wrap_socket(connected, server_hostname=route.host)
    except BaseException:
        connected.close()
        raise


def _reached(host: str, port: int, what: str, limits: Limits) -> socket.socket:
    """Return a connection to the first address of a host that answers; errors say ``what``."""
    try:
        # As bytes, it is not encoded by a module that takes longer to import than an exchange.
        found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise ConnectionError(f"no address of {what} ({error.strerror})") from None
    for number, (family, kind, protocol, _, address) in enumerate(found, 1):
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(limits.left_s(_CONNECT_S))
            connected.connect(address)
        except BaseException as error:
            connected.close()
            if not isinstance(error, OSError):
                raise
            if number == len(found):
                limits.left_s(None)  # the attempt may be over
                raise ConnectionError(f"no connection to {what} ({error})") from None
        else:
            return connected
    raise ConnectionError(f"no address of {what}")


def _tunnel(stream: _Stream, route: Route) -> None:
    """Have a proxy hand everything on, unread."""
    there = f"[{route.host}]:{route.port}" if ":" in route.host else f"{route.host}:{route.port}"
    headers = {"Host": there, **route.for_proxy}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    stream.send(f"CONNECT {there} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
    response = stream.response("CONNECT")
    if response.status != HTTPStatus.OK:
        raise ConnectionError(f"the proxy answered {response.status} {response.reason}")
