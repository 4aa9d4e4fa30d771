"""Steps on the trust ladder are told of once each."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest
from tests.gate.evaluations import Quiet, reviewer_of

from sigil.gate.acting import enroll, report_incident
from sigil.gate.evaluation import evaluate
from sigil.gate.policy import Gate, Service
from sigil.gate.record.events import TRANSITION
from sigil.gate.record.steps import announce
from sigil.gate.trust import Tier
from sigil.ledger.ledger import Ledger
from sigil.ledger.pins import Pin

NOW = datetime.now(UTC)


@pytest.fixture
def gate(auto_signer):
    return Gate(services={"api": Service()}, evaluators=[auto_signer.key])


@pytest.fixture
def new(tmp_path, auto_signer):
    """A ledger in which ``api`` is registered."""
    ledger = Ledger.create(tmp_path / "ledger", auto_signer, Pin(tmp_path / "pin.json"))
    enroll(ledger, "api")
    return ledger


@pytest.fixture
def old(tmp_path, auto_past, auto_signer):
    """A ledger in which ``api`` has earned AUTO, and none of its steps is told of."""
    path = tmp_path / "ledger"
    shutil.copytree(auto_past, path)
    ledger = Ledger.open(path, auto_signer, Pin(tmp_path / "pin.json"))
    trusted = frozenset({auto_signer.key, reviewer_of(auto_past).key})
    ledger.pin.trust(ledger.snapshot().checkpoint.ledger, trusted)
    return ledger


def told(ledger: Ledger) -> list[tuple[str, str, str]]:
    found = [entry.body for entry in ledger.entries() if entry.kind == TRANSITION]
    return [(body["before"], body["after"], body["reason"]) for body in found]


def test_a_step_is_told_of_once(new, gate):
    for later in (0, 1, 2):
        assert announce(new, "api", gate, NOW + timedelta(days=later)).tier is Tier.SHADOW
    assert [(before, after) for before, after, _ in told(new)] == [("NONE", "SHADOW")]


def test_every_step_of_a_long_past_is_told_of_in_order(old, gate):
    announce(old, "api", gate, NOW)
    steps = [(before, after) for before, after, _ in told(old)]
    assert steps == [("NONE", "SHADOW"), ("SHADOW", "ADVISORY"), ("ADVISORY", "AUTO")]


def test_a_fall_is_told_of_with_its_reason(old, gate):
    announce(old, "api", gate, NOW)
    report_incident(old, "api", "safety")
    announce(old, "api", gate, datetime.now(UTC))
    before, after, reason = told(old)[-1]
    assert (before, after) == ("AUTO", "ADVISORY")
    assert reason


def test_news_that_somebody_made_up_moves_nobody(new, gate):
    body = {"step": 2, "before": "SHADOW", "after": "AUTO", "reason": "earned"}
    new.append(TRANSITION, "api", body)
    assert announce(new, "api", gate, NOW).tier is Tier.SHADOW


def test_an_evaluation_tells_of_what_was_earned_before_it(auto_bench):
    ledger = auto_bench.ledger()
    report_incident(ledger, "api", "safety")
    evaluate(auto_bench.wanted(), auto_bench.parts(), Quiet())
    assert told(auto_bench.ledger())[-1][:2] == ("AUTO", "ADVISORY")
