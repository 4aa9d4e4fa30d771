"""Asking a forge's REST API: one server, one token, answers of a known shape, an end in time.

Promises: the token goes to the one server that is named, in one header, and nowhere else: no
redirect is followed, and it is in no argument, message or representation. Replies are bounded, and
what may be asked twice is asked again after a 5xx or a rate limit.

Not here: which questions there are (`sigil.gate.forge.github`).
"""

from __future__ import annotations

import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPException
from typing import IO, Any, TypeVar

import msgspec

from sigil.effects import SYSTEM_CLOCK
from sigil.errors import ForgeFailed, InvalidValue, Where
from sigil.printable import printable

API = "https://api.github.com"
ANSWER_S = 30.0
"""Seconds from a question to the end of its answer."""
ATTEMPTS = 4
LONGEST_WAIT_S = 120.0
"""Seconds that a rate limit may ask for; beyond it, a later run is better than a longer one."""
_MAX_BYTES = 8 * 2**20
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_OK, _ELSEWHERE, _SERVER_ERROR = range(200, 300), range(300, 400), 500
_UNAUTHORIZED, _FORBIDDEN, _MISSING, _BUSY = 401, 403, 404, 429
_HANDLERS = (
    urllib.request.ProxyHandler,
    urllib.request.HTTPHandler,
    urllib.request.HTTPSHandler,
)
"""Without those that follow redirects, which would take the token along, or raise."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the API is, and what opens it.

    Args:
        url: without a slash at the end.
        token: None for what anybody may read.
    """

    url: str
    token: str | None = field(default=None, repr=False)


def access(environment: Mapping[str, str]) -> Access:
    """Return what ``GITHUB_API_URL`` and ``GITHUB_TOKEN`` (or ``GH_TOKEN``) say.

    Raises:
        InvalidValue: an address without encryption that is not this machine's, or a token that
            is none. The message holds nothing of the token.
    """
    url = (environment.get("GITHUB_API_URL") or API).rstrip("/")
    parts = urllib.parse.urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if not is_safe or not parts.hostname or "@" in parts.netloc or parts.query or parts.fragment:
        raise InvalidValue(
            f"GITHUB_API_URL is no address that a token may go to: {printable(url, 80)}",
            remedy=f"an https:// address, such as {API}",
        )
    token = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
    if not token.isascii() or any(not letter.isprintable() or letter == " " for letter in token):
        raise InvalidValue("GITHUB_TOKEN holds what no token holds", remedy="set it again")
    return Access(url, token or None)


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; ``status`` is 0 if there was none, and ``data`` then says why."""

    status: int
    headers: Message
    data: bytes

    @property
    def is_good(self) -> bool:
        """Whether it was done."""
        return self.status in _OK


@dataclass(frozen=True, slots=True)
class _Refusal:
    message: str = ""


def _pause(seconds: float) -> None:
    threading.Event().wait(seconds)


class Rest:
    """A REST API.

    Args:
        reached: where, and with which token.
        pause: waits for so many seconds.
    """

    def __init__(self, reached: Access, *, pause: Callable[[float], None] = _pause):
        self._access, self._pause = reached, pause
        self._opener = urllib.request.OpenerDirector()
        for handler in _HANDLERS:
            self._opener.add_handler(handler())

    def __repr__(self) -> str:
        return f"Rest({self._access.url})"

    def read(self, path: str, kind: type[T]) -> T:
        """Return what stands at a path.

        Raises:
            ForgeFailed: nothing, nothing for this token, or something of another shape.
        """
        return self.understood("GET", path, self.ask("GET", path), kind)

    def write(
        self, method: str, path: str, body: Mapping[str, Any], kind: type[T], *, twice: bool = True
    ) -> T:
        """Write, and return the answer.

        Raises:
            ForgeFailed: it is refused.
        """
        return self.understood(method, path, self.ask(method, path, body, twice=twice), kind)

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, twice: bool = True
    ) -> Answer:
        """Ask until there is an answer that waiting does not change.

        Args:
            method: of HTTP.
            path: below the API's address.
            body: as JSON.
            twice: whether it may be asked again when it is not known what came of it.
        """
        answer = self._once(method, path, body)
        for attempt in range(ATTEMPTS - 1):
            wait = _wait(answer, attempt, twice=twice)
            if wait is None or wait > LONGEST_WAIT_S:
                break
            self._pause(wait)
            answer = self._once(method, path, body)
        return answer

    def understood(self, method: str, path: str, answer: Answer, kind: type[T]) -> T:
        """Return what an answer holds.

        Raises:
            ForgeFailed: it is a refusal, or of another shape.
        """
        where = Where(f"{method} {path.partition('?')[0]}")
        if not answer.is_good:
            raise self._failed(where, answer)
        try:
            return msgspec.json.decode(answer.data, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ForgeFailed(
                "answers in another shape than GitHub's",
                where=where,
                remedy="look at GITHUB_API_URL",
            ) from error

    def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        headers = {
            "Accept": "application/vnd.github+json",
            "User-Agent": "sigil",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        data = None if body is None else json.dumps(body).encode()
        url = f"{self._access.url}/{path}"
        request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 (`access` has looked at the scheme)
        if self._access.token is not None:
            request.add_unredirected_header("Authorization", f"Bearer {self._access.token}")
        try:
            with self._opener.open(request, timeout=ANSWER_S) as reply:
                return Answer(reply.status, reply.headers, _bounded(reply))
        except (OSError, HTTPException) as error:
            cause = getattr(error, "reason", error)
            return Answer(0, Message(), json.dumps({"message": str(cause)}).encode())

    def _failed(self, where: Where, answer: Answer) -> ForgeFailed:
        problem, remedy = _explained(answer, has_token=self._access.token is not None)
        try:
            message = msgspec.json.decode(answer.data, type=_Refusal).message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = ""
        if self._access.token is not None:
            message = message.replace(self._access.token, "…")
        said = f": {printable(message, 200)}" if message else ""
        return ForgeFailed(f"{problem}{said}", where=where, remedy=remedy)


def _bounded(reply: IO[bytes]) -> bytes:
    """Read a reply, which may neither be endless nor drip for ever."""
    latest = SYSTEM_CLOCK.monotonic_ns() + int(ANSWER_S * 1e9)
    data = bytearray()
    while part := reply.read(2**16):
        data += part
        if len(data) > _MAX_BYTES or SYSTEM_CLOCK.monotonic_ns() > latest:
            raise TimeoutError("the answer does not end")
    return bytes(data)


def _wait(answer: Answer, attempt: int, *, twice: bool) -> float | None:
    """Return the seconds after which to ask again; None for never.

    What a rate limit refused was not done, so it may always be asked again.
    """
    if (limit := _limited(answer, 2.0**attempt)) is not None:
        return limit
    is_unclear = answer.status == 0 or answer.status >= _SERVER_ERROR
    return 2.0**attempt if is_unclear and twice else None


def _limited(answer: Answer, otherwise: float) -> float | None:
    """Return the seconds that a rate limit asks for; None where there is none."""
    after = answer.headers.get("retry-after", "")
    is_spent = answer.headers.get("x-ratelimit-remaining") == "0"
    if answer.status != _BUSY and not (answer.status == _FORBIDDEN and (is_spent or after)):
        return None
    if after.isdecimal():
        return float(after)
    reset = answer.headers.get("x-ratelimit-reset", "")
    if is_spent and reset.isdecimal():
        return max(float(reset) - SYSTEM_CLOCK.now().timestamp(), 1.0)
    return otherwise


_NEEDED = "GITHUB_TOKEN needs contents, pull-requests and statuses: write"


def _explained(answer: Answer, *, has_token: bool) -> tuple[str, str]:
    """Return what an answer means, and what to do."""
    status = answer.status
    cases = (
        (status == 0, "cannot be reached", "look at the network and GITHUB_API_URL"),
        (
            _limited(answer, 1.0) is not None,
            f"a rate limit is reached ({status})",
            "run it again later",
        ),
        (
            status in _ELSEWHERE,
            f"it is elsewhere now ({status})",
            "name the repository as it is called now",
        ),
        (
            status == _UNAUTHORIZED and has_token,
            "the token is not accepted",
            "set GITHUB_TOKEN to one that is valid",
        ),
        (
            status in {_UNAUTHORIZED, _FORBIDDEN, _MISSING},
            f"it is not there, or the token may not ({status})",
            _NEEDED,
        ),
        (status >= _SERVER_ERROR, f"the server fails ({status})", "run it again later"),
    )
    for holds, problem, remedy in cases:
        if holds:
            return problem, remedy
    return f"it is refused ({status})", "read what it says"
