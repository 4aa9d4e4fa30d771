"""Evaluators in processes of their own, which may die at any moment."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from sigil.errors import BaselineFailed, InvalidValue, SandboxUnavailable
from sigil.evaluate.lanes import TURN_S, Lanes, default_count
from sigil.evaluate.nursery import ahead

EVAL = """
inputs: {cases: [{args: [1], expected: 1}, {args: [3], expected: 9}]}
metrics:
- {id: accuracy, kind: call, measure: agreement}
aggregate: {objective: max(accuracy)}
accept: {rule: "accuracy >= 1"}
"""
SLEEPER = {"f.py": "def f(x):\n    while True: pass\n"}


@pytest.fixture
def bed(bed):
    bed.write({"f.py": "def f(x):\n    return x\n"}, pinned="f.py", symbol="f.py:f")
    bed.define(EVAL + "budgets: {candidate_timeout_s: 1}\n")
    return bed


def lanes_of(bed, count: int, **more: float) -> Lanes:
    return Lanes(bed.definition, bed.target, bed.settings, count, **more)


def returning(expression: str) -> dict[str, str]:
    return {"f.py": f"def f(x):\n    return {expression}\n"}


def children(of: int) -> set[int]:
    path = Path(f"/proc/{of}/task")
    found: set[int] = set()
    for task in path.iterdir():
        found |= set(map(int, (task / "children").read_text().split()))
    return found


def lanes_below(before: set[int]) -> set[int]:
    """Return the pids of lanes, which are children of the one child that is new."""
    (nursery,) = children(os.getpid()) - before
    return children(nursery)


def is_running(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_candidates_are_evaluated_side_by_side(bed):
    with lanes_of(bed, 2) as lanes:
        futures = [lanes.submit(returning(f"x * x + {i}"), "screen") for i in range(6)]
        assert [future.result().costs[0] for future in futures] == [-1.0] + [0.0] * 5


def test_what_an_eval_names_and_is_not_there_is_told_in_its_own_words(bed):
    bed.define(EVAL.replace("measure: agreement", "measure: agreement, function: 'f.py:nope'"))
    with lanes_of(bed, 2) as lanes, pytest.raises(InvalidValue, match=r"f\.py defines no nope"):
        lanes.baseline()


def test_the_baseline_is_measured_once_for_all(bed):
    with lanes_of(bed, 2) as lanes:
        assert lanes.baseline() is lanes.baseline()


def test_a_baseline_that_cannot_be_measured_is_raised_in_the_parent(bed):
    bed.write({"f.py": "def f(x): return\n1 / 0\n"}, pinned="f.py", symbol="f.py:f")
    with lanes_of(bed, 1) as lanes, pytest.raises(BaselineFailed) as raised:
        lanes.baseline()
    assert str(raised.value).startswith("x.eval.yaml:6: metrics[0].function: on the unchanged")


def test_an_adopted_baseline_needs_no_second_measurement(bed):
    with lanes_of(bed, 1) as lanes:
        facts = lanes.facts
    with lanes_of(bed, 1) as lanes:
        lanes.adopt(facts)
        assert lanes.submit(returning("x * x"), "confirm").result().accepted is True


def test_a_lane_that_dies_is_replaced_and_its_candidate_tried_again(bed):
    before = children(os.getpid())
    with lanes_of(bed, 1) as lanes:
        lanes.baseline()
        (lane,) = lanes_below(before)
        future = lanes.submit(SLEEPER, "screen")
        os.kill(lane, signal.SIGKILL)
        assert future.result().status == "timeout"
        assert lanes.submit(returning("x * x"), "screen").result().accepted is True


def test_a_candidate_whose_lanes_die_is_an_error_and_no_hang(bed):
    with lanes_of(bed, 1, patience_s=0.2) as lanes:
        lanes.adopt(bed.evaluator_facts())
        found = lanes.submit(SLEEPER, "screen").result()
    assert found.failure is not None
    assert (found.status, found.failure.metric, found.costs) == ("error", "lane", ())


def test_closing_ends_every_process_and_cancels_what_waits(bed):
    before = children(os.getpid())
    with lanes_of(bed, 1) as lanes:
        lanes.baseline()
        started = lanes_below(before) | children(os.getpid()) - before
        futures = [lanes.submit(SLEEPER, "screen") for _ in range(3)]
    assert not any(map(is_running, started))
    with pytest.raises(CancelledError):
        futures[-1].result()


def test_dismissed_lanes_end_without_being_waited_for(bed):
    before = children(os.getpid())
    with lanes_of(bed, 2) as lanes:
        lanes.baseline()
        ended = [os.pidfd_open(pid) for pid in lanes_below(before)]
        lanes.dismiss()
        for lane in ended:
            watch = select.poll()  # `select.select` knows no descriptor above 1,023
            watch.register(lane, select.POLLIN)
            assert watch.poll(20_000)
            os.close(lane)


def test_lanes_ignore_ctrl_c(bed):
    before = children(os.getpid())
    with lanes_of(bed, 1) as lanes:
        lanes.baseline()
        (lane,) = lanes_below(before)
        os.kill(lane, signal.SIGINT)
        assert lanes.submit(returning("x * x"), "screen").result().accepted is True
        assert is_running(lane)


def test_a_nursery_that_is_killed_is_replaced_with_all_its_lanes(bed):
    before = children(os.getpid())
    with lanes_of(bed, 2) as lanes:
        lanes.baseline()
        (nursery,) = children(os.getpid()) - before
        future = lanes.submit(SLEEPER, "screen")
        os.kill(nursery, signal.SIGKILL)
        assert future.result().status == "timeout"
        assert lanes.submit(returning("x * x"), "screen").result().accepted is True


def test_lanes_are_forked_from_what_was_started_ahead(bed):
    before = children(os.getpid())
    with ahead():
        (nursery,) = children(os.getpid()) - before
        with lanes_of(bed, 1) as lanes:
            lanes.baseline()
            assert children(os.getpid()) - before == {nursery}
            assert len(children(nursery)) == 1


def test_what_was_started_ahead_in_vain_is_ended():
    before = children(os.getpid())
    with ahead():
        started = children(os.getpid()) - before
    assert len(started) == 1
    assert not any(map(is_running, started))


def test_lanes_die_with_a_parent_that_is_killed():
    # The lane's opening never arrives, so nothing but the parent's death can end it.
    program = (
        "import os, sys\n"
        "from sigil.evaluate.lanes import _Lane\n"
        "from sigil.evaluate.nursery import Nursery\n"
        "lane = _Lane(b'', Nursery())\n"
        "lane.start()\n"
        "print(lane._process.pid, flush=True)\n"
        "sys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        lane = int(parent.stdout.readline())
        ended = threading.Event()
        descriptor = os.pidfd_open(lane)
        parent.kill()
        watcher = threading.Thread(target=lambda: (_wait_for(descriptor), ended.set()))
        watcher.start()
        assert ended.wait(20)
        watcher.join()
        os.close(descriptor)


def _wait_for(descriptor: int) -> None:
    import select

    select.select([descriptor], [], [], 20)


def test_a_lane_says_what_values_depend_on(bed):
    with lanes_of(bed, 1) as lanes:
        assert lanes.environment().result()["isolation"]["calls"]["self_test"] == "passed"


def test_a_candidate_that_is_cancelled_is_not_evaluated(bed):
    with lanes_of(bed, 1) as lanes:
        lanes.baseline()
        first = lanes.submit(SLEEPER, "screen")
        second = lanes.submit(returning("x * x"), "screen")
        assert second.cancel()
        third = lanes.submit(returning("x * x"), "screen")
        assert (first.result().status, third.result().accepted) == ("timeout", True)


def test_lanes_that_cannot_start_are_an_error_and_no_hang(bed, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with lanes_of(bed, 1) as lanes, pytest.raises(SandboxUnavailable, match="died twice"):
        lanes.baseline()


def test_one_core_is_left_alone_where_something_is_timed():
    cores = len(os.sched_getaffinity(0))
    assert default_count(timed=False) == cores
    assert default_count(timed=True) == max(1, cores - 1)


def test_threads_take_short_turns_for_as_long_as_any_lane_is_open(bed):
    before = sys.getswitchinterval()
    first, second = lanes_of(bed, 1), lanes_of(bed, 1)
    during = [sys.getswitchinterval()]
    first.close()
    during.append(sys.getswitchinterval())
    second.close()
    assert during == pytest.approx([TURN_S, TURN_S])
    assert sys.getswitchinterval() == before > TURN_S
