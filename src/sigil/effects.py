"""When is it, and which random stream? The only place that asks for time or chance.

Everything else receives a `Clock` or a seeded stream, so that a run under a given seed
is a function of its inputs and a test can say what time it is.

Not here: the clock inside a sandboxed worker, which nobody believes (`sigil.sandbox`).
"""

from __future__ import annotations

import os
import random
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """A source of wall-clock and monotonic time."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        ...

    def monotonic_ns(self) -> int:
        """Return nanoseconds since an arbitrary start; never goes back."""
        ...


class SystemClock:
    """The clock of this machine."""

    def now(self) -> datetime:
        """Return the current time, aware, in UTC."""
        return datetime.now(UTC)

    def monotonic_ns(self) -> int:
        """Return nanoseconds of the monotonic clock."""
        return time.perf_counter_ns()


SYSTEM_CLOCK: Clock = SystemClock()


def utc_stamp(moment: datetime) -> str:
    """Return ``moment`` as it stands in a run's name: ``2025-09-13T17-03-12Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")


def random_stream(seed: int, *labels: str | int) -> random.Random:
    """Return a random stream that depends on ``seed`` and ``labels`` alone.

    Streams under different labels are independent, so one consumer that draws more
    often does not shift what another draws.
    """
    return random.Random("/".join(map(str, (seed, *labels))))  # noqa: S311  # to be repeated, not secret


def random_bytes(count: int) -> bytes:
    """Return ``count`` bytes that nobody can predict, for keys, salts and ids."""
    return os.urandom(count)
