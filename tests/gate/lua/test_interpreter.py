"""The interpreter itself: what it is made of, and that each is alone."""

from __future__ import annotations

import gc
import sys
import weakref
from contextlib import suppress

import pytest
from tests.gate.lua.worlds import NOBODY, run, serving

from sigil.errors import DependencyMissing, MalformedScenario
from sigil.gate.lua import Limits, interpreter, prepare
from sigil.gate.lua.interpreter import Interpreter
from sigil.gate.model import Status


def test_nothing_of_the_outer_lua_is_left():
    lua = Interpreter(Limits(), NOBODY.answer)
    assert list(lua._runtime.globals().keys()) == []


def test_one_scenario_leaves_nothing_for_the_next():
    assert run("left_behind = 1 expect(left_behind == 1)").result.status is Status.PASS
    assert run("expect(left_behind == nil)").result.status is Status.PASS


def test_what_was_prepared_is_not_loaded_again():
    prepare()
    before = interpreter._part.cache_info().misses
    run("expect(1)")
    assert interpreter._part.cache_info().misses == before


def test_without_lua_the_remedy_is_named(monkeypatch):
    interpreter._lua.cache_clear()
    monkeypatch.setitem(sys.modules, "lupa", None)
    with pytest.raises(DependencyMissing, match="pip install"):
        run("expect(1)", serving())
    monkeypatch.undo()
    interpreter._lua.cache_clear()


def test_a_heap_goes_away_with_its_interpreter():
    lua = Interpreter(Limits(), NOBODY.answer)
    gone = weakref.ref(lua)
    del lua
    gc.collect()
    assert gone() is None


def test_a_run_leaves_no_interpreter_behind(monkeypatch):
    made = list[weakref.ref[Interpreter]]()
    original = Interpreter.__init__

    def noting(self, *given):
        made.append(weakref.ref(self))
        original(self, *given)

    monkeypatch.setattr(Interpreter, "__init__", noting)
    run('expect(sigil.get("/").json.a == 2)', serving({"a": 1}))
    gc.collect()
    assert [one() for one in made] == [None]


@pytest.mark.parametrize("budget", [*range(0, 6000, 97), *range(6000, 60_000, 997)])
def test_wherever_the_budget_ends_the_run_ends_with_a_result(budget):
    body = """
      local t = {}
      for i = 1, 40 do t[i] = { a = sigil.json.array({}), n = sigil.json.null } end
      local r = sigil.post("/", t)
      invariant("x", { cases = 3, for_all = { l = sigil.gen.list(sigil.gen.int(0, 9)) },
        check = function(case) expect(#case.l < 99) end })
      pcall(function() for i = 1, 300 do sigil.json.encode(r.json) end end)
      expect(r.json.a == 2)
    """
    ended = "budget"
    with suppress(MalformedScenario):
        done = run(body, serving({"a": [1, {}]}), limits=Limits(instructions=budget))
        assert done.evidence is not None
        ended = done.result.status
    assert ended in {Status.ERROR, Status.FAIL, "budget"}
