"""What a scenario says of itself, and what is no scenario."""

from __future__ import annotations

import pytest
from tests.gate.lua.worlds import World

from sigil.errors import MalformedScenario
from sigil.gate.lua import Limits, declare, run_scenario
from sigil.gate.model import Declared, Priority, Scenario


def of(text: str) -> Scenario:
    return Scenario("a/b", "visible", text, "a/b.lua")


def refusal(text: str) -> str:
    with pytest.raises(MalformedScenario) as refused:
        declare(of(text))
    return str(refused.value)


def test_a_table_with_run_alone_is_enough():
    assert declare(of("return { run = function() end }")) == Declared("a/b")


def test_every_field_is_read():
    text = """return {
      title = "Pay", priority = "P2", tags = { "a", "b" }, endpoints = { "GET /x" },
      budget = { max_seconds = 2.5 }, policy = { capabilities = { "exec", "http" } },
      run = function() end,
    }"""
    assert declare(of(text)) == Declared(
        title="Pay",
        priority=Priority.P2,
        tags=("a", "b"),
        endpoints=("GET /x",),
        capabilities=frozenset({"exec", "http"}),
        max_seconds=2.5,
    )


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ('titel = "x"', "a/b.lua:2: titel: there is no such field"),
        ("[1] = 2", "1: there is no such field"),
        ("title = 1", "a/b.lua:2: title: it is a text on one line"),
        ('title = "a\\nb"', "a/b.lua:2: title: it is a text on one line"),
        ('title = ""', "a/b.lua:2: title: it is a text on one line"),
        ('title = ("x"):rep(300)', "longer than 200"),
        ('priority = "P3"', "a/b.lua:2: priority: it is none of P0, P1 and P2"),
        ("priority = 0", "priority: it is none of P0, P1 and P2"),
        ('tags = "a"', "a/b.lua:2: tags: it is a list of texts"),
        ("tags = { 1 }", "tags: it is a list of texts"),
        ("tags = { pcall }", "tags: a function has no form in JSON"),
        ("endpoints = { a = 1 }", "endpoints: it is a list of texts"),
        ("budget = 3", "a/b.lua:2: budget: it is a table with max_seconds"),
        ("budget = { seconds = 3 }", "a/b.lua:2: budget.seconds: there is no such field"),
        ("budget = { max_seconds = -1 }", "budget.max_seconds: it is a number up to 3600"),
        ("budget = { max_seconds = 1/0 }", "budget: JSON has neither NaN nor infinity"),
        ("policy = { capability = {} }", "policy.capability: there is no such field"),
        (
            'policy = { capabilities = { "htpp" } }',
            "a/b.lua:2: policy.capabilities: there is no capability htpp; there are http, browser",
        ),
        ("run = 1", "a/b.lua:2: run: it is a function"),
        ("run = {}", "a/b.lua:2: run: it is a function"),
    ],
)
def test_a_field_that_is_not_as_it_should_be_is_named_with_its_line(field, said):
    run = "" if field.startswith("run") else "run = function() end,"
    assert said in refusal(f"return {{\n{field}, {run}\n}}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "a scenario returns a table"),
        ("return 1", "a scenario returns a table"),
        ("return {}", "run: it is a function"),
        ("local x = = 1", "a/b.lua:1: unexpected symbol near '='"),
        ("return {\nrun = function()\n", "a/b.lua:3: 'end' expected"),
        ("goto nowhere", "no visible label 'nowhere'"),
        ("error('x')", "a/b.lua:1: x"),
        ("\n\nlocal y = nil + 1", "a/b.lua:3: attempt to perform arithmetic on a nil value"),
        ("error({})", "an error that is no text was raised"),
        ("\x1bLua", "attempt to load a binary chunk"),
        ("local s = '\ud800'", "a/b.lua:1: the text is not Unicode"),
        ("local expect = 1", "a/b.lua:1: expect is taken; choose another name"),
        ("\nfunction f(sigil) end", "a/b.lua:2: sigil is taken"),
        ("for invariant = 1, 2 do end", "invariant is taken"),
        ("for _, expect in pairs({}) do end", "expect is taken"),
        ("function expect() end", "expect is taken"),
        ("expect, a = 1, 2", "expect is taken"),
        ("local function sigil() end", "sigil is taken"),
        ("local _ENV = {}", "a scenario has no _ENV"),
        ("return _ENV", "a scenario has no _ENV"),
        ("local x <const> = 1 x = 2", "attempt to assign to const variable 'x'"),
        ("x = " + "(" * 300 + "1" + ")" * 300, "C stack overflow; nest less deeply"),
        ("while true do end", "a/b.lua: it ran for more instructions than its budget; outside of"),
        ("local t = {} for n = 1, 1e9 do t[n] = n end", "not enough memory; outside of run"),
    ],
)
def test_what_is_no_scenario_says_why_and_where(text, said):
    assert said in refusal(text)


def test_a_text_that_is_too_long_is_refused():
    with pytest.raises(MalformedScenario, match="too long"):
        declare(of("--" + "x" * 100), limits=Limits(text_bytes=50))


def test_names_of_ours_may_be_fields_and_read():
    text = (
        "local t = { sigil = 1, expect = 2 } t.invariant = t.sigil return { run = function() end }"
    )
    assert declare(of(text)).title == "a/b"


def test_a_malformed_scenario_makes_no_call():
    world = World()
    with pytest.raises(MalformedScenario):
        run_scenario(of("return {"), world, seed=1)
    assert world.calls == []
