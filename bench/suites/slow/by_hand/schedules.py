"""Dates, intervals and schedules, as fast as it goes by hand."""

import datetime
from bisect import bisect_left, bisect_right


def merge_intervals(intervals):
    merged = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1][1] = end
        else:
            merged.append([start, end])
    return merged


def busy_minutes(meetings, day_start, day_end):
    busy, reached = 0, day_start
    for start, end in sorted([(m["start"], m["end"]) for m in meetings]):
        start, end = max(start, reached), min(end, day_end)
        if end > start:
            busy += end - start
            reached = end
    return busy


def next_departures(timetable, arrivals):
    times = [*sorted(timetable), None]
    count = len(timetable)
    return [times[bisect_left(times, arrival, 0, count)] for arrival in arrivals]


def working_days(start, end, holidays):
    first, last = (datetime.date.fromisoformat(day).toordinal() for day in (start, end))
    closed = {datetime.date.fromisoformat(holiday).toordinal() for holiday in holidays}
    day_of = datetime.date.fromordinal
    return [
        day_of(day).isoformat()
        for day in range(first, last)
        if (day + 6) % 7 < 5 and day not in closed
    ]


def most_at_once(visits):
    arrivals = sorted([visit[0] for visit in visits if visit[1] > visit[0]])
    departures = sorted([visit[1] for visit in visits if visit[1] > visit[0]])
    best, when = 0, None
    for count, arrival in enumerate(arrivals, start=1):
        present = count - bisect_right(departures, arrival)
        if present > best:
            best, when = present, arrival
    return [best, when]


def best_bookings(requests):
    requests = sorted(requests, key=lambda request: (request[1], request[0], request[2]))
    ends = [request[1] for request in requests]
    best = [0]
    for i, (start, _, price) in enumerate(requests):
        best.append(max(best[i], price + best[bisect_right(ends, start, 0, i)]))
    return best[-1]
