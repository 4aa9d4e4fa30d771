"""Place points in the plane so that the farthest two are not much farther than the nearest."""

import random
from itertools import combinations
from math import cos, pi, sin

from ascent import ascend
from plan import AGAIN, CENTRE, EFFORT, INNER, SEED, SHAKE

TRIES = 2


def point_spread(count):
    """Return so many points ``[x, y]``."""
    stream = random.Random(SEED)
    best = tightened(rings(count, stream))
    for _ in range(TRIES - 1):
        near = [value + stream.gauss(0, AGAIN) for value in best]
        best = min(best, tightened(near), tightened(rings(count, stream)), key=ratio)
    return [best[i : i + 2] for i in range(0, 2 * count, 2)]


def rings(count, stream):
    """Return the coordinates of points on three rings, shaken."""
    values = []
    for radius, places in ((0.6, CENTRE), (1.2, INNER), (2.0, count - CENTRE - INNER)):
        for place in range(places):
            angle = 2 * pi * place / places
            values += [radius * cos(angle) + stream.gauss(0, SHAKE)]
            values += [radius * sin(angle) + stream.gauss(0, SHAKE)]
    return values


def squares(v):
    """Return the squared distances of all pairs."""
    return [
        (v[i] - v[j]) ** 2 + (v[i + 1] - v[j + 1]) ** 2
        for i, j in combinations(range(0, len(v) - 1, 2), 2)
    ]


def ratio(values):
    """Return the largest squared distance over the smallest."""
    found = squares(values)
    return max(found) / (min(found) or 1e-9)


def tightened(values):
    """Return the coordinates moved until the largest distance shrinks no more; the least is 1."""
    pairs = list(combinations(range(0, len(values), 2), 2))

    def slack(v):
        found = squares(v)
        return [v[-1] - square for square in found] + [square - 1 for square in found]

    def pull(v, weights, out):
        for (i, j), within, apart in zip(pairs, weights, weights[len(pairs) :], strict=False):
            out[-1] += within
            if within or apart:
                push = 2 * (apart - within)
                x, y = push * (v[i] - v[j]), push * (v[i + 1] - v[j + 1])
                out[i] += x
                out[j] -= x
                out[i + 1] += y
                out[j + 1] -= y

    goal = [0.0] * len(values) + [-1.0]
    start = [*values, max(squares(values))]
    return ascend(goal, slack, pull, start, rounds=10, steps=EFFORT, weight=1.0, growth=2.5)[:-1]
