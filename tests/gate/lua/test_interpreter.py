"""The interpreter itself: what it is made of, and that each is alone."""

from __future__ import annotations

import sys

import pytest
from tests.gate.lua.worlds import run, serving

from sigil.errors import DependencyMissing
from sigil.gate.lua import Limits, interpreter, prepare
from sigil.gate.lua.interpreter import Interpreter
from sigil.gate.model import Status


def test_nothing_of_the_outer_lua_is_left():
    lua = Interpreter(Limits(), lambda *_: ("abort",))
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
