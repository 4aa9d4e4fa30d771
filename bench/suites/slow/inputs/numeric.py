"""Inputs for loops over numbers."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs


def _series(stream: Random, size: int) -> Call:
    return [[round(stream.gauss(20, 5), 3) for _ in range(size)], 40]


def _whole_series(stream: Random, size: int) -> Call:
    return [[stream.randint(-9, 9) for _ in range(size)], 3]


def _points(stream: Random, size: int) -> Call:
    return [[[stream.uniform(-50, 50), stream.uniform(-50, 50)] for _ in range(size)]]


def _grid_points(stream: Random, size: int) -> Call:
    return [[[stream.randint(0, 3), stream.randint(0, 3), 7] for _ in range(size)]]


def _measured(stream: Random, size: int) -> Call:
    return [[round(stream.gauss(180, 8), 2) for _ in range(size)]]


def _constant(stream: Random, size: int) -> Call:
    return [[stream.choice((3, 2**40))] * size]


def _limit(stream: Random, size: int) -> Call:
    return [size + stream.randint(0, 9)]


def _matrix(stream: Random, size: int) -> Call:
    matrix = [[stream.randrange(1000) for _ in range(6)] for _ in range(6)]
    return [matrix, size, 1_000_007]


def _small_matrix(stream: Random, size: int) -> Call:
    return [[[stream.randint(-3, 3), 1], [1, 0]], size, 10]


def _skyline(stream: Random, size: int) -> Call:
    return [[stream.randint(1, 60) for _ in range(size)]]


def _stairs(stream: Random, size: int) -> Call:
    heights = [i // 3 for i in range(size)]
    return [heights if stream.random() < 0.5 else heights[::-1]]


INPUTS = {
    "moving_average": Inputs(
        _series, (2800, 1300), (560, 371, 4100),
        [[[], 3], [[1.0], 1], [[1, 2], 5]], [[[0.5, 0.5, 0.5], 2], [[1, 2, 3], 3], [[-1, 1], 2]],
        _whole_series, tolerance=1e-9,
    ),
    "distance_matrix": Inputs(
        _points, (160, 81), (36, 91, 230),
        [[[]], [[[1, 2]]], [[[0, 0], [3, 4]]]], [[[[1, 1], [1, 1]]], [[[0, -1], [0.5, 1e6]]]],
        _grid_points, tolerance=1e-9,
    ),
    "standardize": Inputs(
        _measured, (260, 130), (71, 62, 400),
        [[[]], [[5]], [[1, 1, 1]]], [[[1, 2]], [[-1.5, 0, 1.5, 0]]], _constant, tolerance=1e-9,
    ),
    "primes_up_to": Inputs(
        _limit, (1500, 670), (400, 201, 2400), [[0], [1], [2]], [[-3], [3], [25], [49]],
    ),
    "matrix_power": Inputs(
        _matrix, (250, 110), (52, 101, 400),
        [[[], 3, 5], [[[2]], 0, 7], [[[1, 1], [1, 0]], 1, 9]],
        [[[[2]], 5, 1], [[[0, 1], [1, 0]], 2, 3], [[[3]], 0, 1]], _small_matrix,
    ),
    "largest_rectangle": Inputs(
        _skyline, (130, 64), (39, 50, 200),
        [[[]], [[3]], [[2, 2]]], [[[0, 0]], [[5, 0, 5]], [[1, 2, 3, 2, 1]]], _stairs,
    ),
}  # fmt: skip
