"""The seed's own scenario runs unchanged."""

from __future__ import annotations

import pytest
from tests.gate.lua.worlds import PASSWORD, billing, upgrade

from sigil.gate.lua import run_scenario
from sigil.gate.model import Priority, Status

PASS, FAIL, SKIP, ERROR = "pass", "fail", "skip", "error"


def test_it_passes_in_five_steps():
    done = run_scenario(upgrade(), billing(), seed=1)
    assert (done.result.status, done.result.steps) == (Status.PASS, (PASS,) * 5)
    assert done.evidence is None


def test_what_it_declares_is_read():
    declared = run_scenario(upgrade(), billing(), seed=1).declared
    assert declared.title == "Upgrade a free account to the Pro plan via the dashboard"
    assert (declared.priority, declared.tags) == (Priority.P0, ("billing", "checkout"))
    assert declared.capabilities == {"http", "browser", "intent", "judge", "property"}


def test_the_wrong_charge_fails_the_second_step():
    done = run_scenario(upgrade(), billing(total_cents=7900), seed=1)
    assert (done.result.status, done.result.steps) == (Status.FAIL, (PASS, FAIL, SKIP, SKIP, SKIP))


def test_the_evidence_holds_the_ladder_the_intent_and_its_objective():
    evidence = run_scenario(upgrade(), billing(total_cents=7900), seed=1).evidence
    assert evidence is not None
    assert (evidence.message, evidence.expects_before) == ("assertion is false", 3)
    assert (evidence.span.line, evidence.span.column) == (36, 5)
    assert [value.shown for value in evidence.values if not value.origin] == [
        "false",
        "7900",
        "9900",
    ]
    assert [value.origin for value in evidence.values if value.origin] == [
        "intent result, captured above"
    ]
    assert evidence.captured[0].name == "result"
    assert dict(evidence.captured[0].fields)["total_cents"] == "7900"
    assert (evidence.rubric.first, evidence.rubric.last) == (21, 23)
    assert evidence.rubric.text.startswith("Upgrade the account to the Pro plan")


def test_each_case_of_the_property_has_a_request_id_of_its_own():
    world = billing()
    run_scenario(upgrade(), world, seed=1)
    headers = [call.request["headers"] for call in world.calls if call.kind == "http"]
    ids = [given["X-Request-Id"] for given in headers if "X-Request-Id" in given]
    assert len(set(ids)) == 10


@pytest.mark.parametrize(
    ("score", "status"), [(0.85, "pass"), (0.84, "fail"), (None, "inconclusive")]
)
def test_the_judge_decides_the_last_step(score, status):
    done = run_scenario(upgrade(), billing(score=score), seed=1)
    assert (done.result.status, done.result.judged) == (status, score)


def test_the_judges_rubric_is_the_block_above_it():
    world = billing()
    run_scenario(upgrade(), world, seed=1)
    asked = next(call.request for call in world.calls if call.kind == "judge")
    assert asked["rubric"].splitlines()[0].startswith("The receipt email copy is clear")
    assert (asked["subject"], asked["min_score"]) == ("Thanks.", 0.85)


def test_a_password_of_the_environment_is_sent_and_never_shown():
    world = billing(total_cents=7900)
    done = run_scenario(upgrade(), world, seed=1)
    assert PASSWORD in world.calls[1].request["body"]
    assert PASSWORD not in repr(done)
