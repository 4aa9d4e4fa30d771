"""What it means to ask a model, whoever answers.

A provider is plain: one request, one reply, `sigil.errors.ProviderFailed` if there is
none. Retrying, budgets and records are the caller's.

Not here: which providers there are (`sigil.llm.provider`), prompts
(`sigil.search.model_proposer`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation.

    Args:
        role: who speaks.
        content: plain text.
    """

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Request:
    """One question to a model.

    Args:
        messages: in order.
        model: a name that the provider knows; empty for its default.
        temperature: 0 for the likeliest answer.
        seed: for providers that can sample reproducibly; others ignore it.
        max_tokens: of the answer.
    """

    messages: tuple[Message, ...]
    model: str = ""
    temperature: float = 1.0
    seed: int = 0
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Usage:
    """What an exchange took.

    Args:
        input_tokens: of the request, as the provider counted them.
        output_tokens: of the reply.
        cost_usd: in US dollars; None where the provider's price is not known.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer.

    Args:
        text: what the model said; untrusted.
        model: the one that really answered.
        usage: what it took.
        raw_id: the provider's own id of the exchange, for its support.
    """

    text: str
    model: str
    usage: Usage = Usage()
    raw_id: str = ""


class Provider(Protocol):
    """Whoever answers requests."""

    name: str

    def complete(self, request: Request) -> Reply:
        """Return the answer to ``request``.

        Raises:
            ProviderFailed: there is none.
        """
        ...
