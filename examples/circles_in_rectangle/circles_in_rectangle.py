"""Pack circles of free radii into a rectangle of perimeter 4, whose width is free as well."""

import random
from itertools import combinations
from math import hypot

from ascent import ascend
from plan import AGAIN, ROWS, SEED, SHAKE, SHIFT, WIDTH

TRIES = 5
MARGIN = 1e-12
REACH = 0.5
"""No two circles whose centres are further apart come to touch while they grow."""
ROUGHLY = ({"rounds": 2, "steps": 40}, {"rounds": 4, "steps": 50, "weight": 50, "growth": 6})
EXACTLY = ({"rounds": 6, "steps": 100, "weight": 50, "growth": 6},)


def circles_in_rectangle(count):
    """Return the width and so many circles ``[x, y, radius]``; the height is 2 - width."""
    stream = random.Random(SEED)
    best = grown([*rows(count, stream), WIDTH])
    for _ in range(TRIES - 1):
        tries = (shaken(best, AGAIN, stream), [*rows(count, stream), WIDTH])
        best = max(best, *map(grown, tries), key=total)
    best = max(best, grown(best, EXACTLY), key=total)
    return [best[-1], [best[i : i + 3] for i in range(0, 3 * count, 3)]]


def rows(count, stream):
    """Return circles in rows, each second one moved by a share of their distance, and shaken."""
    packing = []
    for row in range(ROWS):
        places = round((count - len(packing) / 3) / (ROWS - row))
        for place in range(places):
            offset = SHIFT * (row % 2) - SHIFT / 2
            packing += [(place + 0.5 + offset) / places * WIDTH]
            packing += [(row + 0.5) / ROWS * (2 - WIDTH), 0.05]
    return shaken(packing, SHAKE, stream)


def shaken(packing, size, stream):
    """Return a packing near by: centres moved, radii four fifths as large."""
    near = [0.8 * v if i % 3 == 2 else v + stream.gauss(0, size) for i, v in enumerate(packing)]
    return near if len(near) % 3 == 0 else [*near[:-1], packing[-1]]


def total(packing):
    """Return the sum of the radii."""
    return sum(packing[2::3])


def grown(packing, plans=ROUGHLY):
    """Return a packing moved and grown until nothing more is gained, and a hair smaller.

    Args:
        packing: x, y and radius of each circle, and at last the width of the rectangle.
        plans: of one ascent after the other.
    """
    firsts = range(0, len(packing) - 1, 3)
    goal = [0.0, 0.0, 1.0] * len(firsts) + [0.0]
    for plan in plans:
        near = [(i, j) for i, j in combinations(firsts, 2) if distance(packing, i, j) < REACH]
        packing = ascend(goal, *contacts(near), packing, **plan)
    slack, _ = contacts(list(combinations(firsts, 2)))
    excess = max(0.0, -min(slack(packing))) + MARGIN
    return [value - excess if i % 3 == 2 else value for i, value in enumerate(packing)]


def contacts(pairs):
    """Return slack and pull, as `ascend` wants them, of the walls and of pairs of circles.

    Args:
        pairs: of the positions of the first of each circle's three variables.
    """

    def slack(v):
        room, width = [], v[-1]
        for i in range(0, len(v) - 1, 3):
            x, y, radius = v[i : i + 3]
            room += (x - radius, width - x - radius, y - radius, 2 - width - y - radius)
        return room + [distance(v, i, j) - v[i + 2] - v[j + 2] for i, j in pairs]

    def pull(v, weights, out):
        for i in range(0, len(v) - 1, 3):
            left, right, below, above = weights[4 * i // 3 : 4 * i // 3 + 4]
            out[i] += left - right
            out[i + 1] += below - above
            out[i + 2] -= left + right + below + above
            out[-1] += right - above
        for (i, j), weight in zip(pairs, weights[4 * (len(v) - 1) // 3 :], strict=True):
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
