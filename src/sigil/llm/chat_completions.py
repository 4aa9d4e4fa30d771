"""The providers ``openai`` and ``openai-compatible``: chat completions, anywhere.

Parameters that a model does not take are left out from the second request on: models that
reason refuse a temperature, some servers a seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from typing import Any

from sigil.errors import InvalidValue, Where
from sigil.llm.connection import AS_BYTES, PLAIN, Connection, Library, Unsupported, joined, usage
from sigil.llm.model import Adapted, Reply, Request, Unanswered
from sigil.llm.settings import ModelSettings

_OPENAI = "https://api.openai.com/v1"
_LIBRARIES = {
    "openai": Library("openai", "OpenAI", _OPENAI, "authorization", key_prefix="Bearer "),
    "openai-compatible": Library(PLAIN, "", _OPENAI, "authorization", key_prefix="Bearer "),
}
_PATH = "/chat/completions"
_ACCOUNT = frozenset({"openai-organization", "openai-project"})
_LIMITS = {"openai": "max_completion_tokens"}


class ChatCompletions:
    """A model behind OpenAI's protocol.

    Args:
        settings: of its entry, with a model.

    Raises:
        InvalidValue: no model is named.
        DependencyMissing: the library is not installed.
    """

    def __init__(self, settings: ModelSettings):
        if not settings.model:
            raise InvalidValue(
                f"no model of {settings.provider} is named",
                where=Where(field=f"{settings.name}.model"),
                remedy="add --model, or model: to its entry in sigil.yaml",
            )
        self.name = settings.provider
        self._model = settings.model
        self._limit = _LIMITS.get(settings.provider, "max_tokens")
        self._left_out: frozenset[str] = frozenset()
        library = _LIBRARIES[settings.provider]
        self._connection = Connection(library, settings, own_headers=_ACCOUNT)
        self._create = _create if settings.provider == "openai" else _create_plain

    def complete(self, request: Request) -> Reply:
        """Return the first choice; see `Provider.complete`."""
        body = self._body(request)
        try:
            answer = self._connection.exchange(self._create, body)
        except Unsupported as refusal:
            self._adapt(refusal, body)
            raise Adapted(refusal.problem) from refusal
        return self._reply(answer, request)

    def prepare(self) -> None:
        """Load the client; see `Provider`."""
        self._connection.prepare(self._create)

    def close(self) -> None:
        """End the connections."""
        self._connection.close()

    def _body(self, request: Request) -> dict[str, Any]:
        optional = {"seed": request.seed, "temperature": request.temperature}
        return {
            "model": self._model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            self._limit: request.max_tokens,
            **{name: optional[name] for name in optional if name not in self._left_out},
        }

    def _adapt(self, refusal: Unsupported, body: Mapping[str, Any]) -> None:
        """Leave out what was refused, or call the limit by its other name."""
        if "max_tokens" in refusal.names and "max_tokens" in body:
            self._limit = "max_completion_tokens"
            return
        refused = {"temperature", "seed"}.intersection(refusal.names)
        if not refused:
            raise refusal
        self._left_out |= refused

    def _reply(self, answer: Mapping[str, Any], request: Request) -> Reply:
        try:
            message = answer["choices"][0]["message"]
            text = joined(message.get("content")) or joined(message.get("refusal"))
        except (LookupError, TypeError, AttributeError) as error:
            raise Unanswered("the answer has no message in it") from error
        return Reply(
            text,
            model=str(answer.get("model") or self._model),
            usage=usage(answer, ("prompt_tokens", "completion_tokens"), request, text),
            raw_id=str(answer.get("id") or ""),
        )


def _create(client: Any) -> Callable[..., AbstractContextManager[Any]]:
    """Return what posts keywords as they are.

    The client's own `chat.completions.create` posts the same, after a fifth of an exchange's time
    with all the parameters that there are.
    """
    url = f"{client.base_url}".rstrip("/") + _PATH  # the client is slow to put it together

    def post(**body: Any) -> closing[Any]:
        return closing(client.post(url, cast_to=object, body=body, options=AS_BYTES))

    return post


def _create_plain(client: Any) -> Callable[..., AbstractContextManager[Any]]:
    """Return the same of the client that has nothing to leave out."""

    def post(**body: Any) -> AbstractContextManager[Any]:
        return client.post(_PATH, body)

    return post
