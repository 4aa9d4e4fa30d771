"""Scripted answers to a scenario's calls, and scenarios of a few lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sigil.gate.effects import Call, EffectFailed
from sigil.gate.lua import Limits, Run, run_scenario
from sigil.gate.model import Scenario

FIXTURES = Path(__file__).parent / "fixtures"
ALL = ("http", "browser", "intent", "judge", "property", "exec")
PASSWORD = "correct horse battery"


class World:
    """Effects that answer each kind of call by a function of its request, and list the calls."""

    def __init__(self, **answers: Callable[[dict[str, Any]], Any]):
        self.answers = answers
        self.calls: list[Call] = []

    def perform(self, call: Call) -> Any:
        self.calls.append(call)
        answer = self.answers.get(call.kind)
        if answer is None:
            raise EffectFailed(f"nobody answers {call.kind}")
        return answer(call.request)


class Nobody:
    """A host that answers nothing."""

    def answer(self, *_: Any) -> tuple[str]:
        return ("abort",)


NOBODY = Nobody()


def response(value: Any = None, status: int = 200, **headers: str) -> dict[str, Any]:
    """A reply to a request; ``value`` is sent as JSON unless it is text."""
    body = value if isinstance(value, str) else json.dumps(value)
    return {"status": status, "headers": headers, "body": body, "elapsed_ms": 3}


def serving(value: Any = None, status: int = 200) -> World:
    """A service that says the same to everybody."""
    return World(http=lambda _: response(value, status))


def scenario(
    body: str, *, head: str = "", capabilities: tuple[str, ...] = ALL, **fields: Any
) -> Scenario:
    """A scenario whose ``run`` is ``body``, which begins on its third line."""
    named = ", ".join(f'"{name}"' for name in capabilities)
    table = f"{{ policy = {{ capabilities = {{{named}}} }},\nrun = function()\n{body}\nend }}"
    text = f"{head} return {table}"
    return Scenario(id="s", half="visible", text=text, path="s.lua", **fields)


def run(
    body: str,
    world: World | None = None,
    *,
    seed: int = 7,
    limits: Limits | None = None,
    **more: Any,
) -> Run:
    """Run ``body`` as a scenario."""
    return run_scenario(
        scenario(body, **more), world or World(), seed=seed, limits=limits or Limits()
    )


def upgrade() -> Scenario:
    """The seed's own scenario, unchanged."""
    return Scenario(
        id="billing/upgrade",
        half="visible",
        text=(FIXTURES / "upgrade.lua").read_text(encoding="utf-8"),
        path=".sigil/scenarios/api/visible/billing/upgrade.lua",
        spec="docs/specs/billing-upgrade.md",
    )


def billing(*, total_cents: int = 9900, plan: str = "pro", score: float | None = 0.9) -> World:
    """The service of the seed's scenario, with what a model would have done with it."""

    def http(request: dict[str, Any]) -> dict[str, Any]:
        if request["path"] == "/api/signup":
            return response({"session_token": "tok_1"}, 201)
        return response({"plan": plan, "status": "active", "receipt_preview": "Thanks."})

    def intent(request: dict[str, Any]) -> dict[str, Any]:
        monthly = total_cents != 9900
        return {
            "completed": True,
            "summary": "upgraded to Pro plan on monthly billing" if monthly else "upgraded to Pro",
            "steps": 9,
            "captured": {
                "plan": "Pro",
                "total_cents": total_cents,
                "order_id": "ord_01HPXG5KQ7J9W4",
            },
        }

    def browser(request: dict[str, Any]) -> Any:
        return {"text": "Pro", "visible": True}.get(request["action"])

    return World(
        http=http,
        intent=intent,
        browser=browser,
        env=lambda _: PASSWORD,
        judge=lambda _: {"score": score, "rationale": "clear"},
    )
