"""Models of an exam that do as a script says: for tests of scenarios with intents and judges.

    agent = ScriptedAgent(
        lambda seen: ("browser.open", {"url": "/account"}),
        lambda seen: ("complete", {"completed": True, "summary": "done", **from_page(seen[-1])}),
    )
    with Answerers({}, providers={"intent": agent, "judge": ScriptedJudge(0.9)}) as answerers: …

They are providers like any other (`sigil.llm.model.Provider`): what they are asked goes through
everything that a real one is asked through.

Not here: a server that speaks a provider's wire (`sigil.testing.model_server`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sigil.llm.model import Reply, Request, Usage

Seen = Sequence[dict[str, Any]]
"""What came of each turn so far, oldest first."""
Step = Callable[[Seen], tuple[str, dict[str, Any]]]
"""Returns the tool that is called next, and its arguments."""


class ScriptedAgent:
    """A model that pursues an intent step by step; it says nothing after its last one.

    Args:
        steps: in order. They hold no state of their own, so one agent serves many scenarios.
    """

    name = "scripted"

    def __init__(self, *steps: Step):
        self._steps = steps

    def complete(self, request: Request) -> Reply:
        """Return the next step as a turn."""
        done = sum(message.role == "assistant" for message in request.messages)
        if done >= len(self._steps):
            return _reply("", request)
        seen = [data(message.content) for message in request.messages[3::2]]
        tool, arguments = self._steps[done](seen)
        return _reply(json.dumps({"tool": tool, "arguments": arguments}), request)


class ScriptedJudge:
    """A model that reads its task, and gives what it was told to give.

    Args:
        scores: of its judgements, in order; the last one again and again.
        rationale: of each.
    """

    name = "scripted"

    def __init__(self, *scores: float, rationale: str = "It does."):
        self._scores, self._rationale = list(scores), rationale

    def complete(self, request: Request) -> Reply:
        """Return a verdict whose control is right."""
        _, _, control = request.messages[-1].content.rpartition("Control:\n")
        asked = json.loads(control)
        score = self._scores.pop(0) if len(self._scores) > 1 else self._scores[0]
        verdict = {
            "control": [word in asked["given"] for word in asked["asked"]],
            "rationale": self._rationale,
            "score": score,
        }
        return _reply(json.dumps(verdict), request)


def data(content: str) -> dict[str, Any]:
    """Return what stands in the fence of a message."""
    _, _, rest = content.partition("<data>\n")
    inner, _, _ = rest.partition("\n</data>")
    return json.loads(inner)


def _reply(text: str, request: Request) -> Reply:
    words = sum(len(message.content.split()) for message in request.messages)
    return Reply(text, "scripted", Usage(words, len(text.split()), cost_usd=0.0))
