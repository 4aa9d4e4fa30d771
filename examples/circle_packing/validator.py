"""Is a packing one, exactly, and what is it worth? Runs in a process of its own.

Coordinates are taken as the fractions that they are: nothing is rounded and nothing is
tolerated. Circles that overlap by 1e-300 are refused.
"""

from fractions import Fraction
from itertools import combinations
from math import isfinite


def sum_of_radii(case, circles):
    """Return the sum of the radii.

    Raises:
        ValueError: too many or too few, or no ``[x, y, radius]`` of plain finite floats, or a
            circle that leaves the unit square or overlaps another.
    """
    (count,) = case["args"]
    if type(circles) is not list or len(circles) != count:
        raise ValueError(f"a list of {count} circles is wanted")
    exact = [exactly(circle, number) for number, circle in enumerate(circles, 1)]
    for number, (x, y, radius) in enumerate(exact, 1):
        if radius <= 0:
            raise ValueError(f"circle {number} has no positive radius")
        if min(x, y, 1 - x, 1 - y) < radius:
            raise ValueError(f"circle {number} leaves the square")
    for (one, (x, y, r)), (other, (u, v, s)) in combinations(enumerate(exact, 1), 2):
        if (x - u) ** 2 + (y - v) ** 2 < (r + s) ** 2:
            raise ValueError(f"circles {one} and {other} overlap")
    return float(sum(radius for _x, _y, radius in exact))


def exactly(circle, number):
    """Return a circle's three numbers as fractions."""
    if type(circle) is not list or len(circle) != 3:
        raise ValueError(f"circle {number} is not [x, y, radius]")
    if not all(type(value) is float and isfinite(value) for value in circle):
        raise ValueError(f"circle {number} holds what is no finite float")
    return [Fraction(value) for value in circle]
