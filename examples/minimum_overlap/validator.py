"""How much does a step function overlap with what it leaves free? Runs in a process of its own.

The overlap is linear in the shift between whole steps, so the largest is one of 2 n - 1 sums.
They are sums of fractions: nothing is rounded but the result. Heights are divided by their
mean, exactly, so that the area on [0, 2] is 1, before it is asked whether they are at most 1.
"""

from fractions import Fraction
from math import isfinite

FEWEST, MOST = 1, 1000


def largest_overlap(case, heights):
    """Return the largest integral of f(x) (1 - f(x + shift)) over all shifts.

    Raises:
        ValueError: no list of 1 to 1,000 plain finite floats, a height below 0, no area, or a
            height above 1 when the area is 1.
    """
    if type(heights) is not list or not FEWEST <= len(heights) <= MOST:
        raise ValueError(f"a list of {FEWEST} to {MOST} heights is wanted")
    if not all(type(height) is float and isfinite(height) for height in heights):
        raise ValueError("a height is no finite float")
    if min(heights) < 0:
        raise ValueError("a height is below 0")
    exact = [Fraction(height) for height in heights]
    unit = max(value.denominator for value in exact)  # all are powers of two
    whole = [int(value * unit) for value in exact]
    count, area = len(whole), sum(whole)
    if area == 0:
        raise ValueError("there is no area below the steps")
    # f is count / (2 area) times the height; times 2 area, in whole numbers:
    scaled = [count * height for height in whole]
    free = [2 * area - height for height in scaled]
    if min(free) < 0:
        raise ValueError("a height is above 1 when the area is 1")
    largest = max(
        sum(scaled[i] * free[i + k] for i in range(max(0, -k), min(count, count - k)))
        for k in range(1 - count, count)
    )
    return float(Fraction(2 * largest, count * (2 * area) ** 2))
