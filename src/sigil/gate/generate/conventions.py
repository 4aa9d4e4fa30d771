"""What a request usually holds where an intent does not say.

Two conventions, and no more: whoever signs up without a word about how sends an e-mail address
and a password; and an answer of which no status is said, a redirect being one, has one of success.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sigil.gate.generate.model import Below5xx, Exchange, Request, StatusClass, StatusIs

_SIGNING_UP = re.compile(r"/(?:sign-?up|register|registrations?)/?")


def is_signing_up(request: Request) -> bool:
    """Say whether a request is one by which somebody gets an account."""
    return (
        request.method == "POST" and _SIGNING_UP.search(request.path.partition("?")[0]) is not None
    )


def with_usual_body(exchange: Exchange) -> Exchange:
    """Return an exchange that sends what is usual, if it is said to send nothing."""
    request = exchange.request
    if request.body is not None or not is_signing_up(request):
        return exchange
    body = {"email": "<email>", "password": "<password>"}
    return replace(exchange, request=replace(request, body=body))


def with_status(exchange: Exchange) -> Exchange:
    """Return an exchange that expects success, if no status is said."""
    if any(isinstance(one, StatusIs | StatusClass | Below5xx) for one in exchange.expected):
        return exchange
    return replace(exchange, expected=(StatusClass(2), *exchange.expected))
