"""The provider ``replay``: answers only what was answered before.

Its ``path`` is a file with one recorded exchange a line, as JSON; without one it knows nothing,
and only what the run itself has on record is answered.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from sigil.errors import Corrupt, ProviderFailed, Where
from sigil.llm.exchanges import Exchanges, clean_request, plain_request
from sigil.llm.model import Reply, Request
from sigil.llm.settings import ModelSettings
from sigil.store.files import read_file


class Replay:
    """Recorded answers, whatever their entry was called.

    Args:
        settings: of its entry.
        known: exchanges, in order, before those of the file.

    Raises:
        SigilError: the file cannot be read, or holds something else.
    """

    name = "replay"

    def __init__(self, settings: ModelSettings, known: Iterable[Mapping[str, Any]] = ()):
        exchanges = [*known, *(_read(Path(settings.path)) if settings.path else ())]
        self._recorded = Exchanges([_nameless(exchange) for exchange in exchanges])
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Reply:
        """Return the recorded answer; see `Provider.complete`."""
        plain = _nameless({"request": plain_request(clean_request(request))})["request"]
        with self._lock:
            answer, _, _ = self._recorded.next(plain)
        if answer is None:
            raise ProviderFailed("nothing is recorded for this request")
        if isinstance(answer, ProviderFailed):
            raise answer
        return answer


def _nameless(exchange: Mapping[str, Any]) -> dict[str, Any]:
    """Return an exchange without what its entry decided; equal ones are told apart by order."""
    request = {key: exchange["request"][key] for key in ("messages", "seed")}
    return {**{key: exchange[key] for key in exchange if key != "occurrence"}, "request": request}


def _read(path: Path) -> list[Mapping[str, Any]]:
    exchanges: list[Mapping[str, Any]] = []
    for number, line in enumerate(read_file(path).splitlines(), 1):
        try:
            exchange = cast("Mapping[str, Any]", json.loads(line))
            Exchanges([_nameless(exchange)])
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise Corrupt(
                "not a recorded exchange",
                where=Where(str(path), number),
                remedy="give a file with one {request, reply} a line",
            ) from error
        exchanges.append(exchange)
    return exchanges
