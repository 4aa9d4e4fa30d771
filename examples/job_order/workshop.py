"""One machine, jobs that arrive over time, and a rule that says which waiting job is next."""

from priority import priority


def schedule(jobs):
    """Return the numbers of the jobs in the order in which the machine does them.

    Args:
        jobs: rows of (arrival, duration, due, weight); a job cannot begin before it arrives.
    """
    waiting = list(range(len(jobs)))
    order = []
    now = 0
    while waiting:
        ready = [job for job in waiting if jobs[job][0] <= now]
        if not ready:
            now = min(jobs[job][0] for job in waiting)
            continue
        chosen = max(ready, key=lambda job: (urgency(jobs[job], now), -job))
        waiting.remove(chosen)
        order.append(chosen)
        now += jobs[chosen][1]
    return order


def urgency(job, now):
    """Return the priority of a waiting job as a real number."""
    _arrival, duration, due, weight = job
    return float(priority(duration, due - now, weight))
