"""A change that breaks where it could fail gains nothing by it."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from tests.gate.evaluations import Bench, Quiet, honest

from sigil.gate.decision import Code, Verdict
from sigil.gate.effects import Call, EffectFailed
from sigil.gate.evaluation import evaluate
from sigil.gate.exam.answering import Answering
from sigil.gate.model import Status
from sigil.gate.outcome import Outcome
from sigil.gate.sittings import Sitting

EXECUTES = """
return {
  title = "executes", priority = "P0", policy = { capabilities = { "exec" } },
  run = function() expect(sigil.exec("ls").exit_code == 0) end,
}
"""
IMPATIENT = """
return {
  title = "impatient", priority = "P0", budget = { max_seconds = 0.5 },
  policy = { capabilities = { "http" } },
  run = function() expect(sigil.get("/api/quote?seats=3").status == 200) end,
}
"""


def evaluated(bench: Bench, **changed: object) -> Outcome:
    return evaluate(bench.wanted(), bench.parts(**changed), Quiet())


def add(bench: Bench, text: str) -> None:
    """Add a visible scenario to the exam of the base branch, and bring the change up to it."""
    bench.exam.write("visible/added.lua", text)
    bench.exam.seal()
    bench.git("add", "-A")
    bench.git("commit", "-q", "-m", "added")
    bench.git("rebase", "-q", "main", "change")
    bench.git("checkout", "-q", "main")


def codes(outcome: Outcome) -> set[Code]:
    return {reason.code for reason in outcome.decision.reasons}


def breaking(seats: int) -> int:
    """Right where the visible half looks, and a broken connection elsewhere."""
    if seats not in {1, 2}:
        raise ConnectionResetError
    return honest(seats)


def test_a_change_that_drops_the_connections_of_holdouts_is_blocked(bench):
    bench.serving.pr = breaking
    outcome = evaluated(bench)
    sealed = [one for one in outcome.answers if one.question.half == "holdout"]
    assert {result.status for one in sealed for result in one.pr} == {Status.ERROR}
    assert outcome.decision.verdict is Verdict.BLOCK
    assert {Code.P0_FAILED, Code.ERRORED} <= codes(outcome)


def test_connections_that_drop_on_both_sides_are_a_humans(bench):
    bench.serving.pr = bench.serving.baseline = breaking
    outcome = evaluated(bench)
    assert outcome.decision.verdict is Verdict.REVIEW
    assert Code.ERRORED in codes(outcome)


def examined_by(fails: str) -> Answering:
    """An answerer whose commands cannot be run on the change."""

    def answer(sitting: Sitting, call: Call) -> object:
        if sitting.side == "pr":
            raise EffectFailed("it does not end", is_ours=fails == "ours")
        return {"exit_code": 0, "stdout": "", "stderr": "", "elapsed_ms": 1}

    return Answering({"exec": answer})


@pytest.mark.parametrize(
    ("fails", "verdict"), [("ours", Verdict.REVIEW), ("its own", Verdict.BLOCK)]
)
def test_an_error_blocks_only_if_it_is_the_changes_own(bench, fails, verdict):
    add(bench, EXECUTES)
    outcome = evaluated(bench, answerer=lambda service, sides: examined_by(fails))
    assert outcome.troubles == ()
    assert outcome.decision.verdict is verdict


@pytest.fixture
def patience() -> Iterator[threading.Event]:
    """Set once the test is over: for what waits."""
    over = threading.Event()
    yield over
    over.set()


def test_a_change_that_waits_until_a_scenario_is_out_of_time_is_blocked(bench, patience):
    add(bench, IMPATIENT)

    def waiting(seats: int) -> int:
        if seats == 3:
            patience.wait(30)
        return honest(seats)

    bench.serving.pr = waiting
    outcome = evaluated(bench)
    [lost] = [one for one in outcome.observed if not one.is_whole]
    assert lost.side == "pr"
    assert outcome.decision.verdict is Verdict.BLOCK
