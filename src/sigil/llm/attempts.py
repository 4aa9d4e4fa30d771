"""Ask one provider one question, as often as it is worth it.

Not here: budgets and records (`sigil.llm.asking`).
"""

from __future__ import annotations

from sigil.errors import ProviderFailed, SigilError
from sigil.llm.model import Provider, Reply, Request, Unanswered
from sigil.llm.pacing import NS, Pace
from sigil.llm.settings import ModelSettings


def ask(provider: Provider, request: Request, settings: ModelSettings, pace: Pace) -> Reply:
    """Return the answer to ``request`` after up to ``settings.retries`` further attempts.

    All attempts and waits together take at most as long as that many attempts may take.

    Raises:
        ProviderFailed: there was no answer; the message is that of the last attempt.
    """
    deadline_ns = pace.now_ns() + round(settings.timeout_s * (settings.retries + 1) * NS)
    for attempt in range(1, settings.retries + 2):
        pace.pass_one()
        try:
            return _complete(provider, request)
        except Unanswered as failure:
            wait_s = pace.backoff.wait_s(attempt, request.seed)
            if failure.after_s is not None:
                wait_s = max(wait_s, failure.after_s)
                pace.hold(failure.after_s)
            late = pace.now_ns() + round(wait_s * NS) > deadline_ns
            if late or attempt > settings.retries:
                tried = f"{attempt} attempts" if attempt > 1 else "1 attempt"
                raise ProviderFailed(f"{failure.problem} ({tried})") from failure
            pace.wait(wait_s)
    raise AssertionError("the last attempt returns or raises")


def _complete(provider: Provider, request: Request) -> Reply:
    """Return one answer; a provider that breaks, such as a plugin, fails this request alone."""
    try:
        return provider.complete(request)
    except SigilError:
        raise
    except Exception as error:
        raise ProviderFailed(
            f"the provider {provider.name} broke: {type(error).__name__}: {error}"
        ) from error
