from math import ceil


def close_pairs(points, radius):
    """Return the index pairs (i < j) of 2-D points that lie within radius of each other."""
    cell = 0.5  # side of a grid cell; any positive value gives the same pairs
    grid = {}
    for i, (x, y) in enumerate(points):
        grid.setdefault((int(x / cell), int(y / cell)), []).append(i)
    reach = ceil(radius / cell)
    limit = radius * radius
    pairs = []
    for i, (x, y) in enumerate(points):
        column, row = int(x / cell), int(y / cell)
        for c in range(column - reach, column + reach + 1):
            for r in range(row - reach, row + reach + 1):
                for j in grid.get((c, r), ()):
                    if i < j and (x - points[j][0]) ** 2 + (y - points[j][1]) ** 2 <= limit:
                        pairs.append((i, j))
    return sorted(pairs)
