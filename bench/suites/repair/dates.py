"""Dates and durations."""

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def day_of_year(year, month, day):
    """Return which day of its year a date is, or None if there is no such date."""
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if leap:
        lengths[1] = 29
    if month < 1 or month > 12:
        return None
    if day < 1 or day > lengths[month - 1]:
        return None
    total = day
    for index in range(month - 1):
        total += lengths[index]
    return total


def some_date(stream: random.Random) -> Arguments:
    year = stream.choice([1900, 2000, 2023, 2024, 2100])
    return [year, stream.randint(0, 13), stream.choice([0, 1, 15, 28, 29, 30, 31, 32])]


def parse_duration(text):
    """Return the seconds of a text such as ``1h30m``; a bare number is seconds."""
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    total = 0
    number = ""
    for character in text.strip().lower():
        if character.isdigit():
            number += character
        elif character in units:
            if not number:
                return None
            total += int(number) * units[character]
            number = ""
        elif character != " ":
            return None
    if number:
        total += int(number)
    return total


def duration_text(stream: random.Random) -> Arguments:
    pieces = [
        str(stream.randint(0, 99)) + stream.choice(["d", "h", "m", "s", "H", "x", ""])
        for _ in range(stream.randint(0, 3))
    ]
    return [
        stream.choice(["", " "]) + stream.choice(["", " "]).join(pieces) + stream.choice(["", "m"])
    ]


def add_months(year, month, day, count):
    """Return the same day ``count`` months later, the last of the month where it is shorter."""
    index = year * 12 + (month - 1) + count
    new_year = index // 12
    new_month = index % 12 + 1
    if new_month == 2:
        leap = new_year % 4 == 0 and (new_year % 100 != 0 or new_year % 400 == 0)
        last = 29 if leap else 28
    elif new_month in (4, 6, 9, 11):
        last = 30
    else:
        last = 31
    return [new_year, new_month, min(day, last)]


def date_and_months(stream: random.Random) -> Arguments:
    month, count = stream.choice(
        [(stream.randint(1, 12), stream.randint(-14, 30)), (12, 2), (1, 13)]
    )
    return [stream.choice([1999, 2000, 2023]), month, stream.randint(1, 31), count]


BUGS = (
    Bug(
        "missing parentheses' logic",
        day_of_year,
        (("(year % 100 != 0 or year % 400 == 0)", "(year % 100 != 0 and year % 400 == 0)"),),
        some_date,
    ),
    Bug("off by one", day_of_year, (("range(month - 1)", "range(month)"),), some_date),
    Bug(
        "wrong index",
        day_of_year,
        (("day > lengths[month - 1]", "day > lengths[month - 2]"),),
        some_date,
    ),
    Bug("wrong constant", parse_duration, (("86400", "8640"),), duration_text),
    Bug(
        "early return missing",
        parse_duration,
        (
            (
                "            if not number:\n                return None\n",
                "            if not number:\n                continue\n",
            ),
        ),
        duration_text,
    ),
    Bug(
        "state that is not reset",
        parse_duration,
        (('            number = ""\n', ""),),
        duration_text,
    ),
    Bug(
        "missing conversion",
        parse_duration,
        (("text.strip().lower()", "text.strip()"),),
        duration_text,
    ),
    Bug("missing increment", add_months, (("index % 12 + 1", "index % 12"),), date_and_months),
    Bug("wrong division", add_months, (("index // 12", "index / 12"),), date_and_months),
    Bug(
        "swapped branches",
        add_months,
        (("29 if leap else 28", "28 if leap else 29"),),
        date_and_months,
    ),
)
