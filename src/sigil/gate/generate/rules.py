"""Rules in prose, such as "each seat costs $12", and the rows that follow from them.

A rule counts only if it gives every row of a table, to the cent. Prose can often be read in more
than one way (does a discount spare the base fee? is it for all, or for those beyond the threshold
alone?), so every reading is tried: one that contradicts a row is none, and an amount is known where
all that are left agree. Then it says what lies between the rows as well, and values from there are
asked of the service in the sealed half: whoever learnt the table by heart does not know them.

Nothing is said about what lies outside of the table, or between two thresholds where no row stands,
nor where the rule gives a fraction and every row is a whole amount: how to round is not said.

Pure. Not here: the table itself (`tables`), what a sentence says (`prose`), which values are asked
for (`between`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from sigil.gate.generate.clauses import NotUnderstood
from sigil.gate.generate.prose import Base, Money, Part, Price, Sentence, Threshold
from sigil.gate.generate.tables import Tied, scale_of
from sigil.gate.intent import Row

_MOST_RANGE = 10_000
"""Counts that are looked at, shared among the groups."""
_LEAST_ROWS = 2
_LEAST_TO_INFER = 3
"""Rows that have to agree on the price of one, where the text does not name it."""
_CENTS = 100
COPIED = "whoever copies its rows passes"
NO_RULE = (
    f"no rule is understood for this table: {COPIED}; state the rule in the text, or seal "
    "scenarios of your own"
)
NOTHING_BETWEEN = (
    f"its rule leaves nothing to ask between the rows: {COPIED}; leave rows out, or seal scenarios "
    "of your own"
)

Group = tuple[str, ...]
"""What is sent besides the count, as it stands in the cells."""
Rows = Mapping[Group, Mapping[int, Fraction]]
"""The amount of each count, by group, in the unit of the cells."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read what the prose says.

    Args:
        each: price of one; None where the rows have to tell.
        base: amount for none.
        thresholds: ascending.
        spares_base: whether a share is taken off without the base.
        is_marginal: whether it is taken off those beyond the threshold alone.
        is_stacked: whether amounts of all thresholds that are reached add up.
    """

    each: Fraction | None
    base: Fraction
    thresholds: tuple[tuple[int, Fraction, Fraction], ...]
    spares_base: bool
    is_marginal: bool
    is_stacked: bool

    def units(self, count: int) -> Fraction:
        """Return how many full prices a count comes to."""
        if not self.is_marginal:
            return count * (1 - self._share(count))
        sharing = [(least, share) for least, share, _ in self.thresholds if share]
        edges = [0, *(max(least - 1, 0) for least, _ in sharing), count]
        shares = [Fraction(0), *(share for _, share in sharing)]
        spans = zip(edges[:-1], edges[1:], shares, strict=True)
        taken = ((max(min(end, count) - start, 0), share) for start, end, share in spans)
        return sum(((1 - share) * many for many, share in taken), Fraction(0))

    def rest(self, count: int) -> Fraction:
        """Return what is paid besides the price of so many."""
        spared = self.spares_base or self.is_marginal
        added = [amount for least, _, amount in self.thresholds if count >= least and amount]
        once = sum(added, Fraction(0)) if self.is_stacked else (added or [Fraction(0)])[-1]
        return self.base * (1 if spared else 1 - self._share(count)) + once

    def _share(self, count: int) -> Fraction:
        shares = [share for least, share, _ in self.thresholds if count >= least and share]
        return shares[-1] if shares else Fraction(0)

    def price(self, rows: Mapping[int, Fraction]) -> Fraction:
        """Return the price of one that gives all rows of a group.

        Raises:
            NotUnderstood: there is none.
        """
        each = self.each
        for count, amount in rows.items():
            units, rest = self.units(count), self.rest(count)
            if each is None and units:
                each = (amount - rest) / units
            if (each or 0) * units + rest != amount:
                raise NotUnderstood(
                    f"the rule in the text does not give the row of {count}, so nothing is made "
                    "of it"
                )
        return each or Fraction(0)


@dataclass(frozen=True, slots=True)
class Rule:
    """Amounts that follow from a count.

    Args:
        tied: the table that it gives.
        count: name of the column that is sent and counts.
        field: name of the field of the answer.
        rows: of the table.
        readings: that give all rows, each with the price of one by group.
        parts: of the prose that rows bear out.
    """

    tied: Tied
    count: str
    field: str
    rows: Rows
    readings: tuple[tuple[Reading, Mapping[Group, Fraction]], ...]
    parts: tuple[Part, ...]

    def amount(self, group: Group, count: int) -> Fraction | None:
        """Return the amount for a count, in the unit of the cells; None if readings differ."""
        found = {
            prices[group] * reading.units(count) + reading.rest(count)
            for reading, prices in self.readings
            if group in prices
        }
        return found.pop() if len(found) == 1 else None

    def pieces(self) -> list[list[tuple[Group, int]]]:
        """Return the counts between rows that can be asked for, piece by piece of each group."""
        starts = sorted({least for least, _, _ in self.readings[0][0].thresholds})
        cells = [amount for rows in self.rows.values() for amount in rows.values()]
        are_whole = all(self.received(amount).denominator == 1 for amount in cells)
        reach = _MOST_RANGE // len(self.rows)
        found: dict[tuple[Group, int], list[tuple[Group, int]]] = {}
        for group, rows in sorted(self.rows.items()):  # in whatever order the rows stand
            low, high = min(rows), max(rows)
            borne = {_piece(starts, count) for count in rows}
            for count in range(low, min(high, low + reach)):
                amount = self.amount(group, count)
                piece = _piece(starts, count)
                if count in rows or amount is None or piece not in borne:
                    continue
                if not are_whole or self.received(amount).denominator == 1:
                    found.setdefault((group, piece), []).append((group, count))
        return list(found.values())

    def received(self, amount: Fraction) -> Fraction:
        """Return an amount in the unit of the field of the answer."""
        cell = self.tied.outputs(self.tied.table.rows[0])[self.field]
        return amount * scale_of(self.field, cell)


def _piece(starts: Sequence[int], count: int) -> int:
    """Return how many thresholds a count reaches."""
    return sum(count >= least for least in starts)


def rules_of(
    said: Sequence[Sentence], tied: Sequence[Tied]
) -> Iterator[tuple[Tied, Rule | None, str]]:
    """Yield each table with its rule, and with why there is none or it tells nothing new."""
    parts = [part for sentence in said for part in sentence.parts]
    for one in tied:
        try:
            rule = _stated(parts, one)
        except NotUnderstood as refused:
            yield one, None, f"{refused.reason}; {COPIED}"
            continue
        if rule is None:
            yield one, None, NO_RULE
        else:
            yield one, rule, "" if rule.pieces() else NOTHING_BETWEEN


def unread(said: Sequence[Sentence], rules: Sequence[Rule]) -> Iterator[Sentence]:
    """Yield the sentences that hold a figure and are not wholly part of a rule."""
    used = {part for rule in rules for part in rule.parts}
    for sentence in said:
        if sentence.has_figure and not (sentence.parts and used.issuperset(sentence.parts)):
            yield sentence


def _stated(parts: Sequence[Part], tied: Tied) -> Rule | None:
    """Return the rule that the prose states of a table's columns; None if it states none.

    Raises:
        NotUnderstood: it states one that the rows do not bear out.
    """
    counts = [column.name for column in tied.columns if column.use == "sent"]
    named = {part.word for part in parts if isinstance(part, Price | Threshold)}
    ours = [name for name in counts if any(_same_word(word, name) for word in named)]
    numeric = [
        name for name in counts if all(_is_count(tied, row, name) for row in tied.table.rows)
    ]
    fields = [column.name for column in tied.columns if column.use == "field"]
    amounts = [
        name for name in fields if any(_is_amount(tied, row, name) for row in tied.table.rows)
    ]
    count = (ours or numeric)[:1]
    if not count or len(ours or numeric) > 1 or len(amounts or fields) != 1:
        return None
    about = [part for part in parts if _is_about(part, count[0])]
    if not any(isinstance(part, Price | Threshold) for part in about):
        return None
    field = (amounts or fields)[0]
    rows = _rows(tied, count[0], field)
    readings = _borne_out(about, rows, tied, field)
    held = _held(about, rows, [reading for reading, _ in readings], _scale(tied, field))
    return Rule(tied, count[0], field, rows, readings, held)


def _is_about(part: Part, count: str) -> bool:
    if isinstance(part, Threshold):
        return not part.word or _same_word(part.word, count)
    return isinstance(part, Base) or _same_word(part.word, count)


def _same_word(word: str, name: str) -> bool:
    return word.lower().rstrip("s") == name.lower().rstrip("s")


def _is_count(tied: Tied, row: Row, name: str) -> bool:
    number = tied.inputs(row)[name].number
    return number is not None and number.denominator == 1


def _is_amount(tied: Tied, row: Row, name: str) -> bool:
    cell = tied.outputs(row).get(name)
    return cell is not None and cell.number is not None


def _rows(tied: Tied, count: str, field: str) -> Rows:
    """Return what the table gives.

    Raises:
        NotUnderstood: a row is no amount for a count.
    """
    found: dict[Group, dict[int, Fraction]] = {}
    for row in tied.table.rows:
        sent = tied.inputs(row)
        number, cell = sent[count].number, tied.outputs(row).get(field)
        amount = None if cell is None else cell.number
        is_count = number is not None and number.denominator == 1 and not sent[count].unit
        if number is None or not is_count or amount is None:
            raise NotUnderstood(f"a rule stands in the text, and {row.id} is no amount for a count")
        group = tuple(cell.text for name, cell in sent.items() if name != count)
        found.setdefault(group, {})[number.numerator] = amount
    return found


def _borne_out(
    about: Sequence[Part], rows: Rows, tied: Tied, field: str
) -> tuple[tuple[Reading, Mapping[Group, Fraction]], ...]:
    """Return the readings that give all rows.

    Raises:
        NotUnderstood: it is about fewer than two rows, or there is no such reading.
    """
    if sum(map(len, rows.values())) < _LEAST_ROWS:
        raise NotUnderstood("a rule stands in the text, and one row alone does not bear it out")
    found: list[tuple[Reading, Mapping[Group, Fraction]]] = []
    contradicted: NotUnderstood | None = None
    for reading in _readings(about, _scale(tied, field)):
        told = {
            group: ours
            for group, ours in rows.items()
            if reading.each is not None or len(ours) >= _LEAST_TO_INFER
        }
        try:
            prices = {group: reading.price(ours) for group, ours in told.items()}
        except NotUnderstood as refused:
            contradicted = contradicted or refused
            continue
        if prices:
            found.append((reading, prices))
    if contradicted is not None and not found:
        raise contradicted
    if not found:
        raise NotUnderstood(
            "the text names thresholds and not the price of one, and fewer than three rows tell it"
        )
    return tuple(found)


def _held(
    about: Sequence[Part], rows: Rows, readings: Sequence[Reading], scale: int
) -> tuple[Part, ...]:
    """Return the parts that a reading makes use of, and that a row stands behind.

    Not so a threshold between which and the next one no row stands, nor a second price or base fee
    that no reading is left with.
    """
    starts = sorted({part.least for part in about if isinstance(part, Threshold)})
    borne = {_piece(starts, count) for ours in rows.values() for count in ours}
    prices, bases = {one.each for one in readings}, {one.base for one in readings}

    def holds(part: Part) -> bool:
        if isinstance(part, Threshold):
            return _piece(starts, part.least) in borne
        return _number(part.amount, scale) in (prices if isinstance(part, Price) else bases)

    return tuple(part for part in about if holds(part))


def _readings(about: Sequence[Part], scale: int) -> Iterator[Reading]:
    """Yield all ways to read what is said; ``scale`` is of amounts with a currency."""
    prices = [_number(part.amount, scale) for part in about if isinstance(part, Price)]
    bases = [_number(part.amount, scale) for part in about if isinstance(part, Base)]
    thresholds = sorted(
        (part.least, part.share, _number(part.amount, scale))
        for part in about
        if isinstance(part, Threshold)
    )
    shares = any(share for _, share, _ in thresholds)
    is_manifold = sum(amount != 0 for _, _, amount in thresholds) > 1
    flags = [
        (False, True) if differs else (False,)
        for differs in (shares and any(bases), shares, is_manifold)
    ]
    for each, base in product(prices or [None], bases or [Fraction(0)]):
        for spares, marginal, stacked in product(*flags):
            yield Reading(each, base, tuple(thresholds), spares, marginal, stacked)


def _number(money: Money, scale: int) -> Fraction:
    return money.number * (scale if money.named else 1)


def _scale(tied: Tied, field: str) -> int:
    """Return how many units of a cell make one of the currency's that the text is in."""
    cells = [tied.outputs(row).get(field) for row in tied.table.rows]
    is_bare = all(cell is not None and not cell.unit for cell in cells)
    return _CENTS if field.endswith("_cents") and is_bare else 1
