"""The provider ``anthropic``: the messages API.

It knows no seed, and no temperature above one, which is its default. Models that take no
temperature at all get none from the second request on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sigil.errors import InvalidValue, Where
from sigil.llm.connection import Connection, Library, Unsupported, joined, usage
from sigil.llm.model import Adapted, Reply, Request, Unanswered
from sigil.llm.settings import ModelSettings

_LIBRARY = Library("anthropic", "Anthropic", "https://api.anthropic.com", "x-api-key")


class AnthropicMessages:
    """A model behind Anthropic's protocol.

    Args:
        settings: of its entry, with a model.

    Raises:
        InvalidValue: no model is named.
        DependencyMissing: the library is not installed.
    """

    name = "anthropic"

    def __init__(self, settings: ModelSettings):
        if not settings.model:
            raise InvalidValue(
                "no model of anthropic is named",
                where=Where(field=f"{settings.name}.model"),
                remedy="add --model, or model: to its entry in sigil.yaml",
            )
        self._model = settings.model
        self._tempered = True
        self._connection = Connection(_LIBRARY, settings)

    def complete(self, request: Request) -> Reply:
        """Return the text of the answer; see `Provider.complete`."""
        try:
            answer = self._connection.exchange(_create, self._body(request))
        except Unsupported as refusal:
            if "temperature" not in refusal.names:
                raise
            self._tempered = False
            raise Adapted(refusal.problem) from refusal
        return self._reply(answer, request)

    def prepare(self) -> None:
        """Load the client; see `Provider`."""
        self._connection.prepare(_create)

    def close(self) -> None:
        """End the connections."""
        self._connection.close()

    def _body(self, request: Request) -> dict[str, Any]:
        system = "\n\n".join(m.content for m in request.messages if m.role == "system")
        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": request.max_tokens,
            "messages": [
                {"role": m.role, "content": m.content}
                for m in request.messages
                if m.role != "system"
            ],
        }
        if system:
            body["system"] = system
        if self._tempered and request.temperature < 1.0:
            # Not every model takes one, so the library has no parameter for it.
            body["extra_body"] = {"temperature": request.temperature}
        return body

    def _reply(self, answer: Mapping[str, Any], request: Request) -> Reply:
        if not isinstance(answer.get("content"), list):
            raise Unanswered("the answer has no message in it")
        text = joined(answer["content"])
        return Reply(
            text,
            model=str(answer.get("model") or self._model),
            usage=usage(answer, ("input_tokens", "output_tokens"), request, text),
            raw_id=str(answer.get("id") or ""),
        )


def _create(client: Any) -> Any:
    return client.messages.with_streaming_response.create
