"""Graphs and trees."""


def hops_from(edges, start):
    """Return the least number of hops to each node that can be reached, edges both ways."""
    distances = {start: 0}
    queue = [start]
    visited = [start]
    while len(queue) > 0:
        node = queue.pop(0)
        neighbours = []
        for a, b in edges:
            if a == node:
                neighbours.append(b)
            if b == node:
                neighbours.append(a)
        for neighbour in neighbours:
            if neighbour not in visited:
                visited.append(neighbour)
                distances[neighbour] = distances[node] + 1
                queue.append(neighbour)
    return distances


def build_order(dependencies):
    """Return the tasks so that each comes after those it needs; None if they go in circles.

    Of the tasks that are ready, the first by name is built first.
    """
    order = []
    waiting = list(dependencies.keys())
    while len(waiting) > 0:
        ready = []
        for task in waiting:
            open_needs = [n for n in dependencies[task] if n in dependencies and n not in order]
            if len(open_needs) == 0:
                ready.append(task)
        if len(ready) == 0:
            return None
        first = sorted(ready)[0]
        order.append(first)
        waiting.remove(first)
    return order


def subtree_sizes(parents):
    """Return how many nodes stand below each node; ``parents[i]`` is None for a root."""
    sizes = []
    for node in range(len(parents)):
        count = 0
        pending = [node]
        while pending:
            current = pending.pop(0)
            for child in range(len(parents)):
                if parents[child] == current:
                    count = count + 1
                    pending.append(child)
        sizes.append(count)
    return sizes


def label_groups(count, links):
    """Return for each of ``count`` nodes the smallest number in its connected group."""
    labels = list(range(count))
    for a, b in links:
        if labels[a] != labels[b]:
            old = max(labels[a], labels[b])
            new = min(labels[a], labels[b])
            labels = [new if label == old else label for label in labels]
    return labels


def cheapest_routes(roads, start):
    """Return the cost of the cheapest route from ``start`` to each town that can be reached."""
    towns = []
    for road in roads:
        for town in (road["from"], road["to"]):
            if town not in towns:
                towns.append(town)
    costs = {start: 0}
    done = []
    while True:
        candidates = [town for town in costs if town not in done]
        if not candidates:
            break
        town = sorted(candidates, key=lambda name: (costs[name], name))[0]
        done.append(town)
        for road in [road for road in roads if road["from"] == town]:
            cost = costs[town] + road["cost"]
            if road["to"] not in costs or cost < costs[road["to"]]:
                costs[road["to"]] = cost
    return {town: costs[town] for town in sorted(costs)}


def critical_links(count, links):
    """Return the links whose loss would cut a network apart, in the order given."""

    def reachable(start, remaining):
        seen = {start}
        stack = [start]
        while stack:
            node = stack.pop()
            for a, b in remaining:
                if a == node and b not in seen:
                    seen.add(b)
                    stack.append(b)
                elif b == node and a not in seen:
                    seen.add(a)
                    stack.append(a)
        return seen

    critical = []
    for position in range(len(links)):
        a, b = links[position]
        remaining = links[:position] + links[position + 1 :]
        if a < count and b < count and b not in reachable(a, remaining):
            critical.append([a, b])
    return critical
