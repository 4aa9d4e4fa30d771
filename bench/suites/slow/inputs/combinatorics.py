"""Inputs for counting, choosing and recursion."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import vocabulary, word


def _grid(stream: Random, size: int) -> Call:
    grid = [[int(stream.random() < 0.08) for _ in range(size)] for _ in range(size)]
    grid[0][0] = grid[-1][-1] = 0
    return [grid]


def _narrow_grid(stream: Random, size: int) -> Call:
    return [[[0] * size, [stream.randint(0, 1) for _ in range(size - 1)] + [0]]]


def _words(stream: Random, size: int) -> Call:
    left = "".join(word(stream) for _ in range(size))[:size]
    right = list(left)
    for _ in range(3):
        right[stream.randrange(len(right))] = stream.choice("xyz")
    stream.shuffle(right)
    return [left, "".join(right)]


def _similar_words(stream: Random, size: int) -> Call:
    return ["".join(stream.choices("ab", k=size)), "".join(stream.choices("ab", k=size - 1))]


def _coins(stream: Random, size: int) -> Call:
    return [size + stream.randint(0, 9), [50, 20, 10, 5, 2]]


def _odd_coins(stream: Random, size: int) -> Call:
    return [size // 4, stream.sample([2, 3, 5, 7, 11, 13], 4)]


def _rows(stream: Random, size: int) -> Call:
    return [size + stream.randint(0, 2)]


def _players(stream: Random, size: int) -> Call:
    players = vocabulary(stream, size)
    return [players, [stream.sample(players, 2) for _ in range(6)]]


def _repeated_players(stream: Random, size: int) -> Call:
    return [stream.choices("abcdefg", k=size), [["b", "a"], ["a", "a"], ["x", "y"]]]


def _load(stream: Random, size: int) -> Call:
    weights = [stream.randint(3, 40) for _ in range(size)]
    return [weights, [stream.randint(1, 90) for _ in range(size)], 8 * size]


def _tight_load(stream: Random, size: int) -> Call:
    return [[stream.choice((0, 7, 11)) for _ in range(size)], list(range(size)), 15]


INPUTS = {
    "count_paths": Inputs(
        _grid, (10, 9), (4, 11, 10),
        [[[]], [[[0]]], [[[1]]]], [[[[0, 1], [0, 0]]], [[[0, 0], [0, 1]]], [[[0, 0, 0], [0]]]],
        _narrow_grid,
    ),
    "edit_distance": Inputs(
        _words, (7, 7), (5, 6, 7),
        [["", ""], ["a", ""], ["abc", "abc"]], [["", "xy"], ["ab", "ba"], ["aab", "b"]],
        _similar_words,
    ),
    "ways_to_pay": Inputs(
        _coins, (170, 120), (60, 80, 240),
        [[0, []], [5, []], [4, [2, 2]]], [[-1, [1]], [7, [9]], [10, [5, 1]]], _odd_coins,
    ),
    "pascal_rows": Inputs(_rows, (58, 37), (21, 30, 83), [[0], [1]], [[-1], [2], [5]]),
    "team_pairings": Inputs(
        _players, (30, 17), (10, 14, 43),
        [[[], []], [["a"], []], [["a", "b"], [["b", "a"]]]], [[["b", "a", "b"], []]],
        _repeated_players,
    ),
    "best_load": Inputs(
        _load, (13, 12), (7, 9, 14),
        [[[], [], 5], [[3], [4], 3], [[3], [4], 2]], [[[0, 0], [1, 1], 0], [[1], [0], 9]],
        _tight_load,
    ),
}  # fmt: skip
