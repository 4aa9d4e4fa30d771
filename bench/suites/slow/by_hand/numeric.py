"""Loops over numbers, as fast as it goes by hand."""

from itertools import accumulate
from math import sqrt


def moving_average(values, window):
    sums = list(accumulate(values, initial=0))
    return [(b - a) / window for a, b in zip(sums, sums[window:])]


def distance_matrix(points):
    xs = [point[0] for point in points]
    ys = [point[1] for point in points]
    matrix = []
    for i, (x, y) in enumerate(zip(xs, ys)):
        row = [above[i] for above in matrix]
        row += [sqrt((x - u) * (x - u) + (y - v) * (y - v)) for u, v in zip(xs[i:], ys[i:])]
        matrix.append(row)
    return matrix


def standardize(values):
    if not values:
        return []
    mean = sum(values) / len(values)
    deviation = sqrt(sum([(v - mean) ** 2 for v in values]) / len(values))
    if deviation == 0:
        return [0.0] * len(values)
    return [(value - mean) / deviation for value in values]


def primes_up_to(limit):
    if limit < 2:
        return []
    sieve = bytearray([1]) * (limit + 1)
    sieve[0:2] = b"\0\0"
    for number in range(2, int(limit**0.5) + 1):
        if sieve[number]:
            first = number * number
            sieve[first::number] = bytes((limit - first) // number + 1)
    return [number for number in range(limit + 1) if sieve[number]]


def matrix_power(matrix, exponent, modulus):
    size = len(matrix)

    def product(left, right):
        columns = list(zip(*right))
        return [[sum(map(int.__mul__, row, c)) % modulus for c in columns] for row in left]

    result = [[1 if i == j else 0 for j in range(size)] for i in range(size)]
    if exponent > 0 and size == 0:
        return []
    while exponent > 0:
        if exponent % 2:
            result = product(result, matrix)
        exponent //= 2
        if exponent:
            matrix = product(matrix, matrix)
    return result


def largest_rectangle(heights):
    largest = 0
    open_bars = []
    for position, height in enumerate([*heights, 0]):
        start = position
        while open_bars and open_bars[-1][1] >= height:
            start, tall = open_bars.pop()
            largest = max(largest, tall * (position - start))
        open_bars.append((start, height))
    return largest
