"""Inputs for sets, membership and duplicates."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import vocabulary, word


def _ids(stream: Random, size: int) -> Call:
    pool = [f"id-{number:06}" for number in stream.sample(range(10**6), size + size // 10)]
    return [stream.sample(pool, size), stream.sample(pool, size)]


def _number_ids(stream: Random, size: int) -> Call:
    return [[stream.randrange(size) for _ in range(size)] for _ in range(2)]


def _addresses(stream: Random, size: int) -> Call:
    names = vocabulary(stream, size // 2 + 1)
    return [
        [
            stream.choice((str.lower, str.upper, str.title))(stream.choice(names))
            + stream.choice(("@example.org", "@Example.org ", "@example.com"))
            for _ in range(size)
        ]
    ]


def _one_address(stream: Random, size: int) -> Call:
    spellings = ("a@b.c", "A@b.c", " a@B.c", "ß@b.c", "SS@b.c", "")
    return [[stream.choice(spellings) for _ in range(size)]]


def _names(stream: Random, size: int) -> Call:
    pool = vocabulary(stream, size)
    return [[stream.choice(pool) for _ in range(size)]]


def _few_names(stream: Random, size: int) -> Call:
    return [[*(stream.choice("abc") for _ in range(size)), "once"]]


def _numbers(stream: Random, size: int) -> Call:
    return [[stream.randint(-5 * size, 5 * size) for _ in range(size)], stream.randint(-9, 9)]


def _dense_numbers(stream: Random, size: int) -> Call:
    return [[stream.randint(-20, 20) for _ in range(size)], 4]


def _permissions(stream: Random, size: int) -> Call:
    permissions = [f"{one}:{act}" for one in vocabulary(stream, 30) for act in ("read", "write")]
    users = vocabulary(stream, size)
    before = {user: stream.sample(permissions, 40) for user in users[: size - size // 6]}
    after = {user: stream.sample(permissions, 40) for user in users[size // 6 :]}
    for user in users[size // 2 : size // 2 + size // 6]:
        after[user] = before.get(user, [])
    return [before, after]


def _repeated_permissions(stream: Random, size: int) -> Call:
    return [
        {word(stream): stream.choices("abcd", k=6) for _ in range(size)},
        {word(stream): stream.choices("bcde", k=6) for _ in range(size)},
    ]


def _accounts(stream: Random, size: int) -> Call:
    addresses = [f"{word(stream)}{i}@example.org" for i in range(2 * size)]
    return [[stream.sample(addresses, stream.randint(1, 3)) for _ in range(size)]]


def _chain(stream: Random, size: int) -> Call:
    links = [[f"a{i}", f"a{i + 1}"] for i in range(size)]
    stream.shuffle(links)
    return [[*links, [], ["alone", "alone"]]]


INPUTS = {
    "missing_ids": Inputs(
        _ids, (720, 340), (170, 261, 1000),
        [[[], []], [[1], [1]], [[1, 1, 2], [3]]], [[[], [1, 1]], [["a"], ["b"]], [[1], [1.0]]],
        _number_ids,
    ),
    "unique_emails": Inputs(
        _addresses, (670, 340), (200, 281, 1100),
        [[[]], [["a@b"]], [["a", "A ", "a"]]], [[["", " "]], [["İ", "i̇"]]], _one_address,
    ),
    "find_duplicates": Inputs(
        _names, (800, 360), (170, 281, 1100),
        [[[]], [["a"]], [["a", "b", "a", "a"]]], [[["", ""]], [["a", "b", "b", "a"]]],
        _few_names,
    ),
    "pairs_with_sum": Inputs(
        _numbers, (400, 180), (99, 111, 570),
        [[[], 0], [[1], 2], [[1, 1], 2]], [[[0, 0, 0], 0], [[1, 3, 1, 3], 4], [[2], 4]],
        _dense_numbers,
    ),
    "permission_changes": Inputs(
        _permissions, (180, 91), (61, 121, 270),
        [[{}, {}], [{"a": ["x"]}, {}], [{"a": ["x"]}, {"a": ["x"]}]],
        [[{}, {"b": ["y", "y"]}], [{"a": []}, {"a": ["z", "x"]}]], _repeated_permissions,
    ),
    "merge_accounts": Inputs(
        _accounts, (95, 51), (32, 45, 140),
        [[[]], [[["a"]]], [[["a"], ["a"]]]], [[[["a", "b"], ["c"], ["b", "c"]]], [[[], []]]],
        _chain,
    ),
}  # fmt: skip
