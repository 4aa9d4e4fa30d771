"""Sentences beside a table: prices, base fees and thresholds, as far as all of one can be read.

    "Each `kg` costs $2, plus a base fee of $5."                a price for one, and a base
    "From 20 kg on there is a surcharge of $10."                a threshold with an amount
    "From 10 seats on all are 10 % cheaper, from 25 on 15 %."   two with shares of the whole

A sentence is read whole or not at all: a figure that nothing took up, or a word that can turn its
meaning around, leaves it unread.

Pure. Not here: whether the rows of a table bear any of it out (`rules`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from sigil.gate.intent import Intent

_NUMBER = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,15})(?:\.[0-9]{1,9})?(?![0-9]|[.,][0-9])"
_AMOUNT = rf"(?P<amount>(?:[$€£] ?)?{_NUMBER}(?: ?[€£])?)(?! ?%| per ?cent)"
_SHARE = rf"(?P<share>{_NUMBER}) ?(?:%|per ?cent\b)"
_FEE = r"(?:fee|price|charge|amount|rate)"
_PRICES = (
    re.compile(
        r"\b(?:each|every|per|one|an?)(?: of the)?(?: additional| further)? (?P<word>[a-z_]+)"
        rf" (?:costs?|adds?) {_AMOUNT}",
        re.IGNORECASE,
    ),
    re.compile(rf"{_AMOUNT} (?:per|for each|for every) (?P<word>[a-z_]+)", re.IGNORECASE),
)
_BASES = (
    re.compile(rf"\b(?:base|basic|flat|fixed|setup) {_FEE} (?:of|is) {_AMOUNT}", re.IGNORECASE),
    re.compile(rf"{_AMOUNT} (?:base|basic|flat|fixed|setup) {_FEE}\b", re.IGNORECASE),
    re.compile(rf"\bplus {_AMOUNT}(?= ?(?:[,.;!]|$))", re.IGNORECASE),
)
_THRESHOLD = re.compile(
    r"\b(?:from|starting (?:at|from|with)|for|at least|at|"
    r"(?P<beyond>more than|over|above|beyond|exceeding)) "
    r"(?P<least>[0-9]{1,9})(?![0-9]|[.,][0-9]| ?%)"
    r"(?: (?!(?:on|onwards?|upwards?|and|or|there|all|an?|the|is|are|it|they|each|you|get)\b)"
    r"(?P<word>[a-z_]+))?(?: (?:on|onwards?|upwards?|and (?:more|up|above)|or more)\b)?",
    re.IGNORECASE,
)
_LESS = r"off|cheaper|less|lower|discount|reduction|rebate"
_MORE = r"more|dearer|extra|surcharge|supplement|on top"
_EFFECTS = (
    re.compile(
        rf"\b(?P<named>{_LESS}|{_MORE}|extra {_FEE}|fee)(?: of)? "
        rf"(?:{_AMOUNT}|{_SHARE})",
        re.IGNORECASE,
    ),
    re.compile(
        rf"{_SHARE}(?: (?P<named>{_LESS}|{_MORE})\b)?",
        re.IGNORECASE,
    ),
    re.compile(rf"{_AMOUNT}(?: (?P<named>{_LESS}|{_MORE})\b)?", re.IGNORECASE),
)
_TURNS = re.compile(
    r"\b(?:not|never|no|without|unless|except|only|cannot|instead|if|when|until|while|or|may|might"
    r"|either|neither|nor|first)\b",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"[$€£] ?[0-9]|[0-9] ?(?:[€£%]|per ?cent\b)|\b[0-9]+ or (?:more|fewer|less)\b"
    r"|\b(?:from|over|above|below|under|beyond|exceeding|up to|than|at least|at most|starting at"
    r"|costs?|fee of|price of|(?:sur)?charge of|discount of) [0-9]",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=[^a-z0-9])")
_BLANK = "\0"
"""Stands where something was taken up."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as it was written.

    Args:
        number: of it.
        named: whether a currency stands beside it.
    """

    number: Fraction
    named: bool


@dataclass(frozen=True, slots=True)
class Price:
    """What one of something costs."""

    word: str
    amount: Money


@dataclass(frozen=True, slots=True)
class Base:
    """What is paid for none."""

    amount: Money


@dataclass(frozen=True, slots=True)
class Threshold:
    """What changes from some count on.

    Args:
        word: what is counted; empty where that is not said.
        least: the first count that it is for.
        share: that is taken off the price, below 0 for one that is added.
        amount: that is added once, below 0 for one that is taken off.
    """

    word: str
    least: int
    share: Fraction
    amount: Money


Part = Price | Base | Threshold


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of the prose.

    Args:
        line: 1-based, where its paragraph begins.
        text: its Markdown.
        parts: what it says; none if it cannot be read whole.
        has_figure: whether an amount, a percentage or a threshold stands in it.
    """

    line: int
    text: str
    parts: tuple[Part, ...]
    has_figure: bool


def sentences(intent: Intent) -> Iterator[Sentence]:
    """Yield the sentences of an intent that are no clauses, in order."""
    for line, paragraph in intent.prose:
        for text in SENTENCE_END.split(paragraph):
            said = _without_marks(text)
            yield Sentence(line, text, _parts(said), _FIGURE.search(said) is not None)


def _without_marks(text: str) -> str:
    """Return Markdown without emphasis; of code, names alone stay."""
    bare = re.sub(r"`([A-Za-z_][A-Za-z0-9_]*)`", r"\1", text).replace("**", "")
    return re.sub(r"`[^`]*`", "…", bare)


def _parts(said: str) -> tuple[Part, ...]:
    """Return what a sentence says; nothing unless all of it is taken up."""
    parts: list[Part] = []

    def price(match: re.Match[str]) -> None:
        parts.append(Price(match["word"], _money(match)))

    def base(match: re.Match[str]) -> None:
        parts.append(Base(_money(match)))

    left = said
    for pattern in _PRICES:
        left = _taken(pattern, left, price)
    for pattern in _BASES:
        left = _taken(pattern, left, base)
    found: list[re.Match[str]] = []
    for pattern in (_THRESHOLD, *_EFFECTS):
        left = _taken(pattern, left, found.append)
    thresholds = _paired(sorted(found, key=lambda match: match.start()))
    if thresholds is None or re.search(r"[0-9]", left) or _TURNS.search(left):
        return ()
    return (*parts, *thresholds)


def _taken(pattern: re.Pattern[str], text: str, take: Callable[[re.Match[str]], None]) -> str:
    """Return a text of the same length without what a pattern matches, which ``take`` is given."""

    def blank(match: re.Match[str]) -> str:
        take(match)
        return _BLANK * len(match[0])

    return pattern.sub(blank, text)


def _paired(found: list[re.Match[str]]) -> list[Threshold] | None:
    """Return thresholds with what each changes; None if they do not come in pairs."""
    pairs = list(zip(found[::2], found[1::2], strict=False))
    if len(found) % 2 or len({_is_threshold(first) for first, _ in pairs}) > 1:
        return None
    made: list[Threshold] = []
    word, sign = "", 0
    for one, other in pairs:
        if _is_threshold(one) == _is_threshold(other):
            return None
        threshold, effect = (one, other) if _is_threshold(one) else (other, one)
        word = threshold["word"] or word
        sign = _sign(effect["named"]) or sign
        if not sign:
            return None
        least = int(threshold["least"]) + (threshold["beyond"] is not None)
        made.append(_threshold(word, least, sign, effect))
    return made


def _is_threshold(match: re.Match[str]) -> bool:
    return match.re is _THRESHOLD


def _threshold(word: str, least: int, sign: int, effect: re.Match[str]) -> Threshold:
    share = effect.groupdict().get("share")
    if share is not None:
        return Threshold(word, least, -sign * _number(share) / 100, Money(Fraction(0), False))
    money = _money(effect)
    return Threshold(word, least, Fraction(0), Money(sign * money.number, money.named))


def _sign(named: str | None) -> int:
    """Return 1 for what makes it dearer, -1 for what makes it cheaper, 0 where none is said."""
    if named is None:
        return 0
    return -1 if re.fullmatch(_LESS, named, re.IGNORECASE) else 1


def _money(match: re.Match[str]) -> Money:
    """Return the amount of a match."""
    text = match["amount"]
    return Money(_number(text), re.search(r"[$€£]", text) is not None)


def _number(text: str) -> Fraction:
    return Fraction(re.sub(r"[^0-9.]", "", text))
