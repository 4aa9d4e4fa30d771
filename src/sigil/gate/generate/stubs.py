"""Services that are wrong: what a scenario that tells anything has to fail against.

Some answer every request alike. Others answer as the baseline was seen to answer, but for one
value that is changed, or with the latest thing that was made whatever id is asked for. A scenario
that passes on all of them checks nothing.

Pure: a function of what was observed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

from sigil.gate.effects import Answered, Call, EffectFailed, Json

_FAILED = 500
_PARTS = re.compile(r"[/?&=]")
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
class Repeated:
    """Answers the n-th request as the n-th one is recorded, whatever it asks.

    Args:
        name: what it is called in a report.
        replies: to the requests, in order.
        environment: what ``sigil.env`` gives.
        asked: how many requests came so far.
    """

    name: str
    replies: Sequence[Json]
    environment: Mapping[str, str | None]
    asked: int = 0

    def perform(self, call: Call) -> Json:
        """Return the reply; see `sigil.gate.effects.Effects`."""
        if call.kind != "http":
            return _other(call, self.environment)
        if self.asked >= len(self.replies):
            raise EffectFailed("nothing like this was asked before")
        self.asked += 1
        return self.replies[self.asked - 1]


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
) -> Iterator[Repeated]:
    """Yield services that were seen, with one value of one answer changed in each.

    Args:
        answered: calls of a run that passed.
        environment: what ``sigil.env`` gives.
    """
    replies = [one.reply for one in _requests(answered)]
    found = [
        (f"answer {place + 1} with {what}", place, reply)
        for place, original in enumerate(replies)
        for what, reply in _changes(original)
    ]
    stride = max(1, -(-len(found) // MOST_CHANGES))
    for name, place, reply in found[::stride]:
        yield Repeated(name, [*replies[:place], reply, *replies[place + 1 :]], environment)


def mistaken(
    answered: Sequence[Answered], environment: Mapping[str, str | None]
) -> Iterator[Repeated]:
    """Yield services that know one thing alone, whatever id is asked for: the latest, the first.

    There are some where a run asked for two things by ids that it had received.

    Args:
        answered: calls of a run that passed.
        environment: what ``sigil.env`` gives.
    """
    requests = _requests(answered)
    replies = [one.reply for one in requests]
    asked = list(_asked(requests))
    for name, knows in (("latest", max), ("first", min)):
        wrong = list(replies)
        for place, kind, _ in asked:
            made = {
                id_: since for _, other, (id_, since) in asked if other == kind and since < place
            }
            known = knows(made, key=lambda id_: made[id_])
            wrong[place] = next(
                replies[at] for at, other, (id_, _) in asked if (other, id_) == (kind, known)
            )
        if wrong != replies:
            yield Repeated(f"the {name} one, whatever id is asked for", wrong, environment)


def _requests(answered: Sequence[Answered]) -> list[Answered]:
    return [one for one in answered if one.call.kind == "http" and one.failure is None]


def _asked(
    requests: Sequence[Answered],
) -> Iterator[tuple[int, tuple[str, ...], tuple[str, int]]]:
    """Yield each request for a thing by its id.

    Yields:
        Its place, what it asks for with the id left out, and the id with the place of the answer
        that gave it out.
    """
    given: dict[str, int] = {}
    for place, one in enumerate(requests):
        parts = _PARTS.split(one.call.request["path"])
        for at, part in enumerate(parts):
            if part in given:
                kind = (one.call.request["method"], *parts[:at], "", *parts[at + 1 :])
                yield place, kind, (part, given[part])
                break
        for value in _leaves(one.reply["body"]):
            given.setdefault(value, place)


def _leaves(body: str) -> Iterator[str]:
    """Yield the texts and whole numbers inside of an answer, as a path would hold them."""
    try:
        waiting = [json.loads(body)]
    except (ValueError, RecursionError):
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            waiting += cast("dict[str, Any]", value).values()
        elif isinstance(value, list):
            waiting += cast("list[Any]", value)
        elif isinstance(value, int | str) and not isinstance(value, bool):
            yield quote(str(value), safe="")


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
