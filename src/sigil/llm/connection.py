"""One exchange over a client: JSON there, JSON back, and every fault by its name.

`openai` and `anthropic` are made by one generator and have the same classes; our own client has
as much of them as is used here. What is taken out of the libraries' hands: retries (ours are
used), redirects (none is followed, since a key would go with it), headers (ours alone, whatever
variables they read), and the size and time of an answer.

Not here: what a request or an answer looks like (`sigil.llm.chat_completions`,
`sigil.llm.anthropic_messages`).
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NoReturn, cast

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import DependencyMissing, ProviderFailed, ProviderRefused, install
from sigil.importing import to_stay
from sigil.llm.exchanges import clean_text
from sigil.llm.keys import read_key, without_key
from sigil.llm.limits import ERROR_BYTES, MAX_BYTES, Limits
from sigil.llm.model import Request, Unanswered, Usage
from sigil.llm.settings import ModelSettings

PLAIN = "sigil.llm.plain_client"
"""Our own client, by the name of its module."""
_CONNECT_S = 10.0
_MOST_TOKENS = 10**9
_LONGEST_WAIT_S = 24 * 3600.0
_OURS = frozenset(
    "host accept accept-encoding connection content-type content-length user-agent "
    "anthropic-version".split()
)
_RAW = "x-stainless-raw-response"
AS_BYTES = {"headers": {_RAW: "stream"}}
"""Options of a request whose answer is to be read as it arrives, and not made a model of."""
_REFUSED = {401, 402, 403, 404}
_AGAIN = {408, 409, 425, 429}
_NO_CREDIT = re.compile(r"insufficient_quota|credit balance", re.IGNORECASE)
_NOT_TAKEN = re.compile(
    r"(?i)(?:unsupported|unrecognized|unknown|unexpected|deprecated|not (?:be )?support)"
)


class Unsupported(ProviderFailed):
    """A parameter that this model does not take.

    Args:
        problem: what the provider says.
        names: of the parameters that were sent and that it speaks of.
    """

    exit_code = ProviderFailed.exit_code

    def __init__(self, problem: str, names: tuple[str, ...]):
        super().__init__(problem)
        self.names = names


@dataclass(frozen=True, slots=True)
class Library:
    """A client library.

    Args:
        name: of the library.
        client: the class of a client.
        base_url: of the provider itself.
        key_header: that carries the key.
        key_prefix: before the key in that header.
    """

    name: str
    client: str
    base_url: str
    key_header: str
    key_prefix: str = ""


class Connection:
    """A client of one entry, made at the first exchange and shared by all threads.

    Args:
        library: to use; `PLAIN` needs none.
        settings: of the entry.
        own_headers: further headers that may be sent to the provider itself.

    Raises:
        DependencyMissing: the library is not installed.
    """

    def __init__(
        self, library: Library, settings: ModelSettings, own_headers: frozenset[str] = frozenset()
    ):
        if find_spec(library.name) is None:
            raise DependencyMissing(
                f"the provider {settings.provider!r} needs the library {library.name}",
                remedy=install(library.name),
            )
        self._library = library
        self._settings = settings
        self._headers = _OURS if settings.base_url else _OURS | own_headers
        self._lock = threading.Lock()
        self._client: Any = None
        self._key = ""
        self._limits = Limits()

    def exchange(self, create: Callable[[Any], Any], body: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send ``body`` and return the answer.

        Args:
            create: from the client to the method that sends keywords and returns a context
                manager with the response.
            body: keywords.

        Raises:
            Unanswered, ProviderRefused, ProviderFailed: as `Provider.complete`.
            Unsupported: a parameter is not taken.
        """
        client = self._connected()
        try:
            with self._limits.attempt(self._settings.timeout_s), create(client)(**body) as response:
                raw = _read(response.iter_bytes())
        except ProviderFailed:
            raise
        except Exception as error:  # noqa: BLE001 - each of many kinds is named in `_failed`
            self._failed(error, body)
        return _parsed(without_key(raw, self._key))

    def prepare(self, create: Callable[[Any], Any]) -> None:
        """Make the client now, which imports its library: that takes up to half a second.

        Args:
            create: as for `exchange`.
        """
        create(self._connected())

    def close(self) -> None:
        """End the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                self._key = read_key(self._settings)
                self._client = self._connect()
            return self._client

    def _connect(self) -> Any:
        library, settings = loaded(self._library.name), self._settings
        url = settings.base_url or self._library.base_url
        if self._library.name == PLAIN:
            return library.PlainClient(url, self._own_header(), self._limits)
        timeout = library.Timeout(settings.timeout_s, connect=min(_CONNECT_S, settings.timeout_s))
        # Whatever is not given would be read from the environment.
        http_client = library.DefaultHttpxClient(
            timeout=timeout,
            follow_redirects=False,
            verify=_trusted(url),
            event_hooks={"request": [self._only_our_headers], "response": [self._answering]},
        )
        self._limits.hold_for(http_client)
        return getattr(library, self._library.client)(
            api_key=self._key or "none",
            base_url=url,
            max_retries=0,
            timeout=timeout,
            http_client=http_client,
        )

    def _only_our_headers(self, request: Any) -> None:
        """Leave the headers that we mean to send, and the key of this entry."""
        kept = [(name, value) for name, value in request.headers.items() if name in self._headers]
        request.headers = type(request.headers)([*kept, *self._own_header().items()])

    def _own_header(self) -> dict[str, str]:
        """Return what carries the key, if there is one."""
        value = f"{self._library.key_prefix}{self._key}"
        return {self._library.key_header: value} if self._key else {}

    def _answering(self, response: Any) -> None:
        """Look at the head of an answer, before its body is read."""
        # How the clients tell themselves that we read the bytes; no business of the server's.
        response.request.headers[_RAW] = "stream"
        if "," in response.headers.get("content-encoding", ""):
            raise ProviderFailed("the answer is compressed more than once")
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            self._limits.read_no_more_than(ERROR_BYTES)

    def _failed(self, error: Exception, body: Mapping[str, Any]) -> NoReturn:
        """Raise what ``error`` means, without the key and without the request's headers."""
        if isinstance(error.__cause__, ProviderFailed):
            raise error.__cause__ from None
        library = import_module(self._library.name)
        if isinstance(error, library.APIStatusError):
            self._answered(cast("Any", error), body)
        if isinstance(error, library.APITimeoutError) or _out_of_time(error):
            problem = f"no answer within {self._settings.timeout_s:g} s"
            raise Unanswered(problem) from None
        host = self._settings.base_url or self._library.base_url
        cause = error.__cause__ or error
        problem = self._said(f"the exchange with {host} failed: {type(cause).__name__}: {cause}")
        if isinstance(error, library.APIConnectionError) or _of_the_network(error):
            raise Unanswered(problem) from None
        raise ProviderFailed(problem) from None

    def _answered(self, error: Any, body: Mapping[str, Any]) -> NoReturn:
        """Raise what a status of HTTP means."""
        status: int = error.status_code
        message = self._said(str(error.message))
        problem = f"{self._settings.provider} answered {status}: {message}"
        if status in _REFUSED or _NO_CREDIT.search(f"{error.body} {message}"):
            raise ProviderRefused(problem, remedy=_remedy(status, self._settings)) from None
        if status in _AGAIN or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Unanswered(problem, _retry_after(error.response.headers)) from None
        sent = [*body, *body.get("extra_body", ())]
        names = tuple(name for name in sent if re.search(rf"\b{name}\b", message))
        if status in {400, 422} and names and _NOT_TAKEN.search(message):
            raise Unsupported(problem, names) from None
        raise ProviderFailed(problem) from None

    def _said(self, text: str) -> str:
        return clean_text(self._without_secrets(_utf8(text)).decode("utf-8", "replace"))

    def _without_secrets(self, said: bytes) -> bytes:
        for secret in (self._key, *getattr(self._client, "secrets", ())):
            said = without_key(said, secret)
        return said


def _trusted(url: str) -> ssl.SSLContext | bool:
    """Return whose certificates are believed: nobody's where nobody shows one.

    To read those of this machine takes as long as forty exchanges.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if url.startswith("http://") else True


def loaded(name: str) -> Any:
    """Import a library; whoever else does so at the same time waits for it."""
    with to_stay():
        return import_module(name)


def _remedy(status: int, settings: ModelSettings) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return f"check model: and base_url: of {settings.name}"
    if status == HTTPStatus.UNAUTHORIZED:
        return (
            f"check the key in {settings.key_variable}"
            if settings.key_variable
            else (f"name the variable that holds the key as key_variable: of {settings.name}")
        )
    return "check the account with the provider"


def _of_the_network(error: Exception) -> bool:
    """Say whether the library under both clients raised it, as it does inside of a body."""
    return isinstance(error, OSError) or type(error).__module__.startswith("httpx")


def _out_of_time(error: Exception) -> bool:
    """Say whether the library under both clients waited too long, as it does inside of a body."""
    return any(kind.__name__ == "TimeoutException" for kind in type(error).__mro__)


def _read(chunks: Iterator[bytes]) -> bytes:
    """Return a whole body, unless it is too large."""
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > MAX_BYTES:
            raise ProviderFailed(f"the answer is larger than {MAX_BYTES >> 20} MiB")
    return bytes(body)


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _parsed(raw: bytes) -> Mapping[str, Any]:
    """Return the JSON of a body, whose text need not be UTF-8."""
    try:
        answer: object = json.loads(raw.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict):
        return cast("Mapping[str, Any]", answer)
    shown = clean_text(raw[:80].decode("utf-8", "replace"))
    raise Unanswered(f"the answer is no JSON object: {shown or 'nothing'}")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date; at most a day."""
    value = headers.get("retry-after", "").strip()
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return _bounded(float(value))
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return _bounded((parsedate_to_datetime(value) - SYSTEM_CLOCK.now()).total_seconds())
    return None


def _bounded(seconds: float) -> float | None:
    return None if math.isnan(seconds) else min(max(seconds, 0.0), _LONGEST_WAIT_S)


# --- what both say ----------------------------------------------------------------------


def usage(answer: Mapping[str, Any], names: tuple[str, str], request: Request, text: str) -> Usage:
    """Return the tokens that ``answer`` counts, of the request and of its ``text``."""
    counted: object = answer.get("usage")
    counts = cast("dict[str, Any]", counted) if isinstance(counted, dict) else {}
    asked = "".join(message.content for message in request.messages)
    return Usage(_tokens(counts.get(names[0]), asked), _tokens(counts.get(names[1]), text))


def _tokens(counted: object, text: str) -> int:
    """Return what a provider counted; where it did not, four bytes are a token."""
    if isinstance(counted, int) and not isinstance(counted, bool) and 0 <= counted <= _MOST_TOKENS:
        return counted
    return -(-len(text.encode("utf-8", "replace")) // 4)


def joined(parts: object) -> str:
    """Return the texts in a list of content parts, or a content that is one text."""
    if isinstance(parts, str):
        return parts
    listed = cast("list[object]", parts) if isinstance(parts, list) else []
    held = [cast("dict[str, object]", part) for part in listed if isinstance(part, dict)]
    texts = [part.get("text") for part in held]
    return "".join(text for text in texts if isinstance(text, str))
