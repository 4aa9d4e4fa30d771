"""Inputs for rows, tables and grouping."""

from __future__ import annotations

from random import Random

from bench.suites.slow.inputs.source import Call, Inputs
from bench.suites.slow.inputs.words import vocabulary


def _orders_of(stream: Random, size: int, customers: int) -> list[object]:
    names = vocabulary(stream, customers)
    return [
        {"id": i, "customer": stream.choice(names), "amount": stream.randint(1, 9999)}
        for i in range(size)
    ]


def _orders(stream: Random, size: int) -> Call:
    return [_orders_of(stream, size, size // 8 + 1)]


def _loyal(stream: Random, size: int) -> Call:
    return [_orders_of(stream, size, 2)]


def _joined(stream: Random, size: int) -> Call:
    names = vocabulary(stream, 40)
    customers = [
        {"id": f"c{i}", "name": stream.choice(names), "city": stream.choice(names)}
        for i in stream.sample(range(size), size)
    ]
    orders = [
        {"id": i, "customer_id": f"c{stream.randrange(size + 9)}", "cents": stream.randint(1, 99)}
        for i in range(size)
    ]
    return [orders, customers]


def _repeated_customers(stream: Random, size: int) -> Call:
    customers = [{"id": i % 7, "name": f"n{i}", "city": None} for i in range(size)]
    return [[{"customer_id": stream.randrange(9), "city": "kept?"} for _ in range(size)], customers]


def _readings(stream: Random, size: int) -> Call:
    devices = vocabulary(stream, size // 10 + 1)
    return [
        [
            {"device": stream.choice(devices), "time": stream.randrange(3 * size), "value": i}
            for i in range(size)
        ]
    ]


def _ties(stream: Random, size: int) -> Call:
    return [
        [{"device": stream.choice("ab"), "time": stream.randrange(2), "n": i} for i in range(size)]
    ]


def _entries(stream: Random, size: int) -> Call:
    return [
        [
            {
                "date": f"{stream.randint(2018, 2026)}-{stream.randint(1, 12):02}-"
                f"{stream.randint(1, 28):02}",
                "cents": stream.randint(-5000, 5000),
            }
            for _ in range(size)
        ]
    ]


def _one_year(stream: Random, size: int) -> Call:
    return [[{"date": f"2026-{stream.randint(1, 12):02}-01T00", "cents": 0} for _ in range(size)]]


def _sales(stream: Random, size: int) -> Call:
    regions, products = vocabulary(stream, 14), vocabulary(stream, 9)
    rows = [
        {"region": stream.choice(regions), "product": stream.choice(products), "sold": n % 50}
        for n in range(size)
    ]
    return [rows, "region", "product", "sold"]


def _diagonal(stream: Random, size: int) -> Call:
    rows = [{"i": n % 11, "j": n % 11, "v": stream.randint(-9, 9)} for n in range(size)]
    return [rows, "i", "j", "v"]


def _offers(stream: Random, size: int) -> Call:
    return [
        [
            {"id": i, "price": (price := stream.randint(100, 9999)),
             "days": max(1, 120 - price // 90 + stream.randint(-3, 9))}
            for i in range(size)
        ]
    ]  # fmt: skip


def _equal_offers(stream: Random, size: int) -> Call:
    return [
        [{"price": stream.randint(1, 4), "days": stream.randint(1, 4), "id": i}
         for i in range(size)]
    ]  # fmt: skip


_ONE = {"id": 1, "customer": "a", "amount": 0}

INPUTS = {
    "group_orders": Inputs(
        _orders, (1300, 620), (310, 471, 1900),
        [[[]], [[_ONE]], [[_ONE, _ONE]]],
        [[[{"id": 1, "customer": "", "amount": -5}, _ONE, {"id": 2, "customer": "", "amount": 5}]]],
        _loyal,
    ),
    "attach_customers": Inputs(
        _joined, (550, 280), (150, 251, 840),
        [[[], []], [[{"customer_id": 1}], []]],
        [[[], [{"id": 1, "name": "n", "city": "c"}]], [[{"customer_id": None}], []],
         [[{"customer_id": 1, "name": "x"}], [{"id": 1, "name": "n", "city": "c"}]]],
        _repeated_customers,
    ),
    "latest_readings": Inputs(
        _readings, (1500, 710), (350, 531, 2100),
        [[[]], [[{"device": "a", "time": 1}]]],
        [[[{"device": "b", "time": 1, "n": i} for i in range(3)]],
         [[{"device": "b", "time": -1}, {"device": "a", "time": 0.5}]]],
        _ties,
    ),
    "monthly_totals": Inputs(
        _entries, (620, 290), (170, 231, 960),
        [[[]], [[{"date": "2026-01-01", "cents": 5}]]],
        [[[{"date": "2026", "cents": 1}, {"date": "", "cents": 2}, {"date": "2026", "cents": 3}]]],
        _one_year,
    ),
    "pivot_table": Inputs(
        _sales, (1500, 680), (340, 571, 2300),
        [[[], "a", "b", "c"], [[{"a": 1, "b": 2, "c": 3}], "a", "b", "c"]],
        [[[{"a": 1, "b": 1, "c": 3}, {"a": 1, "b": 1, "c": -3}], "a", "b", "c"],
         [[{"a": "x", "b": "y", "c": 1}], "a", "a", "c"]],
        _diagonal,
    ),
    "undominated_offers": Inputs(
        _offers, (360, 180), (110, 151, 600),
        [[[]], [[{"price": 1, "days": 1}]], [[{"price": 1, "days": 1}] * 2]],
        [[[{"price": 2, "days": 1}, {"price": 1, "days": 2}, {"price": 2, "days": 2}]],
         [[{"price": 1, "days": 2}, {"price": 1, "days": 1}]]],
        _equal_offers,
    ),
}  # fmt: skip
