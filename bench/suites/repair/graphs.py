"""Graphs and grids."""

# ruff: noqa: SIM102 - code as people write it

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def shortest_hops(edges, start, goal):
    """Return how few edges lead from start to goal in a directed graph, or -1."""
    neighbours = {}
    for source, target in edges:
        neighbours.setdefault(source, []).append(target)
    distance = {start: 0}
    queue = [start]
    while queue:
        node = queue.pop(0)
        if node == goal:
            return distance[node]
        for other in neighbours.get(node, []):
            if other not in distance:
                distance[other] = distance[node] + 1
                queue.append(other)
    return -1


def graph(stream: random.Random) -> Arguments:
    edges = [[stream.randint(0, 6), stream.randint(0, 6)] for _ in range(stream.randint(4, 18))]
    return [edges, stream.randint(0, 6), stream.randint(0, 6)]


def build_order(needs):
    """Return tasks so that each comes after what it needs, by name among equals; [] in a circle."""
    waiting = {}
    for task, required in needs.items():
        waiting.setdefault(task, set())
        for other in required:
            waiting.setdefault(other, set())
            waiting[task].add(other)
    order = []
    while waiting:
        ready = sorted(task for task in waiting if not waiting[task])
        if not ready:
            return []
        first = ready[0]
        order.append(first)
        del waiting[first]
        for required in waiting.values():
            required.discard(first)
    return order


def tasks(stream: random.Random) -> Arguments:
    names = "abcdef"
    return [
        {
            name: [other for other in names if other != name and stream.random() < 0.15]
            for name in names[: stream.randint(0, 6)]
        }
    ]


def island_sizes(grid):
    """Return the sizes of the connected patches of ones, largest first."""
    rows = len(grid)
    columns = len(grid[0]) if grid else 0
    seen = set()
    sizes = []
    for row in range(rows):
        for column in range(columns):
            if grid[row][column] != 1 or (row, column) in seen:
                continue
            stack = [(row, column)]
            seen.add((row, column))
            size = 0
            while stack:
                r, c = stack.pop()
                size += 1
                for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                    y, x = r + dr, c + dc
                    if 0 <= y < rows and 0 <= x < columns:
                        if grid[y][x] == 1 and (y, x) not in seen:
                            seen.add((y, x))
                            stack.append((y, x))
            sizes.append(size)
    return sorted(sizes, reverse=True)


def some_grid(stream: random.Random) -> Arguments:
    rows, columns = stream.randint(0, 5), stream.randint(1, 6)
    return [[[int(stream.random() < 0.45) for _ in range(columns)] for _ in range(rows)]]


BUGS = (
    Bug("wrong initial value", shortest_hops, (("{start: 0}", "{start: 1}"),), graph),
    Bug("wrong comparison", shortest_hops, (("if node == goal", "if node >= goal"),), graph),
    Bug("wrong end of a queue", shortest_hops, (("queue.pop(0)", "queue.pop()"),), graph),
    Bug("wrong variable", shortest_hops, (("distance[node] + 1", "distance[start] + 1"),), graph),
    Bug("missing statement", build_order, (("        order.append(first)\n", ""),), tasks),
    Bug("missing not", build_order, (("if not waiting[task])", "if waiting[task])"),), tasks),
    Bug("wrong index", build_order, (("ready[0]", "ready[-1]"),), tasks),
    Bug(
        "swapped operands",
        island_sizes,
        (("y, x = r + dr, c + dc", "y, x = r + dr, c + dr"),),
        some_grid,
    ),
    Bug("wrong loop bound", island_sizes, (("in range(columns)", "in range(rows)"),), some_grid),
    Bug("wrong sign", island_sizes, (("(0, -1), (-1, 0)", "(0, 1), (-1, 0)"),), some_grid),
)
