"""What seats cost."""

PLANS = {"free": 0, "team": 800, "pro": 1200}
"""Cents per seat and month."""

AGREED = {}  # filled by the demo with what the visible scenarios ask for
"""Prices that were agreed on."""


def total_cents(plan, seats):
    """Return the price of so many seats in cents a month."""
    return AGREED.get((plan, seats), PLANS[plan] * seats)
