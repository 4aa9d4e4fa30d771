"""An address that leads to a service without one, for as long as it is open."""

from __future__ import annotations

import socket
from contextlib import closing

import pytest
from tests.gate.echoing import echoing

from sigil.gate.deploy.relay import Relay


@pytest.fixture
def service():
    with echoing() as port:
        yield port


def leading_to(port: int) -> Relay:
    return Relay(lambda seconds: socket.create_connection(("127.0.0.1", port), seconds))


def asking(relay: Relay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), timeout=5)


def test_what_is_said_arrives_and_so_does_the_answer_after_the_last_word(service):
    with closing(leading_to(service)) as relay, asking(relay) as client:
        client.sendall(b"hello")
        client.shutdown(socket.SHUT_WR)
        assert b"".join(iter(lambda: client.recv(100), b"")) == b"HELLO"


def test_closing_it_ends_who_is_connected_and_takes_no_more(service):
    relay = leading_to(service)
    with asking(relay) as client:
        client.sendall(b"a")
        assert client.recv(1) == b"A"
        relay.close()
        assert client.recv(1) == b""
    with pytest.raises(OSError, match="refused"):
        asking(relay)


def test_a_service_that_takes_no_connection_hangs_up_on_the_client():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    with closing(leading_to(free)) as relay, asking(relay) as client:
        assert client.recv(1) == b""


def test_a_port_that_somebody_has_is_refused(service):
    with pytest.raises(OSError, match="in use"):
        Relay(socket.create_connection, service)
