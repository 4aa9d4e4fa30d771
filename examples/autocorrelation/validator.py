"""How large is the autoconvolution of a step function? Runs in a process of its own.

The autoconvolution of steps is linear between the places where steps meet, so its maximum is
one of 2 n - 1 sums. They are sums of fractions: nothing is rounded but the result.
"""

from fractions import Fraction
from math import isfinite

FEWEST, MOST = 1, 1000


def autocorrelation_constant(case, heights):
    """Return max (f * f) over the squared area of f, on an interval of length 1/2.

    Raises:
        ValueError: no list of 1 to 1,000 plain finite floats, a height below 0, or no area.
    """
    if type(heights) is not list or not FEWEST <= len(heights) <= MOST:
        raise ValueError(f"a list of {FEWEST} to {MOST} heights is wanted")
    if not all(type(height) is float and isfinite(height) for height in heights):
        raise ValueError("a height is no finite float")
    if min(heights) < 0:
        raise ValueError("a height is below 0")
    whole = scaled(heights)
    area = sum(whole)
    if area == 0:
        raise ValueError("there is no area below the steps")
    count = len(whole)
    largest = max(
        sum(whole[i] * whole[k - i] for i in range(max(0, k - count + 1), min(k, count - 1) + 1))
        for k in range(2 * count - 1)
    )
    return float(Fraction(2 * count * largest, area**2))


def scaled(heights):
    """Return the heights as whole numbers of one unit, in which sums are exact and quick."""
    exact = [Fraction(height) for height in heights]
    unit = max(value.denominator for value in exact)  # all are powers of two
    return [int(value * unit) for value in exact]
