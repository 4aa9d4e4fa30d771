"""The client of ``openai-compatible``: `httpx2`, which is below the official clients too.

A server that speaks OpenAI's protocol and is not OpenAI needs one path of it. The official client
brings all the others: half of what a run of two hundred questions to such a server spends on its
client is the import alone, and two thirds of an exchange go into it.

Has the names that `sigil.llm.connection` takes from an official client.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

from httpx2 import Client as DefaultHttpxClient
from httpx2 import Response, Timeout
from httpx2 import TimeoutException as APITimeoutError
from httpx2 import TransportError as APIConnectionError

__all__ = [
    "APIConnectionError",
    "APIStatusError",
    "APITimeoutError",
    "DefaultHttpxClient",
    "PlainClient",
    "Timeout",
]


class APIStatusError(Exception):
    """An answer that is no success.

    Args:
        response: whose body was read.

    Attributes:
        status_code: of HTTP.
        message: the status and the body.
        body: as text.
        response: the answer.
    """

    def __init__(self, response: Response):
        self.status_code = response.status_code
        self.body = response.text
        self.message = f"{response.reason_phrase}: {self.body}"
        self.response = response
        super().__init__(self.message)


class PlainClient:
    """Posts JSON to the paths below one URL.

    Args:
        base_url: of the server, such as ``http://127.0.0.1:11434/v1``.
        http_client: that does it, and that knows the key; this owns it.
        _told: what else official clients are told, and ``http_client`` was told already.
    """

    def __init__(self, *, base_url: str, http_client: DefaultHttpxClient, **_told: object):
        self._base_url = base_url.rstrip("/")
        self._http_client = http_client

    @contextmanager
    def post(self, path: str, body: Mapping[str, Any]) -> Generator[Response]:
        """Send ``body`` and give the answer, which is read as it arrives.

        Raises:
            APIStatusError: it is no success.
            APITimeoutError, APIConnectionError: there is none.
        """
        with self._http_client.stream("POST", f"{self._base_url}{path}", json=body) as response:
            if not response.is_success:
                response.read()
                raise APIStatusError(response)
            yield response

    def close(self) -> None:
        """End the connections."""
        self._http_client.close()
