"""Rules in prose, such as "each seat costs $12", and the rows that follow from them.

A rule counts only if it gives every row of a table, to the cent. Then it says what lies between
those rows as well, and values from there are asked of the service in the sealed half: whoever
learnt the table by heart does not know them. Nothing is said about what lies outside of the table,
nor where the rule gives a fraction and every row is a whole amount: how to round is not said.

Pure. Not here: the table itself (`tables`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sigil.gate.generate.clauses import NotUnderstood
from sigil.gate.generate.model import Exchange, Holds, Sketch, StatusIs
from sigil.gate.generate.pieces import path_of
from sigil.gate.generate.tables import Tied, as_number, filled, scale_of
from sigil.gate.intent import Intent

NEIGHBOURS = 3
"""Values between the rows that one holdout asks for."""
_MOST_RANGE = 10_000
_LEAST_ROWS = 2
_AMOUNT = r"[$€£]?([0-9]+(?:\.[0-9]+)?)"
_EACH = re.compile(
    rf"\b(?:each|every|per|one|a)(?: of the)? (?:additional )?([a-z_]+) (?:costs?|adds?) {_AMOUNT}",
    re.IGNORECASE,
)
_BASE = re.compile(
    rf"\b(?:base|flat|fixed|setup) (?:fee|price|charge|amount) (?:of|is) {_AMOUNT}", re.IGNORECASE
)
_DISCOUNT = re.compile(
    r"\b([0-9]+(?:\.[0-9]+)?) ?% (?:off|discount|less) (?:from|for|at|starting at) ([0-9]+)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """An amount that grows evenly with a count, with a discount from some count on.

    Args:
        tied: the table that it gives.
        count: name of the column that is sent.
        field: name of the field of the answer.
        each: amount for one.
        base: amount for none.
        discount: share that is taken off the whole, 0 to 1.
        least: count from which on it is taken off.
    """

    tied: Tied
    count: str
    field: str
    each: Fraction
    base: Fraction
    discount: Fraction
    least: int

    def amount(self, count: int) -> Fraction:
        """Return the amount for a count, in the unit of the table's cells."""
        whole = self.base + self.each * count
        return whole * (1 - self.discount) if count >= self.least else whole


def rules_of(intent: Intent, tied: Sequence[Tied]) -> Iterator[Rule | tuple[Tied, str]]:
    """Yield the rule of each table that has one, or the table with why its rule does not count."""
    prose = " ".join(text for _, text in intent.prose)
    for one in tied:
        rule = _stated(prose, one)
        if rule is None:
            continue
        try:
            _check(rule)
        except NotUnderstood as refused:
            yield one, refused.reason
        else:
            yield rule


def _stated(prose: str, tied: Tied) -> Rule | None:
    """Return the rule that the prose states of a table's columns; None if it states none."""
    sent = [column.name for column in tied.columns if column.use == "sent"]
    fields = [column.name for column in tied.columns if column.use == "field"]
    if len(sent) != 1 or len(fields) != 1:
        return None
    each = next((m for m in _EACH.finditer(prose) if _same_word(m[1], sent[0])), None)
    if each is None:
        return None
    base, discount = _BASE.search(prose), _DISCOUNT.search(prose)
    return Rule(
        tied,
        sent[0],
        fields[0],
        Fraction(each[2]),
        Fraction(base[1]) if base else Fraction(0),
        Fraction(discount[1]) / 100 if discount else Fraction(0),
        int(discount[2]) if discount else 0,
    )


def _same_word(word: str, name: str) -> bool:
    return word.lower().rstrip("s") == name.lower().rstrip("s")


def _rows(rule: Rule) -> dict[int, Fraction]:
    """Return the amount of each count that the table gives."""
    found: dict[int, Fraction] = {}
    for row in rule.tied.table.rows:
        count = rule.tied.inputs(row)[rule.count].number
        amount = rule.tied.outputs(row).get(rule.field)
        if count is None or count.denominator != 1 or amount is None or amount.number is None:
            raise NotUnderstood(f"a rule stands in the text, and {row.id} is no amount for a count")
        found[count.numerator] = amount.number
    return found


def _check(rule: Rule) -> None:
    """Refuse a rule that the table does not bear out.

    Raises:
        NotUnderstood: it is about fewer than two rows, or one of them says otherwise.
    """
    rows = _rows(rule)
    if len(rows) < _LEAST_ROWS:
        raise NotUnderstood("a rule stands in the text, and one row alone does not bear it out")
    for count, amount in rows.items():
        if rule.amount(count) != amount:
            raise NotUnderstood(
                f"the rule in the text does not give the row of {count}, so nothing is made of it"
            )


def between(rule: Rule, slug: str, title: str, chance: random.Random) -> Sketch | None:
    """Return a scenario that asks for values between the rows; None if there are none to ask for.

    Args:
        rule: that gives the amounts.
        slug: of the intent.
        title: of the intent.
        chance: decides which.
    """
    rows = _rows(rule)
    low, high = min(rows), max(rows)
    are_whole = all(_received(rule, count).denominator == 1 for count in rows)
    free = [
        count
        for count in range(low, min(high, low + _MOST_RANGE))
        if count not in rows and not (are_whole and _received(rule, count).denominator != 1)
    ]
    if not free:
        return None
    table = rule.tied.table.id
    counts = chance.sample(free, min(NEIGHBOURS, len(free)))
    steps = tuple(_asked(rule, count) for count in counts)
    return Sketch(f"{slug}/{table}.between", f"{title}: {table}", (table,), steps)


def _received(rule: Rule, count: int) -> Fraction:
    """Return the amount for a count, in the unit of the field of the answer."""
    cell = rule.tied.outputs(rule.tied.table.rows[0])[rule.field]
    return rule.amount(count) * scale_of(rule.field, cell)


def _asked(rule: Rule, count: int) -> Exchange:
    request = filled(rule.tied.request, {rule.count: count})
    value = as_number(_received(rule, count))
    return Exchange(
        request,
        (StatusIs(200), Holds(path_of(rule.field), value)),
        clause=rule.tied.table.id,
        gist=f"{rule.tied.request.endpoint} with {rule.count} = {count}, by the rule",
    )
