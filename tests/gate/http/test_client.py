"""HTTP calls: what is sent, what is read, and what a hostile service cannot do with them."""

from __future__ import annotations

import http.server
import itertools
import json
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sigil.gate.effects import Call, EffectFailed
from sigil.gate.http.client import Caps, Http

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
AUTHORITY = "127.0.0.1:8080"
Script = Callable[[socket.socket], None]


class Scripted:
    """A service that does with each connection what a script says."""

    def __init__(self, *scripts: Script):
        self.connections = 0
        self._scripts = iter(scripts)
        self._last = scripts[-1]
        self._stack = ExitStack()

    def connect(self, timeout_s: float) -> socket.socket:
        self.connections += 1
        ours, theirs = socket.socketpair()
        script = next(self._scripts, self._last)
        thread = threading.Thread(target=self._run, args=(script, theirs), daemon=True)
        thread.start()
        self._stack.callback(thread.join, 20)
        return ours

    def close(self) -> None:
        self._stack.close()

    @staticmethod
    def _run(script: Script, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            script(connection)


def request_of(connection: socket.socket) -> bytes:
    """Receive one request, body included."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ConnectionError
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def saying(*replies: bytes) -> Script:
    """Answer one request after the other, then close."""

    def script(connection: socket.socket) -> None:
        for reply in replies:
            request_of(connection)
            connection.sendall(reply)

    return script


@contextmanager
def asking(*scripts: Script, **more: Any) -> Iterator[tuple[Http, Scripted]]:
    service = Scripted(*scripts)
    client = Http(service.connect, AUTHORITY, **more)
    try:
        yield client, service
    finally:
        client.close()
        service.close()


def get(client: Http, path: str = "/", **more: Any) -> dict[str, Any]:
    return client.perform(Call("http", {"method": "GET", "path": path, **more}))


def post(client: Http, body: str = "x", **more: Any) -> dict[str, Any]:
    return client.perform(Call("http", {"method": "POST", "path": "/", "body": body, **more}))


def reply_to(data: bytes, **more: Any) -> dict[str, Any]:
    with asking(saying(data), **more) as (client, _):
        return get(client)


def failure_of(data: bytes, **more: Any) -> str:
    with pytest.raises(EffectFailed) as failed:
        reply_to(data, **more)
    return failed.value.problem


def sent(**request: Any) -> bytes:
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(OK)

    with asking(script) as (client, _):
        client.perform(Call("http", {"method": "GET", "path": "/", **request}))
    return seen[0]


# --- what is sent -------------------------------------------------------------------------


def test_a_request_has_what_every_server_needs_and_no_more():
    assert sent(path="/a?b=c") == (
        b"GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nAccept: */*\r\n"
        b"Accept-Encoding: identity\r\n\r\n"
    )


def test_a_body_is_sent_as_utf_8_with_its_length():
    assert sent(method="POST", body="é").endswith(b"Content-Length: 2\r\n\r\n\xc3\xa9")


def test_a_body_that_is_no_text_is_sent_byte_by_byte():
    assert sent(method="POST", body="\xff\x00", encoding="latin-1").endswith(b"\r\n\r\n\xff\x00")


def test_a_post_without_a_body_says_that_it_has_none():
    assert b"Content-Length: 0\r\n" in sent(method="POST")


def test_a_path_that_is_no_ascii_is_percent_encoded():
    assert sent(path="/é?q=ü").startswith(b"GET /%C3%A9?q=%C3%BC HTTP/1.1\r\n")


def test_a_header_of_the_scenario_takes_the_place_of_ours():
    data = sent(headers={"host": "other.example", "Accept": "text/html"})
    assert data.count(b"ost:") == 1
    assert b"host: other.example\r\n" in data
    assert b"*/*" not in data


@pytest.mark.parametrize(
    "request_",
    [
        {"path": "/\r\nX: y"},
        {"path": "/a b"},
        {"path": "http://elsewhere.example/"},
        {"path": ""},
        {"path": None},
        {"path": "/#fragment"},
        {"path": "/\ud800"},
        {"path": "/" + "a" * 20_000},
        {"method": "GET\r\n"},
        {"method": "G T"},
        {"method": "CONNECT"},
        {"headers": {"X": "y\r\nZ: w"}},
        {"headers": {"X": "y\nZ: w"}},
        {"headers": {"X": "y\x00"}},
        {"headers": {"X": "€"}},
        {"headers": {"X: y\r\nZ": "w"}},
        {"headers": {"": "w"}},
        {"headers": {"Content-Length": "3"}},
        {"headers": {"Transfer-Encoding": "chunked"}},
        {"headers": {"Connection": "close"}},
        {"headers": {"X": "1", "x": "2"}},
        {"headers": ["X"]},
        {"base_url": "http://elsewhere.example"},
        {"base_url": "http://127.0.0.1:8081"},
        {"base_url": "http://127.0.0.1:8080@elsewhere.example"},
        {"base_url": 1},
        {"timeout_ms": 0},
        {"timeout_ms": float("nan")},
        {"timeout_ms": "5"},
        {"method": "POST", "body": "x" * 100},
        {"method": "POST", "body": "\ud800"},
    ],
    ids=str,
)
def test_what_cannot_stand_in_a_request_is_refused_before_anything_is_sent(
    request_: dict[str, Any],
):
    with (
        asking(saying(OK), caps=Caps(request_bytes=50)) as (client, service),
        pytest.raises(EffectFailed),
    ):
        client.perform(Call("http", {"method": "GET", "path": "/", **request_}))
    assert service.connections == 0


@given(st.text(max_size=20), st.text(max_size=20), st.text(max_size=20))
def test_whatever_a_scenario_gives_is_one_request_or_none(path: str, name: str, value: str):
    seen: list[bytes] = []

    def script(connection: socket.socket) -> None:
        seen.append(request_of(connection))
        connection.sendall(OK)

    with asking(script) as (client, _), suppress(EffectFailed):
        get(client, f"/{path}", headers={f"X{name}": value})
    for data in seen:
        assert data.endswith(b"\r\n\r\n")
        assert data.count(b"\r\n") == 6  # the request line, ours, the scenario's, an empty one
        assert data.count(b"\n") == data.count(b"\r") == 6


def test_the_origin_of_the_service_itself_may_be_named():
    with asking(saying(OK, OK), origins={"http://127.0.0.1:4000"}) as (client, _):
        assert get(client, base_url="http://127.0.0.1:8080/")["status"] == 200
        assert get(client, base_url="http://127.0.0.1:4000")["status"] == 200


def test_nothing_but_http_is_answered():
    with asking(saying(OK)) as (client, _), pytest.raises(EffectFailed, match="exec"):
        client.perform(Call("exec", {"command": ["ls"]}))


# --- what is read -------------------------------------------------------------------------


def test_a_reply_has_status_headers_and_body():
    reply = reply_to(b"HTTP/1.1 201 Created\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nhi")
    elapsed = reply.pop("elapsed_ms")
    assert reply == {
        "status": 201,
        "headers": {"x-a": "1", "content-length": "2"},
        "body": "hi",
        "encoding": "utf-8",
    }
    assert type(elapsed) is int


@pytest.mark.parametrize(
    ("body", "text", "encoding"),
    [("é€".encode(), "é€", "utf-8"), (b"\xff\xfe\x00", "\xff\xfe\x00", "latin-1")],
)
def test_a_body_is_text_or_one_character_per_byte(body: bytes, text: str, encoding: str):
    reply = reply_to(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    assert (reply["body"], reply["encoding"]) == (text, encoding)


def test_what_comes_twice_is_joined_and_cookies_stay_apart():
    reply = reply_to(
        b"HTTP/1.1 200 OK\r\nVary: a\r\nvary: b\r\nSet-Cookie: a=1, x\r\nSet-Cookie: b=2\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    assert (reply["headers"]["vary"], reply["headers"]["set-cookie"]) == ("a, b", "a=1, x\nb=2")


def test_chunks_are_put_together():
    reply = reply_to(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n2;extension=1\r\nde\r\n0\r\nTrailer: x\r\n\r\n"
    )
    assert reply["body"] == "abcde"


def test_without_a_length_the_body_ends_with_the_connection():
    assert reply_to(b"HTTP/1.0 200 OK\r\n\r\nall of it")["body"] == "all of it"


@pytest.mark.parametrize("status", [204, 304])
def test_some_replies_have_no_body(status: int):
    with asking(saying(b"HTTP/1.1 %d X\r\n\r\n" % status, OK)) as (client, service):
        assert get(client)["status"] == status
        assert get(client)["body"] == "ok"
    assert service.connections == 1


def test_a_reply_to_head_has_no_body_whatever_its_length_says():
    with asking(saying(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")) as (client, _):
        reply = client.perform(Call("http", {"method": "HEAD", "path": "/"}))
    assert (reply["headers"]["content-length"], reply["body"]) == ("99", "")


def test_interim_replies_are_passed_over():
    assert reply_to(b"HTTP/1.1 100 Continue\r\n\r\n" + OK)["body"] == "ok"


def test_a_redirect_is_a_reply_and_is_not_followed():
    moved = (
        b"HTTP/1.1 302 Found\r\nLocation: http://elsewhere.example/\r\nContent-Length: 0\r\n\r\n"
    )
    with asking(saying(moved)) as (client, service):
        assert get(client)["headers"]["location"] == "http://elsewhere.example/"
    assert service.connections == 1


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA: b\x00\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100 + OK,
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
    ],
    ids=lambda data: repr(data[:60]),
)
def test_what_is_no_reply_is_a_failure_and_never_a_guess(data: bytes):
    assert failure_of(data)


@given(st.binary(max_size=200))
def test_whatever_a_service_sends_is_a_reply_or_a_failure(data: bytes):
    with suppress(EffectFailed):
        assert 200 <= reply_to(data)["status"] < 600


@given(st.binary(max_size=100))
def test_whatever_follows_a_good_head_is_a_reply_or_a_failure(data: bytes):
    with suppress(EffectFailed):
        reply_to(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + data)


@given(st.lists(st.binary(min_size=1, max_size=50), max_size=5))
def test_a_body_in_chunks_is_the_body(pieces: list[bytes]):
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)
    reply = reply_to(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%b0\r\n\r\n" % chunks)
    assert reply["body"].encode(reply["encoding"]) == b"".join(pieces)


# --- what it may take ---------------------------------------------------------------------


def endless(head: bytes, piece: bytes) -> Script:
    def script(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)

    return script


GIGABYTE = 2**30
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % GIGABYTE, b"x" * 65536),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536),
        (CHUNKED, b"10000\r\n%b\r\n" % (b"x" * 65536)),
        (CHUNKED + b"40000000\r\n", b"x" * 65536),
        (CHUNKED + b"0\r\n", b"A: b\r\n" * 1000),
        (b"HTTP/1.1 200 OK\r\nA: ", b"x" * 65536),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    ],
    ids=["length", "close", "chunks", "one chunk", "trailers", "header", "interim"],
)  # fmt: skip
def test_a_reply_without_end_fails_with_little_memory(head: bytes, piece: bytes):
    caps = Caps(reply_bytes=2**20)
    with asking(endless(head, piece), caps=caps) as (client, _):
        tracemalloc.start()
        try:
            with pytest.raises(EffectFailed):
                get(client)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 8 * 2**20


class Ticking:
    """A clock that goes on a fixed step at each look, so that no test has to wait."""

    def __init__(self, step_ns: int):
        self._ticks = itertools.count(step=step_ns)

    def now(self) -> Any:
        raise NotImplementedError

    def monotonic_ns(self) -> int:
        return next(self._ticks)


def test_a_reply_that_drips_ends_at_the_deadline():
    clock = Ticking(1_000_000)  # a millisecond a look, and a look a byte

    def drip(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        for _ in range(100_000):
            connection.sendall(b"x")

    with (
        asking(drip, clock=clock) as (client, _),
        pytest.raises(EffectFailed, match="in time"),
    ):
        get(client, timeout_ms=50)


def test_silence_ends_at_the_deadline():
    def silent(connection: socket.socket) -> None:
        request_of(connection)
        connection.recv(1)

    with asking(silent) as (client, _), pytest.raises(EffectFailed, match="in time"):
        get(client, timeout_ms=50)


def test_a_service_that_does_not_read_ends_at_the_deadline():
    def deaf(connection: socket.socket) -> None:
        closed.wait(20)

    closed = threading.Event()
    with asking(deaf) as (client, _):
        with pytest.raises(EffectFailed, match="in time"):
            post(client, "x" * 2**22, timeout_ms=100)
        closed.set()


# --- connections --------------------------------------------------------------------------


def test_a_connection_is_kept():
    with asking(saying(*[OK] * 5)) as (client, service):
        assert [get(client)["body"] for _ in range(5)] == ["ok"] * 5
    assert service.connections == 1


@pytest.mark.parametrize(
    "reply",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
    ],
    ids=["close", "old", "surplus"],
)
def test_a_connection_that_cannot_be_kept_is_not(reply: bytes):
    with asking(saying(reply, reply)) as (client, service):
        assert [get(client)["body"], get(client)["body"]] == ["ok", "ok"]
    assert service.connections == 2


def test_a_reply_that_comes_unasked_is_no_answer_to_the_next_request():
    ready = threading.Event()

    def forging(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(OK)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
        ready.set()
        request_of(connection)

    with asking(forging, saying(OK)) as (client, service):
        get(client)
        ready.wait(20)
        assert get(client)["body"] == "ok"
    assert service.connections == 2


def test_a_connection_that_was_closed_while_idle_is_replaced():
    with asking(saying(OK), saying(OK)) as (client, service):
        get(client)
        service.close()  # waits until the script, and so the connection, has ended
        assert post(client)["body"] == "ok"
    assert service.connections == 2


def closing_on_the_second(connection: socket.socket) -> None:
    request_of(connection)
    connection.sendall(OK)
    request_of(connection)


def test_a_get_is_sent_again_if_the_kept_connection_is_closed_under_it():
    with asking(closing_on_the_second, saying(OK)) as (client, service):
        get(client)
        assert get(client)["body"] == "ok"
    assert service.connections == 2


def test_a_post_is_never_sent_twice():
    with asking(closing_on_the_second, saying(OK)) as (client, service):
        get(client)
        with pytest.raises(EffectFailed, match="closed"):
            post(client)
    assert service.connections == 1


def test_a_get_is_not_sent_again_over_and_over():
    with asking(closing_on_the_second, request_of) as (client, service):
        get(client)
        with pytest.raises(EffectFailed, match="closed"):
            get(client)
    assert service.connections == 2


def test_after_a_failure_the_next_call_has_a_new_connection():
    with asking(saying(b"garbage\r\n\r\n"), saying(OK)) as (client, _):
        with pytest.raises(EffectFailed):
            get(client)
        assert get(client)["body"] == "ok"


def test_an_answer_that_comes_before_all_was_read_counts():
    def hasty(connection: socket.socket) -> None:
        connection.recv(10)
        connection.sendall(
            b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        )

    with asking(hasty) as (client, _):
        assert post(client, "x" * 2**20)["status"] == 413


def test_a_service_that_refuses_is_a_failure():
    def refuse(timeout_s: float) -> socket.socket:
        raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(EffectFailed, match="no connection to the service"):
        get(Http(refuse, AUTHORITY))


# --- a real server ------------------------------------------------------------------------


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        pass


def test_a_real_server_answers():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    client = Http(
        lambda timeout_s: socket.create_connection(server.server_address, timeout_s),
        f"127.0.0.1:{server.server_address[1]}",
    )
    try:
        body = json.dumps({"é": [1, 2]})
        for _ in range(3):
            reply = client.perform(Call("http", {"method": "PUT", "path": "/", "body": body}))
            assert json.loads(reply["body"]) == {"é": [1, 2]}
    finally:
        client.close()
        server.shutdown()
        server.server_close()
        thread.join(20)
