"""What no budget ends, the kernel does: a fork for Lua that is run without an exam."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.gate.lua.worlds import scenario

from sigil.errors import MalformedScenario, Where
from sigil.gate.lua import apart, declare, lint
from sigil.gate.model import Scenario

BACKTRACKS = 'string.find(("a"):rep(40), ("a*"):rep(40) .. "b")'


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr("sigil.gate.lua.forking.SECONDS", 0.5)


def children() -> set[str]:
    return set(Path("/proc/thread-self/children").read_text().split())


def fail() -> int:
    raise MalformedScenario("no", where=Where("a.lua", 3, "run"), remedy="write it")


def test_what_comes_of_it_comes_back():
    assert apart(lambda: 7, int) == 7


def test_a_refusal_comes_back_with_its_place_and_remedy():
    with pytest.raises(MalformedScenario) as caught:
        apart(fail, int)
    assert str(caught.value) == "a.lua:3: run: no; write it"


def test_a_refusal_without_a_place_has_none():
    def nowhere() -> int:
        raise MalformedScenario("no")

    with pytest.raises(MalformedScenario) as caught:
        apart(nowhere, int)
    assert (caught.value.where, caught.value.remedy) == (None, None)


def test_a_fault_of_ours_is_told_by_its_kind():
    with pytest.raises(RuntimeError, match="unexpected ZeroDivisionError"):
        apart(lambda: 1 // 0, int)


def test_a_scenario_that_kills_whoever_reads_it_is_malformed():
    with pytest.raises(MalformedScenario, match="died of it"):
        apart(lambda: os._exit(3), int)


def test_an_answer_of_another_shape_is_none():
    with pytest.raises(ValueError, match="Expected `int`"):
        apart(lambda: "seven", int)


def test_what_backtracks_in_the_chunk_of_a_scenario_is_found(soon):
    text = f"local x = {BACKTRACKS}\nreturn {{ run = function() expect(x) end }}"
    [found] = lint(Scenario("a", "visible", text, "a.lua"))
    assert (found.rule, found.severity) == ("malformed", "error")
    assert found.problem.startswith("it does not end within 0.5 s")


def test_nothing_is_left_of_it(soon):
    text = f"local x = {BACKTRACKS}\nreturn {{ run = function() expect(x) end }}"
    before = children()
    with pytest.raises(MalformedScenario):
        declare(Scenario("a", "visible", text, "a.lua"))
    assert children() <= before


def test_what_a_step_does_besides_is_lost():
    seen: list[int] = []
    assert apart(lambda: len(seen.append(1) or seen), int) == 1
    assert seen == []


def test_a_good_scenario_says_the_same_as_ever():
    assert declare(scenario("expect(true)", capabilities=("http",))).capabilities == {"http"}
