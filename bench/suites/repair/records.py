"""Records, inventories and scores."""

# ruff: noqa: PLW2901 - code as people write it

from __future__ import annotations

import random

from bench.suites.repair.bug import Arguments, Bug


def league_table(matches):
    """Return [team, points, goal difference], best first, then by name."""
    points = {}
    difference = {}
    for home, away, home_goals, away_goals in matches:
        for team in (home, away):
            points.setdefault(team, 0)
            difference.setdefault(team, 0)
        difference[home] += home_goals - away_goals
        difference[away] += away_goals - home_goals
        if home_goals > away_goals:
            points[home] += 3
        elif home_goals < away_goals:
            points[away] += 3
        else:
            points[home] += 1
            points[away] += 1
    table = [[team, points[team], difference[team]] for team in points]
    table.sort(key=lambda row: (-row[1], -row[2], row[0]))
    return table


def results(stream: random.Random) -> Arguments:
    matches = []
    for _ in range(stream.randint(0, 7)):
        home, away = stream.sample("ABCD", 2)
        matches.append([home, away, stream.randint(0, 3), stream.randint(0, 3)])
    return [matches]


def apply_movements(stock, movements):
    """Return the stock after ins and outs, and the movements that were refused."""
    after = dict(stock)
    refused = []
    for number, movement in enumerate(movements):
        item = movement["item"]
        amount = movement["amount"]
        if movement["kind"] == "in":
            after[item] = after.get(item, 0) + amount
        elif movement["kind"] == "out":
            if after.get(item, 0) < amount:
                refused.append(number)
                continue
            after[item] -= amount
            if after[item] == 0:
                del after[item]
        else:
            refused.append(number)
    return [after, refused]


def stock_and_movements(stream: random.Random) -> Arguments:
    stock = {name: stream.randint(1, 5) for name in "ab" if stream.random() < 0.7}
    movements = [
        {
            "item": stream.choice("abc"),
            "amount": stream.randint(1, 4),
            "kind": stream.choice(["in", "out", "out", "lost"]),
        }
        for _ in range(stream.randint(0, 6))
    ]
    return [stock, movements]


def group_by_age(people, limits):
    """Return the names in each age group; a group ends below its limit, the last is open."""
    groups = [[] for _ in range(len(limits) + 1)]
    for name, age in people:
        if age is None or age < 0:
            continue
        place = len(limits)
        for index, limit in enumerate(limits):
            if age < limit:
                place = index
                break
        groups[place].append(name.strip().title())
    for group in groups:
        group.sort()
    return groups


def people_and_limits(stream: random.Random) -> Arguments:
    people = [
        [
            stream.choice(["ann", " Bob", "CY ", "dee"]),
            stream.choice([None, -1, 0, 6, 12, 17, 18, 40, 65]),
        ]
        for _ in range(stream.randint(0, 7))
    ]
    return [people, [12, 18, 65][: stream.randint(1, 3)]]


def luhn_valid(text):
    """Return whether a number's check digit is right; spaces do not count."""
    digits = []
    for character in text:
        if character == " ":
            continue
        if not character.isdigit():
            return False
        digits.append(int(character))
    if len(digits) < 2:
        return False
    total = 0
    for position, digit in enumerate(reversed(digits)):
        if position % 2 == 1:
            digit *= 2
            if digit > 9:
                digit -= 9
        total += digit
    return total % 10 == 0


def card_number(stream: random.Random) -> Arguments:
    digits = [stream.randint(0, 9) for _ in range(stream.randint(0, 7))]
    total = sum(
        d if i % 2 else (2 * d - 9 if d > 4 else 2 * d) for i, d in enumerate(reversed(digits))
    )
    check = (10 - total % 10) % 10 if stream.random() < 0.6 else stream.randint(0, 9)
    text = "".join(map(str, digits)) + str(check)
    return [stream.choice([text, text[:3] + " " + text[3:], text + stream.choice(["", "x"])])]


BUGS = (
    Bug(
        "wrong constant",
        league_table,
        (("            points[away] += 3\n", "            points[away] += 2\n"),),
        results,
    ),
    Bug(
        "swapped operands",
        league_table,
        (
            (
                "difference[away] += away_goals - home_goals",
                "difference[away] += home_goals - away_goals",
            ),
        ),
        results,
    ),
    Bug(
        "wrong variable",
        league_table,
        (("            points[home] += 1\n", "            points[away] += 1\n"),),
        results,
    ),
    Bug("two mistakes", league_table, (("-row[1], -row[2]", "row[1], row[2]"),), results),
    Bug(
        "wrong initial value",
        apply_movements,
        (("after.get(item, 0) + amount", "after.get(item, 1) + amount"),),
        stock_and_movements,
    ),
    Bug(
        "wrong operator",
        apply_movements,
        (("after[item] -= amount", "after[item] += amount"),),
        stock_and_movements,
    ),
    Bug(
        "missing continue",
        apply_movements,
        (
            (
                "                refused.append(number)\n                continue\n",
                "                refused.append(number)\n",
            ),
        ),
        stock_and_movements,
    ),
    Bug(
        "missing guard for None",
        group_by_age,
        (("age is None or age < 0", "age < 0"),),
        people_and_limits,
    ),
    Bug(
        "missing call of a method",
        group_by_age,
        (("name.strip().title()", "name.title()"),),
        people_and_limits,
    ),
    Bug(
        "missing break",
        group_by_age,
        (
            (
                "                place = index\n                break\n",
                "                place = index\n",
            ),
        ),
        people_and_limits,
    ),
    Bug("wrong constant", luhn_valid, (("digit -= 9", "digit -= 10"),), card_number),
    Bug("wrong test", luhn_valid, (("position % 2 == 1", "position % 2 == 0"),), card_number),
    Bug("missing statement", luhn_valid, (("            digit *= 2\n", ""),), card_number),
)
