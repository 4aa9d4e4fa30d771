"""Intervals and ranges."""

# ruff: noqa: PLR1730 - code as people write it

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def merge_intervals(intervals, gap):
    """Join intervals that overlap or are at most ``gap`` apart."""
    merged = []
    for start, end in sorted(intervals):
        if start > end:
            continue
        if merged and start - merged[-1][1] <= gap:
            last = merged[-1]
            if end > last[1]:
                last[1] = end
        else:
            merged.append([start, end])
    return merged


def some_intervals(stream: random.Random) -> list[list[int]]:
    found = []
    for _ in range(stream.randint(0, 6)):
        start = stream.randint(0, 20)
        found.append([start, start + stream.randint(-1, 6)])
    return found


def intervals_and_gap(stream: random.Random) -> Arguments:
    return [some_intervals(stream), stream.randint(0, 2)]


def free_slots(busy, opens, closes, least):
    """Return the gaps of at least ``least`` minutes between appointments of a day."""
    slots = []
    free_from = opens
    for start, end in sorted(busy):
        if end <= opens or start >= closes:
            continue
        if start - free_from >= least:
            slots.append([free_from, start])
        free_from = max(free_from, end)
    if closes - free_from >= least:
        slots.append([free_from, closes])
    return slots


def day(stream: random.Random) -> Arguments:
    busy = []
    for _ in range(stream.randint(0, 5)):
        start = stream.randint(0, 40) * 15
        busy.append([start, start + stream.randint(1, 8) * 15])
    return [busy, 120, 540, stream.choice([15, 30, 60])]


def most_at_once(visits):
    """Return how many visits overlap at most, and when that first happens."""
    events = []
    for arrival, departure in visits:
        events.append((arrival, 1))
        events.append((departure, -1))
    events.sort()
    present = 0
    most = 0
    when = None
    for moment, change in events:
        present += change
        if present > most:
            most = present
            when = moment
    return [most, when]


def some_visits(stream: random.Random) -> Arguments:
    visits = []
    for _ in range(stream.randint(0, 7)):
        start = stream.randint(0, 15)
        visits.append([start, start + stream.randint(1, 6)])
    return [visits]


def page_ranges(pages):
    """Write page numbers as ranges, such as ``1-3, 7``."""
    parts = []
    numbers = sorted(set(pages))
    index = 0
    while index < len(numbers):
        first = numbers[index]
        last = first
        while index + 1 < len(numbers) and numbers[index + 1] == last + 1:
            index += 1
            last = numbers[index]
        if last > first:
            parts.append(str(first) + "-" + str(last))
        else:
            parts.append(str(first))
        index += 1
    return ", ".join(parts)


def some_pages(stream: random.Random) -> Arguments:
    return [[stream.randint(1, 14) for _ in range(stream.randint(0, 10))]]


BUGS = (
    Bug("wrong comparison", merge_intervals, (("<= gap", "< gap"),), intervals_and_gap),
    Bug(
        "missing guard",
        merge_intervals,
        (("        if start > end:\n            continue\n", ""),),
        intervals_and_gap,
    ),
    Bug(
        "missing condition",
        merge_intervals,
        (
            (
                "            if end > last[1]:\n                last[1] = end\n",
                "            last[1] = end\n",
            ),
        ),
        intervals_and_gap,
    ),
    Bug(
        "wrong index",
        merge_intervals,
        (("start - merged[-1][1]", "start - merged[-1][0]"),),
        intervals_and_gap,
    ),
    Bug(
        "update lost",
        free_slots,
        (("free_from = max(free_from, end)", "free_from = min(free_from, end)"),),
        day,
    ),
    Bug("wrong initial value", free_slots, (("free_from = opens", "free_from = 0"),), day),
    Bug(
        "wrong variable",
        free_slots,
        (("if closes - free_from >= least", "if closes - opens >= least"),),
        day,
    ),
    Bug(
        "wrong accumulator update",
        most_at_once,
        (("present += change", "present = change"),),
        some_visits,
    ),
    Bug(
        "swapped values",
        most_at_once,
        (("events.append((departure, -1))", "events.append((-1, departure))"),),
        some_visits,
    ),
    Bug(
        "two mistakes",
        most_at_once,
        (("present > most", "present >= most"), ("most = 0", "most = 1")),
        some_visits,
    ),
    Bug("off by one", page_ranges, (("== last + 1", "== last"),), some_pages),
    Bug(
        "wrong order of statements",
        page_ranges,
        (
            (
                "            index += 1\n            last = numbers[index]\n",
                "            last = numbers[index]\n            index += 1\n",
            ),
        ),
        some_pages,
    ),
)
