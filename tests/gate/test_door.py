"""The browser's way out: one destination, and whatever else is asked for is not there."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading

import pytest
from tests.gate.echoing import echoing

from sigil.gate.browser.door import Door

GRANTED, FORBIDDEN, REFUSED = 0, 2, 5


@pytest.fixture
def service():
    with echoing() as port:
        yield port


@pytest.fixture
def door(service):
    def connect(timeout_s: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", service), timeout=timeout_s)

    door = Door(connect, {("shop.test", 80), ("127.0.0.1", 8080)})
    yield door
    door.close()


def asking(door: Door, host: bytes, port: int, command: int = 1) -> tuple[int, socket.socket]:
    """Ask to be connected; return the status and the connection."""
    client = socket.create_connection(("127.0.0.1", door.port), timeout=10)
    client.sendall(b"\x05\x01\x00")
    assert client.recv(2) == b"\x05\x00"
    client.sendall(bytes([5, command, 0]) + host + struct.pack("!H", port))
    answer = client.recv(10)
    return answer[1], client


def name(host: str) -> bytes:
    return bytes([3, len(host)]) + host.encode()


def ip(host: str) -> bytes:
    return b"\x01" + socket.inet_aton(host)


@pytest.mark.parametrize(
    ("host", "port"), [(name("shop.test"), 80), (name("SHOP.test"), 80), (ip("127.0.0.1"), 8080)]
)
def test_the_service_is_reached_by_its_names(door, host, port):
    status, client = asking(door, host, port)
    with client:
        client.sendall(b"hello")
        assert (status, client.recv(10)) == (GRANTED, b"HELLO")


@pytest.mark.parametrize(
    ("host", "port"),
    [(name("shop.test"), 443), (name("shop.test.evil"), 80), (name("evil"), 80),
     (ip("127.0.0.1"), 80), (ip("10.0.0.1"), 8080), (b"\x04" + bytes(15) + b"\x01", 8080)],
)  # fmt: skip
def test_nothing_else_is(door, host, port):
    status, client = asking(door, host, port)
    client.close()
    assert (status, door.turned_away) == (FORBIDDEN, 1)


@pytest.mark.parametrize("command", [2, 3, 9])
def test_nothing_but_connecting_is_done(door, command):
    status, client = asking(door, ip("127.0.0.1"), 8080, command)
    client.close()
    assert status == FORBIDDEN


def test_the_end_of_what_is_sent_is_carried_too(door):
    _, client = asking(door, ip("127.0.0.1"), 8080)
    with client:
        client.sendall(b"x" * 100_000)
        client.shutdown(socket.SHUT_WR)
        received = 0
        while data := client.recv(65536):
            received += len(data)
    assert received == 100_000


def test_a_service_that_takes_no_connection_is_told():
    def refused(timeout_s: float) -> socket.socket:
        raise ConnectionRefusedError

    door = Door(refused, {("a", 1)})
    try:
        status, client = asking(door, name("a"), 1)
        client.close()
    finally:
        door.close()
    assert status == REFUSED


@pytest.mark.parametrize("sent", [b"", b"\x04\x01\x00\x50\x7f\x00\x00\x01\x00", b"GET / HTTP/1.1"])
def test_what_is_no_socks_is_never_connected(sent):
    connected: list[float] = []

    def connect(timeout_s: float) -> socket.socket:
        connected.append(timeout_s)
        raise ConnectionRefusedError

    door = Door(connect, {("127.0.0.1", 80)})
    with (
        socket.create_connection(("127.0.0.1", door.port), timeout=10) as client,
        contextlib.suppress(OSError),
    ):
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        while client.recv(100):
            pass
    door.close()
    assert connected == []


def test_closing_ends_what_is_open_and_its_threads(service):
    before = threading.active_count()

    def connect(timeout_s: float) -> socket.socket:
        return socket.create_connection(("127.0.0.1", service), timeout=timeout_s)

    door = Door(connect, {("a", 1)})
    _, client = asking(door, name("a"), 1)
    with client:
        door.close()
        assert client.recv(1) == b""
    assert threading.active_count() <= before
