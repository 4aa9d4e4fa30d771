"""`invariant` and `sigil.gen`: cases by chance that are the same every time, and simple ones."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gate.lua.worlds import World, response, run, serving

from sigil.gate.lua import Run
from sigil.gate.model import Status


def broken(
    for_all: str, check: str, *, seed: int = 7, cases: int = 1000, shrink: str = "true"
) -> dict[str, str]:
    """The simplest case that breaks a claim."""
    done = run(
        f"""invariant("claim", {{ cases = {cases}, shrink = {shrink}, for_all = {for_all},
              check = function(case) {check} end }})""",
        seed=seed,
    )
    assert done.result.status is Status.FAIL, done
    assert done.evidence is not None
    return dict(done.evidence.counterexample)


def holds(body: str, **more: object) -> bool:
    done: Run = run(body, **more)  # type: ignore[arg-type]
    return done.result.status is Status.PASS


def drawn(call: str, *, seed: int = 7, count: int = 30) -> list[str]:
    """Values that a generator gives in a case each, as text."""
    world = World(env=lambda _: None)
    run(
        f"""invariant("x", {{ cases = {count}, for_all = {{ v = {call} }},
              check = function(case) sigil.env(sigil.json.encode({{ case.v }})) end }})""",
        world,
        seed=seed,
    )
    return [call.request["name"][1:-1] for call in world.calls]


def test_a_claim_that_holds_passes():
    assert holds("""
        invariant("x", { for_all = { n = sigil.gen.int(1, 9) }, check = function(case)
          expect(case.n < 10)
        end })
    """)


def test_it_is_tried_a_hundred_times():
    world = World(env=lambda _: None)
    run('invariant("x", { check = function() sigil.env("a") end })', world)
    assert len(world.calls) == 100


def test_every_case_is_drawn_anew():
    assert len(set(drawn("sigil.gen.uuid()"))) == 30


def test_the_seed_decides_and_so_does_the_name():
    assert drawn("sigil.gen.uuid()", seed=1) == drawn("sigil.gen.uuid()", seed=1)
    assert not set(drawn("sigil.gen.uuid()", seed=1)) & set(drawn("sigil.gen.uuid()", seed=2))


def test_a_case_does_not_depend_on_how_many_there_are():
    assert drawn("sigil.gen.int(0, 1000)", count=5) == drawn("sigil.gen.int(0, 1000)", count=30)[:5]


def test_outside_of_for_all_a_generator_gives_a_value():
    assert holds("""
        local a, b = sigil.gen.email(), sigil.gen.email()
        expect(a ~= b and a:match("^%w+@example%.com$"))
    """)


# --- what they draw ---------------------------------------------------------------------

PATTERNS = {
    "sigil.gen.email()": r'"[a-z0-9]{12}@example\.com"',
    "sigil.gen.uuid()": r'"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"',
    "sigil.gen.int(-3, 3)": r"-?[0-3]",
    "sigil.gen.int()": r"\d+",
    "sigil.gen.float(2, 3)": r"2\.\d+",
    "sigil.gen.bool()": r"true|false",
    "sigil.gen.string(4)": r'"[A-Za-z0-9]{4}"',
    'sigil.gen.string({ min = 1, max = 2, alphabet = "xy" })': r'"[xy]{1,2}"',
    'sigil.gen.choice({ "a", "b" })': r'"[ab]"',
    'sigil.gen.date("2024-02-28", "2024-03-01")': r'"2024-0(2-28|2-29|3-01)"',
    "sigil.gen.const(7)": r"7",
    "sigil.gen.list(sigil.gen.int(0, 9), { max = 3 })": r"\[(\d(,\d){0,2})?\]",
    "sigil.gen.list(sigil.gen.bool(), 2)": r"\[(true|false),(true|false)\]",
    "sigil.gen.list({ a = sigil.gen.int(0, 9) }, 1)": r'\[\{"a":\d\}\]',
    "sigil.gen.one_of(sigil.gen.const(1), sigil.gen.const('x'))": r'1|"x"',
    "sigil.gen.table(sigil.gen.string(1), sigil.gen.bool(), 1)": r'\{"\w":(true|false)\}',
    "{ b = { sigil.gen.int(1, 1) } }": r'\{"b":\[1\]\}',
    "sigil.gen.list(sigil.gen.list(sigil.gen.int(1, 1), 2), 1)": r"\[\[1,1\]\]",
}


@pytest.mark.parametrize("call", PATTERNS)
def test_a_generator_draws_what_it_says(call):
    for value in drawn(call):
        assert re.fullmatch(PATTERNS[call], value), value


@pytest.mark.parametrize(
    "call", [name for name in PATTERNS if "const(7)" not in name and "1, 1" not in name]
)
def test_a_generator_draws_more_than_one_thing(call):
    assert len(set(drawn(call))) > 1


def test_optional_is_sometimes_missing():
    assert set(drawn("sigil.gen.optional(sigil.gen.const(1))")) == {"1", ""}


def test_the_ends_of_a_wide_range_are_met():
    values = drawn("sigil.gen.int(-1000000, 1000000)", count=300)
    assert {"-1000000", "1000000"} <= set(values)


def test_a_die_is_fair():
    faces = drawn("sigil.gen.int(1, 6)", count=6000)
    assert all(900 < faces.count(str(face)) < 1100 for face in range(1, 7))


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)), st.dates(date(1, 1, 1), date(9999, 12, 31)))
@settings(max_examples=30)
def test_a_date_is_one_of_the_calendar(one, other):
    first, last = sorted((one, other))
    for value in drawn(f'sigil.gen.date("{first}", "{last}")', count=5):
        assert first <= date.fromisoformat(value.strip('"')) <= last


def test_a_local_name_of_the_generators_is_known():
    assert holds("""
        local gen = sigil.gen
        local list = gen.list(gen.int(1, 3), 4)
        expect(#list == 4)
    """)


def test_a_function_of_a_helper_is_drawn_anew():
    library = {"lib.people": "return { person = function() return { id = sigil.gen.uuid() } end }"}
    assert holds(
        """
        local people, seen = require("lib.people"), {}
        invariant("x", { cases = 9, for_all = { who = people.person() }, check = function(case)
          expect(not seen[case.who.id])
          seen[case.who.id] = true
        end })
        """,
        library=library,
    )


def test_math_random_is_a_function_of_the_seed():
    drawn_now = 'math.random() .. math.random(6) .. " " .. math.random(3, 4)'
    body = f"sigil.env({drawn_now}) expect(true)"
    worlds = [World(env=lambda _: None) for _ in range(3)]
    for world, seed in zip(worlds, (1, 1, 2), strict=True):
        run(body, world, seed=seed)
    names = [world.calls[0].request["name"] for world in worlds]
    assert names[0] == names[1] != names[2]
    assert re.fullmatch(r"0\.\d+[1-6] [34]", names[0])


@pytest.mark.parametrize(
    "call",
    [
        "gen.int(2, 1)",
        "gen.int(1.5, 2)",
        "gen.int(math.mininteger, math.maxinteger)",
        "gen.choice({})",
        "gen.float(1, 0)",
        "gen.string(-1)",
        "gen.string({ min = 2, max = 1 })",
        "gen.list(1)",
        'gen.date("2026-02-30")',
        'gen.date("2026-02-02", "2026-01-01")',
        "gen.one_of()",
        "gen.string(20000)",
        "gen.table(sigil.gen.const(nil), sigil.gen.bool(), 1)",
        "gen.list(sigil.gen.bool(), 1e9 // 1 | 0)",
    ],
)
def test_a_generator_that_cannot_be_is_an_error(call):
    done = run(f"sigil.{call} expect(true)")
    assert done.result.status is Status.ERROR
    assert done.evidence.span.line == 3


# --- the simplest case ------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("for_all", "check", "simplest"),
    [
        ("{ n = sigil.gen.int(0, 1000) }", "expect(case.n < 137)", {"n": "137"}),
        ("{ n = sigil.gen.int(-1000, 1000) }", "expect(case.n > -50)", {"n": "-50"}),
        ("{ n = sigil.gen.int(10, 1000) }", "expect(case.n > 1000)", {"n": "10"}),
        (
            "{ l = sigil.gen.list(sigil.gen.int(0, 100)) }",
            "expect(#case.l < 3)",
            {"l": "{0, 0, 0}"},
        ),
        (
            "{ l = sigil.gen.list(sigil.gen.int(0, 100)) }",
            "for _, n in ipairs(case.l) do expect(n < 42) end",
            {"l": "{42}"},
        ),
        ("{ s = sigil.gen.string() }", "expect(#case.s < 2)", {"s": '"aa"'}),
        (
            "{ b = sigil.gen.bool(), n = sigil.gen.int(0, 9) }",
            "expect(not case.b)",
            {"b": "true", "n": "0"},
        ),
        ("{ c = sigil.gen.choice({ 'x', 'y', 'z' }) }", "expect(case.c == 'x')", {"c": '"y"'}),
        (
            "{ a = sigil.gen.int(0, 99), b = sigil.gen.int(0, 99) }",
            "expect(case.a + case.b < 50)",
            None,
        ),
    ],
)
def test_the_counterexample_is_the_simplest(for_all, check, simplest, seed):
    found = broken(for_all, check, seed=seed)
    if simplest is None:
        assert int(found["a"]) + int(found["b"]) == 50
    else:
        assert found == simplest


def test_it_is_as_simple_as_that_of_the_oracle():
    """Hypothesis, given the same claim about lists of numbers, ends at the same case."""
    from hypothesis import find

    simplest = find(st.lists(st.integers(0, 1000), max_size=10), lambda one: sum(one) >= 500)
    found = broken(
        "{ l = sigil.gen.list(sigil.gen.int(0, 1000)) }",
        "local sum = 0 for _, n in ipairs(case.l) do sum = sum + n end expect(sum < 500)",
    )
    assert found == {"l": "{" + ", ".join(map(str, simplest)) + "}"}


def test_shrinking_can_be_left_out():
    world = serving({})
    done = run("""invariant("x", { shrink = false, for_all = { n = sigil.gen.int(0, 10) },
      check = function(case) sigil.get("/") expect(case.n > 10) end })""", world)  # fmt: skip
    assert (done.result.status, len(world.calls)) == (Status.FAIL, 1)


def test_shrinking_has_an_end():
    world = serving({})
    run("""invariant("x", { shrink = 20, for_all = { s = sigil.gen.string(100) },
      check = function(case) sigil.get("/") expect(#case.s < 5) end })""", world)  # fmt: skip
    assert len(world.calls) <= 21


def test_a_check_that_returns_false_breaks_the_claim():
    assert broken("{ n = sigil.gen.int(0, 9) }", "return case.n < 5") == {"n": "5"}


def test_a_value_of_the_wrong_shape_breaks_the_claim():
    assert broken("{ n = sigil.gen.int(0, 9) }", "local t = {} expect(t.a.b == 1)") == {"n": "0"}


def test_an_error_in_a_check_is_an_error_and_is_not_shrunk():
    world = World(http=lambda _: response({}))
    done = run('invariant("x", { check = function() sigil.get("/") error("oops") end })', world)
    assert (done.result.status, len(world.calls)) == (Status.ERROR, 1)
    assert done.evidence.message == "oops"


def test_a_call_that_fails_in_a_check_is_an_error():
    done = run('invariant("x", { check = function() sigil.get("/") expect(false) end })', World())
    assert done.result.status is Status.ERROR


def test_the_message_names_the_claim_and_the_case():
    done = run('invariant("it holds", { cases = 3, check = function() expect(1 == 2) end })')
    assert (
        done.evidence.message == 'invariant "it holds" is broken by case 1 of 3: assertion is false'
    )
    assert (done.evidence.span.line, done.evidence.span.column) == (3, 55)


def test_chance_goes_on_behind_an_invariant_where_it_stopped():
    body = "local a = sigil.gen.uuid() {} local b = sigil.gen.uuid() sigil.env(a .. b) expect(true)"
    worlds = [World(env=lambda _: None) for _ in range(2)]
    run(body.format(""), worlds[0])
    between = 'invariant("x", { for_all = { a = sigil.gen.uuid() }, check = function() end })'
    run(body.format(between), worlds[1])
    assert worlds[0].calls == worlds[1].calls


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("{}", "check is a function"),
        ("{ check = function() end, case = 3 }", "there is no field case"),
        ("{ check = function() end, cases = 0 }", "cases is a whole number"),
        ("1", "a table with check"),
        ("{ check = function() end, shrink = -1 }", "shrink is a whole number"),
    ],
)
def test_a_claim_that_is_not_as_it_should_be_says_so(claim, said):
    done = run(f'invariant("x", {claim})')
    assert done.result.status is Status.ERROR
    assert said in done.evidence.message


def test_a_case_is_a_table():
    done = run('invariant("x", { for_all = sigil.gen.int(0, 5), check = function() end })')
    assert done.result.status is Status.ERROR
    assert done.evidence.message == "invariant: for_all gives a table with a value for each name"


def test_a_case_with_keys_of_every_kind_is_shown_without_addresses():
    found = broken("{ [1] = sigil.gen.int(0, 5), [true] = 2, [{}] = 3, s = 'x' }", "expect(false)")
    assert found == {"[1]": "0", "[true]": "2", "[{}]": "3", "s": '"x"'}


def test_a_claim_within_a_claim_says_what_was_wrong():
    done = run("""
        invariant("outer", { for_all = { x = sigil.gen.int(0, 9) }, check = function(a)
          invariant("inner", { for_all = { y = sigil.gen.int(0, 9) }, check = function(b)
            expect(a.x + b.y < 5)
          end })
        end })
    """)
    assert done.evidence.message.endswith("of 100: assertion is false")
    assert done.evidence.message.startswith('invariant "outer" is broken')


def test_a_check_may_yield():
    done = run("""
        local step = coroutine.wrap(function()
          invariant("x", { cases = 2, check = function() coroutine.yield() expect(1) end })
        end)
        step() step() step()
    """)
    assert (done.result.status, done.result.expects_passed) == (Status.PASS, 1)


def test_cases_that_were_drawn_before_are_refused():
    done = run("""
        local claim = { for_all = { n = sigil.gen.uuid() }, check = function() end }
        invariant("x", claim)
    """)
    assert "for_all was evaluated once already" in done.evidence.message
