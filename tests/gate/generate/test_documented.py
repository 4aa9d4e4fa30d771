"""The intent in docs/intents.md is compiled as that page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sigil.gate.generate.compiler import compile_intent
from sigil.gate.generate.drafting import Drafted, draft
from sigil.gate.intent import read_intent
from sigil.gate.lua import lint
from sigil.gate.model import Scenario

PAGE = Path(__file__).resolve().parents[3] / "docs" / "intents.md"


@pytest.fixture(scope="module")
def drafted() -> Drafted:
    (body,) = re.findall(r"^```markdown\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return draft(read_intent(body.encode(), "docs/specs/quotes.md"), ratio=0.4, seed=0, secret=1)


def test_nothing_of_it_is_left_out(drafted):
    assert drafted.uncompiled == ()


def test_each_claim_has_a_scenario_in_both_halves(drafted):
    claims = {
        half: {c.clauses[0].partition(".")[0] for c in drafted.candidates if c.half == half}
        for half in ("visible", "holdout")
    }
    assert claims["visible"] == claims["holdout"]
    assert len(claims["visible"]) == 7


def test_what_is_written_has_no_finding_and_no_line_that_is_too_long(drafted):
    for one in drafted.candidates:
        assert lint(Scenario("x", one.half, one.text, "x.lua")) == []
        assert max(map(len, one.text.splitlines())) <= 100


def test_the_intent_of_the_demo_is_compiled_whole_and_its_table_cannot_be_copied():
    source = PAGE.parents[1] / "examples/sealed_exam/service/docs/specs/seat-quotes.md"
    compiled = compile_intent(read_intent(source.read_bytes(), "docs/specs/seat-quotes.md"))
    assert compiled.uncompiled == ()
    (rule,) = compiled.rules
    assert rule.amount(("pro",), 30) == 30 * 1200 * 85 // 100
    assert rule.amount(("team",), 110) == 110 * 800 * 80 // 100
    assert rule.amount(("free",), 3) is None
