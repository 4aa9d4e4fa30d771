"""A forge: the part of GitHub's REST API that `sigil ci` speaks, served over HTTP on loopback.

It keeps what it was told, refuses what GitHub refuses (a wrong token, a head that has moved), and
fails as often as a test wants.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN = "ghp_canaryTokenOfATest"
BOT = {"login": "exam[bot]", "type": "Bot"}
Reply = tuple[int, Any]


@dataclass
class FakeForge:
    """One repository ``acme/shop`` with one pull request, 42.

    Args:
        head: commit of the pull request.
        base: commit of its base branch.
        login: whose the token is; empty for an app's, which may not ask.
        refused: states that no commit may have.
    """

    head: str = "a" * 40
    base: str = "b" * 40
    branch: str = "main"
    state: str = "open"
    draft: bool = False
    login: str = ""
    merge_commit: str = "c" * 40
    merged_with: list[dict[str, str]] = field(default_factory=list)
    statuses: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    failing: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    on_merge: Callable[[], None] = lambda: None
    on_status: Callable[[str], None] = lambda _state: None
    url: str = ""

    def environment(self) -> dict[str, str]:
        return {"GITHUB_API_URL": self.url, "GITHUB_TOKEN": TOKEN}

    def say(self, text: str, *, login: str, kind: str = "User") -> None:
        user = {"login": login, "type": kind}
        self.comments.append({"id": 100 + len(self.comments), "body": text, "user": user})

    def answer(self, method: str, url: str, body: dict[str, Any]) -> Reply:
        parts = urlsplit(url)
        asked = dict(parse_qsl(parts.query))
        for pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, f"{method} {parts.path}")
            if found is not None:
                return handler(self, found, body, asked)
        return 404, {"message": "Not Found"}


def _pull(forge: FakeForge, *_: Any) -> Reply:
    return 200, {
        "number": 42,
        "state": forge.state,
        "draft": forge.draft,
        "merged": bool(forge.merged_with),
        "head": {"sha": forge.head, "ref": "feature"},
        "base": {
            "ref": forge.branch,
            "sha": forge.base,
            "repo": {"full_name": "acme/shop", "default_branch": "main"},
        },
    }


def _tip(forge: FakeForge, *_: Any) -> Reply:
    return 200, {"object": {"sha": forge.base, "type": "commit"}}


def _user(forge: FakeForge, *_: Any) -> Reply:
    if not forge.login:
        return 403, {"message": "Resource not accessible by integration"}
    return 200, {"login": forge.login, "type": "User"}


def _list(forge: FakeForge, _: Any, __: Any, asked: dict[str, str]) -> Reply:
    start = (int(asked.get("page", 1)) - 1) * int(asked.get("per_page", 30))
    return 200, forge.comments[start : start + int(asked.get("per_page", 30))]


def _comment(forge: FakeForge, _: Any, body: dict[str, Any], __: Any) -> Reply:
    user = {"login": forge.login, "type": "User"} if forge.login else BOT
    forge.comments.append({"id": 100 + len(forge.comments), "body": body["body"], "user": user})
    return 201, forge.comments[-1]


def _edit(forge: FakeForge, found: re.Match[str], body: dict[str, Any], __: Any) -> Reply:
    [known] = [one for one in forge.comments if one["id"] == int(found[1])]
    known["body"] = body["body"]
    return 200, known


def _status(forge: FakeForge, found: re.Match[str], body: dict[str, Any], __: Any) -> Reply:
    if body["state"] in forge.refused:
        return 422, {"message": "Validation Failed"}
    forge.statuses.append((found[1], body))
    forge.on_status(body["state"])
    return 201, {"state": body["state"]}


def _merge(forge: FakeForge, _: Any, body: dict[str, Any], __: Any) -> Reply:
    if body["sha"] != forge.head:
        return 409, {"message": "Head branch was modified. Review and try the merge again."}
    forge.on_merge()
    forge.merged_with.append(body)
    forge.state = "closed"
    return 200, {"sha": forge.merge_commit, "merged": True, "message": "merged"}


_HOME = "/repos/acme/shop"
_ROUTES = (
    (f"GET {_HOME}/pulls/42", _pull),
    (f"GET {_HOME}/git/ref/heads/(.+)", _tip),
    ("GET /user", _user),
    (f"GET {_HOME}/issues/42/comments", _list),
    (f"POST {_HOME}/issues/42/comments", _comment),
    (rf"PATCH {_HOME}/issues/comments/(\d+)", _edit),
    (f"POST {_HOME}/statuses/([0-9a-f]{{40}})", _status),
    (f"PUT {_HOME}/pulls/42/merge", _merge),
)


class _Handler(BaseHTTPRequestHandler):
    forge: FakeForge
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        self.forge.asked.append((self.command, self.path, dict(self.headers)))
        if self.headers.get("Authorization") not in {None, f"Bearer {TOKEN}"}:
            self._say(401, {"message": "Bad credentials"}, {})
        elif self.forge.failing:
            status, headers = self.forge.failing.pop(0)
            self._say(status, {"message": f"as asked {TOKEN}"}, headers)
        else:
            self._say(*self.forge.answer(self.command, self.path, body), {})

    def _say(self, status: int, value: Any, headers: dict[str, str]) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()


@contextmanager
def forged(**known: Any) -> Iterator[FakeForge]:
    """Serve a forge until the block ends."""
    forge = FakeForge(**known)

    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"forge": forge}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
