"""The grammar of objectives, tie breakers and accept rules: text to tree and back.

Pure, and no ``eval``: a recursive-descent parser over a dozen tokens.

    truth      = conjunction { "or" conjunction }
    conjunction = negation { "and" negation }
    negation   = "not" negation | comparison
    comparison = sum [ ("<" | "<=" | ">" | ">=" | "==" | "!=") sum ]
    sum        = product { ("+" | "-") product }
    product    = factor { ("*" | "/") factor }
    factor     = "-" factor | "(" truth ")" | number | "true" | "false" | name
    name       = metric | "baseline." metric

Keywords may be written in any case. Every error names the column (1-based) and what was
expected there.

Not here: the trees (`sigil.evaluate.tree`) and what they mean for measured samples
(`sigil.evaluate.judgement`).
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Collection, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal, NoReturn

from sigil.errors import InvalidExpression, Where
from sigil.evaluate.tree import (
    ORDERS,
    Arithmetic,
    Boolean,
    Comparison,
    Every,
    Kind,
    Metric,
    Negative,
    Node,
    Not,
    Number,
    Order,
    Sign,
    Some,
)

MAX_LENGTH = 2_000
MAX_DEPTH = 60
_TELLING = 3  # a common beginning of so many letters tells what was meant

RESERVED = frozenset({"and", "or", "not", "true", "false", "baseline", "subject_to"})
"""Words that cannot be the id of a metric."""


# --- words ------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*)"
    r"|(?P<sign><=|>=|==|!=|[-+*/<>(),;])"
)
_HABITS = {
    "=": "==", "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "≤": "<=", "≥": ">=",
    "≠": "!=", "[": "(", "]": ")", "{": "(", "}": ")",
}  # fmt: skip
"""What people write out of habit, and what it is here."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the grammar.

    Args:
        kind: ``number``, ``word``, ``sign`` or ``end``.
        text: as written; keywords in lower case.
        column: 1-based place of its first character.
    """

    kind: str
    text: str
    column: int


def tokens_of(text: str, where: Where | None) -> list[Token]:
    """Return the words of ``text``, the last of kind ``end``.

    Raises:
        InvalidExpression: too long, or a character that the grammar does not have.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidExpression(f"longer than {MAX_LENGTH:,} characters", where=where)
    found: list[Token] = []
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        match = _TOKEN.match(text, position)
        if match is None:
            _stray(text, position, where)
        word = match.group()
        keyword = word.lower() in RESERVED
        found.append(Token(match.lastgroup or "", word.lower() if keyword else word, position + 1))
        position = match.end()
    found.append(Token("end", "", len(text) + 1))
    return found


def _stray(text: str, position: int, where: Where | None) -> NoReturn:
    habit = text[position : position + 2]
    meant = _HABITS.get(habit) or _HABITS.get(text[position])
    raise InvalidExpression(
        f"column {position + 1}: {text[position]!r} means nothing here",
        where=where,
        remedy=f"did you mean {meant}?" if meant else None,
    )


# --- parsing ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A parsed piece: its tree, what it stands for, where it began and how deep it is."""

    node: Node
    kind: Kind
    column: int
    depth: int = 1


class Parser:
    """A cursor over the words of one expression.

    Args:
        text: the expression.
        metrics: the ids that may be named, and what each stands for where that is known.
        where: place of the expression in its document, for errors.
    """

    def __init__(
        self, text: str, metrics: Mapping[str, Kind] | Collection[str], where: Where | None
    ):
        self._tokens = tokens_of(text, where)
        self._next = 0
        self._nesting = 0
        self._where = where
        self.metrics: dict[str, Kind] = {}
        for name in metrics:
            self.metrics[name] = metrics[name] if isinstance(metrics, Mapping) else "either"

    @property
    def token(self) -> Token:
        """Return the word under the cursor."""
        return self._tokens[self._next]

    def take(self, *texts: str) -> Token | None:
        """Step over the next word if it is one of ``texts``, and return it."""
        token = self.token
        if token.kind == "end" or token.text not in texts:
            return None
        self._next += 1
        return token

    def expect(self, text: str, *, also: str = "") -> Token:
        """Step over ``text``, or fail; ``also`` names what could stand there instead."""
        return self.take(text) or self.fail(f"expected {text}{f' or {also}' if also else ''}")

    def word(self, what: str, known: Collection[str]) -> Token:
        """Step over one of the ``known`` words, or fail with the nearest of them."""
        token = self.token
        if token.kind == "word" and token.text in known:
            self._next += 1
            return token
        if token.kind != "word":
            return self.fail(f"expected {what}", remedy=f"known: {', '.join(sorted(known))}")
        return self.unknown(what, token, known)

    def end(self, *words: str) -> None:
        """Fail unless the whole text has been read; ``words`` are those that could go on."""
        if self.token.kind != "end":
            near = _nearest(self.token.text, words)
            could = ", ".join(map(repr, words))
            self.fail(
                f"expected {could} or the end" if words else "expected the end",
                remedy=f"did you mean {near}?" if near else None,
            )

    def fail(
        self, problem: str, *, column: int | None = None, remedy: str | None = None
    ) -> NoReturn:
        """Raise for the word under the cursor, or for ``column``."""
        if column is None:
            token = self.token
            column = token.column
            problem += " but the text ends" if token.kind == "end" else f", not {token.text}"
        raise InvalidExpression(f"column {column}: {problem}", where=self._where, remedy=remedy)

    def unknown(self, what: str, token: Token, known: Collection[str]) -> NoReturn:
        """Raise for a word that is none of ``known``, with the nearest of them."""
        near = _nearest(token.text, known)
        listed = ", ".join(sorted(known)) or "there are none"
        self.fail(
            f"expected {what}, not {token.text}",
            column=token.column,
            remedy=f"did you mean {near}?" if near else f"known: {listed}",
        )

    def truth(self) -> Node:
        """Parse a condition."""
        part = self._some()
        if self.token.kind in {"word", "number"}:
            self.fail("expected an operator")
        return self._require(part, "truth").node

    def number(self) -> Node:
        """Parse arithmetic."""
        return self._require(self._sum(), "number").node

    def quantity(self) -> Node:
        """Parse arithmetic, or the bare name of a check, which counts as 1 or 0."""
        part = self._sum()
        return part.node if isinstance(part.node, Metric) else self._require(part, "number").node

    def _some(self) -> Part:
        return self._joined(self._every, "or")

    def _every(self) -> Part:
        return self._joined(self._negation, "and")

    def _joined(self, parse: Callable[[], Part], word: Literal["and", "or"]) -> Part:
        first = parse()
        parts = [first]
        while self.take(word):
            parts.append(parse())
        if len(parts) == 1:
            return first
        operands = tuple(self._require(part, "truth").node for part in parts)
        node = Every(operands) if word == "and" else Some(operands)
        return self._deeper(node, "truth", *parts)

    def _negation(self) -> Part:
        token = self.take("not")
        if token is None:
            return self._comparison()
        with self._deep():
            operand = self._require(self._negation(), "truth")
        return self._deeper(Not(operand.node), "truth", operand, column=token.column)

    def _comparison(self) -> Part:
        left = self._sum()
        order = self._order()
        if order is None:
            return left
        right = self._sum()
        if self.token.kind == "sign" and self.token.text in ORDERS:
            self.fail(
                "a comparison cannot be chained",
                column=self.token.column,
                remedy="write a <= b and b <= c",
            )
        self._require_comparable(left, right, order)
        return self._deeper(Comparison(order, left.node, right.node), "truth", left, right)

    def _order(self) -> Order | None:
        token = self.take(*ORDERS)
        return next((order for order in ORDERS if token and order == token.text), None)

    def _require_comparable(self, left: Part, right: Part, order: Order) -> None:
        kinds = {left.kind, right.kind} - {"either"}
        if order not in {"==", "!="}:
            self._require(left, "number")
            self._require(right, "number")
        elif len(kinds) > 1:
            self.fail(
                f"{_named(left)} is compared with {_named(right)}",
                column=right.column,
                remedy="compare truth with true or false, and a number with a number",
            )

    def _sum(self) -> Part:
        return self._chain(self._product, "+", "-")

    def _product(self) -> Part:
        return self._chain(self._factor, "*", "/")

    def _chain(self, parse: Callable[[], Part], *operators: Sign) -> Part:
        left = parse()
        while (token := self.take(*operators)) is not None:
            sign: Sign = next(sign for sign in operators if sign == token.text)
            self._require(left, "number")
            right = self._require(parse(), "number")
            node = Arithmetic(sign, left.node, right.node)
            left = self._deeper(node, "number", left, right)
        return left

    def _factor(self) -> Part:
        token = self.token
        if self.take("-"):
            with self._deep():
                operand = self._require(self._factor(), "number")
            return self._deeper(Negative(operand.node), "number", operand, column=token.column)
        if self.take("("):
            with self._deep():
                inner = self._some()
            self.expect(")", also="an operator")
            return inner
        return self._atom(token)

    def _atom(self, token: Token) -> Part:
        if token.kind == "number":
            value = float(token.text)
            if not math.isfinite(value):
                self.fail("the number is too large", column=token.column)
            self._next += 1
            return Part(Number(value), "number", token.column)
        if token.text in {"true", "false"}:
            self._next += 1
            return Part(Boolean(token.text == "true"), "truth", token.column)
        if token.kind == "word" and (token.text == "baseline" or token.text not in RESERVED):
            return self._metric(token)
        return self.fail("expected a number, a metric or (")

    def _metric(self, token: Token) -> Part:
        first, _, name = token.text.partition(".")
        baseline = first.lower() == "baseline"
        if baseline and not name:
            self.fail("expected baseline.METRIC", column=token.column)
        name = name if baseline else token.text
        if name not in self.metrics:
            column = token.column + len(token.text) - len(name)
            self.unknown("a metric", Token("word", name, column), self.metrics)
        self._next += 1
        return Part(Metric(name, baseline), self.metrics[name], token.column)

    def _require(self, part: Part, kind: Kind) -> Part:
        if part.kind not in {kind, "either"}:
            wanted = "a number" if kind == "number" else "true or false"
            hint = "compare it, as in x <= 1" if kind == "truth" else None
            self.fail(f"expected {wanted}, not {_named(part)}", column=part.column, remedy=hint)
        return part

    def _deeper(self, node: Node, kind: Kind, *parts: Part, column: int | None = None) -> Part:
        depth = 1 + max(part.depth for part in parts)
        if depth > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}", column=parts[0].column)
        return Part(node, kind, parts[0].column if column is None else column, depth)

    @contextmanager
    def _deep(self) -> Generator[None]:
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            self.fail(f"nested deeper than {MAX_DEPTH}", column=self.token.column)
        yield
        self._nesting -= 1


def _nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that was most likely meant; ``minimize`` meant ``min``."""
    if len(word) >= _TELLING:
        for name in sorted(known):
            if len(name) >= _TELLING and (name.startswith(word) or word.startswith(name)):
                return name
    return next(iter(difflib.get_close_matches(word, sorted(known), n=1)), None)


def _named(part: Part) -> str:
    what = {"number": "a number", "truth": "true or false", "either": "a value"}[part.kind]
    return f"{part.node} ({what})" if isinstance(part.node, Metric) else what
