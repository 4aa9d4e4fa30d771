"""Matrices, statistics and whole numbers."""

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def multiply_matrices(left, right):
    """Return the product of two matrices, or None if their shapes do not fit."""
    if not left or not right or len(left[0]) != len(right):
        return None
    rows = len(left)
    inner = len(right)
    columns = len(right[0])
    product = []
    for i in range(rows):
        line = []
        for j in range(columns):
            total = 0
            for k in range(inner):
                total += left[i][k] * right[k][j]
            line.append(total)
        product.append(line)
    return product


def two_matrices(stream: random.Random) -> Arguments:
    n, m, p = stream.randint(0, 3), stream.randint(1, 3), stream.randint(1, 3)
    q = m if stream.random() < 0.85 else stream.randint(1, 3)
    return [
        [[stream.randint(-4, 4) for _ in range(m)] for _ in range(n)],
        [[stream.randint(-4, 4) for _ in range(p)] for _ in range(q)],
    ]


def moving_average(values, window):
    """Return the mean of the last ``window`` values at each place, of fewer at the beginning."""
    averages = []
    total = 0
    for index, value in enumerate(values):
        total += value
        if index >= window:
            total -= values[index - window]
        count = min(index + 1, window)
        averages.append(total / count)
    return averages


def series(stream: random.Random) -> Arguments:
    return [[stream.randint(-9, 9) for _ in range(stream.randint(0, 9))], stream.randint(1, 4)]


def quartiles(values):
    """Return first quartile, median and third quartile, halves without the middle value."""

    def median(ordered):
        size = len(ordered)
        if size == 0:
            return None
        middle = size // 2
        if size % 2 == 1:
            return ordered[middle]
        return (ordered[middle - 1] + ordered[middle]) / 2

    ordered = sorted(values)
    half = len(ordered) // 2
    lower = ordered[:half]
    upper = ordered[len(ordered) - half :]
    return [median(lower), median(ordered), median(upper)]


def sample(stream: random.Random) -> Arguments:
    return [[stream.randint(0, 20) for _ in range(stream.randint(0, 9))]]


def to_base(number, base):
    """Write a whole number in a base from 2 to 16."""
    digits = "0123456789abcdef"
    if number == 0:
        return "0"
    negative = number < 0
    if negative:
        number = -number
    written = ""
    while number > 0:
        written = digits[number % base] + written
        number = number // base
    if negative:
        written = "-" + written
    return written


def number_and_base(stream: random.Random) -> Arguments:
    return [stream.randint(-300, 300) * stream.choice([0, 1, 1, 7]), stream.randint(2, 16)]


def run_lengths(values, least):
    """Return [value, length] of each run of equal values that is long enough."""
    runs = []
    if not values:
        return runs
    current = values[0]
    length = 1
    for value in values[1:]:
        if value == current:
            length += 1
        else:
            if length >= least:
                runs.append([current, length])
            current = value
            length = 1
    if length >= least:
        runs.append([current, length])
    return runs


def repeating(stream: random.Random) -> Arguments:
    return [[stream.randint(0, 2) for _ in range(stream.randint(0, 12))], stream.randint(1, 3)]


BUGS = (
    Bug("swapped indices", multiply_matrices, (("right[k][j]", "right[j][k]"),), two_matrices),
    Bug("wrong loop bound", multiply_matrices, (("range(columns)", "range(inner)"),), two_matrices),
    Bug(
        "wrong order of statements",
        multiply_matrices,
        (
            (
                "            line.append(total)\n        product.append(line)\n",
                "            line.append(total)\n            product.append(line)\n",
            ),
        ),
        two_matrices,
    ),
    Bug("off by one", moving_average, (("if index >= window", "if index > window"),), series),
    Bug("wrong operator", moving_average, (("total -= values", "total += values"),), series),
    Bug(
        "two mistakes", moving_average, (("min(index + 1, window)", "max(index, window)"),), series
    ),
    Bug(
        "missing branch",
        quartiles,
        (("        if size % 2 == 1:\n            return ordered[middle]\n", ""),),
        sample,
    ),
    Bug("slice bounds", quartiles, (("ordered[len(ordered) - half :]", "ordered[half:]"),), sample),
    Bug(
        "missing guard",
        quartiles,
        (("        if size == 0:\n            return None\n", ""),),
        sample,
    ),
    Bug(
        "true division",
        to_base,
        (("number = number // base", "number = int(number / base) - 1"),),
        number_and_base,
    ),
    Bug(
        "swapped operands",
        to_base,
        (("digits[number % base] + written", "written + digits[number % base]"),),
        number_and_base,
    ),
    Bug(
        "missing guard",
        to_base,
        (('    if number == 0:\n        return "0"\n', ""),),
        number_and_base,
    ),
    Bug(
        "wrong initial value",
        run_lengths,
        (
            (
                "            current = value\n            length = 1",
                "            current = value\n            length = 0",
            ),
        ),
        repeating,
    ),
    Bug(
        "wrong variable",
        run_lengths,
        (
            (
                "            current = value\n            length = 1",
                "            current = length\n            length = 1",
            ),
        ),
        repeating,
    ),
)
