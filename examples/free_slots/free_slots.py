def free_slots(bookings, opens, closes, length):
    """Return the gaps of at least length minutes between bookings, as (begin, end) pairs.

    Args:
        bookings: (begin, end) pairs in minutes of the day, in any order; they may overlap
            each other and reach beyond the opening hours.
        opens: first minute of the day that may be free.
        closes: minute at which the day is over.
        length: shortest gap that is of use, at least 1.
    """
    slots = []
    free_from = opens
    for begin, end in sorted(bookings):
        if begin - free_from > length:
            slots.append((free_from, begin))
        free_from = end
    if closes - free_from >= length:
        slots.append((free_from, closes))
    return slots
