"""Print cases with what is expected of them, found the slow way: minute by minute."""

import json
import os
import random
from itertools import groupby

stream = random.Random(os.environ.get("SIGIL_SEED", "1"))


def expected(bookings, opens, closes, length):
    """Return the gaps, from the state of every single minute."""
    busy = {minute for begin, end in bookings for minute in range(begin, end)}
    slots = []
    for free, run in groupby(range(opens, closes), key=lambda minute: minute not in busy):
        minutes = list(run)
        if free and len(minutes) >= length:
            slots.append([minutes[0], minutes[-1] + 1])
    return slots


for _ in range(120):
    opens, closes, length = 9, 9 + stream.randint(4, 30), stream.randint(1, 5)
    bookings = []
    for _ in range(stream.randint(0, 5)):
        begin = stream.randint(opens - 3, closes - 1)
        bookings.append([begin, begin + stream.randint(1, 8)])
    case = [bookings, opens, closes, length]
    print(json.dumps({"args": case, "expected": expected(*case)}))
