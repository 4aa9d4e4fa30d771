"""Dates, intervals and schedules."""

import datetime


def merge_intervals(intervals):
    """Return the union of intervals as sorted intervals that do not touch."""
    merged = []
    pending = [list(interval) for interval in intervals]
    while len(pending) > 0:
        pending = sorted(pending)
        current = pending.pop(0)
        if len(merged) > 0 and current[0] <= merged[-1][1]:
            merged[-1] = [merged[-1][0], max(merged[-1][1], current[1])]
        else:
            merged.append(current)
    return merged


def busy_minutes(meetings, day_start, day_end):
    """Return how many minutes of a day lie in at least one meeting."""
    busy = 0
    for minute in range(day_start, day_end):
        covering = [m for m in meetings if m["start"] <= minute and minute < m["end"]]
        if len(covering) > 0:
            busy += 1
    return busy


def next_departures(timetable, arrivals):
    """Return for each arrival the first departure at or after it, or None."""
    departures = []
    for arrival in arrivals:
        found = None
        for departure in sorted(timetable):
            if departure >= arrival and found is None:
                found = departure
        departures.append(found)
    return departures


def working_days(start, end, holidays):
    """Return the ISO dates of working days from ``start`` to before ``end``."""
    days = []
    current = datetime.datetime.strptime(start, "%Y-%m-%d").date()
    while current < datetime.datetime.strptime(end, "%Y-%m-%d").date():
        closed = []
        for holiday in holidays:
            closed.append(datetime.date.fromisoformat(holiday))
        if current.weekday() not in [5, 6] and current not in closed:
            days.append(current.strftime("%Y-%m-%d"))
        current = current + datetime.timedelta(days=1)
    return days


def most_at_once(visits):
    """Return the largest number of visitors at one time and when it is first reached.

    A visit covers its arrival, but not its departure.
    """
    best = 0
    when = None
    for arrival in sorted([visit[0] for visit in visits]):
        present = 0
        for visit in visits:
            if visit[0] <= arrival and visit[1] > arrival:
                present += 1
        if present > best:
            best = present
            when = arrival
    return [best, when]


def best_bookings(requests):
    """Return the greatest income from requests (start, end, price) that do not overlap."""
    if len(requests) == 0:
        return 0
    requests = sorted(requests, key=lambda request: (request[1], request[0], request[2]))
    start, end, price = requests[-1]
    without = best_bookings(requests[:-1])
    compatible = [request for request in requests[:-1] if request[1] <= start]
    return max(without, price + best_bookings(compatible))
