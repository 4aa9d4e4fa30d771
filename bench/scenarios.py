"""Scenarios: what a property case costs before any request, a fresh interpreter, and the rewriting.

Speeds are of processor time: what a scenario costs the evaluator, whatever else the machine does.
The calls of the steps are answered in memory, so that nothing but ours is measured.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.row import Row
from sigil.gate.effects import Call
from sigil.gate.lua import run_scenario
from sigil.gate.lua.interpreter import Interpreter
from sigil.gate.lua.limits import Limits
from sigil.gate.lua.outline import outline
from sigil.gate.lua.rewrite import rewrite
from sigil.gate.lua.syntax import parse
from sigil.gate.model import Scenario, Status

CASES = 20_000
STEPS = 5_000
TIMES = 30
EXPECTS = 9
HEAD = 'return { policy = { capabilities = { "http", "property" } }, run = function()\n'


class Loopback:
    """A service in memory that says the same to everybody."""

    def perform(self, _: Call) -> dict[str, Any]:
        """Answer."""
        return {"status": 200, "headers": {}, "body": '{"plan":"pro"}', "elapsed_ms": 1}

    def nobody(self, *_: object) -> tuple[str]:
        """Answer nothing, as the host of an interpreter."""
        return ("abort",)


def scenario(body: str) -> Scenario:
    return Scenario("bench", "visible", f"{HEAD}{body}\nend }}", "bench.lua")


def rows() -> Iterator[Row]:
    """Yield the figures of scenarios."""
    cases = f"""
      local gen = sigil.gen
      invariant("sum", {{ cases = {CASES}, for_all = {{ a = gen.int(0, 99), b = gen.int(0, 99) }},
        check = function(case) expect(case.a + case.b < 199) end }})
    """
    yield Row(
        "property cases before HTTP (two ints, one expect)",
        CASES / processor_seconds(cases), None, "", "1/s", at_least=20_000,
    )  # fmt: skip
    steps = f"""
      for i = 1, {STEPS} do
        local r = sigil.get("/api/subscription")
        expect(r.status == 200 and r.json.plan == "pro")
      end
    """
    yield Row(
        "captured steps (request, JSON, expect) answered in memory",
        STEPS / processor_seconds(steps), None, "", "1/s", at_least=5_000,
    )  # fmt: skip
    limits, loopback = Limits(), Loopback()
    yield Row(
        "a fresh interpreter with its library",
        median_ms(lambda: Interpreter(limits, loopback.nobody)), bare_ms(), "bare Lua", "ms",
    )  # fmt: skip
    expects = "expect(r.json.a.b == 1 and r.status == 200)\n" * EXPECTS
    text = f"{HEAD}local r\n{expects}end }}"
    parsing = median_ms(lambda: parse(text, "bench.lua"))
    program = parse(text, "bench.lua")
    yield Row(f"parsing a scenario of {EXPECTS} expects", parsing, None, "", "ms")
    rewriting = median_ms(lambda: rewrite(program, outline(program)))
    yield Row(f"rewriting {EXPECTS} expects", rewriting, None, "", "ms")
    whole = scenario("expect(sigil.get('/').status == 200)")
    yield Row(
        "a whole scenario of one step, from text to result",
        median_ms(lambda: run_scenario(whole, Loopback(), seed=1)), None, "", "ms", at_most=5,
    )  # fmt: skip


def processor_seconds(body: str) -> float:
    began = time.process_time()
    done = run_scenario(scenario(body), Loopback(), seed=7, limits=Limits(instructions=10**10))
    took = time.process_time() - began
    assert done.result.status is Status.PASS, done.evidence
    return took


def median_ms(action: Callable[[], object]) -> float:
    def once() -> float:
        began = time.process_time()
        action()
        return time.process_time() - began

    once()
    return 1000 * statistics.median(once() for _ in range(TIMES))


def bare_ms() -> float:
    from lupa.lua54 import LuaRuntime

    return median_ms(LuaRuntime)
