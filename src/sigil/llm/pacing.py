"""When may the next request be sent? Rates, waits between attempts, and what ends them.

Not here: what is worth another attempt (`sigil.llm.model.Unanswered`).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass

from sigil.effects import Clock, random_stream
from sigil.errors import ProviderFailed

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Backoff:
    """How long to wait before each further attempt.

    Args:
        first_s: before the second attempt; doubled before each one after that.
        most_s: never longer, unless the provider asks for it.
    """

    first_s: float = 1.0
    most_s: float = 60.0

    def wait_s(self, attempt: int, seed: int) -> float:
        """Return the seconds before attempt ``attempt`` (from 1), between half and the whole.

        Requests that failed together come back apart: ``seed`` is that of the request.
        """
        whole = min(self.first_s * 2.0 ** min(attempt - 1, 32), self.most_s)
        return whole * random_stream(seed, "attempt", attempt).uniform(0.5, 1.0)


BACKOFF = Backoff()


class Pace:
    """Lets requests of one entry through, evenly spaced. Safe to use from many threads.

    Args:
        rate: requests a second; None for no limit.
        backoff: waits between attempts.
        clock: what time it is.
        ended: set when no more requests are to be sent.
    """

    def __init__(self, rate: float | None, backoff: Backoff, clock: Clock, ended: threading.Event):
        self.backoff = backoff
        self._apart_ns = round(NS / rate) if rate else 0
        self._clock = clock
        self._ended = ended
        self._next_ns = clock.monotonic_ns()
        self._held_ns = self._next_ns
        self._lock = threading.Lock()

    def now_ns(self) -> int:
        """Return what time it is; see `Clock.monotonic_ns`."""
        return self._clock.monotonic_ns()

    def pass_one(self, deadline_ns: int) -> None:
        """Return when the next request may be sent, also by what was asked for meanwhile.

        Args:
            deadline_ns: after which it is not worth sending; see `now_ns`. Only what the
                provider asks for is held against it, not the entry's own rate.

        Raises:
            ProviderFailed: no more requests are to be sent, or none before the deadline.
        """
        while True:
            with self._lock:
                if self._held_ns > deadline_ns:
                    raise ProviderFailed("the provider asked to be left alone for longer")
                now = self._clock.monotonic_ns()
                mine = max(self._next_ns, now)
                self._next_ns = mine + self._apart_ns
            self.wait((mine - now) / NS)
            if self._held_ns <= mine:
                return

    def hold(self, seconds: float) -> None:
        """Send nothing for so long: the provider asked for it."""
        with self._lock:
            until = self._clock.monotonic_ns() + round(seconds * NS)
            self._held_ns = max(self._held_ns, until)
            self._next_ns = max(self._next_ns, until)

    def wait(self, seconds: float) -> None:
        """Return after so long.

        Raises:
            ProviderFailed: no more requests are to be sent.
        """
        ended = self._ended.wait(seconds) if seconds > 0 else self._ended.is_set()
        if ended:
            raise ProviderFailed("the run ended before the model was asked")
