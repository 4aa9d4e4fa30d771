"""Inputs for graphs and trees."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import vocabulary


def _edges(stream: Random, size: int) -> Call:
    return [[[stream.randrange(size), stream.randrange(size)] for _ in range(2 * size)], 0]


def _path(stream: Random, size: int) -> Call:
    edges = [[f"n{i}", f"n{i + 1}"] for i in range(size)]
    stream.shuffle(edges)
    return [edges, f"n{size // 2}"]


def _tasks(stream: Random, size: int) -> Call:
    names = vocabulary(stream, size)
    needs = {
        name: stream.sample(names[:i], min(i, stream.randint(0, 3))) for i, name in enumerate(names)
    }
    order = stream.sample(names, size)
    return [{name: needs[name] for name in order}]


def _circles(stream: Random, size: int) -> Call:
    names = vocabulary(stream, size)
    needs = {name: [names[i - 1], "elsewhere"] for i, name in enumerate(names) if i}
    if stream.random() < 0.5:
        needs[names[0]] = [names[-1]]
    return [needs]


def _parents(stream: Random, size: int) -> Call:
    return [[None] + [stream.randrange(i) for i in range(1, size)]]


def _forest(stream: Random, size: int) -> Call:
    trunk = stream.randint(5, 9)
    return [[i + 1 if (i + 1) % trunk and i + 1 < size else None for i in range(size)]]


def _links(stream: Random, size: int) -> Call:
    return [size, [[stream.randrange(size), stream.randrange(size)] for _ in range(size)]]


def _line(stream: Random, size: int) -> Call:
    links = [[i + 1, i] for i in range(size - 1)]
    stream.shuffle(links)
    return [size, links]


def _roads(stream: Random, size: int) -> Call:
    towns = vocabulary(stream, size)
    roads = [
        {"from": stream.choice(towns), "to": stream.choice(towns), "cost": stream.randint(1, 90)}
        for _ in range(4 * size)
    ]
    return [roads, towns[0]]


def _free_roads(stream: Random, size: int) -> Call:
    roads = [{"from": f"t{i}", "to": f"t{i + 1}", "cost": i % 2} for i in range(size)]
    roads += [{"from": "t0", "to": f"t{stream.randrange(size)}", "cost": 5} for _ in range(5)]
    return [roads, "t0"]


def _network(stream: Random, size: int) -> Call:
    links = [[i, stream.randrange(i)] for i in range(1, size)]
    links += [[stream.randrange(size), stream.randrange(size)] for _ in range(size // 3)]
    stream.shuffle(links)
    return [size, links]


def _doubled(stream: Random, size: int) -> Call:
    links = [[i, (i + 1) % size] for i in range(size)] + [[0, 0], [1, 2], [2, 1]]
    links += [[size + i, stream.randrange(size + i)] for i in range(5)]
    return [size + 5, links]


INPUTS = {
    "hops_from": Inputs(
        _edges, (280, 150), (75, 111, 470),
        [[[], 0], [[[0, 1]], 0], [[[0, 0], [0, 1], [1, 0]], 1]], [[[[1, 2]], 0], [[], "x"]],
        _path,
    ),
    "build_order": Inputs(
        _tasks, (99, 50), (33, 51, 130),
        [[{}], [{"a": []}], [{"a": ["b"], "b": ["a"]}]],
        [[{"a": ["a"]}], [{"b": [], "a": ["x"]}], [{"a": ["b", "b"], "b": []}]], _circles,
    ),
    "subtree_sizes": Inputs(
        _parents, (180, 91), (51, 82, 280),
        [[[]], [[None]], [[None, None]]], [[[1, None]], [[2, 2, None, 0, 0]]], _forest,
    ),
    "label_groups": Inputs(
        _links, (580, 290), (130, 201, 890),
        [[0, []], [1, [[0, 0]]], [3, []]], [[4, [[3, 2], [1, 0], [2, 1]]], [2, [[0, 1], [1, 0]]]],
        _line,
    ),
    "cheapest_routes": Inputs(
        _roads, (100, 54), (34, 68, 150),
        [[[], "a"], [[{"from": "a", "to": "b", "cost": 1}], "a"]],
        [[[{"from": "a", "to": "a", "cost": 0}, {"from": "b", "to": "a", "cost": 1}], "a"],
         [[{"from": "a", "to": "b", "cost": 5}, {"from": "a", "to": "b", "cost": 2}], "a"]],
        _free_roads,
    ),
    "critical_links": Inputs(
        _network, (59, 33), (20, 27, 83),
        [[0, []], [2, [[0, 1]]], [2, [[0, 1], [0, 1]]]],
        [[1, [[0, 0]]], [3, [[0, 1], [1, 2], [2, 0]]], [2, [[0, 5]]], [2, [[5, 0], [0, 1]]]],
        _doubled,
    ),
}  # fmt: skip
