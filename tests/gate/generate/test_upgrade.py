"""The billing intent, as far as it can be compiled without a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from sigil.gate.generate.drafting import Drafted, draft
from sigil.gate.intent import read_intent
from sigil.gate.lua import lint
from sigil.gate.model import Scenario

SOURCE = Path(__file__).parents[1] / "intent" / "fixtures" / "billing-upgrade.md"


@pytest.fixture(scope="module")
def drafted() -> Drafted:
    intent = read_intent(SOURCE.read_bytes(), "docs/specs/billing-upgrade.md")
    return draft(intent, ratio=0.4, seed=1, secret=2)


def text_of(drafted: Drafted, clause: str, half: str) -> str:
    (found,) = (c for c in drafted.candidates if c.clauses == (clause,) and c.half == half)
    return found.text


def test_the_sign_up_and_the_pure_read_are_compiled_for_both_halves(drafted):
    assert sorted((c.clauses[0], c.half) for c in drafted.candidates) == [
        ("criterion-1", "holdout"),
        ("criterion-1", "visible"),
        ("invariant-1", "holdout"),
        ("invariant-1", "visible"),
    ]


def test_the_pure_read_is_in_the_session_of_a_fresh_account(drafted):
    text = text_of(drafted, "invariant-1", "visible")
    assert 'Authorization = "Bearer " .. session_token' in text
    assert '["X-Request-Id"] = case.request_id' in text
    assert "expect(again.json.plan == first.json.plan)" in text


def test_the_sealed_variant_is_about_three_strangers_in_turns(drafted):
    assert text_of(drafted, "criterion-1", "holdout").count("sigil.gen.email()") == 3


def test_all_else_is_listed_with_its_line_and_why(drafted):
    assert [(one.clause, one.line) for one in drafted.uncompiled] == [
        ("table-1", 15),
        ("criterion-2", 25),
        ("criterion-3", 28),
        ("criterion-4", 30),
        ("invariant-2", 37),
        ("quality-1", 42),
    ]
    assert "goes on from criterion-3" in drafted.uncompiled[3].reason


def test_what_is_written_has_no_finding(drafted):
    for candidate in drafted.candidates:
        assert lint(Scenario("x", candidate.half, candidate.text, "x.lua")) == []
