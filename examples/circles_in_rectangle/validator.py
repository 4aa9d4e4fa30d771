"""Is a packing one, exactly, and what is it worth? Runs in a process of its own.

Numbers are taken as the fractions that they are: nothing is rounded and nothing is tolerated.
The rectangle is as high as 2 - width, so that its perimeter is 4 by construction.
"""

from fractions import Fraction
from itertools import combinations
from math import isfinite


def sum_of_radii(case, packing):
    """Return the sum of the radii.

    Raises:
        ValueError: no ``[width, circles]``, too many or too few, or no ``[x, y, radius]`` of
            plain finite floats, or a circle that leaves the rectangle or overlaps another.
    """
    (count,) = case["args"]
    if type(packing) is not list or len(packing) != 2:
        raise ValueError("[width, circles] is wanted")
    (width,), circles = exactly([packing[0]], "the width"), packing[1]
    height = 2 - width
    if type(circles) is not list or len(circles) != count:
        raise ValueError(f"a list of {count} circles is wanted")
    exact = [exactly(circle, f"circle {number}", 3) for number, circle in enumerate(circles, 1)]
    for number, (x, y, radius) in enumerate(exact, 1):
        if radius <= 0:
            raise ValueError(f"circle {number} has no positive radius")
        if min(x, y, width - x, height - y) < radius:
            raise ValueError(f"circle {number} leaves the rectangle")
    for (one, (x, y, r)), (other, (u, v, s)) in combinations(enumerate(exact, 1), 2):
        if (x - u) ** 2 + (y - v) ** 2 < (r + s) ** 2:
            raise ValueError(f"circles {one} and {other} overlap")
    return float(sum(radius for _x, _y, radius in exact))


def exactly(values, name, count=1):
    """Return so many numbers as fractions."""
    if type(values) is not list or len(values) != count:
        raise ValueError(f"{name} is no list of {count}")
    if not all(type(value) is float and isfinite(value) for value in values):
        raise ValueError(f"{name} holds what is no finite float")
    return [Fraction(value) for value in values]
