"""Loops over numbers."""

import math


def moving_average(values, window):
    """Return the mean of every full window."""
    averages = []
    for i in range(len(values)):
        if i + window <= len(values):
            averages = averages + [sum(values[i : i + window]) / window]
    return averages


def distance_matrix(points):
    """Return the matrix of distances between all points in the plane."""
    matrix = []
    for i in range(len(points)):
        row = []
        for j in range(len(points)):
            dx = points[i][0] - points[j][0]
            dy = points[i][1] - points[j][1]
            row.append(math.sqrt(math.pow(dx, 2) + math.pow(dy, 2)))
        matrix.append(row)
    return matrix


def standardize(values):
    """Return the values shifted and scaled to mean 0 and deviation 1; zeros if all are equal."""
    result = []
    for value in values:
        mean = sum(values) / len(values)
        variance = sum([(v - mean) ** 2 for v in values]) / len(values)
        deviation = math.sqrt(variance)
        if deviation == 0:
            result.append(0.0)
        else:
            result.append((value - mean) / deviation)
    return result


def primes_up_to(limit):
    """Return the primes up to and including the limit."""
    primes = []
    for number in range(2, limit + 1):
        divisors = 0
        for prime in primes:
            if number % prime == 0:
                divisors += 1
        if divisors == 0:
            primes.append(number)
    return primes


def matrix_power(matrix, exponent, modulus):
    """Return a square matrix to a power, all entries modulo ``modulus``."""
    size = len(matrix)
    result = [[1 if i == j else 0 for j in range(size)] for i in range(size)]
    for _ in range(exponent):
        product = []
        for i in range(size):
            row = []
            for j in range(size):
                total = 0
                for k in range(size):
                    total += result[i][k] * matrix[k][j]
                row.append(total % modulus)
            product.append(row)
        result = product
    return result


def largest_rectangle(heights):
    """Return the area of the largest rectangle under a skyline of bars of width 1."""
    largest = 0
    for left in range(len(heights)):
        for right in range(left, len(heights)):
            area = min(heights[left : right + 1]) * (right - left + 1)
            if area > largest:
                largest = area
    return largest
