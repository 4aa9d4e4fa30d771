"""Scores that contradict each other end where a reviewer vouches for some, and nowhere else."""

from __future__ import annotations

import pytest
from tests.gate.evaluations import Bench, Quiet, cheating, honest, reviewer_of

from sigil.effects import SYSTEM_CLOCK
from sigil.gate.acting import decision_on, judge, override
from sigil.gate.decision import Code, Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.outcome import Outcome
from sigil.gate.revisions import resolve
from sigil.gate.trust import Tier
from sigil.ledger import keys
from sigil.ledger.ledger import Ledger


def evaluated(bench: Bench) -> Outcome:
    return evaluate(bench.wanted(), bench.parts(), Quiet())


def codes(outcome: Outcome) -> set[Code]:
    return {reason.code for reason in outcome.decision.reasons}


def ledger_of(bench: Bench, signer: keys.PrivateKey) -> Ledger:
    return Ledger.open(bench.ledger_path, signer, bench.ledger().pin)


def contradicting(bench: Bench) -> Outcome:
    """Evaluate an honest change once while its machine lies, and once as it is."""
    bench.serving.pr = cheating
    assert evaluated(bench).decision.verdict is Verdict.BLOCK
    bench.serving.pr = honest
    second = evaluated(bench)
    assert codes(second) == {Code.CONTRADICTED}
    return second


def test_what_a_reviewer_vouches_for_is_what_the_change_is_measured_by(bench, past):
    second = contradicting(bench)
    override(ledger_of(bench, reviewer_of(past)), second.eval, Verdict.ALLOW, "the disk was full")
    third = evaluated(bench)
    assert third.decision.verdict is Verdict.ALLOW
    found = resolve(bench.root, "change")
    stands = decision_on(bench.root, found, bench.ledger(), "api", SYSTEM_CLOCK.now())
    assert (stands.worth.verdict, stands.tier) == (Verdict.ALLOW, Tier.ADVISORY)
    bench.serving.pr = cheating
    assert Code.CONTRADICTED in codes(evaluated(bench))


def test_without_one_repeating_is_no_way_through(bench):
    contradicting(bench)
    assert codes(evaluated(bench)) == {Code.CONTRADICTED}


def test_an_evaluator_vouches_for_nothing(bench, signer):
    second = contradicting(bench)
    override(ledger_of(bench, signer), second.eval, Verdict.ALLOW, "it is good, I say")
    assert codes(evaluated(bench)) == {Code.CONTRADICTED}


def test_a_verdict_vouches_for_nothing(bench, past):
    second = contradicting(bench)
    judge(ledger_of(bench, reviewer_of(past)), second.eval, Verdict.ALLOW, "")
    assert codes(evaluated(bench)) == {Code.CONTRADICTED}


def test_the_last_word_of_a_reviewer_counts(bench, past):
    second, reviewer = contradicting(bench), ledger_of(bench, reviewer_of(past))
    override(reviewer, second.eval, Verdict.ALLOW, "the disk was full")
    override(reviewer, second.eval, Verdict.BLOCK, "it was not")
    assert codes(evaluated(bench)) == {Code.CONTRADICTED}


def half_as_good(seats: int) -> int:
    return honest(seats) if seats % 2 else 0


@pytest.mark.parametrize("vouches", [True, False])
def test_a_baseline_that_sank_is_measured_by_what_a_reviewer_vouches_for(bench, past, vouches):
    evaluated(bench)
    bench.serving.baseline = half_as_good
    second = evaluated(bench)
    assert codes(second) == {Code.BASELINE_SANK, Code.CONTRADICTED}
    if vouches:
        reviewer = ledger_of(bench, reviewer_of(past))
        override(reviewer, second.eval, Verdict.ALLOW, "the clock of the baseline ran out")
    assert codes(evaluated(bench)) == (set() if vouches else codes(second))
