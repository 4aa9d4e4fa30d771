"""A service of pages on loopback, and another one that nobody may reach."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sigil.gate.browser import Browser
from sigil.gate.effects import Call

Page = Callable[[str], str]


@dataclass
class Site:
    """A server whose pages a test writes.

    Args:
        pages: HTML by path; ``{other}`` becomes the origin that is out of bounds.
        redirects: target by path.
        asked: each request that came.
    """

    pages: dict[str, str] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    port: int = 0

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def connect(self, timeout_s: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout_s)


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *_: Any) -> None:
            pass

        def answer(self) -> None:
            site.asked.append(f"{self.command} {self.path}")
            path = self.path.partition("?")[0]
            if path in site.redirects:
                head = f"HTTP/1.1 302 Found\r\nLocation: {site.redirects[path]}"
                body = b""
            else:
                status = "200 OK" if path in site.pages else "404 Not Found"
                head = f"HTTP/1.1 {status}\r\nContent-Type: text/html"
                body = site.pages.get(path, "").encode()
            self.wfile.write(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)

    for method in ("GET", "POST"):
        setattr(Handler, f"do_{method}", Handler.answer)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Driven:
    """A browser, called by name: ``driven.text("h1")``."""

    def __init__(self, browser: Browser):
        self._browser = browser

    def __getattr__(self, action: str) -> Callable[..., Any]:
        names = {"fill": ["selector", "value"], "open": ["url"], "eval": ["script"]}

        def call(*values: str, **named: Any) -> Any:
            given = dict(zip(names.get(action, ["selector"]), values, strict=False))
            return self._browser.perform(Call("browser", {"action": action, **given, **named}))

        return call
