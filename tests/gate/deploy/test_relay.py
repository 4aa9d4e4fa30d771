"""The relay carries bytes both ways, bounded, and ends when it is told to."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from sigil.gate.deploy.relay import Relay

Serve = Callable[[socket.socket], None]


@pytest.fixture
def relay() -> Iterator[Callable[[Serve], Relay]]:
    made: list[Relay] = []
    threads: list[threading.Thread] = []

    def relayed(serve: Serve) -> Relay:
        def connect(timeout_s: float) -> socket.socket:
            ours, theirs = socket.socketpair()

            def run() -> None:
                with theirs:
                    serve(theirs)

            thread = threading.Thread(target=run, daemon=True)
            threads.append(thread)
            thread.start()
            return ours

        made.append(Relay(connect))
        return made[-1]

    yield relayed
    for one in made:
        one.close()
    for thread in threads:
        thread.join(20)


def to(relay: Relay) -> socket.socket:
    return socket.create_connection(("127.0.0.1", relay.port), timeout=20)


def all_of(connection: socket.socket) -> bytes:
    received = b""
    while data := connection.recv(65536):
        received += data
    return received


def echo(connection: socket.socket) -> None:
    while data := connection.recv(65536):
        connection.sendall(data)


def test_large_messages_go_both_ways_at_once(relay):
    message = os.urandom(4 * 2**20)
    with to(relay(echo)) as connection:
        sender = threading.Thread(
            target=lambda: (connection.sendall(message), connection.shutdown(socket.SHUT_WR))
        )
        sender.start()
        assert all_of(connection) == message
        sender.join(20)


def test_the_end_of_one_side_is_told_to_the_other(relay):
    def answer_the_end(connection: socket.socket) -> None:
        said = all_of(connection)
        connection.sendall(b"heard " + said)

    with to(relay(answer_the_end)) as connection:
        connection.sendall(b"all")
        connection.shutdown(socket.SHUT_WR)
        assert all_of(connection) == b"heard all"


def test_connections_do_not_wait_for_each_other(relay):
    with to(one := relay(echo)) as idle, to(one) as busy:
        busy.sendall(b"x")
        assert busy.recv(1) == b"x"
        idle.sendall(b"y")
        assert idle.recv(1) == b"y"


def test_a_service_that_refuses_is_a_connection_that_ends():
    def refuse(timeout_s: float) -> socket.socket:
        raise ConnectionRefusedError

    one = Relay(refuse)
    with to(one) as connection:
        assert connection.recv(1) == b""
    one.close()


def test_closing_ends_connections_that_are_open(relay):
    one = relay(echo)
    with to(one) as connection:
        connection.sendall(b"x")
        connection.recv(1)
        one.close()
        assert connection.recv(1) == b""


def test_a_closed_relay_listens_no_more(relay):
    one = relay(echo)
    one.close()
    one.close()
    with pytest.raises(ConnectionRefusedError):
        to(one)


def test_only_one_address_of_this_machine_is_listened_on(relay):
    one = relay(echo)
    socket.create_server(("127.0.0.2", one.port)).close()  # refused if every address were taken
