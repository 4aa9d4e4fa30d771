"""The client of ``openai-compatible``: JSON posted below one URL, by Python's own `http.client`.

A server that speaks OpenAI's protocol and is not OpenAI needs one path of it, and so nothing has
to be installed for one: the official client brings all the other paths, and what is below it
spends four times as long on an exchange.

Promises: no redirect is followed; what is sent is what is given here; connections are kept, one
for each thread, and none is used that the server has ended; proxies are those of the system and
of ``HTTP_PROXY``, ``HTTPS_PROXY`` and ``NO_PROXY``; an answer is asked for as it is, and one that
is compressed all the same is refused.

Not here: how long an attempt may take and how much it may read (`sigil.llm.limits`), what a
failure means (`sigil.llm.connection`).
"""

from __future__ import annotations

import io
import json
import select
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException, HTTPResponse, IncompleteRead
from typing import Any, Final, cast
from urllib.parse import SplitResult, quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from sigil import __version__
from sigil.errors import ProviderFailed
from sigil.llm.limits import ERROR_BYTES, Limits

__all__ = ["APIConnectionError", "APIStatusError", "APITimeoutError", "PlainClient"]

APIConnectionError = (OSError, HTTPException)
APITimeoutError = TimeoutError

_CONNECT_S: Final = 10.0
_PIECE: Final = 1 << 16
_PORTS: Final = {"http": 80, "https": 443}


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
    """

    def __init__(self, base_url: str, headers: Mapping[str, str], limits: Limits):
        self._route = _route(base_url)
        self._tls = ssl.create_default_context() if self._route.scheme == "https" else None
        path = quote(urlsplit(base_url).path.rstrip("/"), safe="/%:@!$&'()*+,;=~")
        self._path = f"http://{self._route.shown}{path}" if self._route.is_relayed else path
        self._headers = {
            "Host": self._route.shown,
            **(_of_proxy(self._route) if self._route.is_relayed else {}),
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Content-Type": "application/json",
            "User-Agent": f"sigil/{__version__}",
            **headers,
        }
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
            yield _Answer(response)
            if response.will_close or not response.isclosed():
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
        if response.headers.get("content-encoding", "identity") != "identity":
            raise ProviderFailed("the answer is compressed, which nobody asked for")
        if not HTTPStatus.OK <= response.status < HTTPStatus.MULTIPLE_CHOICES:
            body = b"".join(_Answer(response).iter_bytes())
            raise APIStatusError(response, body.decode("utf-8", "replace"))

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
        self._reader = _Reader(_Incoming(connected, limits))
        self._watch = select.poll()
        self._watch.register(connected, select.POLLIN)

    @property
    def is_ended(self) -> bool:
        """Whether the server has ended it, or says what nobody asked for."""
        return bool(self._watch.poll(0))

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
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


class _Incoming(io.RawIOBase):
    """What arrives, as far as the attempt allows."""

    def __init__(self, connected: socket.socket, limits: Limits):
        self._socket = connected
        self._limits = limits

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._socket.settimeout(self._limits.left_s(None))
        count = self._socket.recv_into(buffer)
        self._limits.count(count)
        return count


class _Reader(io.BufferedReader):
    def close(self) -> None:
        """Stay: an answer has ended, and the connection has not."""


@dataclass(frozen=True, slots=True)
class _Route:
    """The way to a server.

    Args:
        scheme: of its URL.
        host: its name.
        port: its port.
        shown: host and port as the header of that name has them.
        proxy: the URL of what stands between, if anything does.
    """

    scheme: str
    host: str
    port: int
    shown: str
    proxy: SplitResult | None

    @property
    def is_relayed(self) -> bool:
        """Whether a proxy reads what is sent, and so has to be told where it goes."""
        return self.proxy is not None and self.scheme == "http"


def _route(url: str) -> _Route:
    """Return the way to the server of ``url``."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if not host.isascii():
        host = host.encode("idna").decode()
    bracketed = f"[{host}]" if ":" in host else host
    port = parts.port or _PORTS[parts.scheme]
    shown = bracketed if port == _PORTS[parts.scheme] else f"{bracketed}:{port}"
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(f"{bracketed}:{port}"):
        return _Route(parts.scheme, host, port, shown, None)
    between = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if between.scheme != "http" or not between.hostname:
        raise ProviderFailed(
            f"the proxy for {parts.scheme} is none that is spoken to by HTTP",
            remedy="name one as http://host:port, or name the server in NO_PROXY",
        )
    return _Route(parts.scheme, host, port, shown, between)


def _of_proxy(route: _Route) -> dict[str, str]:
    """Return what a proxy is to know of us."""
    if route.proxy is None or route.proxy.username is None:
        return {}
    named = f"{unquote(route.proxy.username)}:{unquote(route.proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(named.encode()).decode()}"}


def _connected(route: _Route, tls: ssl.SSLContext | None, limits: Limits) -> socket.socket:
    """Return a new connection to a server, through its proxy if there is one."""
    between = route.proxy
    host = route.host if between is None else between.hostname or ""
    port = route.port if between is None else between.port or _PORTS["http"]
    # As bytes, it is not encoded by a module that takes longer to import than an exchange.
    address = cast(
        "tuple[str, int]", (host.encode("idna" if not host.isascii() else "ascii"), port)
    )
    connected = socket.create_connection(address, limits.left_s(_CONNECT_S))
    try:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is None:
            return connected
        if between is not None:
            _tunnel(_Stream(connected, limits), route)
        connected.settimeout(limits.left_s(_CONNECT_S))
        return tls.wrap_socket(connected, server_hostname=route.host)
    except BaseException:
        connected.close()
        raise


def _tunnel(stream: _Stream, route: _Route) -> None:
    """Have a proxy hand everything on, unread."""
    there = f"[{route.host}]:{route.port}" if ":" in route.host else f"{route.host}:{route.port}"
    headers = {"Host": there, **_of_proxy(route)}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    stream.send(f"CONNECT {there} HTTP/1.1\r\n{lines}\r\n".encode("latin-1"))
    response = stream.response("CONNECT")
    if response.status != HTTPStatus.OK:
        raise ConnectionError(f"the proxy answered {response.status} {response.reason}")
