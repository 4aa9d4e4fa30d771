"""Counting, choosing and recursion, as fast as it goes by hand."""


def count_paths(grid, row=0, column=0):
    below = {}
    for r in range(len(grid) - 1, row - 1, -1):
        cells = grid[r]
        ways = {}
        for c in range(len(cells) - 1, column - 1, -1):
            if cells[c] == 1:
                continue
            last = r == len(grid) - 1 and c == len(cells) - 1
            ways[c] = 1 if last else below.get(c, 0) + ways.get(c + 1, 0)
        below = ways
    return below.get(column, 0)


def edit_distance(left, right):
    above = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        row = [i]
        for j, b in enumerate(right):
            row.append(above[j] if a == b else 1 + min(above[j], above[j + 1], row[j]))
        above = row
    return above[-1]


def ways_to_pay(amount, coins):
    if amount < 0:
        return 0
    ways = [1] + [0] * amount
    for coin in coins:
        for sum_ in range(coin, amount + 1):
            ways[sum_] += ways[sum_ - coin]
    return ways[amount]


def pascal_rows(count):
    rows = []
    for n in range(count):
        above = rows[-1] if rows else []
        rows.append([1, *map(int.__add__, above, above[1:]), 1] if n else [1])
    return rows


def team_pairings(players, banned):
    names = sorted(set(players))
    apart = {tuple(sorted(ban)) for ban in banned}
    return [[a, b] for i, a in enumerate(names) for b in names[i + 1 :] if (a, b) not in apart]


def best_load(weights, values, capacity):
    best = {0: 0}
    for weight, value in zip(weights, values):
        for loaded, worth in list(best.items()):
            total = loaded + weight
            if total <= capacity and worth + value > best.get(total, -1):
                best[total] = worth + value
    return max(best.values())
