"""Ctrl-C while scenarios sit: an end within seconds, nothing left, and a word of it on record."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from tests.gate.evaluations import Bench, Quiet

from sigil.effects import SYSTEM_CLOCK
from sigil.gate.acting import decision_on
from sigil.gate.decision import Code, Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.exam.hall import Hall
from sigil.gate.record.unfinished import BEGUN, BROKEN
from sigil.gate.revisions import resolve

SLOW = """
return { policy = { capabilities = {"http"} }, run = function()
  expect(sigil.get("/api/quote?seats=3").status == 200)
  sigil.sleep(60)
end }
"""
MOST_S = 20.0


@pytest.fixture
def slow(bench) -> Bench:
    """An exam with a scenario that sleeps once it has asked for 3 seats."""
    bench.exam.write("visible/slow.lua", SLOW)
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "slow")
    return bench


def interrupt_when_asked_for(bench: Bench, number: signal.Signals) -> list[int]:
    """Have the service send us a signal at the request of the slow scenario; note when."""
    moments: list[int] = []

    def price(seats: int) -> int:
        if seats == 3 and not moments:
            moments.append(SYSTEM_CLOCK.monotonic_ns())
            os.kill(os.getpid(), number)
        return seats * 1200

    bench.serving.pr = price
    return moments


def test_an_evaluation_that_is_interrupted_ends_within_seconds_and_is_on_record(slow):
    halls: list[Hall] = []

    def hall() -> Hall:
        halls.append(Hall())
        return halls[-1]

    moments = interrupt_when_asked_for(slow, signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        evaluate(slow.wanted(), slow.parts(hall=hall), Quiet())
    assert (SYSTEM_CLOCK.monotonic_ns() - moments[0]) / 1e9 < MOST_S
    assert not Path(f"/proc/{halls[0]._process.pid}").exists()
    begun, broken = list(slow.ledger().entries())[-2:]
    assert (begun.kind, broken.kind) == (BEGUN, BROKEN)
    assert begun.body["eval"] == broken.body["eval"]
    assert broken.body["interrupted"]


def test_an_earlier_allow_does_not_outlive_an_evaluation_that_is_interrupted(bench):
    assert evaluate(bench.wanted(), bench.parts(), Quiet()).decision.verdict is Verdict.ALLOW

    def ended(*arguments: object, **named: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(bench.wanted(), bench.parts(deploy=ended), Quiet())
    revisions, now = resolve(bench.root, "change"), SYSTEM_CLOCK.now()
    worth = decision_on(bench.root, revisions, bench.ledger(), "api", now).worth
    assert worth.verdict is Verdict.REVIEW
    assert [reason.code for reason in worth.reasons] == [Code.BROKEN_OFF]


def test_one_that_is_killed_is_on_record_by_its_beginning(bench):
    evaluate(bench.wanted(), bench.parts(), Quiet())
    child = os.fork()
    if child == 0:
        try:
            evaluate(bench.wanted(), bench.parts(deploy=lambda *_, **__: os._exit(1)), Quiet())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    revisions, now = resolve(bench.root, "change"), SYSTEM_CLOCK.now()
    [reason] = decision_on(bench.root, revisions, bench.ledger(), "api", now).worth.reasons
    assert (reason.code, reason.about.partition(", ")[2]) == (Code.BROKEN_OFF, "no end on record")
