"""Providers that do as a test says, and what most tests ask."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sigil.llm.asking import Asking
from sigil.llm.budget import UNLIMITED
from sigil.llm.model import Message, Reply, Request, Usage
from sigil.llm.pacing import Backoff
from sigil.llm.settings import ModelSettings

SOON_S = 20.0
"""Longer than any answer of these takes, however slow the machine is."""
PROMPT = Backoff(first_s=0.001, most_s=0.002)


def request(text: str = "make it faster", **facts) -> Request:
    return Request((Message("user", text),), **facts)


class Scripted:
    """A provider: ``answer(request, number)`` is the text, or raises."""

    def __init__(self, answer: Callable[[Request, int], str] = lambda request, number: "no idea"):
        self.name = "scripted"
        self.asked: list[Request] = []
        self._answer = answer
        self._lock = threading.Lock()

    def complete(self, request: Request) -> Reply:
        with self._lock:
            number = len(self.asked)
            self.asked.append(request)
        text = self._answer(request, number)
        return Reply(text, "scripted-1", Usage(10, 5), f"id-{number}")


def entry(name: str = "default_llm", **settings) -> ModelSettings:
    return ModelSettings(name, "stub", **settings)


def asking(provider, *, known=(), budget=UNLIMITED, record=None, **settings) -> Asking:
    return Asking(
        {"default_llm": entry(**settings)},
        known=known,
        record=record or (lambda exchange: None),
        budget=budget,
        providers={"default_llm": provider},
        backoff=PROMPT,
    )
