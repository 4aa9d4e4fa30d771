"""Rows, tables and grouping."""


def group_orders(orders):
    """Return each customer, in order of appearance, with ids and total of the orders."""
    customers = []
    for order in orders:
        if order["customer"] not in customers:
            customers.append(order["customer"])
    grouped = {}
    for customer in customers:
        mine = [order for order in orders if order["customer"] == customer]
        ids = [order["id"] for order in mine]
        total = sum([order["amount"] for order in mine])
        grouped[customer] = {"ids": ids, "total": total}
    return grouped


def attach_customers(orders, customers):
    """Return the orders with name and city of their customer; unknown customers give None."""
    joined = []
    for order in orders:
        row = {}
        for key in order.keys():
            row[key] = order[key]
        row["name"] = None
        row["city"] = None
        for customer in customers:
            if customer["id"] == order["customer_id"]:
                row["name"] = customer["name"]
                row["city"] = customer["city"]
                break
        joined.append(row)
    return joined


def latest_readings(readings):
    """Return the newest reading of each device, by device name; of equal times the later row."""
    latest = []
    for device in sorted(set([reading["device"] for reading in readings])):
        candidates = []
        for reading in readings:
            if reading["device"] == device:
                candidates.append(reading)
        candidates = sorted(candidates, key=lambda reading: reading["time"])
        latest.append(candidates[-1])
    return latest


def monthly_totals(entries):
    """Sum amounts by month; returns rows of month, number of entries and total, in order."""
    table = []
    for entry in entries:
        month = entry["date"][:7]
        found = False
        for row in table:
            if row["month"] == month:
                row["count"] += 1
                row["total"] = row["total"] + entry["cents"]
                found = True
        if not found:
            table.append({"month": month, "count": 1, "total": entry["cents"]})
        table = sorted(table, key=lambda row: row["month"])
    return table


def pivot_table(rows, index, column, value):
    """Return a matrix of sums: one row for each index, one column for each column value."""
    names = []
    for row in rows:
        if row[column] not in names:
            names.append(row[column])
    labels = []
    for row in rows:
        if row[index] not in labels:
            labels.append(row[index])
    table = [[index] + sorted(names)]
    for label in sorted(labels):
        line = [label]
        for name in sorted(names):
            cells = [r[value] for r in rows if r[index] == label and r[column] == name]
            line = line + [sum(cells)]
        table.append(line)
    return table


def undominated_offers(offers):
    """Return the offers that no other beats in price and delivery, as given.

    An offer is beaten if another is at most as dear and at most as slow, and better in one.
    """
    kept = []
    for offer in offers:
        beaten = False
        for other in offers:
            if other["price"] <= offer["price"] and other["days"] <= offer["days"]:
                if other["price"] < offer["price"] or other["days"] < offer["days"]:
                    beaten = True
        if not beaten:
            kept.append(offer)
    return kept
