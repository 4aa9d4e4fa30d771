"""What seats cost."""

PLANS = {"free": 0, "team": 800, "pro": 1200}
"""Cents per seat and month."""


def total_cents(plan, seats):
    """Return the price of so many seats in cents a month."""
    return PLANS[plan] * seats
