"""The calls to a model: intents with typed captures, and judgements.

Pure. An intent's loop and a judge's prompt are behind the effects (kinds ``intent`` and ``judge``);
here a request is checked, and so is what comes back.
"""

from __future__ import annotations

import math
import re
from typing import Any, cast

from sigil.gate.lua.rewrite import Site
from sigil.gate.lua.values import Refused
from sigil.gate.model import Capability

MAX_STEPS = 20
MOST_STEPS = 200
MIN_SCORE = 0.8
_CAPTURE = re.compile(r"(string|number|integer|boolean)\s*:\s*(.+)", re.DOTALL)
_RESULT = ("completed", "summary", "steps")


def intent(site: Site | None, request: Any, declared: frozenset[Capability]) -> dict[str, Any]:
    """Return the request of a call of `sigil.intent`.

    Returns:
        ``{objective, capabilities, context, capture: {name: {type, description}}, max_steps}``.

    Raises:
        Refused: it has no objective, an unknown field, a capability that the scenario lacks, or a
            capture of no type.
    """
    name = "sigil.intent"
    given = _fields(name, request, {"capabilities", "context", "capture", "max_steps"})
    if site is None or site.rubric is None:
        raise Refused(f"{name} has no --- block above it that says what to do")
    steps = given.get("max_steps", MAX_STEPS)
    if isinstance(steps, bool) or not isinstance(steps, int) or not 0 < steps <= MOST_STEPS:
        raise Refused(f"{name}: max_steps is a whole number from 1 to {MOST_STEPS}")
    return {
        "objective": site.rubric.text,
        "capabilities": _capabilities(name, given.get("capabilities"), declared),
        "context": given.get("context"),
        "capture": _captures(name, given.get("capture")),
        "max_steps": steps,
    }


def completed(asked: dict[str, Any], reply: Any) -> dict[str, Any]:
    """Return the table that an intent gives the scenario.

    Raises:
        Refused: the reply is not of the declared types, or lacks a value though it is completed.
    """
    match reply:
        case {"completed": bool(done), "summary": str(summary), "steps": int(steps)}:
            captured: Any = reply.get("captured") or {}
        case _:
            raise Refused("sigil.intent: the reply is not that of an intent", "effect")
    result: dict[str, Any] = {"completed": done, "summary": summary, "steps": steps}
    for name, wanted in asked["capture"].items():
        value = captured.get(name)
        if value is None:
            if done:
                raise Refused(f"sigil.intent: it is completed without {name}", "effect")
            continue
        if not _is_a(wanted["type"], value):
            raise Refused(f"sigil.intent: {name} is no {wanted['type']}", "effect")
        result[name] = value
    return result


def judgement(site: Site | None, subject: Any, options: Any) -> dict[str, Any]:
    """Return the request of a call of `sigil.judge`.

    Raises:
        Refused: it has no rubric, an unknown option, or a least score outside of 0 to 1.
    """
    name = "sigil.judge"
    given = _fields(name, options, {"min_score", "rubric_id", "provider"})
    if site is None or site.rubric is None:
        raise Refused(f"{name} has no --- block above it that says what is good")
    least = given.get("min_score", MIN_SCORE)
    if isinstance(least, bool) or not isinstance(least, int | float) or not 0 <= least <= 1:
        raise Refused(f"{name}: min_score is a number from 0 to 1")
    for key in ("rubric_id", "provider"):
        if not isinstance(given.get(key), str | None):
            raise Refused(f"{name}: {key} is a text")
    return {
        "subject": subject,
        "rubric": site.rubric.text,
        "min_score": float(least),
        "rubric_id": given.get("rubric_id"),
        "provider": given.get("provider"),
    }


def judged(reply: Any) -> tuple[float | None, str]:
    """Return a judge's score, None where it would not say, and why.

    Raises:
        Refused: the reply is not that of a judge.
    """
    match reply:
        case {"score": None, "rationale": str(rationale)}:
            return None, rationale
        case {"score": int() | float() as score, "rationale": str(rationale)} if (
            not isinstance(score, bool) and math.isfinite(score) and 0 <= score <= 1
        ):
            return float(score), rationale
        case _:
            raise Refused("sigil.judge: the reply is not that of a judge", "effect")


def _fields(name: str, table: Any, known: set[str]) -> dict[str, Any]:
    if table is None or table == {}:
        return {}
    if not isinstance(table, dict):
        raise Refused(f"{name} takes a table with names")
    for key in sorted(map(str, table)):  # type: ignore[reportUnknownArgumentType]
        if key not in known:
            raise Refused(
                f"{name}: there is no field {key[:60]}; there are {', '.join(sorted(known))}"
            )
    return dict(table)  # type: ignore[reportUnknownArgumentType]


def _capabilities(name: str, wanted: Any, declared: frozenset[Capability]) -> list[str]:
    names: list[Any] = (
        sorted(declared & {Capability.HTTP, Capability.BROWSER}) if wanted is None else wanted
    )
    if not isinstance(cast(object, names), list):
        raise Refused(f"{name}: capabilities is a list")
    for one in names:
        if one not in set(declared):
            raise Refused(f"{name}: the scenario does not declare the capability {str(one)[:60]}")
    return sorted({str(one) for one in names})


def _captures(name: str, capture: Any) -> dict[str, dict[str, str]]:
    if capture is None or capture == {}:
        return {}
    if not isinstance(capture, dict):
        raise Refused(f"{name}: capture is a table with names")
    made = dict[str, dict[str, str]]()
    for key, written in sorted(capture.items()):  # type: ignore[misc]
        match = _CAPTURE.fullmatch(written) if isinstance(written, str) else None
        if match is None:
            raise Refused(f'{name}: capture.{key} is a text such as "string: the order number"')
        if key in _RESULT:
            raise Refused(f"{name}: capture.{key} is a field of every result; choose another name")
        made[str(key)] = {"type": match[1], "description": match[2]}  # type: ignore[reportUnknownArgumentType]
    return made


def _is_a(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(value)
