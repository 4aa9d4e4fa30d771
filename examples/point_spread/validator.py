"""How much farther are the farthest two points than the nearest? Runs in a process of its own.

Numbers are taken as the fractions that they are; only the result is rounded.
"""

from fractions import Fraction
from itertools import combinations
from math import isfinite


def squared_ratio(case, points):
    """Return the largest squared distance over the smallest.

    Raises:
        ValueError: too many or too few, or no ``[x, y]`` of plain finite floats, or two points
            in the same place.
    """
    (count,) = case["args"]
    if type(points) is not list or len(points) != count:
        raise ValueError(f"a list of {count} points is wanted")
    exact = [exactly(point, number) for number, point in enumerate(points, 1)]
    squares = [(a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 for a, b in combinations(exact, 2)]
    if min(squares) == 0:
        raise ValueError("two points are in the same place")
    return float(max(squares) / min(squares))


def exactly(point, number):
    """Return a point's two numbers as fractions."""
    if type(point) is not list or len(point) != 2:
        raise ValueError(f"point {number} is not [x, y]")
    if not all(type(value) is float and isfinite(value) for value in point):
        raise ValueError(f"point {number} holds what is no finite float")
    return [Fraction(value) for value in point]
