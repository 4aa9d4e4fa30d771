"""What a priority rule says of every item in every bin: all that the scorer needs of it.

So a rule never meets an item that is really packed, nor the order in which items come.
"""

from priority import priority


def priorities(capacity):
    """Return rows of priorities: of items of size 1, 2 … in bins with 0, 1 … left after them."""
    return [
        [float(priority(item, left)) for left in range(capacity - item + 1)]
        for item in range(1, capacity + 1)
    ]
