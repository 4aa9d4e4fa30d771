"""A scenario that attacks its interpreter: it gets nowhere, and its run ends as an error.

What only the wall clock of the process stops (a pattern that backtracks inside of one C function)
is not here: it has no budget to run out of.
"""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.lua.worlds import World, response, run, serving

from sigil.errors import MalformedScenario
from sigil.gate.lua import Limits, Run, lint, run_scenario
from sigil.gate.model import Scenario, Status

SMALL = Limits(instructions=3_000_000, memory_bytes=16 * 2**20, text_bytes=2**20)
SPENT = "it ran for more instructions than its budget"
MEMORY = "not enough memory"


def attack(body: str, world: World | None = None, **more: object) -> Run:
    return run(body, world or serving({"a": 1}), limits=SMALL, **more)  # type: ignore[arg-type]


def ended(done: Run) -> str:
    assert done.result.status is Status.ERROR
    assert done.evidence is not None
    return done.evidence.message


# --- ways out ---------------------------------------------------------------------------

GONE = (
    *("python", "os", "io", "debug", "package", "load", "loadstring", "loadfile", "dofile"),
    *("print", "warn", "collectgarbage", "_G", "string.dump", "math.randomseed", "lupa", "jit"),
    *("coroutine.debug", "getfenv", "setfenv", "newproxy", "module", "ffi", "bit32"),
)


@pytest.mark.parametrize("name", GONE)
def test_what_reaches_out_is_not_there(name):
    assert attack(f"expect({name} == nil)").result.status is Status.PASS


@pytest.mark.parametrize("name", ["sigil", "os", "io", "debug", "string", "python", "lib.absent"])
def test_only_helpers_of_the_service_are_required(name):
    assert "there is no helper" in ended(attack(f'require("{name}") expect(true)'))


REACHABLE = (
    "sigil", "sigil.get", "sigil.gen", "sigil.gen.int", "sigil.browser", "sigil.json",
    "sigil.json.null", "sigil.json.encode", "expect", "invariant", "pcall", "require", "string",
    "string.format", "table", "math", "coroutine", "utf8", "pairs", "tostring",
)  # fmt: skip


@pytest.mark.parametrize("name", REACHABLE)
def test_nothing_of_python_is_reachable(name):
    for attribute in ("__globals__", "__class__", "__init__", "__dict__", "__self__", "mro"):
        done = attack(f"""
            local ok, found = pcall(function() return {name}.{attribute} end)
            expect(not ok or found == nil)
        """)
        assert done.result.status is Status.PASS, (name, attribute)
    done = attack(f"local kind = type({name}) expect(kind == 'table' or kind == 'function')")
    assert done.result.status is Status.PASS


REFUSED = (
    *('sigil.get("no slash")', "sigil.json.decode(pcall)", "sigil.json.encode(pcall)"),
    *('sigil.json.decode("[")', 'sigil.gte("/")', "sigil.sleep({})", "sigil.exec(1)"),
)


def test_a_caught_error_is_no_object_of_python():
    for call in REFUSED:
        done = attack(f"""
            local ok, caught = pcall(function() return {call} end)
            expect(not ok)
            expect(type(caught) == "table" and getmetatable(caught) == false)
            expect(type(caught.message) == "string" and caught.__traceback__ == nil)
        """)
        assert done.result.status is Status.PASS, call


def test_no_value_is_userdata():
    done = attack("""
        local r = sigil.get("/")
        for _, value in pairs({ r, r.headers, r.json, r.status, r.body, sigil, sigil.json.null,
                                sigil.gen, sigil.gen.uuid, expect, string.rep }) do
          expect(type(value) ~= "userdata")
        end
    """)
    assert done.result.status is Status.PASS


@pytest.mark.parametrize("view", ["sigil", "sigil.gen", "sigil.json", "string", "table", "math"])
def test_a_library_cannot_be_changed(view):
    for change in (f"{view}.rep = 1", f"rawset({view}, 'rep', 1)", f"setmetatable({view}, {{}})",
                   f"table.insert({view}, 1)", f"{view}.get = nil"):  # fmt: skip
        done = attack(f"local ok = pcall(function() {change} end) expect(not ok)")
        assert done.result.status is Status.PASS, change


def test_the_metatable_of_strings_is_hidden():
    done = attack("""
        expect(getmetatable("") == false)
        expect(not pcall(setmetatable, "", {}))
        expect(not pcall(function() getmetatable("").__index = function() end end))
        expect(("x"):rep(3) == "xxx")
    """)
    assert done.result.status is Status.PASS


OURS = (
    *("sigil", "sigil.json.null", 'sigil.get("/")', "string", 'sigil.get("/").headers'),
    'select(2, pcall(sigil.get, "x"))',
)


@pytest.mark.parametrize("value", OURS)
def test_a_metatable_of_ours_is_hidden(value):
    assert attack(f"expect(getmetatable({value}) == false)").result.status is Status.PASS


def test_bytecode_is_no_scenario():
    done = attack("expect(string.dump == nil) expect(load == nil)")
    assert done.result.status is Status.PASS


# --- without end ------------------------------------------------------------------------

ENDLESS = {
    "a loop": "while true do end",
    "a loop of goto": "::again:: goto again",
    "a loop in pcall": "while true do pcall(function() while true do end end) end",
    "a loop in nested pcalls": """
        local function f(n) pcall(function() if n > 0 then f(n - 1) end while true do end end) end
        f(30)
        while true do end""",
    "a loop in a coroutine": "coroutine.wrap(function() while true do end end)()",
    "a loop in a resumed coroutine": """
        local thread = coroutine.create(function() while true do end end)
        while true do coroutine.resume(thread) end""",
    "many short coroutines": """
        while true do coroutine.wrap(function() for i = 1, 200 do end end)() end""",
    "a loop in a coroutine that yields": """
        local next_one = coroutine.wrap(function() while true do coroutine.yield(1) end end)
        while true do next_one() end""",
    "a loop in a handler of xpcall": """
        xpcall(function() error("x") end, function() while true do end end)""",
    "a handler that fails": """
        while true do xpcall(error, function() error("again") end, "x") end""",
    "a loop in __close": """
        local guard <close> = setmetatable({}, { __close = function() while true do end end })
        error("x")""",
    "a loop in __close of a coroutine": """
        local thread = coroutine.create(function()
          local guard <close> = setmetatable({}, { __close = function() while true do end end })
          coroutine.yield()
        end)
        coroutine.resume(thread)
        coroutine.close(thread)""",
    "a loop in __close of a dead coroutine": """
        local thread = coroutine.create(function()
          local guard <close> = setmetatable({}, { __close = function() while true do end end })
          while true do end
        end)
        pcall(coroutine.resume, thread)
        pcall(coroutine.close, thread)""",
    "a loop in __close of a failed coroutine": """
        coroutine.wrap(function()
          local guard <close> = setmetatable({}, { __close = function() while true do end end })
          error("x")
        end)()""",
    "a loop in the closing value of a for": """
        local closing = setmetatable({}, { __close = function() while true do end end })
        for _ in function() return nil end, nil, nil, closing do end""",
    "a loop in __index": """
        local t = setmetatable({}, { __index = function() while true do end end }) return t.x""",
    "a loop in __eq of an expect": """
        local meta = { __eq = function() while true do end end }
        expect(setmetatable({}, meta) == setmetatable({}, meta))""",
    "a loop in __tostring": """
        tostring(setmetatable({}, { __tostring = function() while true do end end }))""",
    "a loop in __tostring of format": """
        string.format("%s", setmetatable({}, { __tostring = function() while true do end end }))""",
    "a loop in __len": "return #setmetatable({}, { __len = function() while true do end end })",
    "a loop in __pairs": """
        pairs(setmetatable({}, { __pairs = function() while true do end end }))""",
    "a loop in a comparison of sort": """
        table.sort({ 3, 2, 1 }, function() while true do end end)""",
    "a loop in gsub's function": '("x"):gsub("x", function() while true do end end)',
    "an endless iterator": "for _ in function() return 1 end do end",
    "an endless chain of indices": """
        local t = {} setmetatable(t, { __index = function(_, k) return t[k + 1] end })
        while true do pcall(function() return t[1] end) end""",
    "ipairs without end": """
        for _ in ipairs(setmetatable({}, { __index = function() return 1 end })) do end""",
    "a check without end": 'invariant("x", { check = function() while true do end end })',
    "cases without end": """
        invariant("x", { for_all = function() while true do end end, check = function() end })""",
    "shrinking without end": """
        invariant("x", { shrink = 100000, for_all = { a = sigil.gen.string(2000) },
          check = function(case) for i = 1, 100000 do end expect(#case.a < 5) end })""",
    "a move without end": "table.move({}, 1, 1 << 60, 1)",
    "a move over metamethods": """
        table.move(setmetatable({}, { __index = string }), 1, 1 << 60, 2)""",
    "rejecting errors": "while true do pcall(sigil.get, 1) end",
    "requests to nowhere": 'while true do pcall(sigil.get, "/") end',
    "many long texts": 'local t = {} while true do t[#t % 3 + 1] = ("x"):rep(1 << 19) end',
    "joining again and again": """
        local t = {} for i = 1, 1000 do t[i] = "x" end while true do table.concat(t) end""",
    "drawing without end": "while true do sigil.gen.uuid() end",
    "an order that never ends": """
        local t = {} for i = 1, 1000 do t["k" .. i] = i end while true do next(t, "k5") end""",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_stopped_by_its_budget(name):
    body = ENDLESS[name]
    assert ended(attack(f"do {body} end expect(true)")) == SPENT


def test_it_is_stopped_while_its_chunk_is_loaded():
    with pytest.raises(MalformedScenario, match="budget"):
        attack("expect(true)", head="while true do end")


def test_a_helper_without_end_is_stopped():
    done = attack('require("lib.a") expect(true)', library={"lib.a": "while true do end"})
    assert ended(done) == SPENT


IMPOSSIBLE = {
    "finalisers": "setmetatable({}, { __gc = function() while true do end end })",
    "weak tables": 'setmetatable({}, { __mode = "k" })',
    "a repetition of nothing": 'return #("").rep("", 1 << 60, "x")',
    "a long repetition": '("x"):rep(1 << 30)',
    "a repetition of separators": '("").rep("", 1 << 60, "ab")',
    "inserting over a length": """
        table.insert(setmetatable({}, { __len = function() return 1 << 60 end }), 1, 1)""",
    "removing over a length": """
        table.remove(setmetatable({}, { __len = function() return 1 << 60 end }), 1)""",
    "joining over a length": """
        table.concat(setmetatable({}, { __len = function() return 1 << 60 end,
                                        __index = function() return "" end }))""",
    "unpacking over a length": "table.unpack({}, 1, 1 << 60)",
    "too many values": "table.unpack({}, 1, 1e7 // 1 | 0)",
    "an address in a text": 'string.format("%p", {})',
    "an address with a width": 'string.format("%%%-20p", {})',
    "ordering tables as keys": "for _ in pairs({ [{}] = 1, [{}] = 2 }) do end",
    "an address of next": "next({ [{}] = 1, [{}] = 2 })",
    "a coroutine of C": "coroutine.wrap(1)",
    "a null that is filled": "sigil.json.null.x = 1",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_cannot_be_done_is_an_error(name):
    done = attack(f"local ok = pcall(function() {IMPOSSIBLE[name]} end) expect(not ok)")
    assert done.result.status is Status.PASS


# --- without measure --------------------------------------------------------------------

TOO_MUCH = {
    "doubling texts": 'local s = "x" while true do s = s .. s end',
    "a table that grows": "local t = {} for i = 1, 1e9 do t[i] = i end",
    "tables in tables": "local t = {} while true do t = { t, {}, {}, {} } end",
    "packing": 'string.pack("c4000000000", "")',
    "many coroutines": """
        local t = {} while true do t[#t + 1] = coroutine.create(function() end) end""",
    "filling from outside": """
        local t, text = {}, "[" .. ("1,"):rep(9999) .. "1]"
        while true do t[#t + 1] = sigil.json.decode(text) end""",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", TOO_MUCH)
def test_memory_has_an_end(name):
    limits = Limits(instructions=2_000_000_000, memory_bytes=8 * 2**20)
    done = run(f"{TOO_MUCH[name]} expect(true)", limits=limits)
    assert ended(done).endswith(MEMORY)


def test_a_caught_lack_of_memory_is_met_again():
    done = attack("""
        local t = {}
        local ok, why = pcall(function() local s = "x" while true do s = s .. s end end)
        expect(not ok)
        while true do t[#t + 1] = {} end
    """)
    assert ended(done) in {MEMORY, SPENT}


DEEP = {
    "recursion": "local function f() return 1 + f() end f()",
    "recursion of pcall": "local function f() return 1 + select(2, pcall(f)) end f() error('x')",
    "recursion of tostring": """
        local t = setmetatable({}, {}) getmetatable(t).__tostring = tostring tostring(t)""",
    "recursion of gsub": 'local function f() return ("x"):gsub("x", f) end f()',
    "coroutines in coroutines": """
        local function f() return coroutine.wrap(f)() end f()""",
    "indices of indices": """
        local t = {} setmetatable(t, { __index = function(t, k) return t[k] end }) return t.x""",
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", DEEP)
def test_depth_has_an_end(name):
    ended(attack(f"do {DEEP[name]} end expect(true)"))


CALLS = (
    *('sigil.env("A")', 'sigil.get("/").json', 'sigil.post("/", { 1, { a = 2 } })', "sigil.gte()"),
    *("sigil.json.encode({ 1, {} })", 'sigil.json.decode("[1, {}]")', "sigil.gen.uuid()"),
    *('sigil.yaml.decode("a: [1]")', 'coroutine.wrap(function() sigil.get("/") end)()'),
)


@pytest.mark.timeout(60)
@given(
    st.sampled_from(CALLS),
    st.integers(1, 5000),
    st.sampled_from([200_000, 400_000, 1_000_000]),
    st.integers(0, 100_000),
)
@settings(max_examples=60)
def test_a_call_at_the_end_of_memory_breaks_nothing(call, size, memory, length):
    """Running out of it inside of Python would jump over Python's own frames."""
    world = World(http=lambda _: response({"a": "x" * length}), env=lambda _: "x" * length)
    body = f"""
      local keep = {{}}
      pcall(function() while true do keep[#keep + 1] = ("x"):rep({size}) .. #keep end end)
      for i = 1, 50 do pcall(function() keep[#keep] = nil return {call} end) end
      for i = 1, 9 do
        pcall(function() return {call} end)
        pcall(function() while true do keep = {{ keep, {{}} }} end end)
      end
      keep = nil
      expect({call} ~= 0)
    """
    done = run(body, world, limits=Limits(instructions=2_000_000, memory_bytes=memory))
    assert done.result.status in set(Status)


PIECES = st.sampled_from(
    """expect ( ) ( ) == ~= < and or not nil 1 0x1p4 "s" [[ ]] -- --- -- 1. \n \n { } [ ] . .. ...
    : :: , ; = function end local if then else while do for in repeat until return goto a b sigil
    sigil.get sigil.judge sigil.intent invariant for_all check sigil.gen.list sigil.gen.int # ~ //
    << <const> <close> é \0 ' \\ run pcall error coroutine.wrap expect( )""".split(" ")
)


@given(st.lists(PIECES, max_size=40).map(" ".join))
@settings(max_examples=100)
def test_any_text_is_a_scenario_or_malformed(text):
    text = text.replace("\\n", "\n")
    for body in (text, f"return {{ run = function()\n{text}\nend }}"):
        one = Scenario("a", "visible", body, "a.lua")
        assert all(found.line >= 1 for found in lint(one))
        with suppress(MalformedScenario):
            run_scenario(one, World(), seed=1, limits=SMALL)


# --- texts of others --------------------------------------------------------------------

BODIES = {
    "NaN": "NaN", "infinity": "[-Infinity]", "too large a float": "1e999",
    "the same name twice": '{"a": 1, "a": 2}', "5,000 digits": "9" * 5000,
    "more than 64 bits": "9223372036854775808", "deep arrays": "[" * 100_000,
    "deep objects": '{"a":' * 100_000, "closed deep arrays": "[" * 70 + "]" * 70,
    "half a surrogate pair": '"\\ud800"', "half a pair as a name": '{"\\ud800": 1}',
    "no JSON": "<html>", "something behind it": "{} {}", "a control character": '"\x01"',
    "too many values": "[" + "1," * 300_000 + "1]", "a byte order mark": "\ufeff{}",
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_strict_json_is_an_error_of_the_check(name):
    world = World(http=lambda _: response(BODIES[name]))
    done = run('expect(sigil.get("/").json.a == 1)', world)
    assert "the body of the response" in ended(done)


def test_a_body_that_is_too_long_is_an_error():
    world = World(http=lambda _: response("x" * (2**20 + 1)))
    assert "longer than 1048576 bytes" in ended(attack('expect(sigil.get("/").status)', world))


REPLIES = (
    *(None, 1, "x", [], {}, {"status": "200", "headers": {}, "body": ""}),
    *({"status": 200, "headers": [], "body": ""}, {"status": 200, "headers": {}, "body": None}),
)


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_that_is_no_response_is_an_error(reply):
    world = World(http=lambda _: reply)
    assert "the reply is no response" in ended(attack('expect(sigil.get("/").status)', world))


LAUGHS = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{one}: &{one} [{','.join([f'*{before}'] * 9)}]\n"
    for before, one in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "text", [LAUGHS, "[" * 5000, "a: !!python/object:os.system x", "a: [", "a: 1\na: 2"]
)
def test_yaml_that_is_a_bomb_or_broken_is_an_error(text):
    world = World(http=lambda _: response(text))
    assert "no YAML" in ended(run('expect(sigil.yaml.decode(sigil.get("/").body))', world))


def test_a_table_that_holds_itself_is_no_body():
    done = attack('local t = {} t.t = t sigil.post("/", t) expect(true)')
    assert "holds itself" in ended(done)


def test_a_metamethod_does_not_speak_for_a_body():
    world = serving()
    attack("""
        sigil.post("/", setmetatable({ a = 1 }, { __pairs = function() error("no") end,
                                                  __index = function() return "leak" end }))
        expect(true)
    """, world)  # fmt: skip
    assert world.calls[0].request["body"] == '{"a":1}'
