"""Which two short formulas, combined, come near to values that are roughly known?

Short formulas are listed once, all different, by length. For the one and the operator, what
the other would have to be at one point is known but for the doubt of the estimate, so that
a sorted list gives the few that come into question. So with one more operation around the pair:
what the pair would have to be is then what undoes that operation.

Source: semantic backpropagation with a library (Pawlak, Wieloch and Krawiec 2015).
Not here: how good what comes near really is (`surmise`).
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sigil.search.mutate.surmise import POINTS
from sigil.search.mutate.terms import (
    Columns,
    Term,
    Values,
    applied,
    constant,
    exchanged,
    leaf,
    operation,
)

_MOST = 2500
_LARGEST = 7
_PROBE, _SECOND = 5, 12
_WIDTH = 3.0
_MOST_LOOKED_AT = 16
_OUTER, _OUTER_NEAR = 12, 2
_REACH = 100
_SORTED_EVERY = 50
_FEW = 300
_MOST_FIRST = 400
_LITERALS = (1, 2)

Consider = Callable[[Term], None]
_Kind = tuple[tuple[tuple[str, Values], ...], tuple[str, ...], str, int]
"""Columns, functions, symbols and the largest size."""
Undone = Callable[[float, int], float]
"""From a value at a point, given by its number, to the operand's value there."""


def _sum(a: float, t: float) -> float:
    return t - a


def _difference(a: float, t: float) -> float:
    return a - t


def _product(a: float, t: float) -> float:
    return t / a


def _quotient(a: float, t: float) -> float:
    return a / t


_PARTNERS: Mapping[str, Callable[[float, float], float]] = {
    "+": _sum, "*": _product, "-": _difference, "/": _quotient,
}  # fmt: skip
"""What b has to be for ``a head b`` to be t."""
_UNDONE: Mapping[str, Callable[[float], float]] = {
    "exp": math.log, "log": math.exp, "sqrt": lambda t: t * t,
}  # fmt: skip
"""What the argument has to be for a function to give t, where that is one value."""


class Blocks:
    """The shortest formulas of some names and functions, all different, listed bit by bit.

    Args:
        columns: the names, with their values.
        unary: texts of functions of one number.
        symbols: the operators, of ``+ - * /``.
        largest: how long a formula may be.
    """

    def __init__(
        self,
        columns: Columns,
        unary: Sequence[str],
        *,
        symbols: str = "+*-/",
        largest: int = _LARGEST,
    ):
        self._begin((tuple(columns.items()), tuple(unary), symbols, largest), 0)

    def __getstate__(self) -> tuple[_Kind, int]:
        """Return what the list is a function of: it is taken from there where it is loaded."""
        return self._kind, self._tries

    def __setstate__(self, state: tuple[_Kind, int]) -> None:
        self._begin(*state)

    def _begin(self, kind: _Kind, tries: int) -> None:
        self._kind, self._tries = kind, 0
        self._listing = _listing_of(*kind)
        self.listed: list[Term] = []
        self.full = False
        self.grow(tries)

    def grow(self, tries: int) -> None:
        """Try so many further formulas, until there are no more or enough."""
        self._tries += tries
        count, self.full = self._listing.after(self._tries)
        self.listed += self._listing.terms[len(self.listed) : count]


class _Listing:
    """All formulas of one kind as far as anybody wanted them, in the order of trying."""

    def __init__(self, columns: Columns, unary: Sequence[str], symbols: str, largest: int):
        self.terms: list[Term] = []
        self._columns, self._unary = columns, unary
        self._symbols, self._largest = symbols, largest
        self._keys: set[tuple[float, ...]] = set()
        self._by_size: dict[int, list[Term]] = {}
        self._next = self._enumerated()
        self._counts = [0]
        self._full = False

    def after(self, tries: int) -> tuple[int, bool]:
        """Return how many formulas so many tries list, and whether there will be no more."""
        while not self._full and len(self._counts) <= tries:
            term = next(self._next, None)
            self._full = term is None or len(self.terms) >= _MOST
            if term is not None and not self._full:
                self._add(term)
                self._counts.append(len(self.terms))
        return (
            (self._counts[tries], False) if tries < len(self._counts) else (len(self.terms), True)
        )

    def _add(self, term: Term) -> None:
        if not term.finite or (term.parts and min(term.values) == max(term.values)):
            return
        key = tuple([round(value, 8) for value in term.values])
        if key not in self._keys:
            self._keys.add(key)
            self.terms.append(term)
            self._by_size.setdefault(term.size, []).append(term)

    def _enumerated(self) -> Iterator[Term]:
        for name, values in self._columns.items():
            yield leaf(name, values)
        for value in _LITERALS:
            yield constant(value, POINTS)
        for size in range(2, self._largest + 1):
            for part in self._of(size - 1):
                if not any(inner.head in self._unary for inner in part.walk()):
                    for head in self._unary:
                        yield applied(head, part)
            for left in range(1, size - 1):
                yield from self._pairs(left, size - 1 - left)

    def _pairs(self, left: int, right: int) -> Iterator[Term]:
        for one in self._of(left):
            for other in self._of(right):
                for symbol in self._symbols:
                    if left <= right or symbol not in "+*":
                        yield applied(symbol, one, other)

    def _of(self, size: int) -> list[Term]:
        return list(self._by_size.get(size, ()))


@lru_cache(maxsize=2)
def _listing_of(
    columns: tuple[tuple[str, Values], ...], unary: tuple[str, ...], symbols: str, largest: int
) -> _Listing:
    """Return the listing of a kind: a search has two, and each is made but once."""
    return _Listing(dict(columns), unary, symbols, largest)


class Completion:
    """Goes through pairs of blocks, the short ones first and again and again.

    Args:
        blocks: what to combine.
        unary: text of each function of one number → its bare name.
    """

    def __init__(self, blocks: Blocks, unary: Mapping[str, str]):
        self._blocks = blocks
        self._unary = dict(unary)
        self._estimate: Values = ()
        self._width = 0.0
        self._paired = self._nested = self._indexed = 0
        self._begin()

    def __getstate__(self) -> tuple[object, ...]:
        """Return how far it has come; the rest follows from the blocks."""
        return self._blocks, self._unary, self._estimate, self._paired, self._nested, self._indexed

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._blocks, self._unary, self._estimate = state[:3]
        self._paired, self._nested, self._indexed = state[3:]
        self._width = 0.0
        self._begin()

    def _begin(self) -> None:
        self._sorted = _by_probe(self._blocks.listed[: self._indexed])
        self._few: list[tuple[float, int]] = []
        self._simple: list[Term] = []
        self._around: list[_Outer] = []
        self._consider: Consider = lambda _: None

    def step(
        self,
        count: int,
        estimate: Values,
        doubt: float,
        *,
        inside: Sequence[tuple[Term, Term, Term]],
        consider: Consider,
    ) -> None:
        """Look up the partners of the next blocks.

        Args:
            count: of how many.
            estimate: what the values should be, roughly.
            doubt: how far off that is on average.
            inside: what to look up besides: ``(whole, part, block)`` asks for what ``block``
                has to be combined with in order to stand for ``part`` in ``whole``.
            consider: called with every term that comes near.
        """
        if estimate != self._estimate:
            self._paired = 0
        self._estimate, self._width, self._consider = estimate, _WIDTH * doubt, consider
        for _ in range(count):
            self._next_pair()
            self._next_nested()
        for whole, part, block in inside:
            outer = _place_of(whole, part)
            if outer is not None:
                self._complete(block, outer, self._few)

    def _next_pair(self) -> None:
        """Complete the next block by any other one; begin again after the last."""
        listed = self._blocks.listed
        if self._paired % _SORTED_EVERY == 0 and self._indexed < len(listed):
            self._indexed = len(listed)
            self._sorted = _by_probe(listed)
        self._complete(listed[self._paired % min(len(listed), _MOST_FIRST)], _Outer(), self._sorted)
        self._paired += 1

    def _next_nested(self) -> None:
        """Complete the next of the simplest blocks inside the next operations."""
        if not self._around and not self._prepared():
            return
        outer = self._around[self._nested // len(self._simple) % len(self._around)]
        self._complete(self._simple[self._nested % len(self._simple)], outer, self._few)
        self._nested += 1

    def _prepared(self) -> bool:
        """Prepare what is nested, once there are enough blocks; return whether there are."""
        if len(self._blocks.listed) < _FEW and not self._blocks.full:
            return False
        listed = self._blocks.listed[:_FEW]
        self._few = _by_probe(listed)
        simple = sorted(
            listed,
            key=lambda term: term.size + sum(part.head in self._unary for part in term.walk()),
        )
        self._simple = simple[:_REACH]
        near = list(self._outers(_OUTER_NEAR))
        self._around = [
            *self._outers(_OUTER), *(_around(one, two) for one in near for two in near),
        ]  # fmt: skip
        return True

    def _outers(self, count: int) -> Iterator[_Outer]:
        """Yield the operations with one of the first blocks that may stand around a pair."""
        undone_by = {text: _UNDONE[bare] for text, bare in self._unary.items() if bare in _UNDONE}
        for text, undone in undone_by.items():
            yield _Outer(
                lambda t, _, undone=undone: undone(t),
                lambda pair, text=text: applied(text, pair),
            )
        for term in self._blocks.listed[:count]:
            for head, partner in _PARTNERS.items():
                yield _Outer(
                    lambda t, at, partner=partner, term=term: partner(term.values[at], t),
                    lambda pair, head=head, term=term: applied(head, term, pair),
                )
            yield _Outer(
                lambda t, at, term=term: t + term.values[at],
                lambda pair, term=term: applied("-", pair, term),
            )
            yield _Outer(
                lambda t, at, term=term: t * term.values[at],
                lambda pair, term=term: applied("/", pair, term),
            )

    def _complete(self, term: Term, outer: _Outer, among: Sequence[tuple[float, int]]) -> None:
        """Consider ``term`` combined with each block that gives what is wanted at two points."""
        try:
            first, second = self._wanted(outer, _PROBE), self._wanted(outer, _SECOND)
            for head in _PARTNERS:
                for block in self._partners(term, head, first, among):
                    pair = operation(head)(term.values[_SECOND], block.values[_SECOND])
                    if second[0] <= pair <= second[1]:
                        self._consider(outer.whole(applied(head, term, block)))
        except (ArithmeticError, ValueError):
            return

    def _wanted(self, outer: _Outer, at: int) -> tuple[float, float]:
        """Return between what the pair has to lie at a point."""
        middle = self._estimate[at]
        one = outer.undone(middle - self._width, at)
        other = outer.undone(middle + self._width, at)
        return (one, other) if one <= other else (other, one)

    def _partners(
        self,
        term: Term,
        head: str,
        wanted: tuple[float, float],
        among: Sequence[tuple[float, int]],
    ) -> Iterator[Term]:
        """Yield the blocks, a few of them, that give what is wanted at the first point."""
        low, high = sorted(_PARTNERS[head](term.values[_PROBE], end) for end in wanted)
        first = bisect_left(among, (low, -1))
        last = bisect_right(among, (high, _MOST))
        step = max((last - first) // _MOST_LOOKED_AT, 1)
        for _, at in among[first:last:step]:
            yield self._blocks.listed[at]


@dataclass(frozen=True, slots=True)
class _Outer:
    """Operations around a pair: what undoes them at a point, and how they are applied."""

    undone: Undone = lambda t, _: t
    whole: Callable[[Term], Term] = lambda pair: pair


def _around(one: _Outer, two: _Outer) -> _Outer:
    return _Outer(
        lambda t, at: two.undone(one.undone(t, at), at),
        lambda pair: one.whole(two.whole(pair)),
    )


def _place_of(whole: Term, part: Term) -> _Outer | None:
    """Return what is around ``part`` in ``whole``, or None if it cannot be undone."""
    undone: list[Undone] = []
    here = whole
    while here is not part:
        position = next(
            i for i, inner in enumerate(here.parts) if any(one is part for one in inner.walk())
        )
        step = _undo(here, position)
        if step is None:
            return None
        undone.append(step)
        here = here.parts[position]

    def undo(t: float, at: int) -> float:
        for one in undone:
            t = one(t, at)
        return t

    return _Outer(undo, lambda fresh: exchanged(whole, part, fresh))


def _undo(term: Term, position: int) -> Undone | None:
    """Return what gives the operand at ``position`` from the value of ``term`` at a point."""
    head = term.head
    if head == "neg":
        return lambda t, _: -t
    if len(term.parts) == 1:
        undone = _UNDONE.get(head.rpartition(".")[2])
        return None if undone is None else lambda t, _: undone(t)
    partner = _PARTNERS.get(head)
    if partner is None:
        return None
    other = term.parts[1 - position].values
    if position == 1 or head in "+*":
        return lambda t, at: partner(other[at], t)
    return (lambda t, at: t + other[at]) if head == "-" else (lambda t, at: t * other[at])


def _by_probe(listed: Sequence[Term]) -> list[tuple[float, int]]:
    return sorted((term.values[_PROBE], at) for at, term in enumerate(listed))
