"""How far sines are from exact ones. Runs in a process of its own, apart from the polynomial."""

from math import sin


def worst_error(case, values):
    """Return the largest absolute error over the angles of a case."""
    (angles,) = case["args"]
    return max(abs(value - sin(x)) for x, value in zip(angles, values, strict=True))
