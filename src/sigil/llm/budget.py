"""What may be spent, and what was. A budget holds whatever the answers turn out to cost.

Before a request is sent, the most that it can cost is reserved. One that does not fit beside
those under way waits for them, since they most often cost less than was reserved; one that
does not fit on its own is refused.

What holds is what is counted: answers, at what their provider says that they took. An attempt
without one counts nothing, since nobody says what it took, although a provider may charge for
it: one that ran out of time, or whose answer broke off. Nor does what was under way when the
process was killed.

Not here: what a token costs (`sigil.llm.prices`).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from sigil.errors import BudgetSpent, ProviderFailed
from sigil.llm.model import Request, Usage

_TOKENS_PER_MESSAGE = 16
"""What a provider adds to a message, such as its role, generously."""

_Limit = Literal["tokens", "usd"]


class LeftOpen(BudgetSpent):
    """A question that nothing is recorded of: the asking ended before it had an answer.

    As with a budget that is spent, a resumed run asks it again.
    """

    exit_code = ProviderFailed.exit_code


@dataclass(frozen=True, slots=True)
class Budget:
    """What a run may spend.

    Args:
        usd: US dollars; None for no limit.
        tokens: of requests and answers together; None for no limit.
    """

    usd: float | None = None
    tokens: int | None = None


UNLIMITED = Budget()


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run has spent.

    Args:
        exchanges: requests that were answered.
        input_tokens: of them all.
        output_tokens: of their answers.
        cost_usd: in US dollars, without what has no known price.
        unpriced: exchanges whose price is not known.
    """

    exchanges: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0
    unpriced: int = 0

    def plus(self, usage: Usage) -> Spent:
        """Return this and one exchange more."""
        return replace(
            self,
            exchanges=self.exchanges + 1,
            input_tokens=self.input_tokens + usage.input_tokens,
            output_tokens=self.output_tokens + usage.output_tokens,
            cost_usd=self.cost_usd + (usage.cost_usd or 0.0),
            unpriced=self.unpriced + (usage.cost_usd is None),
        )


def most(request: Request, cost: Callable[[int, int], float | None]) -> Usage:
    """Return the most that ``request`` can take: a token has at least one byte.

    Args:
        request: with the limit of its answer.
        cost: of so many input and output tokens, in US dollars; None if it is not known.
    """
    sent = sum(len(m.content.encode()) + _TOKENS_PER_MESSAGE for m in request.messages)
    return Usage(sent, request.max_tokens, cost(sent, request.max_tokens))


class Account:
    """Reserves before a request and settles after it. Safe to use from many threads.

    Args:
        budget: what it holds.
        spent: what was spent before.
    """

    def __init__(self, budget: Budget, spent: Spent):
        self._budget = budget
        self._spent = spent
        self._reserved = Spent()
        self._stopped: str | None = None
        self._remedy = ""
        self._settled = threading.Condition()

    @property
    def spent(self) -> Spent:
        """What was spent until now."""
        return self._spent

    @property
    def stopped(self) -> str | None:
        """Why nothing more is spent, as a clause; None while there is something left."""
        return self._stopped

    def stop(self, why: str) -> None:
        """Let nothing more be spent; the first reason stays."""
        with self._settled:
            self._stopped = self._stopped or why
            self._settled.notify_all()

    def reserve(self, usage: Usage) -> None:
        """Set ``usage`` aside, waiting for requests under way if it would not fit beside them.

        Raises:
            BudgetSpent: it does not fit, or something before it did not.
            LeftOpen: `stop` was called.
        """
        with self._settled:
            while self._stopped is None and (limit := self._exceeded(usage)) is not None:
                if self._reserved.exchanges == 0:
                    self._stopped, self._remedy = self._refusal(limit, usage)
                    self._settled.notify_all()
                else:
                    self._settled.wait()
            if self._remedy:
                raise BudgetSpent(str(self._stopped), remedy=self._remedy)
            if self._stopped is not None:
                raise LeftOpen(self._stopped)
            self._reserved = self._reserved.plus(usage)

    def settle(self, reserved: Usage, usage: Usage | None) -> None:
        """Replace what `reserve` set aside by what an exchange took; None if there was none."""
        with self._settled:
            held = self._reserved
            self._reserved = Spent(
                held.exchanges - 1,
                held.input_tokens - reserved.input_tokens,
                held.output_tokens - reserved.output_tokens,
                held.cost_usd - (reserved.cost_usd or 0.0) if held.exchanges > 1 else 0.0,
            )
            if usage is not None:
                self._spent = self._spent.plus(usage)
            self._settled.notify_all()

    def _exceeded(self, usage: Usage) -> _Limit | None:
        """Return the limit that ``usage`` would exceed beside all else."""
        total = self._reserved.plus(usage)
        tokens = total.input_tokens + total.output_tokens
        tokens += self._spent.input_tokens + self._spent.output_tokens
        if self._budget.tokens is not None and tokens > self._budget.tokens:
            return "tokens"
        if (
            self._budget.usd is not None
            and total.cost_usd + self._spent.cost_usd > self._budget.usd
        ):
            return "usd"
        return None

    def _refusal(self, limit: _Limit, usage: Usage) -> tuple[str, str]:
        """Return that a budget is spent, or was too small from the first, and what to do."""
        tokens = usage.input_tokens + usage.output_tokens
        whole, least = f"{self._budget.tokens} tokens", f"{tokens} tokens"
        flag = f"--budget-tokens {tokens}"
        if limit == "usd":
            usd = math.ceil((usage.cost_usd or 0.0) * 10_000) / 10_000
            whole, least, flag = (
                dollars(self._budget.usd or 0.0),
                dollars(usd),
                f"--budget-usd {usd}",
            )
        if self._spent.exchanges:
            return f"the budget of {whole} is spent", "give it more"
        most = f"it may take {least}, with {usage.output_tokens} tokens for the answer"
        return (
            f"the budget of {whole} is too small for one question: {most}",
            f"give {flag} or more, or set a smaller max_tokens",
        )


def dollars(amount: float) -> str:
    """Return an amount such as ``$1.00`` or ``$0.0012``: cents, and more places if it has them."""
    cents = f"{amount:.2f}"
    return f"${cents if float(cents) == amount else f'{amount:.6f}'.rstrip('0')}"
