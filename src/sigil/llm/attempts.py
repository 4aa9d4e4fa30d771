"""Ask one provider one question, as often as it is worth it.

Not here: budgets and records, and what a provider does that is no answer and no failure
(`sigil.llm.asking`).
"""

from __future__ import annotations

from collections.abc import Callable

from sigil.errors import ProviderFailed
from sigil.llm.model import Adapted, Provider, Reply, Request, Unanswered
from sigil.llm.pacing import NS, Pace
from sigil.llm.settings import ModelSettings

LONGEST_HOLD_S = 24 * 3600.0
"""A provider that asks for more patience is asked again all the same."""
_MOST_ADAPTED = 4
"""More parameters than any of ours leaves out."""


def ask(
    provider: Provider,
    request: Request,
    settings: ModelSettings,
    pace: Pace,
    note: Callable[[ProviderFailed], None],
) -> Reply:
    """Return the answer to ``request`` after up to ``settings.retries`` further attempts.

    No attempt begins later than so many attempts may take together. Nor does what a provider
    asks for hold up its other questions for longer than that.

    Args:
        provider: who is asked.
        request: what.
        settings: of its entry.
        pace: of its entry.
        note: is told why an attempt had no answer, before the next one.

    Raises:
        ProviderFailed: there was no answer; the message is that of the last attempt.
    """
    patience_s = settings.timeout_s * (settings.retries + 1)
    deadline_ns = pace.now_ns() + round(patience_s * NS)
    for attempt in range(1, settings.retries + 2):
        try:
            return _attempt(provider, request, pace, deadline_ns)
        except Unanswered as failure:
            note(failure)
            # In this order, no number at all comes out as 0.
            hold_s = min(max(0.0, failure.after_s or 0.0), patience_s, LONGEST_HOLD_S)
            pace.hold(hold_s)
            wait_s = max(pace.backoff.wait_s(attempt, request.seed), hold_s)
            late = pace.now_ns() + round(wait_s * NS) >= deadline_ns
            if late or attempt > settings.retries:
                tried = f"{attempt} attempts" if attempt > 1 else "1 attempt"
                raise ProviderFailed(f"{failure.problem} ({tried})") from failure
            pace.wait(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _attempt(provider: Provider, request: Request, pace: Pace, deadline_ns: int) -> Reply:
    """Ask once; a provider that sends something else next time is asked again at once."""
    for left in reversed(range(_MOST_ADAPTED + 1)):
        pace.pass_one(deadline_ns)
        try:
            return provider.complete(request)
        except Adapted:
            if not left:
                raise
    raise AssertionError("the last time returns or raises")
