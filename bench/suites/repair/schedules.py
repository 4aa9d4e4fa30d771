"""Schedulers, queues and packing."""

# ruff: noqa: B905, E501, PERF401 - code as people write it

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def assign_jobs(jobs, workers):
    """Give each job, longest first, to whoever is free first; return loads and who does what."""
    if workers <= 0:
        return None
    loads = [0] * workers
    given = [[] for _ in range(workers)]
    order = sorted(range(len(jobs)), key=lambda index: (-jobs[index], index))
    for index in order:
        best = 0
        for worker in range(1, workers):
            if loads[worker] < loads[best]:
                best = worker
        loads[best] += jobs[index]
        given[best].append(index)
    return [loads, given]


def jobs_and_workers(stream: random.Random) -> Arguments:
    return [[stream.randint(1, 9) for _ in range(stream.randint(0, 7))], stream.randint(0, 4)]


def pack_first_fit(sizes, capacity):
    """Put each item into the first box that has room; items that fit nowhere are skipped."""
    boxes = []
    room = []
    for size in sizes:
        if size > capacity:
            continue
        for index in range(len(boxes)):
            if room[index] >= size:
                boxes[index].append(size)
                room[index] -= size
                break
        else:
            boxes.append([size])
            room.append(capacity - size)
    return boxes


def sizes_and_capacity(stream: random.Random) -> Arguments:
    return [[stream.randint(1, 12) for _ in range(stream.randint(0, 9))], stream.randint(6, 12)]


def round_robin(durations, quantum):
    """Return how long each task waits if all take turns of at most ``quantum``."""
    left = list(durations)
    done = [0] * len(durations)
    queue = list(range(len(durations)))
    clock = 0
    while queue:
        task = queue.pop(0)
        spent = min(quantum, left[task])
        clock += spent
        left[task] -= spent
        if left[task] > 0:
            queue.append(task)
        else:
            done[task] = clock
    return [end - duration for end, duration in zip(done, durations)]


def durations_and_quantum(stream: random.Random) -> Arguments:
    return [[stream.randint(0, 9) for _ in range(stream.randint(0, 5))], stream.randint(1, 4)]


def rate_limited(times, most, window):
    """Return which requests pass if at most ``most`` may pass within ``window``."""
    passed = []
    recent = []
    for moment in times:
        kept = []
        for earlier in recent:
            if moment - earlier < window:
                kept.append(earlier)
        recent = kept
        if len(recent) < most:
            recent.append(moment)
            passed.append(True)
        else:
            passed.append(False)
    return passed


def requests(stream: random.Random) -> Arguments:
    times = sorted(stream.randint(0, 20) for _ in range(stream.randint(0, 10)))
    return [times, stream.randint(1, 3), stream.randint(2, 6)]


BUGS = (
    Bug(
        "wrong comparison",
        assign_jobs,
        (("loads[worker] < loads[best]", "loads[worker] <= loads[best]"),),
        jobs_and_workers,
    ),
    Bug(
        "missing guard",
        assign_jobs,
        (("    if workers <= 0:\n        return None\n", ""),),
        jobs_and_workers,
    ),
    Bug(
        "sign of a sort key",
        assign_jobs,
        (("(-jobs[index], index)", "(jobs[index], index)"),),
        jobs_and_workers,
    ),
    Bug(
        "wrong accumulator update",
        assign_jobs,
        (("loads[best] += jobs", "loads[best] = jobs"),),
        jobs_and_workers,
    ),
    Bug(
        "missing break",
        pack_first_fit,
        (
            (
                "                room[index] -= size\n                break\n        else:\n            boxes",
                "                room[index] -= size\n        else:\n            boxes",
            ),
        ),
        sizes_and_capacity,
    ),
    Bug(
        "wrong operand",
        pack_first_fit,
        (("room.append(capacity - size)", "room.append(capacity)"),),
        sizes_and_capacity,
    ),
    Bug(
        "missing copy",
        round_robin,
        (("left = list(durations)", "left = durations"),),
        durations_and_quantum,
    ),
    Bug(
        "wrong order of statements",
        round_robin,
        (
            (
                "        clock += spent\n        left[task] -= spent\n        if left[task] > 0:",
                "        if left[task] > 0:",
            ),
            (
                "            done[task] = clock\n",
                "            done[task] = clock\n        clock += spent\n        left[task] -= spent\n",
            ),
        ),
        durations_and_quantum,
    ),
    Bug(
        "max for min",
        round_robin,
        (("min(quantum, left[task])", "max(quantum, left[task])"),),
        durations_and_quantum,
    ),
    Bug(
        "wrong comparison",
        rate_limited,
        (("moment - earlier < window", "moment - earlier <= window"),),
        requests,
    ),
    Bug(
        "statement too much",
        rate_limited,
        (
            (
                "            passed.append(False)\n",
                "            recent.append(moment)\n            passed.append(False)\n",
            ),
        ),
        requests,
    ),
)
