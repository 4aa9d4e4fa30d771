"""Which steps a scenario has, and what becomes of each."""

from __future__ import annotations

from tests.gate.lua.worlds import World, run, serving

from sigil.gate.model import Status

PASS, FAIL, SKIP, ERROR = "pass", "fail", "skip", "error"


def steps(body: str, world: World | None = None) -> tuple[str, ...]:
    return run(body, world or serving({})).result.steps


def test_a_numbered_comment_begins_a_step():
    assert steps("-- 1. a\nexpect(1)\n-- 2. b\nexpect(1)") == (PASS, PASS)


def test_what_follows_the_first_failure_is_skipped():
    body = "-- 1. a\nexpect(1)\n-- 2. b\nexpect(false)\n-- 3. c\nexpect(1)"
    assert steps(body) == (PASS, FAIL, SKIP)


def test_what_stands_before_the_first_section_belongs_to_it():
    assert steps("expect(false)\n-- 1. a\nexpect(1)\n-- 2. b\nexpect(1)") == (FAIL, SKIP)


def test_a_section_without_a_statement_is_no_step():
    assert steps("-- 1. a\n-- 2. b\nexpect(1)\n-- 3. c") == (PASS,)


def test_a_numbered_comment_inside_of_a_block_or_table_is_no_step():
    body = """
    -- 1. a
    if true then
      -- 2. inner
      expect(1)
    end
    local t = {
      -- 3. inner
      1,
    }
    """
    assert steps(body) == (PASS,)


def test_a_comment_behind_a_statement_begins_no_step():
    assert steps("-- 1. a\nexpect(1) -- 2. why\nexpect(1)") == (PASS,)


def test_a_helper_fails_in_the_step_that_calls_it():
    body = "local function f(v) expect(v) end\n-- 1. a\nf(true)\n-- 2. b\nf(false)\n-- 3. c\nf(1)"
    assert steps(body) == (PASS, FAIL, SKIP)


def test_a_coroutine_fails_in_the_step_that_resumes_it():
    body = """
    -- 1. a
    local go = coroutine.wrap(function() coroutine.yield() expect(false) end)
    go()
    -- 2. b
    go()
    """
    assert steps(body) == (PASS, FAIL)


def test_a_failed_call_is_an_error_of_its_step():
    done = run('-- 1. a\nexpect(1)\n-- 2. b\nsigil.get("/")', World())
    assert (done.result.status, done.result.steps) == (Status.ERROR, (PASS, ERROR))
    assert done.evidence.message == "nobody answers http"


def test_without_sections_every_claim_is_a_step():
    body = """
    expect(1)
    invariant("x", { cases = 2, check = function() expect(1) expect(2) end })
    sigil.expect_status_class(sigil.get("/"), 2)
    expect(false)
    expect(1)
    """
    assert steps(body) == (PASS, PASS, PASS, FAIL, SKIP)


def test_a_claim_in_a_loop_is_one_step():
    assert steps("for i = 1, 3 do expect(i < 3) end expect(1)") == (FAIL, SKIP)


def test_a_claim_that_is_not_reached_is_skipped():
    assert steps("expect(1) if false then expect(1) end expect(1)") == (PASS, SKIP, PASS)


def test_a_section_that_is_not_reached_is_skipped():
    assert steps("-- 1. a\nexpect(1)\nif true then return end\n-- 2. b\nexpect(1)") == (PASS, SKIP)


def test_claims_in_a_function_outside_of_run_are_no_steps_of_their_own():
    done = run("expect(1) f()", head="local function f() expect(false) end")
    assert done.result.steps == (FAIL,)


def test_a_run_that_is_declared_elsewhere_has_its_sections():
    from sigil.gate.lua import run_scenario
    from sigil.gate.model import Scenario

    text = "local function go()\n-- 1. a\nexpect(1)\n-- 2. b\nexpect(1)\nend\nreturn { run = go }"
    done = run_scenario(Scenario("s", "visible", text, "s.lua"), World(), seed=1)
    assert done.result.steps == (PASS, PASS)


def test_an_inconclusive_judge_is_an_error_of_its_step_and_no_pass():
    world = World(judge=lambda _: {"score": None, "rationale": "no model"})
    body = "-- 1. a\nexpect(1)\n-- 2. b\n--- good\nsigil.judge(1)\n-- 3. c\nexpect(1)"
    done = run(body, world)
    assert (done.result.status, done.result.steps) == (Status.INCONCLUSIVE, (PASS, ERROR, PASS))
    assert done.evidence.message == "the judge would not say: no model"


def test_a_failure_after_an_inconclusive_judge_is_a_failure():
    world = World(judge=lambda _: {"score": None, "rationale": ""})
    done = run("--- good\nsigil.judge(1) expect(false)", world)
    assert (done.result.status, done.result.steps) == (Status.FAIL, (ERROR, FAIL))


def test_expects_are_counted_and_cases_are_not():
    body = 'expect(1) invariant("x", { cases = 9, check = function() expect(1) end }) expect(1)'
    assert run(body).result.expects_passed == 3
