"""A clock that says what a test tells it to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2025, 9, 13, 17, 3, 12, tzinfo=UTC)


class FixedClock:
    """A `sigil.effects.Clock` that stands still until it is moved.

    Args:
        start: the time that it shows first, aware.
    """

    def __init__(self, start: datetime = START):
        self._now = start
        self._monotonic_ns = 0

    def now(self) -> datetime:
        """Return the time that it was set to, in UTC."""
        return self._now.astimezone(UTC)

    def monotonic_ns(self) -> int:
        """Return by how many nanoseconds it was moved."""
        return self._monotonic_ns

    def advance(self, seconds: float) -> None:
        """Move both clocks on.

        Raises:
            ValueError: ``seconds`` is negative: a monotonic clock never goes back.
        """
        if seconds < 0:
            raise ValueError("a clock never goes back")
        self._now += timedelta(seconds=seconds)
        self._monotonic_ns += round(seconds * 1e9)
