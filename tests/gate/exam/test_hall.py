"""Scenarios in processes of their own, and processes that do not do what they should."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import struct
import threading
from dataclasses import replace
from typing import NoReturn

import msgspec
import pytest

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import SandboxUnavailable
from sigil.gate.effects import Answered, Call, EffectFailed
from sigil.gate.exam import hall as module
from sigil.gate.exam.channel import MAX_MESSAGE, Assignment, Word
from sigil.gate.exam.hall import Hall, Lost
from sigil.gate.lua import Limits
from sigil.gate.model import Scenario, Status

PASSING = 'return { run = function() expect(1 + 1 == 2, "canary-text") end }'
HOSTILE = """
import os, signal, socket, struct
control = socket.socket(fileno={})
parent = {}
control.sendall(b"r")
_, descriptors, _, _ = socket.recv_fds(control, 1, 1)
end = socket.socket(fileno=descriptors[0])
BEHAVIOUR
control.recv(1)
"""
LENGTH = struct.Struct("!I")


def assignment(text: str = PASSING, most_seconds: float = 20.0) -> Assignment:
    return Assignment(
        scenario=Scenario("one", "visible", text, "one.lua"),
        seed=1,
        limits=Limits(),
        authority="127.0.0.1:1",
        origins=frozenset(),
        most_seconds=most_seconds,
    )


def nobody(call: Call) -> NoReturn:
    raise AssertionError(call)


def nowhere(timeout_s: float) -> socket.socket:
    raise ConnectionRefusedError


def examined(hall: Hall, asked: Assignment, answer=nobody, connect=nowhere):
    return hall.examine(asked, answer=answer, connect=connect)


@pytest.fixture
def hall():
    with Hall() as hall:
        yield hall


# --- as it should be ------------------------------------------------------------------------


def test_a_scenario_reports(hall):
    assert examined(hall, assignment()).result.status is Status.PASS


def test_scenarios_share_nothing(hall):
    text = "count = (count or 0) + 1\nreturn { run = function() expect(count == 1) end }"
    found = [examined(hall, assignment(text)).result.status for _ in range(2)]
    assert found[0] is found[1]


DRAWING = """
return { policy = { capabilities = { "http", "property" } }, run = function()
  local answer, seen = sigil.get("/"), {}
  for key, value in pairs(answer.json) do seen[#seen + 1] = key .. tostring(value) end
  seen[#seen + 1] = tostring({}) .. tostring(print) .. math.random(1 << 30) .. sigil.gen.email()
  invariant("short lists", {
    for_all = { l = sigil.gen.list(sigil.gen.uuid()) },
    check = function(case) expect(#case.l < 3, table.concat(seen, " ")) end,
  })
end }
"""


def test_a_hundred_processes_come_to_the_same_bytes(hall):
    body = '{"b": {"z": [1], "y": null}, "a": true, "c": "x"}'
    call = {
        "method": "GET", "path": "/", "body": None, "headers": {}, "timeout_ms": 10_000,
        "base_url": None,
    }  # fmt: skip
    reply = {"status": 200, "headers": {}, "body": body, "encoding": "utf-8", "elapsed_ms": 1}
    asked = replace(assignment(DRAWING), recorded=(Answered(Call("http", call), reply),))
    found = [replace(examined(hall, asked), elapsed_ms=0) for _ in range(100)]
    assert found[0].result.status is Status.FAIL
    assert "@" in str(found[0].evidence)  # what was drawn is part of what is compared
    assert len({msgspec.msgpack.encode(one) for one in found}) == 1


def test_many_sit_at_once(hall):
    found: list[Status] = []

    def sit() -> None:
        found.append(examined(hall, assignment()).result.status)

    threads = [threading.Thread(target=sit) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [Status.PASS] * 12


def test_a_scenario_out_of_its_time_is_lost_and_the_next_one_is_not(hall):
    slow = 'return { run = function() sigil.sleep(30) expect(true) end, title = "slow" }'
    with pytest.raises(Lost) as caught:
        examined(hall, assignment(slow, most_seconds=0.3))
    assert not caught.value.is_ours
    assert examined(hall, assignment()).result.status is Status.PASS


def test_a_scenario_out_of_the_time_that_it_allows_itself_waited_for_the_service(hall):
    slow = """return { budget = { max_seconds = 0.3 }, run = function()
  sigil.sleep(30)
  expect(true)
end }"""
    with pytest.raises(Lost) as caught:
        examined(hall, assignment(slow))
    assert not caught.value.is_ours


ASKING = """return { budget = { max_seconds = 0.3 }, policy = { capabilities = { "judge" } },
run = function()
  --- Is it good?
  sigil.judge("it", { min_score = 0.5 })
  expect(true)
end }"""


def test_the_time_of_a_model_is_not_the_scenarios(hall):
    def thinks(call: Call) -> object:
        threading.Event().wait(0.6)
        return {"score": 1.0, "rationale": "good"}

    assert examined(hall, assignment(ASKING), answer=thinks).result.status is Status.PASS


def test_a_scenario_that_is_killed_once_a_model_has_thought_is_nobodys_fault(monkeypatch):
    judging = framed(Word(call=Call("judge", {})))
    dies = f"""
end.recv(1_000_000)
end.sendall({judging!r})
end.recv(1)
os.kill(os.getpid(), signal.SIGKILL)
"""

    def thinks(call: Call) -> None:
        threading.Event().wait(0.4)

    assert lost(monkeypatch, dies, most_seconds=0.3, answer=thinks).is_ours


@pytest.mark.parametrize(("failed", "is_ours"), [(True, True), (False, False)])
def test_an_error_behind_a_call_that_we_failed_at_is_said_to_be_ours(hall, failed, is_ours):
    def answer(call: Call) -> NoReturn:
        raise EffectFailed("nothing", is_ours=failed)

    text = """return { policy = { capabilities = { "exec" } }, run = function()
  expect(sigil.exec("ls").exit_code == 0)
end }"""
    report = examined(hall, assignment(text), answer=answer)
    assert (report.result.status, report.result.is_ours) == (Status.ERROR, is_ours)
    repeated = examined(hall, replace(assignment(text), recorded=report.answered))
    assert repeated.result == report.result


@pytest.mark.parametrize(("number", "is_ours"), [(errno.EMFILE, True), (errno.ECONNREFUSED, False)])
def test_a_connection_that_this_machine_has_no_room_for_is_no_error_of_the_service(
    hall, number, is_ours
):
    def connect(timeout_s: float) -> socket.socket:
        raise OSError(number, "no connection")

    text = """return { policy = { capabilities = { "http" } }, run = function()
  expect(sigil.get("/").status == 200)
end }"""
    report = examined(hall, assignment(text), connect=connect)
    assert (report.result.status, report.result.is_ours) == (Status.ERROR, is_ours)


def test_no_process_is_left_when_the_hall_closes():
    with Hall() as hall:
        examined(hall, assignment())
        process = hall._process.pid
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_hall_that_was_killed_loses_its_scenarios(hall):
    os.kill(hall._process.pid, signal.SIGKILL)
    hall._process.wait()
    with pytest.raises(Lost):
        examined(hall, assignment())


def test_a_hall_that_does_not_start_is_no_failure_of_a_scenario(monkeypatch):
    monkeypatch.setattr(module, "_PROGRAM", "raise SystemExit({} and {})")
    with pytest.raises(SandboxUnavailable, match="does not start"):
        Hall()


# --- a process that was taken over ------------------------------------------------------------


def lost(monkeypatch, behaviour: str, *, most_seconds: float = 20.0, answer=nobody) -> Lost:
    monkeypatch.setattr(module, "_PROGRAM", HOSTILE.replace("BEHAVIOUR", behaviour))
    with Hall() as hall, pytest.raises(Lost) as caught:
        examined(hall, assignment(most_seconds=most_seconds), answer=answer)
    assert "canary" not in str(caught.value)
    return caught.value


def test_a_process_that_dies_is_a_lost_scenario(monkeypatch):
    assert lost(monkeypatch, "os.kill(os.getpid(), signal.SIGKILL)").is_ours


def test_replies_that_do_not_fit_into_memory_are_the_services(monkeypatch):
    full = framed(Word(is_full=True))
    assert not lost(monkeypatch, f"end.sendall({full!r})").is_ours


@pytest.mark.parametrize("last", ["\U0001f600", "a"])
def test_a_service_cannot_end_a_scenario_by_large_replies(hall, last):
    """Four bytes a character in memory, or as many replies as do not fit into one message."""
    body = ("a" * (8 * 2**20 - 100) + last).encode()
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    text = """return { policy = { capabilities = { "http" } }, run = function()
  for i = 1, 64 do sigil.get("/") end
  expect(false)
end }"""

    def connect(timeout_s: float) -> socket.socket:
        ours, theirs = socket.socketpair()

        def serve() -> None:
            with theirs, contextlib.suppress(OSError):
                while theirs.recv(2**16):
                    theirs.sendall(reply)

        threading.Thread(target=serve, daemon=True).start()
        return ours

    with pytest.raises(Lost) as caught:
        examined(hall, assignment(text, most_seconds=60), connect=connect)
    assert not caught.value.is_ours


def test_more_than_a_scenario_may_have_seen_is_the_services(monkeypatch):
    assert not lost(monkeypatch, f"end.sendall({GARBAGE['too long']!r})").is_ours


def test_a_process_that_hangs_up_is_a_lost_scenario(monkeypatch):
    lost(monkeypatch, "end.close()")


def test_a_process_that_falls_silent_is_a_lost_scenario_in_time(monkeypatch):
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    start = SYSTEM_CLOCK.monotonic_ns()
    assert "silence" in str(lost(monkeypatch, "", most_seconds=0.2))
    assert SYSTEM_CLOCK.monotonic_ns() - start < 10e9


def test_a_process_that_drips_is_a_lost_scenario_in_time(monkeypatch):
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    drip = """
import threading
try:
    end.sendall(struct.pack("!I", 1000))
    while True:
        end.sendall(b"x")
        threading.Event().wait(0.05)
except OSError:
    pass
"""
    assert "silence" in str(lost(monkeypatch, drip, most_seconds=0.3))


def framed(value: object) -> bytes:
    data = msgspec.msgpack.encode(value)
    return LENGTH.pack(len(data)) + data


GARBAGE = {
    "no MessagePack": LENGTH.pack(4) + b"\xc1\xc1\xc1\xc1",
    "another shape": LENGTH.pack(1) + b"\x01",
    "an empty word": LENGTH.pack(1) + b"\x80",
    "too long": LENGTH.pack(MAX_MESSAGE + 1),
    "cut off": LENGTH.pack(100) + b"\x80",
    "deep": LENGTH.pack(9_000) + b"\x91" * 9_000,
    "a report of another type": framed({"report": {"result": "pass", "status": "pass"}}),
    "a status that does not exist": framed({"report": {"result": {"status": "great"}}}),
}


@pytest.mark.parametrize("said", GARBAGE)
def test_what_is_no_message_is_a_lost_scenario(monkeypatch, said):
    lost(monkeypatch, f"end.sendall({GARBAGE[said]!r}); end.shutdown(socket.SHUT_WR)")


def test_a_process_that_asks_without_end_is_a_lost_scenario(monkeypatch):
    monkeypatch.setattr(module, "MOST_WORDS", 500)
    data = framed(Word(call=Call("env", {"name": "X"})))
    flood = f"""
try:
    while True:
        end.sendall({data!r})
        end.recv(1000)
except OSError:
    pass
"""
    asked: list[Call] = []
    assert "without end" in str(lost(monkeypatch, flood, answer=asked.append))
    assert len(asked) == 500


def test_a_process_that_asks_and_does_not_listen_is_a_lost_scenario(monkeypatch):
    monkeypatch.setattr(module, "GRACE_S", 0.2)
    data = framed(Word(call=Call("env", {"name": "X"})))
    flood = f"""
import threading
try:
    end.sendall({data!r})
    threading.Event().wait(3)
except OSError:
    pass
"""

    def huge(call: Call) -> str:
        return "x" * 2**22

    lost(monkeypatch, flood, most_seconds=0.2, answer=huge)
