"""The conversation of an intent.

    model turn → one tool call → what came of it → model turn → … → complete

Runs in the scenario's process. Each turn is asked of the hall; each tool is a call that the
scenario could have made itself, checked the same way, and only of the capabilities that the intent
was given. What the service says is shown to the model as data (`sigil.gate.judge.fencing`).

A model only *does* things here: what it claims is a table of typed values, and it is the
scenario's expects that decide. An intent that runs out of steps is not completed; one without a
model is an error.

Not here: which model, how often, at what price (`sigil.gate.judge.asking`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sigil.gate.agent.tools import COMPLETE, Finished, Misused, Tools
from sigil.gate.agent.words import parse_turn, system_prompt
from sigil.gate.effects import Call, EffectFailed, EffectMissing, Json
from sigil.gate.judge.fencing import cut, fenced

SHOWN: Final = 6_000
"""Characters of what came of a tool, in the turns right after it."""
REMEMBERED: Final = 400
"""Characters of it later on."""
_FRESH: Final = 2
_LONGEST_TURN: Final = 20_000

Perform = Callable[[Call], Json]


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn, done.

    Args:
        said: by the model.
        saw: what came of it.
    """

    said: str
    saw: Mapping[str, Json]


@dataclass(slots=True)
class _Pursuit:
    """An intent under way."""

    request: Mapping[str, Any]
    perform: Perform
    tools: Tools
    turns: list[Turn] = field(default_factory=list[Turn])

    def step(self) -> Finished | None:
        """Take one turn; return the end if this was it."""
        reply = self.perform(Call("model", self._asked()))
        said = str(reply["text"])[:_LONGEST_TURN]
        try:
            tool, arguments = parse_turn(said)
            saw = self.tools.use(tool, arguments)
        except Misused as misused:
            saw = {"error": misused.problem}
        except EffectMissing:
            raise
        except EffectFailed as failed:
            saw = {"error": failed.problem}
        if isinstance(saw, Finished):
            self.turns.append(Turn(said, {"end": COMPLETE}))
            return saw
        self.turns.append(Turn(said, saw))
        return None

    def _asked(self) -> dict[str, Json]:
        """Return the request of a model's turn: the whole conversation so far."""
        messages = [
            {"role": "system", "content": system_prompt(self.request)},
            {"role": "user", "content": _opening(self.request)},
        ]
        for place, turn in enumerate(self.turns):
            most = SHOWN if place >= len(self.turns) - _FRESH else REMEMBERED
            messages.append({"role": "assistant", "content": turn.said or "(nothing)"})
            messages.append({"role": "user", "content": _saw(turn.saw, most)})
        return {"purpose": "intent", "messages": messages, "tools": None}


def pursue(request: Mapping[str, Any], perform: Perform) -> Json:
    """Have an objective met, and return what came of it.

    Args:
        request: of a call of kind ``intent`` (`sigil.gate.lua.models.intent`).
        perform: answers the calls that it comes to: ``model``, ``http``, ``browser``.

    Returns:
        ``{completed, summary, steps, captured, transcript}``; the transcript is for the operator.

    Raises:
        EffectFailed: there is no model, it does not answer, or there is no browser.
    """
    pursuit = _Pursuit(request, perform, Tools(request, perform))
    finished = None
    for _ in range(request["max_steps"]):
        finished = pursuit.step()
        if finished is not None:
            break
    if finished is None:
        finished = Finished(False, f"out of steps after {request['max_steps']}", {})
    return {
        "completed": finished.completed,
        "summary": finished.summary,
        "steps": len(pursuit.turns),
        "captured": dict(finished.captured),
        "transcript": [{"said": turn.said, "saw": dict(turn.saw)} for turn in pursuit.turns],
    }


def _opening(request: Mapping[str, Any]) -> str:
    context = request.get("context")
    parts = [f"Objective:\n{request['objective']}"]
    if context:
        parts.append(
            "Context. Where an argument needs a value of it, write {{name}}; it is filled in:\n"
            + fenced(context)
        )
    return "\n\n".join(parts)


def _saw(saw: Mapping[str, Json], most: int) -> str:
    return fenced(
        {key: cut(one, most) if isinstance(one, str) else one for key, one in saw.items()}
    )
