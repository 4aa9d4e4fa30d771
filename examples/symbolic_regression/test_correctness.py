"""Print the share of points, in percent, on which f agrees with the square."""

from target_function import f

POINTS = (0, 1, 2, 3, -1, -2, 0.5, 1.5)
TOLERANCE = 1e-10


def score():
    """Return 0.0 to 100.0; a call that raises is a point missed."""
    hits = 0
    for x in POINTS:
        try:
            hits += abs(f(x) - x**2) <= TOLERANCE
        except (ArithmeticError, TypeError, ValueError):
            continue
    return 100.0 * hits / len(POINTS)


if __name__ == "__main__":
    print(f"SCORE: {score()}")
