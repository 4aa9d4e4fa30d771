"""A function on [0, 2] with values from 0 to 1 that overlaps little with what it leaves free."""

import random
from math import cos, pi

from ascent import ascend
from plan import GROWTH, ROUGH, SEED, STEEP, STEPS


def minimum_overlap():
    """Return the heights of steps of equal width, 0 to 1, with a mean of 1/2."""
    stream = random.Random(SEED)
    heights = [
        0.5 - 0.4 * cos(2 * pi * (i + 0.5) / STEPS) + stream.gauss(0, ROUGH) for i in range(STEPS)
    ]
    return balanced(lowered(balanced(heights)))


def balanced(heights):
    """Return the heights moved up or down, and cut to 0 … 1, until their mean is 1/2 or more."""
    low, high = -2.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        total = sum(min(1.0, max(0.0, height + middle)) for height in heights)
        low, high = (low, middle) if total > len(heights) / 2 else (middle, high)
    return [min(1.0, max(0.0, height + high)) for height in heights]


def overlaps(heights):
    """Return the overlap with the free part at each shift by whole steps."""
    count = len(heights)
    free = [1 - height for height in heights]
    sums = [0.0] * (2 * count - 1)
    for i, height in enumerate(heights):
        first = count - 1 - i
        sums[first : first + count] = [
            a + height * b for a, b in zip(sums[first:], free, strict=False)
        ]
    return [2 * value / count for value in sums]


def lowered(heights):
    """Return the heights moved until their largest overlap falls no more.

    The last variable is the bound of all overlaps; two constraints hold the mean at 1/2.
    """
    count = len(heights)
    scale = 2 / count

    def slack(v):
        own = v[:count]
        rest = scale * sum(own) - 1
        room = [v[count] - value for value in overlaps(own)]
        return room + own + [1 - height for height in own] + [rest, -rest]

    def pull(v, weights, out):
        own = v[:count]
        free = [1 - height for height in own]
        bounds, walls = weights[: 2 * count - 1], weights[2 * count - 1 :]
        turned = bounds[::-1]
        out[count] += sum(bounds)
        for i in range(count):
            first = count - 1 - i
            given = sum(a * b for a, b in zip(bounds[first:], free, strict=False))
            taken = sum(a * b for a, b in zip(turned[first:], own, strict=False))
            out[i] += scale * (taken - given + walls[-2] - walls[-1]) + walls[i] - walls[count + i]

    goal = [0.0] * count + [-1.0]
    start = [*heights, max(overlaps(heights))]
    moved = ascend(goal, slack, pull, start, rounds=14, steps=60, weight=STEEP, growth=GROWTH)
    return moved[:count]
