"""Heights of steps whose autoconvolution is nowhere large, seen from the area below them."""

import random

from ascent import ascend
from plan import GROWTH, ROUGH, SEED, STEEP, STEPS


def autocorrelation():
    """Return the heights, 0 or more, of steps of equal width on an interval of length 1/2."""
    stream = random.Random(SEED)
    heights = [max(0.05, 1 + stream.gauss(0, ROUGH)) for _ in range(STEPS)]
    area = sum(heights)
    heights = [height / area for height in heights]
    return min(heights, flattened(heights), key=peak)


def products(heights):
    """Return the autoconvolution of the heights, times their number: 2 n - 1 sums."""
    count = len(heights)
    sums = [0.0] * (2 * count - 1)
    for i, height in enumerate(heights):
        sums[i : i + count] = [a + height * b for a, b in zip(sums[i:], heights, strict=False)]
    return sums


def peak(heights):
    """Return the largest value of the autoconvolution over the squared area."""
    return 2 * len(heights) * max(products(heights)) / sum(heights) ** 2


def flattened(heights):
    """Return the heights moved until their largest sum of products falls no more; they sum to 1.

    The last variable is the bound of all sums; one more constraint holds the area.
    """
    count = len(heights)

    def slack(v):
        own, scale = v[:count], 2 * count
        return [v[count] - scale * value for value in products(own)] + own + [sum(own) - 1]

    def pull(v, weights, out):
        bounds, scale = weights[: 2 * count - 1], 4 * count
        out[count] += sum(bounds)
        for i in range(count):
            force = sum(a * b for a, b in zip(bounds[i:], v[:count], strict=False))
            out[i] += weights[2 * count - 1 + i] + weights[-1] - scale * force

    goal = [0.0] * count + [-1.0]
    start = [*heights, peak(heights)]
    moved = ascend(goal, slack, pull, start, rounds=14, steps=60, weight=STEEP, growth=GROWTH)
    return [max(height, 0.0) for height in moved[:count]]
