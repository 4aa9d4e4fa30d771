"""Larger inputs like those that are known, for a timer that measures work and not the call.

Inputs of tests are tiny. Containers and texts grow by drawing from the elements that were seen
in their place, integers by being multiplied, until a call takes long enough or no longer
returns.

Pure but for what it is given to call. Not here: small variations
(`sigil.optimize.generate.inputs`), other words in a text (`sigil.optimize.generate.wording`),
more records (`sigil.optimize.generate.multiplying`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from sigil.optimize.generate.inputs import Key, Pool, arguments, kind_of, replaced
from sigil.optimize.generate.multiplying import multiplied
from sigil.optimize.generate.wording import FIGURES, SMALL, WORDS, has_any, reworded
from sigil.sandbox.model import Case

ENOUGH_NS = 1_500_000
"""A call that takes this long is worth timing."""
LEAST_NS = 200_000
"""A call that takes less is timed too coarsely to be of use as a timer."""
MOST_NS = 25_000_000
"""A call that takes longer costs more candidates than it tells."""
MOST_NODES = 60_000
"""Values in one argument."""
_LARGEST_FACTOR = 2**14
_LEEWAY = 16
"""Not all of a value grows."""
_BOLDEST = 16
_LARGEST_INT = 10**6
_LONGEST_NAME = 20
_CONTAINERS = (list, tuple, dict, set, frozenset)

Way = Literal["records", "words", "small", "figures", "draw", "nested", "repeat", "numbers"]
"""What is made larger, and how.

records: more records, each with values of its own.
words: as draw, with other words and numbers in texts. small: but for codes in upper case.
figures: with other numbers in texts.
draw: elements anew. nested: inside too. repeat: the same again. numbers: integers as well.
"""
WAYS: tuple[Way, ...] = (
    "records", "words", "small", "figures", "draw", "repeat", "nested", "numbers"
)  # fmt: skip
_PLAIN: tuple[Way, ...] = ("draw", "repeat")
"""Ways that leave words as they are."""
_RUNS: Mapping[Way, re.Pattern[str]] = {"words": WORDS, "small": SMALL, "figures": FIGURES}


@dataclass(frozen=True, slots=True)
class Scaled:
    """A case that takes long enough, and how it was made."""

    case: Case
    way: Way
    factor: int
    time_ns: int


def scale(
    case: Case,
    pool: Pool,
    measure: Callable[[Case], int | None],
    stream: Callable[[str], random.Random],
    *,
    kept: Collection[str] = (),
    whole: Callable[[Case], Case | None] = lambda case: case,
) -> Scaled | None:
    """Return the first enlargement of a case that takes long enough, else the longest.

    Args:
        case: what is enlarged.
        pool: what its values are drawn from.
        measure: returns the time of a case in ns, or None where it does not return.
        stream: makes the stream of a label.
        kept: texts in records that stay as they are, such as those that the function names.
        whole: returns a larger case as it may be, or None if it may not.

    Returns:
        None if the case takes long enough as it is, or no enlargement returns and takes twice
        as long.
    """
    before = _surely(case, measure) or 0
    if before >= ENOUGH_NS:
        return None
    best: Scaled | None = None

    def larger(way: Way, factor: int) -> Case | None:
        label = f"{way}/{factor}"
        made = enlarged(case, pool, way, factor, stream=stream(label), kept=kept)
        return whole(made) if made is not None else None

    for way in WAYS:
        least = max(2 * before, LEAST_NS, best.time_ns if best else 0)
        found = _grown(way, larger, measure, least)
        if found is None or (way in _RUNS and _is_idle(found, larger, measure)):
            continue
        best = found
        if best.time_ns >= ENOUGH_NS:
            break
    return best


def _grown(
    way: Way,
    larger: Callable[[Way, int], Case | None],
    measure: Callable[[Case], int | None],
    least_ns: int,
) -> Scaled | None:
    """Return the first case of one way that takes long enough, else the longest above a least."""
    best: Scaled | None = None
    factor = 2
    while factor <= _LARGEST_FACTOR:
        made = larger(way, factor)
        time_ns = _surely(made, measure) if made is not None else None
        if made is None or time_ns is None or time_ns > MOST_NS:
            break
        if time_ns > (best.time_ns if best else least_ns):
            best = Scaled(made, way, factor, time_ns)
        if best is not None and time_ns >= ENOUGH_NS:
            break
        factor *= _step(time_ns)
    return best


def _is_idle(
    found: Scaled,
    larger: Callable[[Way, int], Case | None],
    measure: Callable[[Case], int | None],
) -> bool:
    """Return whether the same size takes far longer where words are left as they are.

    Then the function returns, but gives up at what it does not know.
    """
    plain = [larger(way, found.factor) for way in _PLAIN]
    times = [_surely(case, measure) for case in plain if case is not None]
    return any(time_ns is not None and time_ns > 2 * found.time_ns for time_ns in times)


def _step(time_ns: int) -> int:
    """Return by what to enlarge next, so that even quadratic work does not overshoot by much."""
    return max(2, min(_BOLDEST, round((ENOUGH_NS / max(time_ns, 1)) ** 0.5)))


def _surely(case: Case, measure: Callable[[Case], int | None]) -> int | None:
    """Return a time; what seems long enough is measured again, for it may have been disturbed."""
    first = measure(case)
    if first is None or first < LEAST_NS:
        return first
    again = measure(case)
    return None if again is None else min(first, again)


def enlarged(
    case: Case,
    pool: Pool,
    way: Way,
    factor: int,
    *,
    stream: random.Random,
    kept: Collection[str] = (),
) -> Case | None:
    """Return a case whose arguments are ``factor`` times as large; None if none can be.

    Lists of equal length stay of equal length.
    """
    sizes = [_size(value) for _, value in arguments(case)]
    if way == "records":
        return (
            multiplied(case, factor, stream, kept=kept)
            if factor * sum(sizes) <= MOST_NODES
            else None
        )
    if way != "numbers" and factor * max(sizes, default=0) > _LEEWAY * MOST_NODES:
        return None
    texts = [value for _, value in arguments(case) if type(value) is str]
    if way in _RUNS and not any(has_any(text, _RUNS[way]) for text in texts):
        return None
    grow = _Grow(pool, way, factor, stream)
    values = {
        key: grow.value(value, key, 0)
        for key, value in arguments(case)
        if not _is_name(value, case)
    }
    larger = replaced(case, values)
    if larger == case or any(_size(value) > MOST_NODES for _, value in arguments(larger)):
        return None
    return larger


def _is_name(value: Any, case: Case) -> bool:
    """Return whether an argument is a short text that stands beside a list or a mapping.

    Such a text is the name of a field, a separator or a flag, and there is no longer one.
    """
    if kind_of(value) is not str or len(value) > _LONGEST_NAME or not value.strip():
        return False
    beside = any(kind_of(other) in _CONTAINERS for _, other in arguments(case))
    return beside and not re.search(r"\s", value.strip())


class _Grow:
    """Makes values larger in one way."""

    def __init__(self, pool: Pool, way: Way, factor: int, stream: random.Random):
        self._pool = pool
        self._way: Way = way
        self._factor = factor
        self._stream = stream

    def value(self, value: Any, key: Key, depth: int) -> Any:
        """Return a larger value of the same type, or the value itself."""
        kind, build = kind_of(value), kind_of(value)
        if self._way == "numbers":
            return self._number(value) if kind is int else value
        if kind in (list, tuple):
            grown = self._sequence([*value], key, depth)
        elif kind is dict:
            grown = self._mapping(value, key, depth)
        elif kind in (set, frozenset):
            grown = [*value, *self._fresh(self._pool.elements(key, depth + 1))]
        else:
            return self._text(value, key, depth) if kind in (str, bytes) else value
        return build(grown)

    def _number(self, value: int) -> int:
        return max(min(value * self._factor, _LARGEST_INT), min(value, -_LARGEST_INT))

    def _sequence(self, items: list[Any], key: Key, depth: int) -> list[Any]:
        count = len(items) * self._factor
        if self._way == "repeat" or not 0 < count <= MOST_NODES:
            return items * self._factor
        drawn = self._stream.choices(self._like(items, key, depth + 1), k=count)
        if self._way == "nested":
            side = max(2, round(self._factor**0.5))
            grown = _Grow(self._pool, "draw", side, self._stream)
            return [grown.value(item, key, depth + 1) for item in drawn[: len(items) * side]]
        return [self._moved(item) for item in drawn]

    def _like(self, items: list[Any], key: Key, depth: int) -> Sequence[Any]:
        """Return what an element may be: what was seen there, of the types that are here."""
        shapes = {_shape(item) for item in items}
        known = [value for value in self._pool.elements(key, depth) if _shape(value) in shapes]
        return known or items

    def _moved(self, item: Any) -> Any:
        """Return something near what was seen, so that a thousand are not the same few."""
        kind, build = kind_of(item), kind_of(item)
        if kind is int and self._stream.random() < 1 / 2:
            spread = min(max(abs(item), 1) * self._factor, 10**6)
            return self._stream.randint(0 if item >= 0 else -spread, spread)
        if kind is str and self._stream.random() < 1 / 2:
            letters = "0123456789" if item.isdigit() else "abcdefghijklmnopqrstuvwxyz"
            return item + "".join(self._stream.choices(letters, k=self._stream.randint(1, 3)))
        if kind is float and self._stream.random() < 1 / 2:
            return round(item * self._stream.uniform(0.1, 10.0), 6)
        return build([*map(self._moved, item)]) if kind in (list, tuple) else item

    def _text(self, value: Any, key: Key, depth: int) -> Any:
        if depth:
            return value
        if self._way == "repeat" or kind_of(value) is bytes or not value:
            return value * self._factor
        seen = self._pool.at(key, depth, value)
        if self._way in _RUNS and has_any(value, _RUNS[self._way]):
            return reworded(value, seen, self._factor, _RUNS[self._way], self._stream)
        parts = [part for text in seen for part in _pieces(text)] or [value]
        wanted = len(value) * self._factor
        made: list[str] = []
        length = 0
        while length < wanted:
            made.append(self._stream.choice(parts))
            length += len(made[-1])
        return "".join(made)

    def _mapping(self, value: dict[Any, Any], key: Key, depth: int) -> dict[Any, Any]:
        if self._way == "nested" or not all(type(name) in (str, int) for name in value):
            grown = _Grow(self._pool, "draw", self._factor, self._stream)
            return {name: grown.value(item, key, depth + 1) for name, item in value.items()}
        if not value or self._way != "draw" or len(value) * self._factor > MOST_NODES:
            return value
        known = list(value.values())
        names = self._fresh(list(value))
        return {**value, **{name: self._stream.choice(known) for name in names}}

    def _fresh(self, known: Sequence[Any]) -> Iterator[Any]:
        """Yield further texts and numbers that are like those that are known."""
        usable = [item for item in known if type(item) in (str, int)]
        for i in range(min(len(usable) * (self._factor - 1), MOST_NODES)):
            item = usable[i % len(usable)]
            yield f"{item}{i}" if type(item) is str else item + 7 * (i + 1)


def _pieces(text: str) -> list[str]:
    """Return a text in pieces that join to it: words with the blanks behind them, or lines."""
    pieces: list[str] = []
    start = 0
    for i in range(1, len(text)):
        if text[i - 1].isspace() and not text[i].isspace():
            pieces.append(text[start:i])
            start = i
    tail = text[start:]
    return [*pieces, tail if tail[-1:].isspace() or not pieces else f"{tail} "] if text else []


def _shape(value: Any) -> tuple[type[Any], int]:
    """Return the type of an element, and how long it is if it may be a row or a pair."""
    kind = kind_of(value)
    return kind, len(value) if kind in (list, tuple) else 0


def _size(value: Any) -> int:
    if type(value) in (list, tuple, set, frozenset):
        return 1 + sum(map(_size, value))
    if type(value) is dict:
        return 1 + sum(map(_size, cast("dict[Any, Any]", value).values()))
    return 1 + (len(value) // 16 if type(value) in (str, bytes) else 0)
