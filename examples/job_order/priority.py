def priority(duration, left, weight):
    """Return how urgent a waiting job is; the machine takes the most urgent one next.

    Args:
        duration: how long it takes.
        left: how long until it is due; negative once it is late.
        weight: what every hour that it is late costs.
    """
    return weight / max(left, 1)
