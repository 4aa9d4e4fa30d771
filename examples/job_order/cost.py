"""What an order of jobs costs. Runs in a process of its own, apart from the rule."""


def lateness(case, order):
    """Return hours late times weight, as a mean over the jobs of a case."""
    (jobs,) = case["args"]
    if sorted(order) != list(range(len(jobs))):
        raise ValueError("every job has to be done once")
    now = total = 0
    for number in order:
        arrival, duration, due, weight = jobs[number]
        now = max(now, arrival) + duration
        total += weight * max(0, now - due)
    return total / len(jobs)
