"""How large is the smallest triangle among some points? Runs in a process of its own.

Points lie in the triangle (0, 0), (1, 0), (0, 1); areas are shares of its area, so that any
other triangle would do as well. Numbers are taken as the fractions that they are: nothing is
rounded and nothing is tolerated.
"""

from fractions import Fraction
from itertools import combinations
from math import isfinite


def smallest_area(case, points):
    """Return the least area of a triangle among the points.

    Raises:
        ValueError: too many or too few, or no ``[x, y]`` of plain finite floats, or a point
            outside of the triangle.
    """
    (count,) = case["args"]
    if type(points) is not list or len(points) != count:
        raise ValueError(f"a list of {count} points is wanted")
    exact = [exactly(point, number) for number, point in enumerate(points, 1)]
    for number, (x, y) in enumerate(exact, 1):
        if min(x, y, 1 - x - y) < 0:
            raise ValueError(f"point {number} lies outside of the triangle")
    return float(
        min(
            abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]))
            for a, b, c in combinations(exact, 3)
        )
    )


def exactly(point, number):
    """Return a point's two numbers as fractions."""
    if type(point) is not list or len(point) != 2:
        raise ValueError(f"point {number} is not [x, y]")
    if not all(type(value) is float and isfinite(value) for value in point):
        raise ValueError(f"point {number} holds what is no finite float")
    return [Fraction(value) for value in point]
