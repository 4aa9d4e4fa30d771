"""Lua as a scenario sees it: the language is whole, and nothing in it differs between two runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.lua.worlds import NOBODY, World, run, serving

from sigil.gate.lua import Limits
from sigil.gate.lua.interpreter import Interpreter
from sigil.gate.lua.names import GLOBALS, LIBRARIES
from sigil.gate.model import Status


def holds(body: str) -> bool:
    done = run(body)
    assert done.result.status is Status.PASS, done.evidence
    return True


def value_of(expression: str, given: object = None) -> object:
    """What an expression comes to, as JSON."""
    import json

    world = World(env=lambda _: None, http=serving(given).answers["http"])
    done = run(
        f'local given = sigil.get("/").json sigil.env(sigil.json.encode({expression})) expect(1)',
        world,
    )
    assert done.result.status is Status.PASS, done.evidence
    return json.loads(world.calls[-1].request["name"])


@pytest.mark.parametrize(
    "law",
    [
        "7 // 2 == 3 and -7 // 2 == -4 and 7 % -3 == -2 and 7.5 // 2 == 3.0",
        "math.maxinteger + 1 == math.mininteger and math.mininteger // -1 == math.mininteger",
        "1 == 1.0 and math.type(1) == 'integer' and math.type(1.0) == 'float'",
        "2^53 == 9007199254740992 and tostring(2^53) == '9.007199254741e+15'",
        "0/0 ~= 0/0 and 1/0 > math.maxinteger and -1/0 < math.mininteger",
        "tostring(1e15) == '1e+15' and tostring(-0.0) == '-0.0' and tostring(3) == '3'",
        "tonumber('0x10') == 16 and tonumber('1e1') == 10.0 and tonumber('z', 36) == 35",
        "tonumber('') == nil and tonumber('1 2') == nil and math.tointeger(3.0) == 3",
        "not pcall(function() return 1 // 0 end) and not pcall(function() return 1 < 'a' end)",
        "not pcall(function() return 2^63 | 0 end) and 1 // 0.0 == 1/0",
        "'10' + 5 == 15 and 10 .. '' == '10' and 'a' < 'b' and 'Z' < 'a'",
        "#'日本' == 6 and utf8.len('日本') == 2 and utf8.char(26085) == '日'",
        "('x'):rep(3, '-') == 'x-x-x' and ('abc'):sub(-2) == 'bc'",
        "('a,b'):find(',', 1, true) == 2",
        "('%d %s %q'):format(3, 'x', 'y') == '3 x \"y\"' and ('%5.2f'):format(1.005) == ' 1.00'",
        "select('#', nil, nil) == 2 and select(-1, 1, 2) == 2 and (select(2, 'a', 'b')) == 'b'",
        "table.concat({1, 2, 3}, ',') == '1,2,3' and table.unpack({1, 2}, 2) == 2",
        "rawequal('a', 'a') and rawlen({1, 2}) == 2 and rawget({a = 1}, 'a') == 1",
        "type(nil) == 'nil' and type(type) == 'function'",
        "type(coroutine.create(type)) == 'thread'",
        "(function(...) return select('#', ...) end)(nil, nil, nil) == 3",
        "({pcall(error, {code = 3})})[2].code == 3 and select(2, pcall(error)) == nil",
        "select(2, xpcall(error, function(m) return m .. '!' end, 'x')) == 'x!'",
        "coroutine.wrap(function(a) local b = coroutine.yield(a + 1) return b end)(1) == 2",
        "string.pack('<i4', 1) == '\\1\\0\\0\\0' and string.unpack('<i4', '\\1\\0\\0\\0') == 1",
        "next({}) == nil and next({5}) == 1 and _VERSION == 'Lua 5.4'",
        "(3 & 5 | 8 ~ 1) == 9 and ~0 == -1 and 1 << 63 == math.mininteger and 1 << 64 == 0",
    ],
)
def test_the_language_is_that_of_lua(law):
    assert holds(f"expect({law})")


def test_closures_metatables_goto_and_attributes_work():
    assert holds("""
        local Account = {} Account.__index = Account
        function Account.new(n) return setmetatable({ n = n }, Account) end
        function Account:add(n) self.n = self.n + n return self end
        Account.__add = function(a, b) return Account.new(a.n + b.n) end
        Account.__eq = function(a, b) return a.n == b.n end
        expect(Account.new(1):add(2) == Account.new(3) and (Account.new(1) + Account.new(2)).n == 3)
        local closed = {}
        do
          local a <close> = setmetatable({}, { __close = function() closed[#closed + 1] = "a" end })
          local b <const> = 1
        end
        expect(closed[1] == "a")
        for i = 1, 3 do
          if i == 2 then goto continue end
          closed[#closed + 1] = i
          ::continue::
        end
        expect(closed[2] == 1 and closed[3] == 3)
    """)


def test_a_coroutine_that_fails_closes_what_is_open():
    assert holds("""
        local closed = false
        local go = coroutine.wrap(function()
          local guard <close> = setmetatable({}, { __close = function() closed = true end })
          error("no", 0)
        end)
        local ok, why = pcall(go)
        expect(not ok and why == "no" and closed)
        local dead, again = pcall(go)
        expect(not dead and again == "cannot resume dead coroutine")
    """)


def test_an_error_says_its_line():
    done = run("expect(1)\nlocal x = nil\nlocal y = x.field")
    assert done.evidence.span.line == 5
    assert done.evidence.message == "attempt to index a nil value (local 'x')"


def test_an_error_of_a_helper_names_the_helper():
    library = {"lib.a": "return function() error('no') end"}
    done = run('expect(1)\nrequire("lib.a")()', library=library)
    assert done.evidence.message == "lib.a:1: no"


def test_a_helper_is_loaded_once_and_knows_others():
    library = {
        "lib.a": 'return { n = require("lib.b") }',
        "lib.b": "count = (count or 0) + 1 return count",
    }
    done = run(
        """
        local a = require("lib.a")
        expect(a.n == 1 and require("lib.b") == 1 and require("lib.a") == a)
        """,
        library=library,
    )
    assert done.result.status is Status.PASS, done.evidence


def test_helpers_that_require_each_other_are_an_error():
    library = {"lib.a": 'return require("lib.b")', "lib.b": 'return require("lib.a")'}
    assert (
        run('require("lib.a") expect(1)', library=library).evidence.message
        == "lib.a requires itself"
    )


def test_a_helper_that_is_no_lua_is_an_error_with_its_line():
    done = run('require("lib.a") expect(1)', library={"lib.a": "return\n+"})
    assert "lib.a:2" in done.evidence.message


# --- one order --------------------------------------------------------------------------

KEYS = st.one_of(st.integers(-5, 20), st.text(max_size=5), st.booleans())


@given(st.dictionaries(st.text(max_size=6), st.integers(0, 9), max_size=12))
def test_pairs_goes_by_the_bytes_of_the_names(fields):
    listed = value_of(
        """(function()
          local t = sigil.json.array({})
          for k in pairs(given) do t[#t + 1] = k end
          return t
        end)()""",
        fields,
    )
    assert listed == sorted(fields, key=str.encode)


def test_numbers_come_before_names_and_names_before_booleans():
    assert holds("""
        local seen = {}
        for k in pairs({ b = 1, a = 1, [10] = 1, [2] = 1, [-1.5] = 1, [true] = 1, [false] = 1 }) do
          seen[#seen + 1] = tostring(k)
        end
        expect(table.concat(seen, " ") == "-1.5 2 10 a b false true")
    """)


def test_next_goes_the_way_of_pairs():
    assert holds("""
        local t, seen, k = { x = 1, y = 2, 3, 4, [2.5] = 5, [true] = 6 }, {}, nil
        repeat k = next(t, k) seen[#seen + 1] = tostring(k) until k == nil
        local other = {}
        for key in pairs(t) do other[#other + 1] = tostring(key) end
        other[#other + 1] = "nil"
        expect(table.concat(seen, " ") == table.concat(other, " "))
    """)


def test_a_key_may_be_removed_while_it_is_walked_over():
    assert holds("""
        local t, count = { a = 1, b = 2, c = 3 }, 0
        for k in pairs(t) do t[k] = nil t.c = nil count = count + 1 end
        expect(count == 2 and next(t) == nil)
    """)


@given(st.lists(st.integers(0, 9), max_size=200))
def test_sorting_is_stable(numbers):
    listed = value_of("""(function()
      local t = sigil.json.array({})
      for i, n in ipairs(given) do t[i] = { n, i } end
      table.sort(t, function(a, b) return a[1] < b[1] end)
      return t
    end)()""", numbers)  # fmt: skip
    assert listed == sorted(([n, i] for i, n in enumerate(numbers, 1)), key=lambda pair: pair[0])


@given(st.lists(st.text(max_size=4), max_size=50))
def test_sorting_texts_goes_by_their_bytes(texts):
    listed = value_of("(function() local t = given table.sort(t) return t end)()", texts)
    assert listed == sorted(texts, key=str.encode)


@given(st.lists(st.integers(), max_size=8), st.integers(1, 8), st.integers(0, 8), st.integers(1, 8))
def test_move_is_that_of_lua(numbers, first, last, at):
    import lupa.lua54 as lua

    text = f"""
      local t = {{{",".join(map(str, numbers))}}}
      table.move(t, {first}, {last}, {at})
      local s = ""
      for i = 1, 20 do s = s .. tostring(t[i]) .. " " end
      return s
    """
    assert value_of(f"(function() {text} end)()") == lua.LuaRuntime().execute(text)


def test_nothing_shows_an_address():
    assert holds("""
        for _, v in ipairs({ {}, function() end, coroutine.create(type), pcall, sigil }) do
          expect(not tostring(v):find("0x") and not ("%s"):format(v):find("0x"))
        end
        expect(tostring(setmetatable({}, { __name = "Money" })) == "Money")
        local five = setmetatable({}, { __tostring = function() return "5 EUR" end })
        expect(tostring(five) == "5 EUR")
        expect(("%%p %s"):format("x") == "%p x")
    """)


def test_the_names_of_the_language_are_those_of_the_interpreter():
    lua = Interpreter(Limits(), NOBODY.answer)
    listed = lua.inside.load(
        lua.compile(
            """
        local _ENV, _, _, _, _, _ = ...
        return function()
          local found = {}
          local libraries = { sigil = sigil }
          for _, name in ipairs({ "browser", "gen", "json", "yaml" }) do
            libraries["sigil." .. name] = sigil[name]
          end
          for name, library in pairs(libraries) do
            for key in pairs(library) do found[#found + 1] = name .. "." .. key end
          end
          return found
        end""",
            "scenario",
            "s",
        )
    )[0]
    named = {f"{library}.{name}" for library, names in LIBRARIES.items() for name in names}
    assert set(listed.values()) == named
    assert set(lua.inside.globals.keys()) == GLOBALS


# --- one result -------------------------------------------------------------------------

PROGRAM = """
import sys
sys.path.insert(0, {root!r})
from tests.gate.lua.worlds import run, serving, billing, upgrade
from sigil.gate.lua import run_scenario
from sigil.gate.view.frames import failure_frame
s = upgrade()
print(run_scenario(s, billing(), seed=3).result)
done = run_scenario(s, billing(total_cents=7900), seed=3)
print(done.result, done.evidence, failure_frame(s, done.evidence))
world = serving({{"b": 1, "a": {{"z": [1, 2], "y": None}}, "c": "x"}})
done = run('''
  local r = sigil.get("/")
  local seen = {{}}
  for k, v in pairs(r.json) do seen[#seen + 1] = k .. tostring(v) end
  for k in pairs(string) do seen[#seen + 1] = k end
  sigil.post("/", {{ seen, math.random(99), sigil.gen.string(9), tostring({{}}) }})
  invariant("x", {{ for_all = {{ l = sigil.gen.list(sigil.gen.uuid()) }}, check = function(case)
    expect(#case.l < 3, table.concat(seen, " ")) end }})
''', world)
print(done.result, done.evidence, world.calls)
"""


def test_every_process_comes_to_the_same_bytes(tmp_path: Path):
    root = str(Path(__file__).parents[3])
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(root=root))
    outputs = set[bytes]()
    for seed in ("0", "1", "42", "4294967295", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8"}
        command = [sys.executable, str(program)]
        outputs.add(
            subprocess.run(command, env=environment, capture_output=True, check=True).stdout
        )
    assert len(outputs) == 1
    assert b"billing/upgrade" in outputs.pop()


def test_two_runs_of_one_process_come_to_the_same():
    first, second = (run("expect(sigil.gen.uuid() == 1)") for _ in range(2))
    assert first == second
