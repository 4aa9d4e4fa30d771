"""What people put on record about evaluations, and what they may not."""

from __future__ import annotations

import pytest
from tests.gate.evaluations import Bench, Quiet, cheating, reviewer_of

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import InvalidValue, NotFound
from sigil.gate.acting import decision_on, enroll, judge, override, report_incident, uncounted
from sigil.gate.decision import Verdict
from sigil.gate.evaluation import evaluate
from sigil.gate.policy import Gate, Service
from sigil.gate.record import events
from sigil.gate.revisions import resolve
from sigil.gate.trust import Tier
from sigil.ledger.ledger import Ledger


@pytest.fixture
def bench(auto_bench) -> Bench:
    return auto_bench


@pytest.fixture
def name(bench) -> str:
    return evaluate(bench.wanted(), bench.parts(), Quiet()).eval


def test_a_verdict_is_on_record_with_its_reason(bench, name):
    entry = judge(bench.ledger(), name, Verdict.BLOCK, "it lies")
    assert (entry.kind, entry.service) == (events.VERDICT, "api")
    assert entry.body == {"eval": name, "verdict": "BLOCK", "reason": "it lies"}


def test_the_first_verdict_on_a_change_counts_and_a_second_does_not(bench, name, auto_past):
    gate = Gate(services={"api": Service()}, evaluators=[bench.signer.key])
    ledger = Ledger.open(bench.ledger_path, reviewer_of(auto_past), bench.ledger().pin)
    assert uncounted(ledger, name, gate) == ""
    judge(ledger, name, Verdict.ALLOW, "")
    assert uncounted(ledger, name, gate) == "this change has a verdict, and the first one counts"


def test_a_verdict_on_what_was_evaluated_before_a_fall_counts_for_nothing(bench, name):
    gate = Gate(services={"api": Service()}, evaluators=[bench.signer.key])
    override(bench.ledger(), name, Verdict.BLOCK, "it lies")  # at AUTO it costs a rung
    said = uncounted(bench.ledger(), name, gate)
    assert said == "this change was not evaluated since the service fell"


def test_an_override_by_the_evaluator_is_no_verdict_and_bars_none(bench):
    gate = Gate(services={"api": Service()}, evaluators=[bench.signer.key])
    name = evaluate(bench.wanted(seed=1), bench.parts(), Quiet()).eval
    override(bench.ledger(), name, Verdict.ALLOW, "we say so")
    assert uncounted(bench.ledger(), name, gate) == ""


def test_an_override_keeps_what_was_decided(bench, name):
    entry = override(bench.ledger(), name, Verdict.BLOCK, "it lies")
    assert (entry.body["decided"], entry.body["verdict"]) == ("ALLOW", "BLOCK")


@pytest.mark.parametrize(
    ("to", "reason"), [(Verdict.ALLOW, "why not"), (Verdict.BLOCK, ""), (Verdict.BLOCK, " \n")]
)
def test_an_override_says_something_else_and_why(bench, name, to, reason):
    before = bench.ledger().tip.size
    with pytest.raises(InvalidValue):
        override(bench.ledger(), name, to, reason)
    assert bench.ledger().tip.size == before


def test_of_an_evaluation_that_nobody_knows_nothing_is_recorded(bench):
    ledger = bench.ledger()
    before = ledger.tip.size
    with pytest.raises(NotFound):
        judge(ledger, "eval_unknown", Verdict.ALLOW, "")
    with pytest.raises(NotFound):
        override(ledger, "eval_unknown", Verdict.BLOCK, "why")
    with pytest.raises(NotFound):
        report_incident(ledger, "api", "safety", name="eval_unknown")
    assert ledger.tip.size == before


def test_an_incident_of_another_service_names_no_evaluation_of_this_one(bench, name):
    with pytest.raises(NotFound, match="no evaluation of web"):
        report_incident(bench.ledger(), "web", "safety", name=name)


def test_an_incident_need_not_know_its_cause(bench):
    entry = report_incident(bench.ledger(), "api", "safety", note="the shop was down")
    assert (entry.kind, entry.body["eval"]) == ("incident.safety", "")


def test_a_policy_that_no_branch_holds_yet_is_to_be_committed(bench):
    bench.git("rm", "-q", "--cached", ".sigil/gate.yaml")
    bench.git("commit", "-q", "-m", "no policy")
    revisions = resolve(bench.root, "change")
    with pytest.raises(NotFound, match="it is in the working tree: commit it on main"):
        decision_on(bench.root, revisions, bench.ledger(), "api", SYSTEM_CLOCK.now())


def test_a_block_that_is_overridden_at_shadow_stands_and_the_service_is_enrolled_no_more(new_bench):
    """What is not enrolled is a human's to review, also where the exam says BLOCK."""
    bench = new_bench
    bench.serving.pr = cheating
    name = evaluate(bench.wanted(), bench.parts(), Quiet()).eval
    override(bench.ledger(), name, Verdict.ALLOW, "the exam is wrong")
    revisions = resolve(bench.root, "change")
    stands = decision_on(bench.root, revisions, bench.ledger(), "api", SYSTEM_CLOCK.now())
    assert (stands.recorded.tier, stands.tier) == (Tier.SHADOW, Tier.NONE)
    assert stands.worth.verdict is Verdict.BLOCK
    again = evaluate(bench.wanted(), bench.parts(), Quiet()).decision
    assert (again.verdict, again.recommended) == (Verdict.REVIEW, Verdict.BLOCK)
    enroll(bench.ledger(), "api")
    assert evaluate(bench.wanted(), bench.parts(), Quiet()).decision.verdict is Verdict.BLOCK
