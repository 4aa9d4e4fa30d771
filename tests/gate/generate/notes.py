"""A small service with accounts and notes, and the intent that it was written for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

INTENT = """---
title: "Notes"
owner: "@notes"
priority: P1
---

# Notes

Each of the seats costs $12.

## Acceptance criteria

1. `POST /signup` with `{ "email": "<email>", "password": "<password>" }` returns 201 and a
   `session_token`.
2. Again with the same `{ "email": "<email>", "password": "<password>" }`, `POST /signup` is
   refused with 409.
3. `POST /notes` with `{ "title": "<string>" }` returns 201 and
   `{ "id": "<any>", "title": "<title>" }`.
4. Then `GET /notes/<id>` returns `{ "title": "<title>" }`.
5. Without a session, `GET /notes` is refused with 401.
6. The page looks nice.

## Invariants

- `GET /notes` is a pure read, regardless of `X-Request-Id`.
- `GET /notes` returns `items`, sorted by `items[].title`.

## Prices

| `GET /quote?seats=` | `total_cents` |
|---|---|
| 1 | $12 |
| 2 | $24 |
| 5 | $60 |
| 9 | $108 |
"""


@dataclass
class Notes:
    """What the service remembers, and what is wrong with it."""

    accounts: dict[str, str] = field(default_factory=dict)
    notes: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    prices: dict[int, int] | None = None

    def answer(self, method: str, target: str, token: str, sent: Any) -> tuple[int, Any]:
        url = urlsplit(target)
        if url.path == "/quote":
            seats = int(dict(parse_qsl(url.query))["seats"])
            return 200, {"total_cents": self._price(seats)}
        if (method, url.path) == ("POST", "/signup"):
            return self._sign_up(sent)
        if token not in self.accounts.values():
            return 401, {"error": "who are you"}
        return self._notes(method, url.path, token, sent)

    def _price(self, seats: int) -> int:
        return seats * 1200 if self.prices is None else self.prices.get(seats, 0)

    def _sign_up(self, sent: Any) -> tuple[int, Any]:
        if not isinstance(sent, dict) or not sent.get("email") or not sent.get("password"):
            return 422, {"error": "email and password"}
        if sent["email"] in self.accounts:
            return 409, {"error": "taken"}
        token = self.accounts[sent["email"]] = f"t{next(self.numbers)}"
        return 201, {"session_token": token}

    def _notes(self, method: str, path: str, token: str, sent: Any) -> tuple[int, Any]:
        mine = {key: title for (owner, key), title in self.notes.items() if owner == token}
        if method == "POST":
            key = str(next(self.numbers))
            self.notes[token, key] = sent["title"]
            return 201, {"id": key, "title": sent["title"]}
        if path == "/notes":
            return 200, {"items": [{"title": title} for title in sorted(mine.values())]}
        key = path.removeprefix("/notes/")
        return (200, {"title": mine[key]}) if key in mine else (404, {"error": "no note"})


@contextmanager
def serving(notes: Notes) -> Iterator[str]:
    """Serve on loopback until the block ends; gives the origin."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            data = self.rfile.read(length)
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            with lock:
                status, value = notes.answer(
                    self.command, self.path, token, json.loads(data) if data else None
                )
            body = json.dumps(value).encode()
            head = f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            self.wfile.write(head + body)

        do_GET = do_POST = _answer  # noqa: N815 (http.server's names)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
