"""Prices, taxes and loans, in whole cents wherever money is counted."""

# ruff: noqa: B905, PERF401, PLR1730 - code as people write it

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def progressive_tax(income, brackets, rates):
    """Return the tax on an income; each rate holds up to its bracket, the last one beyond."""
    tax = 0
    lower = 0
    for upper, rate in zip(brackets, rates):
        if income <= lower:
            break
        taxed = min(income, upper) - lower
        tax += taxed * rate // 100
        lower = upper
    if income > lower:
        tax += (income - lower) * rates[-1] // 100
    return tax


def income_and_rates(stream: random.Random) -> Arguments:
    brackets = [1000, 3000, 8000][: stream.randint(1, 3)]
    return [stream.randint(0, 120) * 100, brackets, [10, 20, 30, 45][: len(brackets) + 1]]


def order_total(lines, discount, free_from, shipping):
    """Return what an order costs: discount on the goods, shipping below a limit."""
    goods = 0
    for line in lines:
        quantity = line["quantity"]
        if quantity <= 0:
            continue
        price = line["price"]
        if quantity >= 10:
            price = price * 9 // 10
        goods += quantity * price
    goods -= goods * discount // 100
    if goods == 0:
        return 0
    if goods < free_from:
        return goods + shipping
    return goods


def order(stream: random.Random) -> Arguments:
    lines = [
        {"quantity": stream.choice([-1, 0, 1, 2, 9, 10, 12]), "price": stream.randint(1, 40) * 25}
        for _ in range(stream.randint(0, 4))
    ]
    return [lines, stream.choice([0, 5, 10]), 5000, 490]


def split_bill(total, weights):
    """Share whole cents by weight; what rounding leaves goes to the first ones."""
    whole = sum(weights)
    if whole <= 0:
        return []
    shares = []
    for weight in weights:
        shares.append(total * weight // whole)
    left = total - sum(shares)
    index = 0
    while left > 0:
        if weights[index] > 0:
            shares[index] += 1
            left -= 1
        index = (index + 1) % len(weights)
    return shares


def bill(stream: random.Random) -> Arguments:
    return [stream.randint(0, 500), [stream.randint(0, 4) for _ in range(stream.randint(0, 5))]]


def loan_plan(principal, monthly_percent, payment, most):
    """Return what is still owed after each month, until it is paid or ``most`` months are over."""
    owed = principal
    plan = []
    while owed > 0 and len(plan) < most:
        interest = owed * monthly_percent / 100
        owed = owed + interest - payment
        if owed < 0:
            owed = 0
        plan.append(round(owed, 2))
    return plan


def loan(stream: random.Random) -> Arguments:
    return [
        stream.randint(0, 20) * 100,
        stream.choice([0.5, 1.0, 2.0]),
        stream.randint(1, 6) * 50,
        stream.randint(1, 12),
    ]


BUGS = (
    Bug(
        "wrong variable",
        progressive_tax,
        (("        lower = upper\n", "        lower = income\n"),),
        income_and_rates,
    ),
    Bug(
        "update missing",
        progressive_tax,
        (("min(income, upper) - lower", "min(income, upper)"),),
        income_and_rates,
    ),
    Bug(
        "wrong accumulator update",
        progressive_tax,
        (("tax += taxed", "tax = taxed"),),
        income_and_rates,
    ),
    Bug("wrong index", progressive_tax, (("rates[-1]", "rates[0]"),), income_and_rates),
    Bug("wrong key", order_total, (('line["price"]', 'line["quantity"]'),), order),
    Bug("wrong comparison", order_total, (("quantity >= 10", "quantity > 10"),), order),
    Bug("missing guard", order_total, (("    if goods == 0:\n        return 0\n", ""),), order),
    Bug(
        "wrong return variable",
        order_total,
        (
            (
                "        return goods + shipping\n    return goods",
                "        return goods + shipping\n    return shipping",
            ),
        ),
        order,
    ),
    Bug("missing guard", split_bill, (("    if whole <= 0:\n        return []\n", ""),), bill),
    Bug("wrong argument", split_bill, (("total - sum(shares)", "total - sum(weights)"),), bill),
    Bug(
        "two mistakes",
        loan_plan,
        (("+ interest - payment", "- interest - payment"), ("owed > 0 and", "owed >= 0 and")),
        loan,
    ),
    Bug("wrong constant", loan_plan, (("monthly_percent / 100", "monthly_percent / 10"),), loan),
)
