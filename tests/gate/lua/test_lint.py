"""What is wrong with a scenario before it runs."""

from __future__ import annotations

import pytest
from tests.gate.lua.worlds import scenario, upgrade

from sigil.gate.lua import Finding, lint
from sigil.gate.model import Scenario


def rules(body: str, **more: object) -> list[tuple[int, str]]:
    given = {"capabilities": (), **more}
    return [(found.line, found.rule) for found in lint(scenario(body, **given))]


def test_a_good_scenario_has_no_findings():
    assert lint(upgrade()) == []


def test_a_syntax_error_is_the_only_finding():
    found = lint(Scenario("a", "visible", "return {\n+", "a.lua"))
    assert found == [Finding(2, "malformed", "error", "unexpected symbol near '+'")]


def test_a_wrong_field_is_found_with_its_line():
    text = "return {\n run = function() end,\n titel = 1 }"
    found = lint(Scenario("a", "visible", text, "a.lua"))
    assert [(one.line, one.rule) for one in found] == [(3, "malformed")]
    assert found[0].problem.startswith("titel: there is no such field; there are title")


def test_a_scenario_that_never_ends_is_found():
    found = lint(Scenario("a", "visible", "while true do end", "a.lua"))
    assert [one.rule for one in found] == ["malformed"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('local r = sigil.get("/")\nexpect(r.status)', "undeclared-capability"),
        ('local f = sigil.browser.text\nexpect(f("a"))', "undeclared-capability"),
        ('invariant("x", { check = function() end })', "undeclared-capability"),
        ("local a = 1", "no-expect"),
        ("expect(sigil.gte)", "unknown-name"),
        ("expect(sigil.gen.uid())", "unknown-name"),
        ("expect(sigil.json.nul == 1)", "unknown-name"),
        ("expect(undefined_thing)", "undefined-name"),
        ("expect(prnt(1))", "undefined-name"),
        ("local a = 1 assert(a) expect(a)", "assert"),
        ("expect(true)", "constant-expect"),
        ('expect(1 == 1, "x")', "constant-expect"),
        ("local a = 1 expect(a)\n--- nobody reads this", "rubric-without-judge"),
        ("-- 2. b\nlocal a = 1 expect(a)", "step-number"),
    ],
)
def test_what_is_wrong_is_found(body, rule):
    assert rule in [found for _, found in rules(body)]


def test_a_finding_has_its_line():
    assert rules("local a = 1\nexpect(a)\nexpect(b)") == [(5, "undefined-name")]


def test_a_misspelling_says_what_was_meant():
    found = lint(scenario("expect(sigil.gen.emial())", capabilities=()))
    assert found[0].problem == "there is no sigil.gen.emial; did you mean sigil.gen.email?"


def test_a_capability_that_is_not_used_is_found_at_the_policy():
    assert rules("local a = 1 expect(a)", capabilities=("exec",)) == [(1, "unused-capability")]


def test_what_an_intent_is_lent_counts_as_used():
    body = "--- Do it.\nlocal r = sigil.intent({}) expect(r.completed)"
    assert rules(body, capabilities=("intent", "http", "browser")) == []


def test_a_judge_without_a_rubric_is_found():
    assert rules("sigil.judge(1)", capabilities=("judge",)) == [(3, "no-rubric")]


def test_two_blocks_before_one_judge_leave_one_over():
    body = "--- old\nlocal a = 1\n--- new\nsigil.judge(a)"
    assert rules(body, capabilities=("judge",)) == [(3, "rubric-without-judge")]


def test_locals_parameters_and_fields_are_no_undefined_names():
    body = """
      local function f(a, ...) local b <const> = a return b, ... end
      for i = 1, 2 do for k, v in pairs({ x = i }) do f(k, v, i) end end
      global_one = 1
      local t = { y = 1, [global_one] = 2 }
      function t.m(self) return self.y end
      goto done
      ::done::
      expect(t:m() == t.y)
    """
    assert rules(body) == []
