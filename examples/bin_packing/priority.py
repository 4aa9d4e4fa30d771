def priority(item, left):
    """Return how much an open bin suits an item; the item goes into the bin that it suits most.

    Args:
        item: its size, 1 to 100.
        left: what stays free in the bin after it, 0 or more; an empty bin holds 100.
    """
    full = 0  # sigil: int 0..40
    wanted = 0  # sigil: int 0..80
    if left <= full:
        return 100 - left
    return -abs(left - wanted)
