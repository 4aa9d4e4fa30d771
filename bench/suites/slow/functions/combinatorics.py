"""Counting, choosing and recursion."""

import itertools


def count_paths(grid, row=0, column=0):
    """Return in how many ways one gets from the top left to the bottom right, right and down.

    ``grid`` holds 1 where one cannot go.
    """
    if row >= len(grid) or column >= len(grid[row]) or grid[row][column] == 1:
        return 0
    if row == len(grid) - 1 and column == len(grid[row]) - 1:
        return 1
    return count_paths(grid, row + 1, column) + count_paths(grid, row, column + 1)


def edit_distance(left, right):
    """Return the least number of insertions, deletions and replacements between two words."""
    if len(left) == 0:
        return len(right)
    if len(right) == 0:
        return len(left)
    if left[0] == right[0]:
        return edit_distance(left[1:], right[1:])
    return 1 + min(
        [
            edit_distance(left[1:], right),
            edit_distance(left, right[1:]),
            edit_distance(left[1:], right[1:]),
        ]
    )


def ways_to_pay(amount, coins):
    """Return in how many ways coins of these values make up the amount; order is no matter."""
    if amount == 0:
        return 1
    if amount < 0 or len(coins) == 0:
        return 0
    ways = 0
    used = 0
    while used * coins[0] <= amount:
        ways += ways_to_pay(amount - used * coins[0], coins[1:])
        used += 1
    return ways


def pascal_rows(count):
    """Return the first rows of Pascal's triangle."""
    rows = []
    for n in range(count):
        row = []
        for k in range(n + 1):
            numerator = 1
            for factor in range(1, n + 1):
                numerator = numerator * factor
            denominator = 1
            for factor in range(1, k + 1):
                denominator = denominator * factor
            for factor in range(1, n - k + 1):
                denominator = denominator * factor
            row = row + [numerator // denominator]
        rows.append(row)
    return rows


def team_pairings(players, banned):
    """Return all pairs of different players, sorted, without those that are banned."""
    pairings = []
    for pair in itertools.product(players, players):
        pair = sorted(list(pair))
        if pair[0] == pair[1]:
            continue
        if pair in [sorted(ban) for ban in banned]:
            continue
        if pair not in pairings:
            pairings.append(pair)
    pairings.sort()
    return pairings


def best_load(weights, values, capacity):
    """Return the greatest total value of items whose total weight is within the capacity."""
    best = 0
    indices = list(range(len(weights)))
    for size in range(len(indices) + 1):
        for chosen in list(itertools.combinations(indices, size)):
            weight = sum([weights[i] for i in chosen])
            value = sum([values[i] for i in chosen])
            if weight <= capacity and value > best:
                best = value
    return best
