"""Services on the rungs of the trust ladder, and how they came there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sigil.gate.trust import (
    Enrolled,
    Evaluated,
    Judged,
    trust,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


class Service:
    """A ledger that is written hour by hour."""

    def __init__(self):
        self.now = START
        self.events = [Enrolled(START)]

    def after(self, time):
        self.now += time
        return self

    def evaluated(self, count, *, agreed=True, complete=True):
        """Evaluate distinct changes, three ALLOWs to a BLOCK, each judged by a human."""
        for _ in range(count):
            self.after(HOUR)
            name = f"eval_{len(self.events)}"
            word = "BLOCK" if len(self.events) // 2 % 4 == 0 else "ALLOW"
            other = "ALLOW" if word == "BLOCK" else "BLOCK"
            self.events.append(Evaluated(self.now, name, name, word, complete))
            self.events.append(Judged(self.now, name, word if agreed else other))
        return self

    def happened(self, event):
        self.events.append(event)
        return self

    @property
    def trust(self):
        return trust(self.events, self.now)

    @property
    def tier(self):
        return self.trust.tier


def advisory() -> Service:
    return Service().evaluated(50)


def auto() -> Service:
    return Service().evaluated(250).after(15 * DAY)
