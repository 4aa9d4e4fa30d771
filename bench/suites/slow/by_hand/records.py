"""Rows, tables and grouping, as fast as it goes by hand."""


def group_orders(orders):
    grouped = {}
    for order in orders:
        entry = grouped.get(order["customer"])
        if entry is None:
            grouped[order["customer"]] = {"ids": [order["id"]], "total": order["amount"]}
        else:
            entry["ids"].append(order["id"])
            entry["total"] += order["amount"]
    return grouped


def attach_customers(orders, customers):
    known = {customer["id"]: customer for customer in reversed(customers)}
    nobody = {"name": None, "city": None}
    joined = []
    for order in orders:
        customer = known.get(order["customer_id"], nobody)
        joined.append({**order, "name": customer["name"], "city": customer["city"]})
    return joined


def latest_readings(readings):
    latest = {}
    for reading in readings:
        known = latest.get(reading["device"])
        if known is None or reading["time"] >= known["time"]:
            latest[reading["device"]] = reading
    return [latest[device] for device in sorted(latest)]


def monthly_totals(entries):
    table = {}
    for entry in entries:
        month = entry["date"][:7]
        row = table.get(month)
        if row is None:
            table[month] = {"month": month, "count": 1, "total": entry["cents"]}
        else:
            row["count"] += 1
            row["total"] += entry["cents"]
    return [table[month] for month in sorted(table)]


def pivot_table(rows, index, column, value):
    sums, names = {}, set()
    for row in rows:
        name = row[column]
        names.add(name)
        line = sums.setdefault(row[index], {})
        line[name] = line.get(name, 0) + row[value]
    ordered = sorted(names)
    body = [[label] + [sums[label].get(name, 0) for name in ordered] for label in sorted(sums)]
    return [[index, *ordered], *body]


def undominated_offers(offers):
    best, cheaper, price, kept = None, None, None, set()
    for offer in sorted(offers, key=lambda o: (o["price"], o["days"])):
        if offer["price"] != price:
            cheaper, price = best, offer["price"]
            best = offer["days"] if cheaper is None else min(cheaper, offer["days"])
            first = offer["days"]
        if offer["days"] == first and (cheaper is None or offer["days"] < cheaper):
            kept.add((price, first))
    return [offer for offer in offers if (offer["price"], offer["days"]) in kept]
