"""What it means to ask a model, whoever answers.

A provider is plain: one request, one attempt, one reply. What it raises says what to do next:
`Unanswered` that another attempt is worth it, `sigil.errors.ProviderRefused` that no further
request will be answered either, any other `sigil.errors.ProviderFailed` that this one is not.

Not here: which providers there are (`sigil.llm.provider`), retries, budgets and records
(`sigil.llm.asking`), prompts (`sigil.search.prompting`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from sigil.errors import ProviderFailed


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
        model: the name of an entry of the settings; empty for the only one.
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
        exchange: digest of the request that it answers, once that is on record.
    """

    text: str
    model: str
    usage: Usage = Usage()
    raw_id: str = ""
    exchange: str = ""


class Unanswered(ProviderFailed):
    """No answer this time: over a rate, out of time, a server or a network that failed.

    Args:
        problem: what happened, as a short clause.
        after_s: seconds after which the provider says that it may be asked again.
    """

    exit_code = ProviderFailed.exit_code

    def __init__(self, problem: str, after_s: float | None = None):
        super().__init__(problem)
        self.after_s = after_s


class Adapted(Unanswered):
    """No answer this time, and the provider will send the same request in another form.

    It is asked again at once, at the rate of its entry, and no attempt is used up.
    """


class Provider(Protocol):
    """Whoever answers requests. Called from many threads at once.

    Three further methods are called if there are any: ``prepare()`` in a thread before the first
    request, while there is time, to load what takes long; it may fail, as long as a request then
    says why. ``cancel()`` as soon as nobody waits for answers any more that are not yet paid for,
    ``close()`` at the end.
    """

    name: str

    def complete(self, request: Request) -> Reply:
        """Return the answer to ``request``, asking once.

        Raises:
            Unanswered: there is none; the same request may have one later, or at once if it
                is `Adapted`.
            ProviderRefused: there is none, and no other request will have one.
            ProviderFailed: there is none to this request.
        """
        ...
