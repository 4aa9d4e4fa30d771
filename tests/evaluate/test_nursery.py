"""The process that lanes are forked from."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from sigil.evaluate.nursery import Child, Nursery, ahead, taken

PATIENCE_S = 20


@pytest.fixture
def nursery() -> Iterator[Nursery]:
    nursery = Nursery()
    yield nursery
    nursery.close()


def forked(nursery: Nursery) -> tuple[Child, socket.socket]:
    """Return a lane that waits for its opening, and our end of its connection."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            return nursery.fork(theirs), ours
        except OSError:
            ours.close()
            raise


def parent_of(pid: int) -> int:
    status = Path(f"/proc/{pid}/stat").read_text()
    return int(status.rpartition(")")[2].split()[1])


def test_a_lane_ends_by_itself_when_its_connection_closes(nursery: Nursery):
    lane, ours = forked(nursery)
    ours.close()
    assert lane.wait(PATIENCE_S)
    assert lane.code == 0


def test_a_lane_that_breaks_says_why_and_exits_with_1(capfd: pytest.CaptureFixture[str]):
    nursery = Nursery()
    lane, ours = forked(nursery)
    with ours:
        ours.sendall(b"\0\0\0\3???")  # no pickle
        assert lane.wait(PATIENCE_S)
    nursery.close()
    assert lane.code == 1
    assert "UnpicklingError" in capfd.readouterr().err


def test_the_signal_that_ended_a_lane_is_told(nursery: Nursery):
    lane, ours = forked(nursery)
    with ours:
        lane.send(signal.SIGKILL)
        assert lane.wait(PATIENCE_S)
    assert lane.code == -signal.SIGKILL


def test_a_lane_that_has_ended_can_be_signalled_and_awaited_again(nursery: Nursery):
    lane, ours = forked(nursery)
    ours.close()
    assert lane.wait(PATIENCE_S)
    lane.send(signal.SIGKILL)
    assert lane.wait(0)
    assert lane.code == 0


def test_waiting_for_a_lane_that_goes_on_ends_in_time(nursery: Nursery):
    lane, ours = forked(nursery)
    with ours:
        assert not lane.wait(0.01)


def test_lanes_are_forked_from_one_process_and_lead_groups_of_their_own(nursery: Nursery):
    (first, one), (second, two) = forked(nursery), forked(nursery)
    with one, two:
        assert parent_of(first.pid) == parent_of(second.pid) != os.getpid()
        groups = {os.getpgid(pid) for pid in (os.getpid(), parent_of(first.pid))}
        assert os.getpgid(second.pid) not in groups


def test_ctrl_c_ends_no_nursery(nursery: Nursery):
    lane, ours = forked(nursery)
    with ours:
        os.kill(parent_of(lane.pid), signal.SIGINT)
        other, theirs = forked(nursery)
        with theirs:
            assert parent_of(other.pid) == parent_of(lane.pid)


def test_a_nursery_that_is_killed_takes_its_lanes_along_and_another_takes_its_place(
    nursery: Nursery,
):
    lane, ours = forked(nursery)
    before = parent_of(lane.pid)
    with ours:
        os.kill(before, signal.SIGKILL)
        assert lane.wait(PATIENCE_S)
    assert lane.code is None
    other, theirs = forked(nursery)
    with theirs:
        assert parent_of(other.pid) != before


def test_closing_a_nursery_ends_the_lanes_that_are_left(nursery: Nursery):
    lane, ours = forked(nursery)
    with ours:
        nursery.close()
        assert lane.wait(PATIENCE_S)


def test_nothing_is_forked_once_a_nursery_is_closed(nursery: Nursery):
    nursery.close()
    with pytest.raises(OSError, match="closed"):
        forked(nursery)


def test_what_was_started_ahead_is_taken_once():
    with ahead():
        first, second = taken(), taken()
    assert first is not second
    for nursery in (first, second):
        nursery.close()
