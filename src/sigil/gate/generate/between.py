"""Which values between the rows of a table the sealed half asks for.

A piece is what lies between two thresholds of a rule, for one group. Its first and last value are
always asked for, and so are all of a small one. Of a large one some are drawn from the secret of
the seals, and are the same in every evaluation; the others are a property, so that each evaluation
draws its own, which its seed gives again.

Pure. Not here: what the amounts are (`rules`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from sigil.gate.generate.literals import is_name
from sigil.gate.generate.model import (
    Exchange,
    Formula,
    Holds,
    Property,
    Request,
    Sketch,
    StatusIs,
    Step,
)
from sigil.gate.generate.rules import Group, Rule
from sigil.gate.generate.slots import drawing
from sigil.gate.generate.tables import as_number, filled, sent_value
from sigil.gate.intent.pieces import path_of

VALUES: Final = 40
"""That are asked for by one rule, shared among its pieces."""
_MOST_PIECES = 20
_SAME_EACH_TIME = 4
"""Values of a large piece that every evaluation asks for, its edges among them."""
_LEAST_DRAWN = 2
_MOST_LISTED = 60
"""Values that a property of a piece with gaps chooses from."""
_EXACT = 2**53
"""Up to here whole numbers of Lua and of JSON are the same."""


def between(rule: Rule, slug: str, title: str, chance: random.Random) -> Sketch | None:
    """Return a scenario that asks for values between the rows; None if there are none to ask for.

    Args:
        rule: that gives the amounts.
        slug: of the intent.
        title: of the intent.
        chance: decides which.
    """
    pieces = rule.pieces()
    if len(pieces) > _MOST_PIECES:
        pieces = chance.sample(pieces, _MOST_PIECES)
    if not pieces:
        return None
    left = VALUES
    steps: list[Step] = []
    for place, piece in enumerate(sorted(pieces, key=len)):  # what small ones leave, large ones get
        many = min(left // (len(pieces) - place), len(piece))
        left -= many
        steps += _of_piece(rule, piece, many, chance)
    table = rule.tied.table.id
    return Sketch(f"{slug}/{table}.between", f"{title}: {table}", (table,), tuple(steps))


def values_asked(sketch: Sketch) -> int:
    """Return how many values a scenario that asks between the rows asks for."""
    return sum(step.cases if isinstance(step, Property) else 1 for step in sketch.steps)


def _of_piece(
    rule: Rule, piece: Sequence[tuple[Group, int]], many: int, chance: random.Random
) -> list[Step]:
    """Return the steps that ask for so many values of a piece."""
    group = piece[0][0]
    counts = [count for _, count in piece]
    edges = list(dict.fromkeys((counts[0], counts[-1])))
    inside = counts[1:-1]
    same = max(min(_SAME_EACH_TIME, many // 2), len(edges))
    drawn = None
    if many < len(counts):
        drawn = _drawn(rule, group, counts, max(many - same, _LEAST_DRAWN), chance)
    fixed = same if drawn is not None else max(many, len(edges))
    asked = edges + chance.sample(inside, fixed - len(edges))
    chance.shuffle(asked)
    steps: list[Step] = [_asked(rule, group, count) for count in asked]
    return steps if drawn is None else [*steps, drawn]


def _asked(rule: Rule, group: Group, count: int) -> Exchange:
    sent = _sent(rule, group) | {rule.count: count}
    return Exchange(
        filled(rule.tied.request, sent),
        (StatusIs(200), Holds(path_of(rule.field), as_number(_amount(rule, group, count)))),
        clause=rule.tied.table.id,
        gist=f"{_said(rule.tied.request, sent)}, by the rule",
    )


def _drawn(
    rule: Rule, group: Group, counts: Sequence[int], cases: int, chance: random.Random
) -> Property | None:
    """Return the claim that the rule holds throughout a piece; None where no formula says it."""
    formula = _formula(rule, group, counts)
    if formula is None:
        return None
    first, last = counts[0], counts[-1]
    is_whole = set(range(first, last + 1)) <= {*counts, *rule.rows[group]}
    listed = sorted(chance.sample(counts, min(len(counts), _MOST_LISTED)))
    gen = f"int({first}, {last})" if is_whole else f"choice({{ {', '.join(map(str, listed))} }})"
    sent = _sent(rule, group)
    request = filled(rule.tied.request, sent)
    said = f"{_said(request, sent | {rule.count: f'{first} to {last}'})}, by the rule"
    table = rule.tied.table.id
    exchange = Exchange(request, (StatusIs(200), formula), clause=table, gist=f"Property: {said}")
    return Property(said, {rule.count: f"sigil.gen.{gen}"}, exchange, cases=cases, clause=table)


def _formula(rule: Rule, group: Group, counts: Sequence[int]) -> Formula | None:
    """Return the line on which all amounts of a piece lie; None if there is none in whole numbers.

    Nor is there one if a name in it could be taken for something else.
    """
    amounts = [_amount(rule, group, count) for count in counts]
    slope = (amounts[-1] - amounts[0]) / (counts[-1] - counts[0])
    rest = amounts[0] - slope * counts[0]
    of = slope.denominator * rest.denominator
    each, base = int(slope * of), int(rest * of)
    is_line = all(slope * n + rest == amount for n, amount in zip(counts, amounts, strict=True))
    is_exact = all(amount.denominator == 1 and abs(amount * of) < _EXACT for amount in amounts)
    is_clear = is_name(rule.count) and drawing(f"<{rule.count}>") is None
    if not (is_line and is_exact and is_clear) or rule.count in path_of(rule.field):
        return None
    sign = "-" if base < 0 else "+"
    text = f"{rule.field} * {of} == {each} * {rule.count} {sign} {abs(base)}"
    return Formula(text, (rule.field, rule.count))


def _amount(rule: Rule, group: Group, count: int) -> Fraction:
    """Return the amount of a value that can be asked for, in the unit of the field."""
    amount = rule.amount(group, count)
    if amount is None:
        raise ValueError(f"no amount is known for {count}")
    return rule.received(amount)


def _said(request: Request, sent: dict[str, object]) -> str:
    return f"{request.endpoint} with {', '.join(f'{name} = {one}' for name, one in sent.items())}"


def _sent(rule: Rule, group: Group) -> dict[str, object]:
    """Return what is sent for a group besides the count."""
    for row in rule.tied.table.rows:
        cells = {k: v for k, v in rule.tied.inputs(row).items() if k != rule.count}
        if tuple(cell.text for cell in cells.values()) == group:
            return {name: sent_value(cell) for name, cell in cells.items()}
    raise ValueError("no row is of this group")
