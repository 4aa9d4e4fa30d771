"""A small billing service over HTTP: standard library alone, everything in memory.

    python3 server.py --port 8080

The API takes ``Authorization: Bearer <session_token>``, the pages a cookie; ``/session?token=…``
turns the one into the other, so that a browser can go on with a session of the API.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pages
from billing import Account, Billing, Card, Charge, Refused, receipt

MAX_BODY = 64 * 2**10
PAGE = "/account/billing"
_COOKIE = "session"


@dataclass(frozen=True)
class Answer:
    """What goes back.

    Args:
        status: of HTTP.
        body: its bytes.
        kind: of the content.
        headers: further ones.
    """

    status: int
    body: bytes = b""
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A request, read.

    Args:
        query: of the path.
        body: its bytes.
        token: of the session, from header or cookie.
    """

    query: dict[str, str]
    body: bytes
    token: str

    def json(self) -> dict:
        """Return the body as a JSON object."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise Refused(400, "invalid_json", "The body has to be a JSON object.")
        return found

    def form(self) -> dict[str, str]:
        """Return the fields of a form."""
        return _first(parse_qs(self.body.decode("utf-8", "replace"), max_num_fields=50))


Handler = Callable[[Asked], Answer]


class App:
    """The routes. Safe to use from many threads."""

    def __init__(self, billing: Billing):
        self._billing = billing
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "/"): lambda _: _redirect(PAGE),
            ("GET", "/healthz"): lambda _: _json(200, {"ok": True}),
            ("POST", "/api/signup"): self._sign_up,
            ("POST", "/api/session"): self._sign_in,
            ("GET", "/api/subscription"): self._subscription,
            ("POST", "/api/subscription/cancel"): self._cancel,
            ("POST", "/api/payment_intents"): self._intend,
            ("POST", "/api/checkout"): self._check_out,
            ("GET", "/api/charges"): self._charges,
            ("GET", "/session"): self._adopt_session,
            ("POST", "/session"): self._page_sign_in,
            ("GET", PAGE): self._page,
            ("POST", f"{PAGE}/checkout"): self._page_check_out,
            ("POST", f"{PAGE}/cancel"): self._page_cancel,
        }

    def answer(self, method: str, path: str, asked: Asked) -> Answer:
        """Answer one request."""
        try:
            return self._route(method, path)(asked)
        except Refused as refused:
            return self._refusal(path, refused)

    def _route(self, method: str, path: str) -> Handler:
        known = {verb: handler for (verb, route), handler in self._routes.items() if route == path}
        if not known:
            raise Refused(404, "not_found", "There is nothing here.")
        if method not in known:
            raise Refused(405, "method_not_allowed", f"This takes {', '.join(sorted(known))}.")
        return known[method]

    def _refusal(self, path: str, refused: Refused) -> Answer:
        if path.startswith("/api/"):
            error = {"error": {"code": refused.code, "message": refused.message}}
            return _json(refused.status, error)
        if refused.status == 401:
            return _html(401, pages.sign_in_page(refused.message))
        return _html(refused.status, pages.message_page("That did not work", refused.message))

    # --- the API -------------------------------------------------------------------------

    def _sign_up(self, asked: Asked) -> Answer:
        given = asked.json()
        token = self._billing.sign_up(_text(given, "email"), _text(given, "password"))
        return _json(201, {"session_token": token})

    def _sign_in(self, asked: Asked) -> Answer:
        given = asked.json()
        token = self._billing.sign_in(_text(given, "email"), _text(given, "password"))
        return _json(201, {"session_token": token})

    def _subscription(self, asked: Asked) -> Answer:
        account = self._billing.account(asked.token)
        current = account.current
        return _json(
            200,
            {
                "plan": account.plan,
                "status": "active",
                "period": current.period if current else None,
                "price_cents": current.amount_cents if current else 0,
                "next_billing_date": current.renews.isoformat() if current else None,
                "receipt_preview": receipt(account),
            },
        )

    def _cancel(self, asked: Asked) -> Answer:
        self._billing.cancel(self._billing.account(asked.token))
        return self._subscription(asked)

    def _intend(self, asked: Asked) -> Answer:
        account = self._billing.account(asked.token)
        intent = self._billing.intend(account, _text(asked.json(), "period"))
        return _json(201, {"id": intent.id, "amount_cents": intent.amount_cents})

    def _check_out(self, asked: Asked) -> Answer:
        account, given = self._billing.account(asked.token), asked.json()
        card = Card(*(_text(given, name) for name in ("number", "expiry", "cvc")))
        charge = self._billing.check_out(account, _text(given, "payment_intent"), card)
        return _json(200, _shown(charge))

    def _charges(self, asked: Asked) -> Answer:
        account = self._billing.account(asked.token)
        return _json(200, {"charges": [_shown(charge) for charge in account.charges]})

    # --- the pages -----------------------------------------------------------------------

    def _adopt_session(self, asked: Asked) -> Answer:
        token = asked.query.get("token", "")
        self._billing.account(token)
        return _redirect(PAGE, token)

    def _page_sign_in(self, asked: Asked) -> Answer:
        given = asked.form()
        token = self._billing.sign_in(given.get("email", ""), given.get("password", ""))
        return _redirect(PAGE, token)

    def _page(self, asked: Asked) -> Answer:
        return self._billing_page(self._billing.account(asked.token))

    def _page_check_out(self, asked: Asked) -> Answer:
        account, given = self._billing.account(asked.token), asked.form()
        card = Card(*(given.get(name, "") for name in ("number", "expiry", "cvc")))
        try:
            intent_id = self._intent_of(account, given)
            self._billing.check_out(account, intent_id, card)
        except Refused as refused:
            return self._billing_page(account, refused)
        return _redirect(PAGE)

    def _intent_of(self, account: Account, given: dict[str, str]) -> str:
        """Return the intent to pay: the page's own unless another period was picked."""
        known = account.intents.get(given.get("intent", ""))
        period = given.get("period", "")
        if known is not None and (known.order_id is not None or known.period == period):
            return known.id
        return self._billing.open_intent(account, period).id

    def _page_cancel(self, asked: Asked) -> Answer:
        self._billing.cancel(self._billing.account(asked.token))
        return _redirect(PAGE)

    def _billing_page(self, account: Account, refused: Refused | None = None) -> Answer:
        intent = None if account.current else self._billing.open_intent(account, "year")
        text = pages.billing_page(account, intent, refused.message if refused else "")
        return _html(refused.status if refused else 200, text)


def _text(given: dict, name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise Refused(422, f"missing_{name}", f"{name} has to be a text.")
    return value


def _shown(charge: Charge) -> dict:
    return {
        "order_id": charge.order_id,
        "payment_intent": charge.intent,
        "plan": "pro",
        "period": charge.period,
        "total_cents": charge.amount_cents,
        "status": "paid",
    }


def _json(status: int, value: dict) -> Answer:
    return Answer(status, json.dumps(value).encode())


def _html(status: int, text: str) -> Answer:
    return Answer(status, text.encode(), "text/html; charset=utf-8")


def _redirect(path: str, token: str = "") -> Answer:
    headers = {"Location": path}
    if token:
        headers["Set-Cookie"] = f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"
    return Answer(303, headers=headers)


def _first(fields: dict[str, list[str]]) -> dict[str, str]:
    return {name: values[0] for name, values in fields.items()}


# --- HTTP ---------------------------------------------------------------------------------


class Connection(BaseHTTPRequestHandler):
    """One connection. Each answer leaves in one piece, so that no packet waits for another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    app: App

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def answer(self) -> None:
        """Answer one request of any method."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > MAX_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            self._send(Answer(413))
            return
        parts = urlsplit(self.path)
        query = _first(parse_qs(parts.query, max_num_fields=50))
        asked = Asked(query, self.rfile.read(int(length)), self._token())
        method = "GET" if self.command == "HEAD" else self.command
        self._send(self.app.answer(method, parts.path, asked))

    def _token(self) -> str:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return token.strip()
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(_COOKIE)
        except CookieError:
            return ""
        return cookie.value if cookie else ""

    def _send(self, answer: Answer) -> None:
        headers = {
            "Content-Type": answer.kind,
            "Content-Length": str(len(answer.body)),
            "Cache-Control": "no-store",
            **({"Connection": "close"} if self.close_connection else {}),
            **answer.headers,
        }
        reason = HTTPStatus(answer.status).phrase
        lines = [f"HTTP/1.1 {answer.status} {reason}", *(f"{k}: {v}" for k, v in headers.items())]
        head = "\r\n".join([*lines, "", ""]).encode("latin-1")
        self.wfile.write(head if self.command == "HEAD" else head + answer.body)


for _method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
    setattr(Connection, f"do_{_method}", Connection.answer)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--host", default="127.0.0.1")
    given = parser.parse_args()
    Connection.app = App(Billing())
    server = ThreadingHTTPServer((given.host, given.port), Connection)
    server.daemon_threads = True
    server.serve_forever()


if __name__ == "__main__":
    main()
