"""Pack items one by one as a table of priorities says. Runs in a process of its own.

The table is all that comes from the candidate; items, bins and their number stay here.
"""

from math import isfinite


def excess(case, table):
    """Return how many bins more than the lower bound are used, in percent of the bound.

    Args:
        case: ``args`` holds the capacity, ``expected`` the sizes of the items as they come.
        table: (capacity,) rows; that of item size s holds a priority for 0 to capacity - s left.

    Raises:
        ValueError: the table has another shape, or holds what is no finite float.
    """
    (capacity,), items = case["args"], case["expected"]
    check(table, capacity)
    least = -(-sum(items) // capacity)
    return 100 * (bins_used(items, capacity, table) - least) / least


def check(table, capacity):
    """Refuse what is no table of priorities."""
    if type(table) is not list or len(table) != capacity:
        raise ValueError(f"a list of {capacity} rows is wanted")
    for item, row in enumerate(table, 1):
        if type(row) is not list or len(row) != capacity - item + 1:
            raise ValueError(f"the row of item size {item} is no list of {capacity - item + 1}")
        if not all(type(value) is float and isfinite(value) for value in row):
            raise ValueError(f"the row of item size {item} holds what is no finite float")


def bins_used(items, capacity, table):
    """Return how many bins the items take; of equally good bins the fullest is chosen."""
    order = [sorted(range(len(row)), key=lambda left: (-row[left], left)) for row in table]
    free = [0] * capacity  # how many bins in use have so much room
    used = 0
    for item in items:
        for left in order[item - 1]:
            room = item + left
            if room == capacity:
                used += 1
                free[left] += 1
                break
            if free[room]:
                free[room] -= 1
                free[left] += 1
                break
    return used
