"""What a model that pursues an intent is told, and how its turns are read.

Every provider can send text, so a tool is called with text: one JSON object a turn, read strictly.

Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, cast

from sigil.gate.agent.tools import Misused, tools_of
from sigil.gate.judge.fencing import RULE

_FENCE: Final = re.compile(r"\s*```(?:json)?[ \t]*\n(.*)\n```\s*", re.DOTALL)
_KEYS: Final = {"tool", "arguments"}


def system_prompt(request: Mapping[str, Any]) -> str:
    """Return what a model is told before anything else.

    Args:
        request: of the intent.
    """
    lines = [
        "You operate a service like a careful user, to reach one objective. In each turn you call",
        "exactly one tool, and then see what came of it. Answer with one JSON object and nothing",
        'else: {"tool": "<name>", "arguments": {…}}',
        "",
        "Tools:",
        *(f"- {tool.name} {tool.shape}: {tool.what}" for tool in tools_of(request)),
        "",
        f"You have {request['max_steps']} turns. Call complete as soon as the objective is met, or",
        "with completed false if it cannot be. Report values as the service shows them: never",
        "guess one, and never report what you expected instead of what you saw.",
        "",
        RULE,
    ]
    return "\n".join(lines)


def parse_turn(said: str) -> tuple[str, dict[str, Any]]:
    """Return the tool that a turn calls, and its arguments.

    Raises:
        Misused: it is not one JSON object with exactly ``tool`` and ``arguments``.
    """
    found = _FENCE.fullmatch(said)
    try:
        turn = json.loads(found[1] if found else said)
    except (ValueError, RecursionError):
        turn = None
    if not isinstance(turn, dict) or set(cast("dict[str, Any]", turn)) != _KEYS:
        raise Misused('answer with one JSON object: {"tool": "<name>", "arguments": {…}}')
    tool, arguments = (
        cast("dict[str, Any]", turn)["tool"],
        cast("dict[str, Any]", turn)["arguments"],
    )
    if not isinstance(tool, str) or not isinstance(arguments, dict):
        raise Misused("tool is a text, and arguments is an object")
    return tool, cast("dict[str, Any]", arguments)
