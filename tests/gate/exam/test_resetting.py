"""A service that is reset before each scenario: what one leaves no other meets."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from typing import Any

import pytest

from sigil.errors import UsageError
from sigil.gate.exam.rehearsing import rehearse
from sigil.gate.exam.resetting import NotReset, refuse_several, reset
from sigil.gate.model import Scenario, Status

SECONDS = 30.0
FIRST = """return { policy = { capabilities = {'http'} }, run = function()
  expect(sigil.get('/count').body == '0')
  expect(sigil.post('/count').status == 200)
end }
"""
SCENARIOS = [
    Scenario(name, "visible", FIRST, f"{name}.lua") for name in ("first", "second", "third")
]
NOBODY = SimpleNamespace(secrets={}, perform=None)


class Counting(BaseHTTPRequestHandler):
    """Counts what it is told to, until it is reset."""

    protocol_version = "HTTP/1.1"
    count = 0
    status = 204

    def do_GET(self) -> None:
        self.reply(200, str(Counting.count).encode())

    def do_POST(self) -> None:
        if self.path == "/reset":
            Counting.count = 0
            self.reply(Counting.status, b"")
        else:
            Counting.count += 1
            self.reply(200, b"")

    def reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def service(monkeypatch) -> Iterator[Any]:
    monkeypatch.setattr(Counting, "count", 0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Counting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield at(server.server_address[1])
        server.shutdown()
        thread.join()


def at(port: int) -> Any:
    return SimpleNamespace(
        authority=f"127.0.0.1:{port}",
        origins=frozenset(),
        connect=lambda seconds: socket.create_connection(("127.0.0.1", port), seconds),
    )


def statuses(service: Any, request: str | None) -> list[Status]:
    found = rehearse(
        SCENARIOS, service, NOBODY, seed=1, lanes=1, most_seconds=SECONDS, reset=request
    )
    return [one.result.status for one in found]


def test_every_scenario_meets_the_service_as_it_began(service):
    assert statuses(service, "POST /reset") == [Status.PASS] * 3


def test_without_it_one_meets_what_another_one_left(service):
    assert sorted(status.value for status in statuses(service, None)) == ["fail", "fail", "pass"]


def test_a_service_that_does_not_reset_makes_each_scenario_an_error(service, monkeypatch):
    monkeypatch.setattr(Counting, "status", 500)
    found = rehearse(
        SCENARIOS, service, NOBODY, seed=1, lanes=1, most_seconds=SECONDS, reset="POST /reset"
    )
    assert {one.result.status for one in found} == {Status.ERROR}
    assert not any(one.result.is_ours for one in found)
    assert all(one.evidence.message.endswith("POST /reset answers 500") for one in found)


def test_a_service_that_does_not_answer_is_not_reset():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    with pytest.raises(NotReset, match="the service was not reset: no connection"):
        reset(at(free), "POST /reset")


@pytest.mark.parametrize(("number", "is_ours"), [(errno.EMFILE, True), (errno.ECONNREFUSED, False)])
def test_a_machine_without_descriptors_is_no_fault_of_the_service(number, is_ours):
    def connect(seconds: float) -> socket.socket:
        raise OSError(number, os.strerror(number))

    place = at(1)
    place.connect = connect
    with pytest.raises(NotReset) as caught:
        reset(place, "POST /reset")
    assert caught.value.is_ours is is_ours


def test_several_at_once_would_reset_each_other():
    refuse_several(None, 4)
    refuse_several("POST /reset", 1)
    with pytest.raises(UsageError, match="leave out --lanes 4"):
        refuse_several("POST /reset", 4)
