"""Services that are wrong: what a scenario that tells anything has to fail against.

Some answer every request alike. The others answer as the baseline was seen to answer, but for one
value that is changed. A scenario that passes on all of them checks nothing.

Pure: a function of what was observed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sigil.gate.effects import Answered, Call, EffectFailed, Json

_FAILED = 500
MOST_CHANGES = 10
"""Services with one value changed that are tried on one scenario."""


@dataclass(frozen=True, slots=True)
class Alike:
    """Answers every request with the same status, and a body that may be the request's own.

    Args:
        name: what it is called in a report.
        status: of every answer.
        body: of every answer; None for that of the request.
        environment: what ``sigil.env`` gives.
    """

    name: str
    status: int
    body: str | None
    environment: Mapping[str, str | None]

    def perform(self, call: Call) -> Json:
        """Return the reply; see `sigil.gate.effects.Effects`."""
        if call.kind == "http":
            body = call.request.get("body") or "{}" if self.body is None else self.body
            return _reply(self.status, body)
        return _other(call, self.environment)


@dataclass(slots=True)
class Changed:
    """Answers the n-th request as it was answered before, but for one of them.

    Args:
        name: what it is called in a report.
        replies: of the requests, in order.
        place: of the one that is changed.
        reply: instead of it.
        environment: what ``sigil.env`` gives.
        asked: how many requests came so far.
    """

    name: str
    replies: Sequence[Json]
    place: int
    reply: Json
    environment: Mapping[str, str | None]
    asked: int = 0

    def perform(self, call: Call) -> Json:
        """Return the reply; see `sigil.gate.effects.Effects`."""
        if call.kind != "http":
            return _other(call, self.environment)
        place, self.asked = self.asked, self.asked + 1
        if place >= len(self.replies):
            raise EffectFailed("nothing like this was asked before")
        return self.reply if place == self.place else self.replies[place]


def _other(call: Call, environment: Mapping[str, str | None]) -> Json:
    if call.kind == "env":
        return environment.get(call.request["name"])
    if call.kind == "sleep":
        return None
    raise EffectFailed(f"a service that answers alike has no {call.kind}")


def _reply(status: int, body: str) -> Json:
    headers = {"content-type": "application/json"}
    return {"status": status, "headers": headers, "body": body, "encoding": "utf-8",
            "elapsed_ms": 1}  # fmt: skip


def alike(environment: Mapping[str, str | None]) -> Iterator[Alike]:
    """Yield the services that answer every request alike."""
    for name, status, body in (
        ("200 and {} to everything", 200, "{}"),
        ("200 and [] to everything", 200, "[]"),
        ("200 and the request itself to everything", 200, None),
        ("201 and {} to everything", 201, "{}"),
        ("404 to everything", 404, "{}"),
        ("500 to everything", 500, "{}"),
    ):
        yield Alike(name, status, body, environment)


def changed(
    answered: Sequence[Answered], environment: Mapping[str, str | None]
) -> Iterator[Changed]:
    """Yield services that were seen, with one value of one answer changed in each.

    Args:
        answered: calls of a run that passed.
        environment: what ``sigil.env`` gives.
    """
    replies = [one.reply for one in answered if one.call.kind == "http" and one.failure is None]
    found = [
        (f"answer {place + 1} with {what}", place, reply)
        for place, original in enumerate(replies)
        for what, reply in _changes(original)
    ]
    stride = max(1, -(-len(found) // MOST_CHANGES))
    for name, place, reply in found[::stride]:
        yield Changed(name, replies, place, reply, environment)


def _changes(reply: Json) -> Iterator[tuple[str, Json]]:
    """Yield an answer with another status, and with each of its values changed."""
    status = reply["status"]
    yield "another status", {**reply, "status": 200 if status == _FAILED else _FAILED}
    try:
        value = json.loads(reply["body"])
    except (ValueError, RecursionError):
        return
    for what, other in _values(value, "its body"):
        yield what, {**reply, "body": json.dumps(other)}


def _values(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Yield ``value`` with one value inside of it changed."""
    if isinstance(value, dict):
        entries = cast("dict[str, Any]", value)
        for key, inner in entries.items():
            for what, other in _values(inner, key):
                yield what, {**entries, key: other}
            yield f"no {key}", {k: v for k, v in entries.items() if k != key}
    elif isinstance(value, list):
        items = cast("list[Any]", value)
        if items:
            yield f"a shorter {name}", items[:-1]
            for what, other in _values(items[0], name):
                yield what, [other, *items[1:]]
    else:
        yield f"another {name}", _other_value(value)


def _other_value(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return f"{value}x" if isinstance(value, str) else 0
