"""Inputs for dates, intervals and schedules."""

from __future__ import annotations

import datetime as dt
from random import Random

from bench.suites.slow.inputs.source import Call, Inputs


def _spans(stream: Random, count: int, end: int, longest: int) -> list[list[int]]:
    starts = [stream.randrange(end) for _ in range(count)]
    return [[start, start + stream.randint(1, longest)] for start in starts]


def _intervals(stream: Random, size: int) -> Call:
    return [list(_spans(stream, size, 20 * size, 12))]


def _points(stream: Random, size: int) -> Call:
    return [[[n, n + stream.choice((0, 0, 1))] for n in stream.choices(range(2 * size), k=size)]]


def _meetings(stream: Random, size: int) -> Call:
    spans = _spans(stream, size, 1200, 60)
    return [[{"start": 480 + a, "end": 480 + b} for a, b in spans], 480, 1080]


def _outside(stream: Random, size: int) -> Call:
    return [[{"start": a - 40, "end": b - 60} for a, b in _spans(stream, size, 100, 90)], 0, 50]


def _timetable(stream: Random, size: int) -> Call:
    timetable = [stream.randrange(1440) for _ in range(size)]
    return [timetable, [stream.randrange(1440) for _ in range(size)]]


def _rare(stream: Random, size: int) -> Call:
    times = [f"{stream.randint(8, 18):02}:{stream.randrange(60):02}" for _ in range(3)]
    return [times, [f"{stream.randrange(24):02}:00" for _ in range(size)]]


def _day(number: int) -> str:
    return (dt.date(2024, 1, 1) + dt.timedelta(days=number)).isoformat()


def _days(stream: Random, size: int) -> Call:
    begin = stream.randrange(200)
    holidays = [_day(begin + stream.randrange(size)) for _ in range(14)]
    return [_day(begin), _day(begin + size), holidays]


def _long_holidays(stream: Random, size: int) -> Call:
    begin = stream.randrange(2000)
    return [_day(begin), _day(begin + size), [_day(begin + n) for n in range(size // 2)] * 2]


def _visits(stream: Random, size: int) -> Call:
    return [list(_spans(stream, size, 1000, 90))]


def _departing(stream: Random, size: int) -> Call:
    return [[[n % 20, n % 20 + stream.randint(0, 5)] for n in range(size)]]


def _requests(stream: Random, size: int) -> Call:
    return [[[a, b, stream.randint(1, 99)] for a, b in _spans(stream, size, 2 * size, size)]]


def _back_to_back(stream: Random, size: int) -> Call:
    return [[[n, n + stream.randint(1, 9), stream.randint(0, 5)] for n in range(size)]]


INPUTS = {
    "merge_intervals": Inputs(
        _intervals, (710, 330), (210, 291, 1100),
        [[[]], [[[1, 2]]], [[[1, 2], [2, 3]]]], [[[[5, 5]]], [[[1, 9], [2, 3], [11, 12]]]],
        _points,
    ),
    "busy_minutes": Inputs(
        _meetings, (220, 110), (74, 90, 440),
        [[[], 0, 60], [[{"start": 5, "end": 5}], 0, 9], [[{"start": 0, "end": 9}] * 2, 0, 9]],
        [[[{"start": 9, "end": 3}], 0, 20], [[{"start": 0, "end": 5}], 9, 3]], _outside,
    ),
    "next_departures": Inputs(
        _timetable, (300, 140), (86, 121, 430),
        [[[], [5]], [[5], []], [[5, 5], [5, 6]]], [[[1, 9], [0, 9, 10]], [[0.5], [0]]], _rare,
    ),
    "working_days": Inputs(
        _days, (510, 240), (110, 151, 850),
        [["2026-01-01", "2026-01-01", []], ["2026-01-05", "2026-01-07", ["2026-01-06"]]],
        [["2026-02-01", "2026-01-01", []], ["2024-02-26", "2024-03-04", ["2024-02-29"] * 2]],
        _long_holidays,
    ),
    "most_at_once": Inputs(
        _visits, (410, 210), (110, 141, 630),
        [[[]], [[[1, 2]]], [[[1, 1]]]], [[[[1, 2], [2, 3]]], [[[0, 9], [-5, 1], [-5, -5]]]],
        _departing,
    ),
    "best_bookings": Inputs(
        _requests, (34, 26), (14, 17, 38),
        [[[]], [[[0, 1, 5]]], [[[0, 1, 5], [0, 1, 7]]]],
        [[[[0, 2, 1], [2, 4, 1], [1, 3, 3]]], [[[0, 5, 0]]]], _back_to_back,
    ),
}  # fmt: skip
