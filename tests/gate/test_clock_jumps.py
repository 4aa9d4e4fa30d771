"""A clock that jumps while an evaluation is under way: nothing is allowed that should not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from tests.gate.evaluations import Bench, Quiet, honest

from sigil.effects import SYSTEM_CLOCK
from sigil.gate.acting import decision_on
from sigil.gate.decision import Code, Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.outcome import Outcome
from sigil.gate.revisions import resolve
from sigil.ledger.ledger import Ledger


@dataclass
class Jumping:
    """The machine's clock, which somebody sets; what runs since its start, nobody can."""

    off: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return SYSTEM_CLOCK.now() + self.off

    def monotonic_ns(self) -> int:
        return SYSTEM_CLOCK.monotonic_ns()


def evaluated(bench: Bench, clock: Jumping, jump: timedelta) -> Outcome:
    """Evaluate, with a jump as soon as the change is asked something."""

    def jumping(seats: int) -> int:
        clock.off = jump
        return honest(seats)

    bench.serving.pr = jumping

    def ledger() -> Ledger:
        known = bench.ledger()
        return Ledger.open(known.path, known.signer, known.pin, clock)

    return evaluate(bench.wanted(), bench.parts(clock=clock, ledger=ledger), Quiet())


def worth(bench: Bench, moment: datetime) -> Verdict:
    found = resolve(bench.root, "change")
    return decision_on(bench.root, found, bench.ledger(), "api", moment).worth.verdict


@pytest.mark.parametrize("seconds", [-86_400, -3_600, -45, 61, 3_600, 86_400])
def test_a_jump_while_the_exam_is_held_makes_the_ledger_stale(bench, seconds):
    outcome = evaluated(bench, Jumping(), timedelta(seconds=seconds))
    assert outcome.troubles == ()
    assert Code.STALE_LEDGER in {one.code for one in outcome.decision.reasons}
    assert outcome.decision.verdict is Verdict.REVIEW


def test_a_jump_ends_no_exam_and_gives_it_no_more_time(bench):
    outcome = evaluated(bench, Jumping(), timedelta(days=1))
    assert Code.NOT_RUN not in {one.code for one in outcome.decision.reasons}
    assert outcome.score is not None
    assert outcome.score.overall.pr == 1


def test_an_allow_does_not_come_back_when_the_clock_does(bench):
    clock = Jumping()
    outcome = evaluated(bench, clock, timedelta())
    assert outcome.decision.verdict is Verdict.ALLOW
    now = clock.now()
    assert worth(bench, now) is Verdict.ALLOW
    assert worth(bench, now + timedelta(seconds=61)) is Verdict.REVIEW
    assert worth(bench, now - timedelta(seconds=61)) is Verdict.REVIEW
