"""A provider whose every exchange is recorded, so that a run repeats without asking again.

What was paid for is in the record the moment it arrives. A request that the record knows
is answered from it, in the order in which it was asked; only what is new is asked.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sigil.canonical import digest_value
from sigil.llm.model import Provider, Reply, Request, Usage


class Recorded:
    """A provider in front of another one. Implements `Provider`.

    Args:
        provider: whoever answers what is new.
        known: exchanges of an earlier session, in order, as ``record`` was given them.
        record: takes ``{"request": …, "reply": …}``, JSON-like, and makes it durable.
    """

    def __init__(
        self,
        provider: Provider,
        known: Iterable[Mapping[str, Any]],
        record: Callable[[Mapping[str, Any]], None],
    ):
        self.name = provider.name
        self._provider = provider
        self._record = record
        self._replies: defaultdict[str, deque[Reply]] = defaultdict(deque)
        for exchange in known:
            self._replies[digest_value(exchange["request"])].append(_reply(exchange["reply"]))

    def complete(self, request: Request) -> Reply:
        """Return the recorded answer, or ask and record; see `Provider.complete`."""
        plain = {**asdict(request), "messages": [asdict(m) for m in request.messages]}
        recorded = self._replies[digest_value(plain)]
        if recorded:
            return recorded.popleft()
        reply = self._provider.complete(request)
        self._record({"request": plain, "reply": asdict(reply)})
        return reply


def _reply(body: Mapping[str, Any]) -> Reply:
    usage = Usage(**body["usage"])
    return Reply(str(body["text"]), str(body["model"]), usage, str(body["raw_id"]))
