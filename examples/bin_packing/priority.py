# sigil: begin numbers
FULL = 0  # sigil: int 0..40
WANTED = 0  # sigil: int 0..80
# sigil: end numbers


def priority(item, left):
    """Return how much an open bin suits an item; the item goes into the bin that it suits most.

    Args:
        item: its size, 1 to 100.
        left: what stays free in the bin after it, 0 or more; an empty bin holds 100.
    """
    if left <= FULL:
        return 100 - left
    return -abs(left - WANTED)
