"""Servers that answer a byte at a time, or more than anybody wants, over raw sockets."""

import gzip
import json
import socket
import threading
from contextlib import contextmanager

import pytest

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import ProviderFailed
from sigil.llm.model import Message, Request, Unanswered
from sigil.llm.provider import make_provider
from sigil.llm.settings import read_settings

pytest.importorskip("openai")
pytest.importorskip("anthropic")

TIMEOUT_S = 0.5
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
DRIPS = {
    "status line": (b"HTTP/1.1 200 O", b"K"),
    "headers": (b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
    "answers before the answer": (b"", b"HTTP/1.1 102 Processing\r\n\r\n"),
    "chunk extension": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
    "body": (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
    "body of an error": (b"HTTP/1.1 500 No\r\nContent-Length: 100000\r\n\r\n", b" "),
}
every_wire = pytest.mark.parametrize("name", ["openai-compatible", "anthropic"])


@contextmanager
def server(serve):
    """Serve every connection by ``serve(connection, ended)``; yield the URL."""
    ended = threading.Event()
    listening = socket.create_server(("127.0.0.1", 0))

    def accept():
        while not ended.is_set():
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    connection.recv(1 << 16)
                    serve(connection, ended)
                except OSError:
                    continue

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(10)


def failure(serve, name):
    """Ask once; return how that failed, and after how many seconds."""
    with server(serve) as url:
        facts = {"provider": name, "model": "m", "base_url": url, "timeout_s": TIMEOUT_S}
        provider = make_provider(read_settings("m", facts))
        provider.prepare()
        began = SYSTEM_CLOCK.monotonic_ns()
        try:
            with pytest.raises(ProviderFailed) as caught:
                provider.complete(Request((Message("user", "hello"),)))
        finally:
            provider.close()
        return caught.value, (SYSTEM_CLOCK.monotonic_ns() - began) / 1e9


@every_wire
@pytest.mark.timeout(30)
@pytest.mark.parametrize("what", DRIPS)
def test_an_answer_that_drips_ends_when_its_attempt_does(name, what):
    begin, drop = DRIPS[what]

    def drip(connection, ended):
        connection.sendall(begin)
        while not ended.wait(TIMEOUT_S / 10):
            connection.sendall(drop)

    error, seconds = failure(drip, name)
    assert isinstance(error, Unanswered)
    assert "no answer within 0.5 s" in str(error)
    assert seconds < 10 * TIMEOUT_S


@every_wire
@pytest.mark.timeout(30)
def test_an_error_without_end_is_not_read(name):
    def flood(connection, ended):
        connection.sendall(b"HTTP/1.1 400 No\r\nContent-Length: 1000000000000\r\n\r\n")
        while not ended.is_set():
            connection.sendall(b"a" * 65536)

    error, _ = failure(flood, name)
    assert "the answer is larger than 64 KiB" in str(error)


@pytest.mark.parametrize(
    ("name", "problem"),
    [("anthropic", "compressed more than once"), ("openai-compatible", "which nobody asked for")],
)
def test_an_answer_that_is_compressed_twice_is_not_read(name, problem):
    bomb = gzip.compress(gzip.compress(json.dumps("a" * 10_000_000).encode()))

    def explode(connection, ended):
        connection.sendall(HEAD + b"Content-Encoding: gzip, gzip\r\n")
        connection.sendall(f"Content-Length: {len(bomb)}\r\n\r\n".encode() + bomb)

    error, _ = failure(explode, name)
    assert problem in str(error)
