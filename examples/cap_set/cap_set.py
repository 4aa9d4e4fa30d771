"""Collect vectors over {0, 1, 2} of which no three lie on a line, by a rule of what comes first."""

from itertools import product

from weights import WEIGHTS

HALF = 0.001


def cap_set(dimension):
    """Return vectors of which no three different ones have sums of 0 modulo 3 in every place."""
    vectors = sorted(product(range(3), repeat=dimension), key=priority, reverse=True)
    return [list(vector) for vector in greedy(vectors)]


def priority(vector):
    """Return how early a vector is taken: by its pattern of zeros, and the parity of its twos."""
    row, column = KINDS[5][support(vector[:5])], KINDS[3][support(vector[5:])]
    weight = WEIGHTS[row][column]
    first = vector.count(2) % 2 == (weight < 0)
    return abs(weight) + (HALF if first else 0)


def greedy(vectors):
    """Return the vectors that fit, in the order given: none completes a line with two before it."""
    numbers = {vector: number for number, vector in enumerate(product(range(3), repeat=4))}
    halves = list(numbers)
    third = [
        [numbers[tuple(-(a + b) % 3 for a, b in zip(one, other, strict=True))] for other in halves]
        for one in halves
    ]
    taken, blocked = [], set()
    for vector in vectors:
        high, low = numbers[vector[:4]], numbers[vector[4:]]
        if (high, low) not in blocked:
            above, below = third[high], third[low]
            blocked.update((above[i], below[j]) for i, j in taken)
            taken.append((high, low))
    return [halves[high] + halves[low] for high, low in taken]


def support(places):
    """Return which places are not 0, rotated so that it is the least of its kind."""
    marks = tuple(int(place != 0) for place in places)
    return min(marks[i:] + marks[:i] for i in range(len(marks)))


KINDS = {
    length: {
        kind: i for i, kind in enumerate(sorted({*map(support, product((0, 1), repeat=length))}))
    }
    for length in (3, 5)
}
