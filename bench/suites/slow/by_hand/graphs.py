"""Graphs and trees, as fast as it goes by hand."""

import heapq


def hops_from(edges, start):
    neighbours = {}
    for a, b in edges:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    distances = {start: 0}
    queue = [start]
    for node in queue:
        for neighbour in neighbours.get(node, ()):
            if neighbour not in distances:
                distances[neighbour] = distances[node] + 1
                queue.append(neighbour)
    return distances


def build_order(dependencies):
    missing, users = {}, {}
    for task, needs in dependencies.items():
        known = {need for need in needs if need in dependencies}
        missing[task] = len(known)
        for need in known:
            users.setdefault(need, []).append(task)
    ready = [task for task, count in missing.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        task = heapq.heappop(ready)
        order.append(task)
        for user in users.get(task, ()):
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, user)
    return order if len(order) == len(dependencies) else None


def subtree_sizes(parents):
    children = [[] for _ in parents]
    roots = []
    for node, parent in enumerate(parents):
        (roots if parent is None else children[parent]).append(node)
    for node in roots:
        roots.extend(children[node])
    sizes = [0] * len(parents)
    for node in reversed(roots):
        if parents[node] is not None:
            sizes[parents[node]] += sizes[node] + 1
    return sizes


def label_groups(count, links):
    leader = list(range(count))

    def find(node):
        while leader[node] != node:
            leader[node] = leader[leader[node]]
            node = leader[node]
        return node

    for a, b in links:
        a, b = find(a), find(b)
        if a < b:
            leader[b] = a
        else:
            leader[a] = b
    return [find(node) for node in range(count)]


def cheapest_routes(roads, start):
    outgoing = {}
    for road in roads:
        outgoing.setdefault(road["from"], []).append((road["to"], road["cost"]))
    costs = {}
    queue = [(0, start)]
    while queue:
        cost, town = heapq.heappop(queue)
        if town in costs:
            continue
        costs[town] = cost
        for there, more in outgoing.get(town, ()):
            if there not in costs:
                heapq.heappush(queue, (cost + more, there))
    return {town: costs[town] for town in sorted(costs)}


def critical_links(count, links):
    neighbours = {}
    for position, (a, b) in enumerate(links):
        neighbours.setdefault(a, []).append((b, position))
        neighbours.setdefault(b, []).append((a, position))
    entered, lowest, cut = {}, {}, set()
    for root in neighbours:
        if root in entered:
            continue
        entered[root] = lowest[root] = len(entered)
        stack = [(root, -1, iter(neighbours[root]))]
        while stack:
            node, came, ahead = stack[-1]
            for other, position in ahead:
                if position == came:
                    continue
                if other in entered:
                    lowest[node] = min(lowest[node], entered[other])
                    continue
                entered[other] = lowest[other] = len(entered)
                stack.append((other, position, iter(neighbours[other])))
                break
            else:
                stack.pop()
                if stack:
                    above = stack[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                    if lowest[node] > entered[above]:
                        cut.add(came)
    return [[a, b] for i, (a, b) in enumerate(links) if i in cut and a < count and b < count]
