"""`expect`: what it says when it fails, and that looking changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gate.lua.worlds import NOBODY, run, serving

from sigil.gate.lua import Limits
from sigil.gate.lua.interpreter import Interpreter
from sigil.gate.lua.outline import outline
from sigil.gate.lua.rewrite import rewrite
from sigil.gate.lua.syntax import parse
from sigil.gate.model import Evidence, Status


def failing(body: str, value: object = None) -> Evidence:
    done = run(body, serving(value))
    assert done.result.status is Status.FAIL, done
    assert done.evidence is not None
    return done.evidence


def ladder(body: str, value: object = None) -> list[str]:
    return [one.shown for one in failing(body, value).values]


def test_both_sides_of_a_comparison_are_shown():
    assert ladder("local a = 1 expect(a == 2)") == ["false", "1", "2"]


def test_every_step_of_a_path_is_shown():
    assert ladder("local a = { b = { c = 1 } } expect(a.b.c > 1)") == [
        "false", "1", "{c = 1}", "{b = {c = 1}}", "1",
    ]  # fmt: skip


def test_the_key_in_brackets_is_shown():
    assert ladder('local a, k = {}, "x" expect(a[k])') == ["nil", "{}", '"x"']


def test_a_call_is_shown_with_its_arguments():
    assert ladder("local a = 4 expect(math.max(a, 2) == 5)") == ["false", "4", "4", "5"]


def test_what_was_not_evaluated_is_not_shown():
    shown = ladder("local a, b = false, 1 expect(a and b == 2)")
    assert shown == ["false", "false"]


def test_a_false_side_of_or_shows_the_other():
    assert ladder("local a, b = nil, false expect(a or b)") == ["false", "nil", "false"]


def test_a_message_takes_the_place_of_the_usual_one():
    assert failing('expect(1 == 2, "the sum is off")').message == "the sum is off"


def test_a_span_counts_characters_and_not_bytes():
    evidence = failing('local s = "日本" expect("日本" == s .. "x")')
    assert (evidence.span.column, evidence.span.end_column) == (16, 40)


def test_an_expect_in_recursion_shows_its_own_values():
    evidence = failing("""
        local function f(n)
          if n > 0 then expect(f(n - 1) == n) end
          return n + 1
        end
        expect(f(2) == 9)
    """)
    assert [one.shown for one in evidence.values][:2] == ["false", "3"]


def test_two_coroutines_in_one_expect_keep_their_values_apart():
    evidence = failing("""
        local function check(n) expect(coroutine.yield(n) == n) end
        local a, b = coroutine.create(check), coroutine.create(check)
        coroutine.resume(a, 1) coroutine.resume(b, 2)
        coroutine.resume(a, 1) coroutine.resume(b, 3)
    """)
    assert [one.shown for one in evidence.values] == ["false", "3", "2", "2"]


def test_a_value_of_the_wrong_shape_is_a_failed_check():
    evidence = failing('expect(sigil.get("/").json.user.name == "x")', {})
    assert evidence.message == "it could not be evaluated: attempt to index a nil value"
    assert "nil" in [one.shown for one in evidence.values]


def test_the_same_outside_of_an_expect_is_an_error():
    done = run('local name = sigil.get("/").json.user.name expect(name)', serving({}))
    assert done.result.status is Status.ERROR
    assert done.evidence.span.line == 3


def test_pcall_does_not_catch_a_failed_expect():
    assert failing("pcall(function() expect(1 == 2) end) expect(true)").expects_before == 0


def test_an_expect_that_is_handed_on_still_fails():
    assert (
        failing("local check = expect check(1 == 1) check(false)").message == "assertion is false"
    )


def test_expect_gives_its_value_back():
    done = run("local a, b = expect(1, 2) expect(a == 1 and b == 2)")
    assert done.result.status is Status.PASS


def test_a_scenario_that_checks_nothing_is_an_error():
    done = run("local a = 1")
    assert done.result.status is Status.ERROR
    assert done.evidence.message == "nothing was checked: it has no expect"


def test_a_message_is_no_part_of_the_ladder():
    assert ladder('local a = 1 expect(a == 2, ("want %d"):format(2))') == ["false", "1", "2"]


def test_a_response_is_shown_without_the_time_that_it_took():
    shown = ladder('local r = sigil.get("/") expect(r.status == 201)', {"a": 1})
    assert shown == ["false", "200", '<response 200: {"a": 1}>', "201"]


def test_a_table_that_was_thrown_is_shown():
    done = run("expect(1) error({ code = 3 })")
    assert done.evidence.message == "an error that is no text was raised: {code = 3}"


def test_a_status_in_a_check_is_shown_where_it_stands():
    body = """invariant("x", { check = function()
      sigil.expect_status_class(sigil.get("/"), "5xx")
    end })"""
    assert failing(body).span.line == 4


def test_yielding_outside_of_a_coroutine_is_an_error():
    assert run("expect(1) coroutine.yield(1)").result.status is Status.ERROR


SHOWN = {
    '{ 1, "a", true, 2.0, -0.5, 1e100, 0/0 ~= 0 }': '{1, "a", true, 2.0, -0.5, 1e+100, true}',
    "{ { { { 1 } } } }": "{{{{…}}}}",
    "{ [3] = 1, x = 2, ['a b'] = 3, [true] = 4 }": '{[3] = 1, ["a b"] = 3, x = 2, [true] = 4}',
    "{ 1, 2, 3, 4, 5, 6, 7, 8, 9 }": "{1, 2, 3, 4, 5, 6, 7, 8, …}",
    '"a\\n\\"\\27\\\\"': '"a\\n\\"\\x1b\\\\"',
    "pcall": "function",
    "sigil.json.null": "null",
    "1/0": "inf",
    "math.mininteger": "-9223372036854775808",
    '"\\255"': '"ÿ"',
}


@pytest.mark.parametrize("expression", SHOWN)
def test_a_value_is_shown_as_lua_text(expression):
    values = ladder(f"local v = {expression} expect(v == sigil)")
    assert values[1] == SHOWN[expression]


def test_an_expression_as_deep_as_lua_takes_is_still_checked():
    chain = ".a" * 150
    done = run(f"local t = {{}} t.a = t expect(t{chain} == t)")
    assert done.result.status is Status.PASS
    nested = "(" * 150 + "1" + ")" * 150
    assert run(f"expect({nested} == 1)").result.status is Status.PASS


def test_many_terms_in_one_expect():
    assert (
        run(f"local a = 1 expect({' + '.join(['a'] * 3000)} == 3000)").result.status is Status.PASS
    )


@pytest.mark.parametrize(
    "text",
    [
        'expect "x"',
        "expect{}",
        "expect [[x]]",
        "expect(1 == 1 -- why\n)",
        "expect((1))",
        "expect(not (1 == 2))",
        "expect(-1 < 0 and #{1} == 1)",
        "return expect(1 == 1)",
        "local f = function(...) expect(select('#', ...) == 2) end f(1, 2)",
        "expect(({ ['a'] = 1, b = 2, 3 })[1] == 3)",
        "expect(('x'):rep(2) == 'xx')",
        "for i = 1, 3 do expect(i < 4) end",
        "local a <const> = 1 expect(a == 1)",
        "expect(2^53 == 2^53 and 1 // 1 == 1 and 3 & 1 == 1 and ~0 == -1)",
        "expect(1 == 1);(f or type)(1)",
        "do goto done end expect(false) ::done:: expect(true)",
        "expect(function() end)",
        "expect((function(...) return ... end)(1, 2))",
        "local sigil__v = 1 expect(sigil__v == 1)",
    ],
)
def test_every_way_to_write_it(text):
    assert run(text).result.status is Status.PASS


# --- looking changes nothing ------------------------------------------------------------

PRELUDE = """
trace = ""
local function note(k, ...) trace = trace .. k return ... end
local object = setmetatable({ x = 1, y = false, nested = { z = "s" } }, {
  __eq = function() trace = trace .. "e" return true end,
  __lt = function() trace = trace .. "l" return true end,
  __call = function(_, ...) trace = trace .. "c" return ... end,
  __index = function(_, k) trace = trace .. "i" return nil end,
  __concat = function() trace = trace .. "k" return "k" end,
})
function object:method(...) trace = trace .. "m" return ... end
local function two() return note("t", 1, 2) end
local function none() note("n") end
local other = setmetatable({}, getmetatable(object))
"""
LEAVES = st.sampled_from([
    "1", "2.5", "nil", "true", "false", '"s"', "object", "other", "two()", "none()", "...",
    "object.x", "object.y", "object.nested.z", 'object["x"]', "object.absent", "#'abc'", "{}",
    "{ two() }", "{ ..., two() }", "object:method(1, 2)", "0x10", "1e3", "math.pi > 3",
])  # fmt: skip


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    binary = st.sampled_from(
        ["and", "or", "==", "~=", "<", "<=", ">", ">=", "..", "+", "-", "*", "//", "%", "&", "^"]
    )
    pair = st.tuples(inner, binary, inner).map(" ".join)
    letter = st.sampled_from("abcd")
    return st.one_of(
        pair,
        pair.map("({})".format),
        st.tuples(st.sampled_from(["not ", "- ", "#", "~ "]), inner).map("".join),
        st.tuples(letter, inner).map(lambda p: f'note("{p[0]}", {p[1]})'),
        inner.map("object:method({})".format),
        inner.map("object({})".format),
        inner.map("select(1, {})".format),
        inner.map("({{ {} }})[1]".format),
        inner.map("({}).x".format),
        inner.map("(function(...) return {} end)(...)".format),
        inner.map("#{{ {} }}".format),
    )


EXPRESSIONS = st.recursive(LEAVES, compound, max_leaves=8)
STATEMENTS = st.one_of(
    EXPRESSIONS.map("expect({})".format),
    EXPRESSIONS.map("pcall(function(...) expect({}) end, 7, 8)".format),
    st.tuples(EXPRESSIONS, EXPRESSIONS).map(lambda p: f"expect({p[0]}, {p[1]})"),
    EXPRESSIONS.map("local v = select('#', {}) trace = trace .. tostring(v)".format),
    EXPRESSIONS.map("pcall(function(...) local a, b = expect({}) note(tostring(b)) end)".format),
)


def trace_of(text: str) -> tuple[str, int, str]:
    """What a program does: its trace, how many expects held, how it ended."""
    lua = Interpreter(Limits(instructions=10**6), NOBODY.answer)
    lua.inside.steps = lua.table({})
    _, record = lua.inside.load(lua.compile(text, "scenario", "s"))
    lua.unlimited()
    ended = "" if record is None else record.kind.replace("fail", "error")
    return str(lua.inside.environment.trace), lua.inside.expects, ended


@given(st.lists(STATEMENTS, min_size=1, max_size=4))
def test_a_rewritten_program_does_what_the_unwritten_does(statements):
    text = f"{PRELUDE}\nlocal function run(...)\n" + "\n".join(statements) + "\nend\nrun(3, 4)"
    program = parse(text, "s")
    plain = f"local _ENV=... return function(...) {text}\nend"
    assert trace_of(rewrite(program, outline(program)).text) == trace_of(plain)


@given(st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_is_noted_as_it_is(number):
    done = run('local r = sigil.get("/").json expect(r.n == "")', serving({"n": number}))
    shown = next(one.shown for one in done.evidence.values if one.span.end_column == 41)
    assert float(shown) == pytest.approx(float(number), rel=1e-12)
