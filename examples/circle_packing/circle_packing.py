"""Pack circles of free radii into the unit square: rows of equal ones, shaken and grown."""

import random
from itertools import combinations
from math import hypot

from ascent import ascend
from plan import AGAIN, ROWS, SEED, SHAKE, SHIFT

TRIES = 5
MARGIN = 1e-12
REACH = 0.45
"""No two circles whose centres are further apart come to touch while they grow."""
ROUGHLY = ({"rounds": 2, "steps": 40}, {"rounds": 4, "steps": 50, "weight": 50, "growth": 6})
EXACTLY = ({"rounds": 6, "steps": 100, "weight": 50, "growth": 6},)


def circle_packing(count):
    """Return so many circles ``[x, y, radius]`` of which no two overlap, as large as was found."""
    stream = random.Random(SEED)
    best = grown(rows(count, stream))
    for _ in range(TRIES - 1):
        near = [shaken(circle, AGAIN, stream) for circle in best]
        best = max(best, grown(near), grown(rows(count, stream)), key=total)
    return max(best, grown(best, EXACTLY), key=total)


def rows(count, stream):
    """Return circles in rows, each second one moved by a share of their distance, and shaken."""
    circles = []
    for row in range(ROWS):
        places = round((count - len(circles)) / (ROWS - row))
        for place in range(places):
            offset = SHIFT * (row % 2) - SHIFT / 2
            circle = [(place + 0.5 + offset) / places, (row + 0.5) / ROWS, 0.05]
            circles.append(shaken(circle, SHAKE, stream))
    return circles


def shaken(circle, size, stream):
    """Return a circle somewhere near, four fifths as large."""
    x, y, radius = circle
    return [x + stream.gauss(0, size), y + stream.gauss(0, size), 0.8 * radius]


def total(circles):
    """Return the sum of the radii."""
    return sum(radius for _x, _y, radius in circles)


def grown(circles, plans=ROUGHLY):
    """Return the circles moved and grown until nothing more is gained, and a hair smaller."""
    everything = [value for circle in circles for value in circle]
    for plan in plans:
        firsts = range(0, len(everything), 3)
        near = [(i, j) for i, j in combinations(firsts, 2) if distance(everything, i, j) < REACH]
        everything = ascend([0.0, 0.0, 1.0] * len(circles), *contacts(near), everything, **plan)
    slack, _ = contacts(list(combinations(range(0, len(everything), 3), 2)))
    excess = max(0.0, -min(slack(everything))) + MARGIN
    return [
        [everything[i], everything[i + 1], everything[i + 2] - excess]
        for i in range(0, len(everything), 3)
    ]


def contacts(pairs):
    """Return slack and pull, as `ascend` wants them, of the walls and of pairs of circles.

    Args:
        pairs: of the positions of the first of each circle's three variables.
    """

    def slack(v):
        room = []
        for i in range(0, len(v), 3):
            x, y, radius = v[i : i + 3]
            room += (x - radius, 1 - x - radius, y - radius, 1 - y - radius)
        return room + [distance(v, i, j) - v[i + 2] - v[j + 2] for i, j in pairs]

    def pull(v, weights, out):
        for i in range(0, len(v), 3):
            left, right, below, above = weights[4 * i // 3 : 4 * i // 3 + 4]
            out[i] += left - right
            out[i + 1] += below - above
            out[i + 2] -= left + right + below + above
        for (i, j), weight in zip(pairs, weights[4 * len(v) // 3 :], strict=True):
            if weight:
                push = weight / (distance(v, i, j) or 1.0)
                x, y = push * (v[i] - v[j]), push * (v[i + 1] - v[j + 1])
                out[i] += x
                out[j] -= x
                out[i + 1] += y
                out[j + 1] -= y
                out[i + 2] -= weight
                out[j + 2] -= weight

    return slack, pull


def distance(v, i, j):
    """Return how far apart two centres are."""
    return hypot(v[i] - v[j], v[i + 1] - v[j + 1])
