"""What seats cost."""

PLANS = {"free": 0, "team": 800, "pro": 1200}
"""Cents per seat and month."""

DISCOUNTS = ((100, 20), (25, 15), (10, 10))
"""From so many seats on, so many per cent off all of them."""


def total_cents(plan, seats):
    """Return the price of so many seats in cents a month."""
    percent = next((off for least, off in DISCOUNTS if seats >= least), 0)
    return PLANS[plan] * seats * (100 - percent) // 100
