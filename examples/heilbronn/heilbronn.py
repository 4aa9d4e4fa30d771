"""Place points in a triangle so that the smallest triangle among them is large."""

import random
from itertools import combinations

from ascent import ascend
from plan import AGAIN, GROWTH, MIRRORED, SEED, STEEP

TRIES = 4


def heilbronn(count):
    """Return so many points ``[x, y]`` with x and y at least 0 and x + y at most 1."""
    stream = random.Random(SEED)
    best = spread(drawn(count, stream))
    for _ in range(TRIES - 1):
        near = [value + stream.gauss(0, AGAIN) for value in best]
        best = max(best, spread(near), spread(drawn(count, stream)), key=smallest)
    return [best[i : i + 2] for i in range(0, 2 * count, 2)]


def drawn(count, stream):
    """Return the coordinates of random points of the triangle, mirrored in pairs if asked for."""
    values = []
    while len(values) < 2 * count:
        x, y = stream.random(), stream.random()
        if x + y > 1:
            x, y = 1 - x, 1 - y
        if not MIRRORED:
            values += [x, y]
        elif len(values) == 2 * count - 2:
            values += [x / 2, x / 2]
        else:
            values += [x, y, y, x]
    return values


def smallest(values):
    """Return the least area of a triangle among the points, as a share of the whole one."""
    return min(abs(area(values, *three)) for three in combinations(range(0, len(values), 2), 3))


def spread(values):
    """Return the coordinates moved until the smallest area grows no more, inside the triangle."""
    threes = list(combinations(range(0, len(values), 2), 3))
    goal = [0.0] * len(values) + [1.0]

    def slack(v):
        least = v[-1]
        room = [abs(area(v, *three)) - least for three in threes]
        for i in range(0, len(values), 2):
            room += (v[i], v[i + 1], 1 - v[i] - v[i + 1])
        return room

    def pull(v, weights, out):
        for (i, j, k), weight in zip(threes, weights, strict=False):
            if weight:
                out[-1] -= weight
                push = weight if area(v, i, j, k) >= 0 else -weight
                out[i] += push * (v[j + 1] - v[k + 1])
                out[i + 1] += push * (v[k] - v[j])
                out[j] += push * (v[k + 1] - v[i + 1])
                out[j + 1] += push * (v[i] - v[k])
                out[k] += push * (v[i + 1] - v[j + 1])
                out[k + 1] += push * (v[j] - v[i])
        for i in range(0, len(values), 2):
            first = len(threes) + 3 * i // 2
            left, below, above = weights[first : first + 3]
            out[i] += left - above
            out[i + 1] += below - above

    *moved, _least = ascend(
        goal, slack, pull, [*values, 0.01], rounds=14, steps=30, weight=STEEP, growth=GROWTH
    )
    return inside(moved)


def inside(values):
    """Return the coordinates with those that lie outside of the triangle put on its border."""
    kept = []
    for i in range(0, len(values), 2):
        x, y = max(values[i], 0.0), max(values[i + 1], 0.0)
        too_much = max(1.0, (x + y) * (1 + 1e-15))
        kept += [x / too_much, y / too_much]
    return kept


def area(v, i, j, k):
    """Return the signed area of three points; that of the whole triangle is 1."""
    return (v[j] - v[i]) * (v[k + 1] - v[i + 1]) - (v[k] - v[i]) * (v[j + 1] - v[i + 1])
