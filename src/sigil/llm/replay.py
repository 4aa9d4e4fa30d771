"""The provider ``replay``: answers only what was answered before.

Its ``path`` is a file with one recorded exchange a line, as JSON. A request is known again if it
is what was recorded, but for measured values: times never come out the same twice, and a prompt
shows them. What else it shows has to be the same, so that an answer is only ever given to the
question that it was given to: the same code, parents and attempts. The first request that is
not on file is refused, which ends a run: what came after it would be another search.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sigil.errors import InvalidValue, ProviderFailed, ProviderRefused, Where
from sigil.llm.exchanges import Exchanges, clean_request, plain_request
from sigil.llm.model import Reply, Request
from sigil.llm.recorded import read_exchanges
from sigil.llm.settings import ModelSettings

_MEASURED = re.compile(r"[-+.0-9einfa]+(?= \((?:(?:lower|higher) is better|no objective)\))")
"""A measured value as a prompt shows it (`sigil.search.prompting.prompt.measured_in_words`)."""


class Replay:
    """Recorded answers, whatever their entry was called.

    Args:
        settings: of its entry.
        known: exchanges, in order, before those of the file.

    Raises:
        InvalidValue: there is neither a file nor anything known.
        SigilError: the file cannot be read, or holds something else.
    """

    name = "replay"

    def __init__(self, settings: ModelSettings, known: Iterable[Mapping[str, Any]] = ()):
        exchanges = [*known, *(_exchanges(settings.path) if settings.path else ())]
        if not exchanges and not settings.path:
            raise InvalidValue(
                "the provider replay is given no file",
                where=Where(field=f"{settings.name}.path"),
                remedy="add --exchanges with the exchanges.jsonl of a run, or path: to its entry",
            )
        self._count, self._given = len(exchanges), 0
        self._recorded = Exchanges([_nameless(exchange) for exchange in exchanges])
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Reply:
        """Return the recorded answer; see `Provider.complete`."""
        plain = _nameless({"request": plain_request(clean_request(request))})["request"]
        with self._lock:
            answer, _, _ = self._recorded.next(plain)
            self._given += answer is not None
        if answer is None:
            raise ProviderRefused(
                f"nothing is recorded for this request, after {self._given} of {self._count} "
                "recorded answers were given",
                remedy="recorded answers fit a search that goes as it went: same inputs, seed, "
                "num, budgets and prompts, and where times lead the search it seldom does",
            )
        if isinstance(answer, ProviderFailed):
            raise answer
        return answer


def _nameless(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return an exchange without what its entry decided, and without measured values.

    Equal ones are told apart by their order.
    """
    asked: Mapping[str, Any] = exchange["request"]
    messages: list[dict[str, Any]] = [
        {**message, "content": _MEASURED.sub("?", message["content"])}
        for message in asked["messages"]
    ]
    request = {"messages": messages, "seed": asked["seed"]}
    return {**{key: exchange[key] for key in exchange if key != "occurrence"}, "request": request}


def _exchanges(path: str) -> list[dict[str, Any]]:
    return read_exchanges(Path(path), remedy="give a file with one {request, reply} a line")
