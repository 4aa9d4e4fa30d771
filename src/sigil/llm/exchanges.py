"""Exchanges as data: what is recorded of a request and its answer, and found again.

Requests are redacted before they are sent, answers before anybody reads them, so that what is
recorded is what was said and a replay gives the same bytes. Equal requests are told apart by
their order: the second one's exchange carries ``"occurrence": 1``.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from typing import Any

from sigil.canonical import digest_value
from sigil.errors import ProviderFailed
from sigil.llm.model import Message, Reply, Request, Usage
from sigil.llm.redaction import redact
from sigil.printable import printable

MAX_TEXT = 1 << 20
"""Characters kept of an answer, with the note where it was cut."""
_LONGEST_NAME = 200
_LONGEST_MESSAGE = 500


def clean_request(request: Request) -> Request:
    """Return ``request`` without secrets, and without what is no text in UTF-8."""
    messages = tuple(Message(m.role, redact(_utf8(m.content))) for m in request.messages)
    return replace(request, messages=messages)


def clean_reply(reply: Reply) -> Reply:
    """Return ``reply`` with at most `MAX_TEXT` characters, no secrets, and no lone surrogates."""
    text = redact(_utf8(reply.text[:MAX_TEXT]))
    if len(reply.text) > MAX_TEXT or len(text) > MAX_TEXT:
        note = f"\n[cut here: the answer had {len(reply.text)} characters]\n"
        text = text[: MAX_TEXT - len(note)] + note
    model, raw_id = _utf8(reply.model[:_LONGEST_NAME]), _utf8(reply.raw_id[:_LONGEST_NAME])
    return replace(reply, text=text, model=model, raw_id=raw_id)


def clean_text(text: str) -> str:
    """Return a message about an exchange, without secrets, as one short line."""
    return printable(redact(_utf8(text)), _LONGEST_MESSAGE)


def plain_request(request: Request) -> dict[str, Any]:
    """Return ``request`` as JSON-like data."""
    return {
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "model": request.model,
        "temperature": request.temperature,
        "seed": request.seed,
        "max_tokens": request.max_tokens,
    }


def plain_reply(reply: Reply) -> dict[str, Any]:
    """Return ``reply`` as JSON-like data."""
    usage = reply.usage
    return {
        "text": reply.text,
        "model": reply.model,
        "usage": {
            "input_tokens": usage.input_tokens,
            "output_tokens": usage.output_tokens,
            "cost_usd": usage.cost_usd,
        },
        "raw_id": reply.raw_id,
        "exchange": reply.exchange,
    }


def reply_of(plain: Mapping[str, Any]) -> Reply:
    """Return the reply that `plain_reply` gave ``plain`` for."""
    usage = Usage(**plain["usage"])
    text, model, raw_id = (str(plain[key]) for key in ("text", "model", "raw_id"))
    return Reply(text, model, usage, raw_id, str(plain.get("exchange", "")))


def usages(known: Iterable[Mapping[str, Any]]) -> list[Usage]:
    """Return what the answered ones among recorded exchanges took."""
    return [Usage(**exchange["reply"]["usage"]) for exchange in known if "reply" in exchange]


class Exchanges:
    """Recorded answers, found by what was asked.

    Args:
        known: exchanges in the order in which they were recorded.
    """

    def __init__(self, known: Iterable[Mapping[str, Any]] = ()):
        self._answers: defaultdict[str, dict[int, Reply | ProviderFailed]] = defaultdict(dict)
        self._asked: Counter[str] = Counter()
        for exchange in known:
            answers = self._answers[digest_value(exchange["request"])]
            first_free = next(n for n in count() if n not in answers)
            answers[int(exchange.get("occurrence", first_free))] = _answer(exchange)

    def next(self, request: Mapping[str, Any]) -> tuple[Reply | ProviderFailed | None, int, str]:
        """Return the recorded answer to ``request``, how often it was asked before, its digest."""
        digest = digest_value(request)
        occurrence = self._asked[digest]
        self._asked[digest] += 1
        return self._answers[digest].get(occurrence), occurrence, digest


def _answer(exchange: Mapping[str, Any]) -> Reply | ProviderFailed:
    if "failure" in exchange:
        return ProviderFailed(str(exchange["failure"]))
    return reply_of(exchange["reply"])


def _utf8(text: str) -> str:
    """Return ``text`` with what UTF-8 has no form for, such as half a surrogate, as ``?``."""
    return text.encode("utf-8", "replace").decode("utf-8")
