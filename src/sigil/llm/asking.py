"""Ask models without waiting: every answer is recorded before anybody has it.

Promises: an exchange that is on record is never paid for again; one that arrives is handed to
the record before its future is done; no secret of a usual shape is sent, recorded or handed on;
a budget holds for what is counted (`sigil.llm.budget` says what is not); a slow entry never
holds up another one; `Asking.close` returns within a bounded time.

How durable a record is, is the business of whoever keeps it: a run's journal writes what came
within a tenth of a second to the disk together, so that a power cut may lose answers that
recent, and the resumed run pays for them again.

Not here: one provider's wire (`sigil.llm.provider`), which entry to ask, what to ask, and where
the record is.
"""

from __future__ import annotations

import contextlib
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

from sigil.effects import SYSTEM_CLOCK, Clock
from sigil.errors import (
    BudgetSpent,
    InvalidValue,
    ProviderFailed,
    ProviderRefused,
    SigilError,
    UsageError,
    Where,
)
from sigil.llm.attempts import ask
from sigil.llm.budget import UNLIMITED, Account, Budget, LeftOpen, Spent, most
from sigil.llm.exchanges import (
    Exchanges,
    clean_reply,
    clean_request,
    clean_text,
    plain_reply,
    plain_request,
    usages,
)
from sigil.llm.keys import read_key
from sigil.llm.model import Provider, Reply, Request
from sigil.llm.pacing import BACKOFF, NS, Backoff, Pace
from sigil.llm.prices import PRICED, cost_usd, unpriced
from sigil.llm.provider import make_provider
from sigil.llm.settings import ModelSettings
from sigil.llm.workers import Workers

__all__ = ["Asking", "Budget", "Spent"]

IN_FLIGHT = 8
HOPELESS = 16
"""Questions that nobody answers, after which no further one is asked."""
_LAST_S = 1.0
"""For threads to end in whose provider was closed under them."""

Record = Callable[[Mapping[str, Any]], None]


class Asking:
    """Questions in, answers out, in any order. `submit` and `close` belong to one thread.

    Args:
        models: entries by name.
        known: exchanges recorded earlier in this run, in order. What they cost is spent.
        record: takes ``{"request": …, "reply": …}`` or ``{"request": …, "failure": text}``,
            JSON-like, and keeps it; called from the threads that wait for answers, one
            call at a time.
        budget: what this run may spend, with what was ``spent``.
        spent: before; None counts what ``known`` cost.
        in_flight: requests under way at once, of each entry that does not say.
        providers: by entry, instead of those that the settings name.
        clock: what time it is.
        backoff: waits between attempts.
    """

    def __init__(
        self,
        models: Mapping[str, ModelSettings],
        *,
        known: Iterable[Mapping[str, Any]] = (),
        record: Record,
        budget: Budget = UNLIMITED,
        spent: Spent | None = None,
        in_flight: int = IN_FLIGHT,
        providers: Mapping[str, Provider] | None = None,
        clock: Clock = SYSTEM_CLOCK,
        backoff: Backoff = BACKOFF,
    ):
        earlier = list(known)
        if spent is None:
            spent = reduce(Spent.plus, usages(earlier), Spent())
        self._models = models
        self._recorded = Exchanges(earlier)
        self._record = record
        self._budget = budget
        self._account = Account(budget, spent)
        self._in_flight = in_flight
        self._providers = providers or {}
        self._clock = clock
        self._backoff = backoff
        self._entries: dict[str, _Entry] = {}
        self._waiting: dict[Future[Reply], str] = {}
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._closed = False
        self._heard = False
        self._failures: list[ProviderFailed] = []
        self._attempted: list[str] = []

    @property
    def spent(self) -> Spent:
        """What this run has spent, with what was recorded earlier."""
        return self._account.spent

    @property
    def stopped(self) -> str | None:
        """Why no further question will be answered, as a clause; None while they are."""
        return self._account.stopped

    @property
    def failure(self) -> ProviderFailed | None:
        """The first reason why there was no answer, if this object has had none at all."""
        return self._failures[0] if self._failures and not self._heard else None

    @property
    def trouble(self) -> str | None:
        """Why the first attempt failed that did, if there was no answer at all since then."""
        return self._attempted[0] if self._attempted and not self._heard else None

    def has_room(self, most: int) -> bool:
        """Return whether some entry would take one more question at once.

        Args:
            most: questions of an entry that are under way at once, if it takes more.
        """
        asked = Counter(list(self._waiting.values()))
        limits = ((name, m.in_flight or self._in_flight) for name, m in self._models.items())
        return any(asked[name] < min(limit, most) for name, limit in limits)

    def ready(self) -> None:
        """Find out whether every entry can be asked, as far as that costs nothing.

        Raises:
            UsageError: an entry names a provider that does not exist.
            InvalidValue: an entry lacks what its provider needs, or a price for the budget.
            DependencyMissing: a provider's library is not installed.
            ProviderRefused: there is no key.
        """
        for name in self._models:
            entry = self._entry(name)
            if name not in self._providers:
                read_key(entry.settings)

    def prepare(self) -> None:
        """Have every entry's client made in the threads that will ask it, and return at once.

        What goes wrong is told by `submit` and its answers, as if this had not been called.
        """
        for name in self._models:
            with contextlib.suppress(SigilError):
                entry = self._entry(name)
                entry.workers.submit(entry.prepare)

    def submit(self, request: Request) -> Future[Reply]:
        """Ask, and return at once.

        Returns:
            The answer to come, done already if it is on record. It raises `BudgetSpent` if
            nothing is left or the asking ended before (`LeftOpen`), `ProviderRefused` if its
            entry answers nobody, else `ProviderFailed` if there was no answer. Of the first
            two, nothing is on record.

        Raises:
            UsageError, InvalidValue, DependencyMissing: as `ready`, for this entry alone.
        """
        request = clean_request(request)
        plain = plain_request(request)
        future: Future[Reply] = Future()
        answer, occurrence, digest = self._recorded.next(plain)
        if isinstance(answer, Reply):
            future.set_result(answer)
        elif answer is not None:
            future.set_exception(answer)
        elif self._ended.is_set():
            future.set_exception(LeftOpen("the run has ended"))
        else:
            entry = self._entry(request.model)
            question = _Question(entry, request, plain, occurrence, digest, future)
            self._waiting[future] = entry.settings.name
            future.add_done_callback(self._forget)
            entry.workers.submit(lambda: self._work(question))
        return future

    def close(self, wait_s: float = 5.0) -> None:
        """Cancel what waits, and give what is under way so long to arrive and be recorded."""
        self._ended.set()
        self._account.stop("the run has ended")
        for future in list(self._waiting):
            future.cancel()
        for entry in self._entries.values():
            entry.workers.end()
            entry.end("cancel")
        self._join(wait_s)
        with self._lock:
            self._closed = True
        for entry in self._entries.values():
            entry.end("close")
        self._join(_LAST_S)
        for future in list(self._waiting):
            _finish(future, LeftOpen("the run ended before the answer arrived"))

    # --- entries --------------------------------------------------------------------------

    def _entry(self, name: str) -> _Entry:
        name = next(iter(self._models)) if not name and len(self._models) == 1 else name
        if name in self._entries:
            return self._entries[name]
        if name not in self._models:
            raise UsageError(
                f"there is no model {name!r}",
                remedy=f"there are: {', '.join(self._models)}" if self._models else None,
            )
        settings = self._models[name]
        provider = self._providers.get(name) or make_provider(settings)
        self._check_price(settings)
        pace = Pace(settings.rate_limit_qps, self._backoff, self._clock, self._ended)
        workers = Workers(f"sigil-{name}", settings.in_flight or self._in_flight)
        entry = _Entry(settings, provider, pace, workers)
        self._entries[name] = entry
        return entry

    def _check_price(self, settings: ModelSettings) -> None:
        problem = unpriced(settings)
        if self._budget.usd is None or problem is None:
            return
        raise InvalidValue(
            f"{problem}, so that no budget in dollars can hold",
            where=Where(field=settings.name),
            remedy=f"{PRICED}, or give a budget of tokens",
        )

    def _forget(self, future: Future[Reply]) -> None:
        self._waiting.pop(future, None)

    # --- in the threads -------------------------------------------------------------------

    def _work(self, question: _Question) -> None:
        if not question.future.set_running_or_notify_cancel():
            return
        try:
            _finish(question.future, self._answer(question))
        except BaseException as error:  # noqa: BLE001 - whoever waits for the future has it
            _finish(question.future, error)

    def _answer(self, question: _Question) -> Reply:
        entry = question.entry
        if entry.refused is not None:
            raise entry.refused
        sent = entry.adapted(question.request)
        reserved = most(sent, entry.cost)
        try:
            self._account.reserve(reserved)
        except LeftOpen:
            raise
        except BudgetSpent as error:
            self._note(error)
            raise
        usage = None
        try:
            reply = replace(entry.ask(sent, self._attempt_failed), exchange=question.digest)
            usage = reply.usage
        except ProviderRefused as refusal:
            entry.refused = refusal
            self._account.stop(refusal.problem)
            raise
        except ProviderFailed as error:
            if self._ended.is_set():
                raise LeftOpen(error.problem) from error
            failure = clean_text(str(error))
            self._keep(question, {"failure": failure})
            failed = ProviderFailed(failure)
            self._note(failed)
            raise failed from error
        finally:
            self._account.settle(reserved, usage)
        self._heard = True
        self._keep(question, {"reply": plain_reply(reply)})
        return reply

    def _attempt_failed(self, failure: ProviderFailed) -> None:
        self._attempted.append(clean_text(str(failure)))

    def _note(self, failure: ProviderFailed) -> None:
        """Keep why nobody answered; where nobody ever does, ask no further."""
        self._failures.append(failure)
        if len(self._failures) >= HOPELESS and not self._heard:
            self._account.stop(f"none of {HOPELESS} questions was answered")

    def _keep(self, question: _Question, answer: Mapping[str, Any]) -> None:
        """Have an exchange recorded; nothing more is asked if that fails."""
        exchange = {"request": question.plain, **answer}
        if question.occurrence:
            exchange["occurrence"] = question.occurrence
        with self._lock:
            if self._closed:
                raise LeftOpen("the run ended before the answer arrived")
            try:
                self._record(exchange)
            except BaseException as error:
                self._account.stop(f"an answer could not be recorded: {error}")
                raise

    def _join(self, seconds: float) -> None:
        until_ns = self._clock.monotonic_ns() + round(seconds * NS)
        for entry in self._entries.values():
            entry.workers.join(until_ns, self._clock)


@dataclass(slots=True)
class _Entry:
    """A model that is being asked."""

    settings: ModelSettings
    provider: Provider
    pace: Pace
    workers: Workers
    refused: ProviderRefused | None = field(default=None)

    def adapted(self, request: Request) -> Request:
        """Return ``request`` as this entry's settings want it, for its provider."""
        settings = self.settings
        limit, temperature = settings.max_tokens, settings.temperature
        return replace(
            request,
            model=settings.model,
            temperature=request.temperature if temperature is None else temperature,
            max_tokens=request.max_tokens if limit is None else limit,
        )

    def prepare(self) -> None:
        """Let the provider load what it needs; a request finds out what is missing."""
        with contextlib.suppress(Exception, SystemExit):
            _call(self.provider, "prepare")

    def end(self, method: str) -> None:
        """Call the provider's ``cancel`` or ``close``; the end of a run is not its business."""
        try:
            _call(self.provider, method)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin does at the end
            problem = clean_text(f"{type(error).__name__}: {error}")
            warnings.warn(
                f"the provider {self.provider_name} broke at the end: {problem}", RuntimeWarning, 2
            )

    @property
    def provider_name(self) -> str:
        """Return what the provider calls itself, one line."""
        return clean_text(str(getattr(self.provider, "name", self.settings.provider)))

    def ask(self, request: Request, note: Callable[[ProviderFailed], None]) -> Reply:
        """Return the answer to ``request`` as it is recorded, with its cost; see `attempts.ask`.

        Raises:
            ProviderFailed: there is none; also if the provider itself is at fault, such as a
                plugin, which fails this request alone.
        """
        try:
            reply = ask(self.provider, request, self.settings, self.pace, note)
            return self.priced(clean_reply(reply))
        except SigilError:
            raise
        except (Exception, SystemExit) as error:
            raise ProviderFailed(
                f"the provider {self.provider_name} broke: {type(error).__name__}: {error}"
            ) from error

    def cost(self, input_tokens: int, output_tokens: int) -> float | None:
        """Return what so many tokens cost; see `cost_usd`."""
        return cost_usd(self.settings, input_tokens, output_tokens)

    def priced(self, reply: Reply) -> Reply:
        """Return ``reply`` with its cost: ours if it is known, else what its provider says."""
        usage = reply.usage
        cost = self.cost(usage.input_tokens, usage.output_tokens)
        if cost is None:
            return reply
        return replace(reply, usage=replace(usage, cost_usd=cost))


@dataclass(frozen=True, slots=True)
class _Question:
    """A request on its way, and who waits for the answer."""

    entry: _Entry
    request: Request
    plain: Mapping[str, Any]
    occurrence: int
    digest: str
    future: Future[Reply]


def _finish(future: Future[Reply], answer: Reply | BaseException) -> None:
    """Give a future its answer, unless `Asking.close` or a worker was first."""
    with contextlib.suppress(InvalidStateError):
        if isinstance(answer, Reply):
            future.set_result(answer)
        else:
            future.set_exception(answer)


def _call(provider: Provider, method: str) -> None:
    """Call what a provider need not have."""
    optional = getattr(provider, method, None)
    if callable(optional):
        optional()
