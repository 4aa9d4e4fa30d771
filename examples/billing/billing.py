"""Accounts, plans, payment intents and charges of a small service, in memory.

What it promises: an intent is charged at most once, however often its checkout is repeated; the
price of an order is the one that its intent was made with; reading changes nothing.

Not here: HTTP (`server`), pages (`pages`).
"""

from __future__ import annotations

import calendar
import hashlib
import hmac
import secrets
import threading
from dataclasses import dataclass, field
from datetime import date

PRICES_CENTS = {"month": 1200, "year": 9900}
"""Of the Pro plan, by period."""
DECLINED = "4000000000000002"
"""A test card that every bank refuses."""
_LONGEST = 320


class Refused(Exception):
    """What a client asked for and cannot have.

    Args:
        status: of HTTP.
        code: for programs.
        message: for people.
    """

    def __init__(self, status: int, code: str, message: str):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(frozen=True)
class Card:
    """A card as somebody typed it.

    Args:
        number: with or without blanks.
        expiry: ``MM/YY``.
        cvc: three or four digits.
    """

    number: str
    expiry: str
    cvc: str

    def check(self, today: date) -> None:
        """Refuse a card that no bank would take."""
        digits = self.number.replace(" ", "").replace("-", "")
        if not digits.isascii() or not digits.isdigit() or not _has_a_right_check_digit(digits):
            raise Refused(422, "invalid_number", "This card number is not valid.")
        if digits == DECLINED:
            raise Refused(402, "card_declined", "The bank declined this card.")
        if not _is_ahead(self.expiry, today):
            raise Refused(422, "expired_card", "This card has expired, or its date is not MM/YY.")
        if not (self.cvc.isascii() and self.cvc.isdigit() and len(self.cvc) in (3, 4)):
            raise Refused(422, "invalid_cvc", "The security code has three or four digits.")


@dataclass
class Intent:
    """Somebody is about to pay.

    Args:
        id: of the intent.
        period: ``month`` or ``year``.
        amount_cents: what will be charged, once.
        order_id: of the charge; None as long as there is none.
    """

    id: str
    period: str
    amount_cents: int
    order_id: str | None = None


@dataclass(frozen=True)
class Charge:
    """Somebody has paid.

    Args:
        order_id: what a receipt calls it.
        intent: the id of its intent.
        amount_cents: how much.
        period: for how long.
        renews: the next billing date.
    """

    order_id: str
    intent: str
    amount_cents: int
    period: str
    renews: date


@dataclass
class Account:
    """Whoever has signed up.

    Args:
        email: where receipts go.
        salt: of the password.
        hashed: of the password.
        intents: by id.
        charges: oldest first.
        current: what the Pro plan rests on; None on the free plan.
    """

    email: str
    salt: bytes
    hashed: bytes
    intents: dict[str, Intent] = field(default_factory=dict)
    charges: list[Charge] = field(default_factory=list)
    current: Charge | None = None

    @property
    def plan(self) -> str:
        """Return ``pro`` or ``free``."""
        return "free" if self.current is None else "pro"


class Billing:
    """All accounts. Safe to use from many threads.

    Args:
        today: returns the date.
    """

    def __init__(self, today=date.today):
        self._today = today
        self._accounts: dict[str, Account] = {}
        self._sessions: dict[str, Account] = {}
        self._lock = threading.Lock()

    # --- who -----------------------------------------------------------------------------

    def sign_up(self, email: str, password: str) -> str:
        """Make an account on the free plan, and return a session token."""
        if not 3 <= len(email) <= _LONGEST or "@" not in email[1:-1] or not email.isprintable():
            raise Refused(422, "invalid_email", "This is no e-mail address.")
        if not 8 <= len(password) <= _LONGEST:
            raise Refused(422, "weak_password", "A password has at least eight characters.")
        salt = secrets.token_bytes(16)
        account = Account(email, salt, _hashed(password, salt))
        with self._lock:
            if email.lower() in self._accounts:
                raise Refused(409, "email_taken", "This address has an account already.")
            self._accounts[email.lower()] = account
            return self._session(account)

    def sign_in(self, email: str, password: str) -> str:
        """Return a new session token of an account."""
        account = self._accounts.get(email.lower())
        salt, known = (account.salt, account.hashed) if account else (b"", b"")
        if not hmac.compare_digest(_hashed(password[:_LONGEST], salt), known) or account is None:
            raise Refused(401, "wrong_credentials", "Address and password do not belong together.")
        with self._lock:
            return self._session(account)

    def account(self, token: str) -> Account:
        """Return whose session this is."""
        account = self._sessions.get(token)
        if account is None:
            raise Refused(401, "unauthorized", "Sign in first.")
        return account

    def _session(self, account: Account) -> str:
        token = f"tok_{secrets.token_urlsafe(24)}"
        self._sessions[token] = account
        return token

    # --- money ---------------------------------------------------------------------------

    def intend(self, account: Account, period: str) -> Intent:
        """Prepare a payment for the Pro plan."""
        if period not in PRICES_CENTS:
            raise Refused(422, "invalid_period", "Choose monthly or annual billing.")
        intent = Intent(f"pi_{secrets.token_hex(8)}", period, PRICES_CENTS[period])
        with self._lock:
            account.intents[intent.id] = intent
        return intent

    def open_intent(self, account: Account, period: str) -> Intent:
        """Return an intent that is not paid yet: the same for whoever asks again."""
        for intent in list(account.intents.values()):
            if intent.period == period and intent.order_id is None:
                return intent
        return self.intend(account, period)

    def check_out(self, account: Account, intent_id: str, card: Card) -> Charge:
        """Charge an intent; if that is done already, return what was charged then."""
        with self._lock:
            intent = account.intents.get(intent_id)
            if intent is None:
                raise Refused(404, "no_such_intent", "There is no such payment.")
            if intent.order_id is not None:
                return next(one for one in account.charges if one.intent == intent.id)
            if account.current is not None:
                raise Refused(409, "already_pro", "This account is on the Pro plan already.")
            today = self._today()
            card.check(today)
            charge = Charge(
                order_id=f"ord_{secrets.token_hex(8).upper()}",
                intent=intent.id,
                amount_cents=intent.amount_cents,
                period=intent.period,
                renews=_months_later(today, 12 if intent.period == "year" else 1),
            )
            intent.order_id = charge.order_id
            account.charges.append(charge)
            account.current = charge
            return charge

    def cancel(self, account: Account) -> None:
        """Go back to the free plan; charges stay."""
        with self._lock:
            if account.current is None:
                raise Refused(409, "nothing_to_cancel", "This account is on the free plan.")
            account.current = None


def dollars(cents: int) -> str:
    """Return an amount as a receipt shows it: ``$99.00``."""
    return f"${cents // 100}.{cents % 100:02d}"


def receipt(account: Account) -> str | None:
    """Return the text of the receipt e-mail; None on the free plan."""
    charge = account.current
    if charge is None:
        return None
    often = "annual" if charge.period == "year" else "monthly"
    renews = f"{charge.renews:%B} {charge.renews.day}, {charge.renews.year}"
    return (
        "Subject: Your receipt for the Pro plan\n\n"
        "Hello,\n\n"
        "Thank you for upgrading. Your payment went through, and your account is now on the "
        "Pro plan.\n\n"
        f"Order: {charge.order_id}\n"
        f"Plan: Pro ({often} billing)\n"
        f"Price: {dollars(charge.amount_cents)}\n"
        f"Next billing date: {renews}\n\n"
        "You can change or cancel your plan at any time on your billing page.\n\n"
        "Kind regards,\n"
        "The billing team\n"
    )


def _hashed(password: str, salt: bytes) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def _has_a_right_check_digit(digits: str) -> bool:
    """Luhn's test: every second digit from the right counts twice."""
    if not 12 <= len(digits) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        twice = int(digit) * (1 + place % 2)
        total += twice - 9 if twice > 9 else twice
    return total % 10 == 0


def _is_ahead(expiry: str, today: date) -> bool:
    month, _, year = expiry.replace(" ", "").partition("/")
    if not (month.isascii() and year.isascii() and month.isdigit() and year.isdigit()):
        return False
    if not 1 <= int(month) <= 12 or len(year) not in (2, 4):
        return False
    full = int(year) + (2000 if len(year) == 2 else 0)
    return (full, int(month)) >= (today.year, today.month)


def _months_later(start: date, months: int) -> date:
    """Return the same day so many months later, or the last one of that month."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))
