"""Search for a formula among imagined ones; only the most promising is proposed.

A population of formulas that were never measured, varied as in genetic programming (parts
exchanged, combined, wrapped, constants moved) and selected by what `surmise` expects of
them. Of formulas with equal values only the shortest stays.

Not here: how a formula becomes a proposal (`proposer`).
"""

from __future__ import annotations

import ast
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sigil.search.mutate.completing import Blocks, Completion
from sigil.search.mutate.sites import Site
from sigil.search.mutate.subject import Subject
from sigil.search.mutate.surmise import POINTS, Surmise
from sigil.search.mutate.terms import (
    FUNCTIONS,
    Term,
    applied,
    constant,
    exchanged,
    is_number,
    moved,
    read,
)
from sigil.search.written import rounded

_POPULATION = 120
_IMAGINED = 25
_COMPLETED = 12
_LISTED = 60
_LONGEST_POLYNOMIAL = 11
_TOURNAMENT = 4
_LARGEST = 30
_SIZE_PRICE = 0.0015
_MOST_NAMES = 6
_SYMBOLS = "++--***/"
_SMALL = (1, 2, 3)
_MOST_DONE = 50_000
_DOUBLE_CHANCE, _PAIRED_CHANCE, _FIRST_CHANCE = 0.2, 0.5, 0.7
_STEPS = (0.02, 0.1, 0.5)

Key = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """A function that does nothing but return an arithmetic expression of its parameters.

    Args:
        site: the expression.
        names: variables and named constants that it may use; constants have one value.
        functions: text of a callable → its bare name in `terms.FUNCTIONS`.
    """

    site: Site
    names: tuple[str, ...]
    functions: Mapping[str, str]


def formula_of(subject: Subject) -> Formula | None:
    """Return what makes ``subject`` a formula, or None if it is more, or less, than that."""
    places = [site for site in subject.sites if isinstance(site.parent, ast.Return)]
    outer = [block for block in subject.blocks if block.context.function is not None]
    if len(places) != 1 or len(outer) != 1:
        return None
    site, function = places[0], outer[0].context.function
    body = [s for s in outer[0].body if not _is_docstring(s)]
    if function is None or len(body) != 1 or not isinstance(body[0], ast.Return):
        return None
    names = tuple(value.text for value in site.scope.values if value.text in site.scope.local)
    if not 0 < len(names) <= _MOST_NAMES:
        return None
    own = {node.name for node in ast.walk(subject.source.tree) if isinstance(node, ast.FunctionDef)}
    functions = {
        f.text: f.text.rpartition(".")[2] for f in site.scope.functions
        if f.text.rpartition(".")[2] in FUNCTIONS and f.text not in own
        and f.gives in ("int", "number") and set(f.takes) <= {"int", "number"}
    }  # fmt: skip
    return Formula(site, names, functions)


def _is_docstring(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


class Formulas:
    """Imagines formulas of the same variables and functions.

    Args:
        formula: of which kind.
    """

    def __init__(self, formula: Formula):
        self.names, self.functions = formula.names, formula.functions
        self._surmise = Surmise(formula.names)
        self._unary = [text for text, bare in formula.functions.items() if _takes_one(bare)]
        self._population: dict[Key, tuple[float, Term]] = {}
        self._done: dict[Key, None] = {}
        self._restart()
        self._worst = math.inf
        self._stale = True

    @property
    def ready(self) -> bool:
        """Return whether enough was told for imagination to be worth more than chance."""
        return self._surmise.trusted

    def read(self, node: ast.expr) -> Term | None:
        """Return the formula that ``node`` says, if it is one."""
        return read(node, self._surmise.columns, self.functions)

    def tell(self, node: ast.expr, costs: Sequence[float]) -> None:
        """Learn what a formula cost; no costs mean that it failed."""
        term = self.read(node)
        if term is None:
            return
        if term.finite:
            self._remember(term.key)
        if costs:
            self._surmise.tell(term, costs[0])
            self._stale = True
        if self._surmise.refit():
            self._begin_again()

    def imagine(self, stream: random.Random) -> Term | None:
        """Return a formula that was neither proposed nor told, the most promising of many."""
        self._refresh()
        self._blocks.grow(_LISTED)
        self._polynomials.grow(_LISTED)
        for _ in range(_IMAGINED):
            term = self._varied(stream)
            if term is not None:
                self._consider(term)
        best, cost = self._surmise.nearest
        places = [self._place(stream) for _ in range(_COMPLETED)]
        for completion in self._completions:
            completion.step(_COMPLETED, best.values, cost, inside=places, consider=self._consider)
            places = []
        self._shrink()
        fresh = [
            (score, key) for key, (score, _) in self._population.items() if key not in self._done
        ]
        if not fresh:
            return None
        chosen = min(fresh)[1]
        self._remember(chosen)
        return self._population[chosen][1]

    # --- the imagined population ---

    def _restart(self) -> None:
        self._blocks = Blocks(self._surmise.columns, self._unary)
        self._blocks.grow(_LISTED)
        # Long polynomials are few, long formulas of every kind are not.
        self._polynomials = Blocks(
            self._surmise.columns, (), symbols="+*", largest=_LONGEST_POLYNOMIAL
        )
        self._polynomials.grow(_LISTED)
        self._completions = (
            Completion(self._blocks, {text: self.functions[text] for text in self._unary}),
            Completion(self._polynomials, {}),
        )

    def _refresh(self) -> None:
        """Score everything anew where costs were told since."""
        if not self._stale:
            return
        self._stale = False
        everyone = [term for _, term in self._population.values()]
        self._population = {}
        self._worst = math.inf
        for term in (*everyone, *self._surmise.best[:20]):
            self._consider(term)
        self._shrink()

    def _consider(self, term: Term) -> None:
        """Take ``term`` into the population if it promises more than the last one there."""
        if term.size > _LARGEST or not term.finite:
            return
        price = _SIZE_PRICE * term.size
        score = self._surmise.score(term, self._worst - price) + price
        if score >= self._worst:
            return
        score += 2 * _SIZE_PRICE * sum(map(_is_odd, term.walk()))
        if score >= self._worst:
            return
        key = term.key
        old = self._population.get(key)
        if old is None or score < old[0]:
            self._population[key] = (score, term)
            if len(self._population) > 2 * _POPULATION:
                self._shrink()

    def _shrink(self) -> None:
        if len(self._population) > _POPULATION:
            ranked = sorted(self._population.items(), key=lambda item: item[1][0])
            self._population = dict(ranked[:_POPULATION])
            self._worst = ranked[_POPULATION - 1][1][0]

    def _remember(self, key: Key) -> None:
        self._done[key] = None
        while len(self._done) > _MOST_DONE:
            del self._done[next(iter(self._done))]

    def _begin_again(self) -> None:
        """Everything that was imagined lies at the wrong points now."""
        terms = [term for _, term in self._population.values()]
        columns = self._surmise.columns
        self._population, self._done, self._worst = {}, {}, math.inf
        self._restart()
        for term in self._surmise.best:
            if term.finite:
                self._remember(term.key)
        for term in terms:
            self._consider(moved(term, columns, POINTS))
        self._stale = True

    # --- variation ---

    def _varied(self, stream: random.Random) -> Term | None:
        if not self._population:
            return None
        ways: Sequence[tuple[Callable[[Term, random.Random], Term | None], int]] = (
            (self._combined, 30), (self._grafted, 30), (self._wrapped, 12),
            (self._crossed, 15), (self._refined, 8), (self._hoisted, 5),
        )  # fmt: skip
        way = stream.choices([way for way, _ in ways], [weight for _, weight in ways])[0]
        return way(self._selected(stream), stream)

    def _selected(self, stream: random.Random) -> Term:
        members = list(self._population.values())
        drawn = [stream.choice(members) for _ in range(_TOURNAMENT)]
        return min(drawn, key=lambda member: member[0])[1]

    def _place(self, stream: random.Random) -> tuple[Term, Term, Term]:
        term = self._selected(stream)
        return term, stream.choice(list(term.walk())), self._block(stream)

    def _block(self, stream: random.Random) -> Term:
        # Short ones more often: a squared share leans to the front.
        listed = self._blocks.listed
        return listed[int(stream.random() ** 2 * len(listed))]

    def _combined(self, term: Term, stream: random.Random) -> Term:
        """The whole, combined with a block; now and then with two."""
        other = self._block(stream)
        if stream.random() < _DOUBLE_CHANCE:
            other = applied(stream.choice(_SYMBOLS), other, self._block(stream))
        return self._pair(term, other, stream)

    def _grafted(self, term: Term, stream: random.Random) -> Term:
        """A part replaced by a block, or combined with one."""
        part = stream.choice(list(term.walk()))
        fresh = self._block(stream)
        if stream.random() < _PAIRED_CHANCE:
            fresh = self._pair(part, fresh, stream)
        return exchanged(term, part, fresh)

    def _pair(self, one: Term, other: Term, stream: random.Random) -> Term:
        pair = (one, other) if stream.random() < _FIRST_CHANCE else (other, one)
        return applied(stream.choice(_SYMBOLS), *pair)

    def _wrapped(self, term: Term, stream: random.Random) -> Term | None:
        part = stream.choice(list(term.walk()))
        if is_number(part):
            return None
        return exchanged(term, part, applied(stream.choice((*self._unary, "neg")), part))

    def _crossed(self, term: Term, stream: random.Random) -> Term:
        other = self._selected(stream)
        part, fresh = stream.choice(list(term.walk())), stream.choice(list(other.walk()))
        return exchanged(term, part, fresh)

    def _refined(self, term: Term, stream: random.Random) -> Term | None:
        """A number moved, near or far."""
        numbers = [part for part in term.walk() if is_number(part)]
        if not numbers:
            return None
        part = stream.choice(numbers)
        value = part.values[0]
        step = stream.choice(_STEPS) * max(abs(value), 0.1)
        fresh = rounded(stream.gauss(float(value), step))
        return exchanged(term, part, constant(fresh, POINTS))

    def _hoisted(self, term: Term, stream: random.Random) -> Term:
        return stream.choice(list(term.walk()))


def _takes_one(bare: str) -> bool:
    return bare not in ("hypot", "atan2", "fmod", "min", "max", "int", "round", "float")


def _is_odd(term: Term) -> bool:
    """Return whether ``term`` is a number that is not among the first ones to try."""
    return is_number(term) and term.values[0] not in (0, *_SMALL)
