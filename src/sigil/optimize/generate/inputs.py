"""Further inputs like those that are known: of the same types, from the same elements.

Two sources: `edges`, which are always worth a look (empty, one element, duplicates, negative,
unicode), and `variations`, drawn from a stream. Whether the function takes them at all, only
calling it shows.

Pure; everything depends on the cases and the stream alone. Not here: several arguments at an
edge at once (`sigil.optimize.generate.sharing`), larger inputs
(`sigil.optimize.generate.scaling`), inputs from nothing (`sigil.optimize.generate.guessing`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from sigil.evaluate.literals import NotLiteral, write_literal
from sigil.sandbox.model import Case

Key = int | str
"""A parameter as a case gives it: by position or by name."""
Place = tuple[Key, int, type[Any]]
"""A parameter, how deep inside its value, and the type of what stands there."""

MOST_OF_A_PLACE = 200
_DEEPEST = 6
_INSIDE = 0.5
"""How often a variation of a container changes an element instead of the container."""
_WORDS = ("é", "ß", "日本", "İ", "\u0301", "🙂", " ", "\t", "-", "0")


@dataclass(frozen=True, slots=True)
class Pool:
    """What has been seen where.

    Args:
        values: distinct values by place, in the order in which they were met.
    """

    values: Mapping[Place, Sequence[Any]] = field(default_factory=dict[Place, Sequence[Any]])

    def at(self, key: Key, depth: int, like: Any) -> Sequence[Any]:
        """Return values of the type of ``like`` that were seen at a place, or ``like`` alone."""
        place: Any = (key, depth, kind_of(like))
        return self.values.get(place, (like,))

    def elements(self, key: Key, depth: int) -> list[Any]:
        """Return everything that was seen at a depth of a parameter."""
        return [
            value
            for (name, deep, _), values in self.values.items()
            if (name, deep) == (key, depth)
            for value in values
        ]


def kind_of(value: object) -> Any:
    """Return the exact type of a value, of which nothing is known to a type checker."""
    return type(value)


def case_text(case: Case) -> str:
    """Return the arguments of a case as Python writes them; equal for equal cases.

    Raises:
        NotLiteral: an argument is no plain data.
    """
    given = [write_literal(value) for value in case.args]
    given += [f"{name}={write_literal(value)}" for name, value in case.kwargs.items()]
    return f"({', '.join(given)})"


def distinct(cases: Iterable[Case]) -> list[Case]:
    """Return each case once, in order; those that are no plain data are left out."""
    seen: dict[str, Case] = {}
    for case in cases:
        try:
            seen.setdefault(case_text(case), case)
        except (NotLiteral, RecursionError):
            continue
    return list(seen.values())


def arguments(case: Case) -> list[tuple[Key, Any]]:
    """Return the arguments of a case with their keys."""
    return [*enumerate(case.args), *case.kwargs.items()]


def replaced(case: Case, values: Mapping[Key, object]) -> Case:
    """Return a case with other values for some arguments."""
    args = tuple(values.get(i, value) for i, value in enumerate(case.args))
    return Case(args, {name: values.get(name, value) for name, value in case.kwargs.items()})


def pool_of(cases: Iterable[Case]) -> Pool:
    """Return what cases hold, by place."""
    found: dict[Place, dict[str, Any]] = {}
    for case in cases:
        for key, value in arguments(case):
            _collect(found, key, 0, value)
    return Pool({place: list(values.values()) for place, values in found.items()})


def edges(cases: Sequence[Case], fixed: frozenset[Key] = frozenset()) -> Iterator[Case]:
    """Yield cases with one argument at an edge of its type.

    Args:
        cases: the first few of which are varied.
        fixed: parameters that stay as they are, such as the state of an object.
    """
    for case in cases:
        for key, value in arguments(case):
            if key not in fixed:
                for edge in edges_of(value):
                    yield replaced(case, {key: edge})


def variations(
    cases: Sequence[Case],
    pool: Pool,
    stream: random.Random,
    fixed: frozenset[Key] = frozenset(),
) -> Iterator[Case]:
    """Yield variations of cases without end, or nothing if there is nothing to vary."""
    usable = [case for case in cases if any(key not in fixed for key, _ in arguments(case))]
    while usable:
        case = stream.choice(usable)
        keys = [(key, value) for key, value in arguments(case) if key not in fixed]
        count = stream.choice((1, 1, 2, len(keys)))
        chosen = stream.sample(keys, min(count, len(keys)))
        yield replaced(case, {key: vary(value, key, 0, pool, stream) for key, value in chosen})


def vary(value: Any, key: Key, depth: int, pool: Pool, stream: random.Random) -> Any:
    """Return another value of the same type, often one that is made of what was seen there."""
    change = _CHANGES.get(kind_of(value))
    if change is None or depth > _DEEPEST:
        return value
    seen = pool.at(key, depth, value)
    if len(seen) > 1 and stream.random() < 1 / 4:
        return stream.choice(seen)
    return change(value, key, depth, pool, stream)


# --- what was seen ----------------------------------------------------------------------


def _collect(found: dict[Place, dict[str, Any]], key: Key, depth: int, value: Any) -> None:
    if depth > _DEEPEST:
        return
    values = found.setdefault((key, depth, kind_of(value)), {})
    if len(values) < MOST_OF_A_PLACE:
        values.setdefault(write_literal(value), value)
    for item in items_of(value):
        _collect(found, key, depth + 1, item)


def items_of(value: Any) -> list[Any]:
    """Return what stands one level deeper: elements, or the values of a mapping."""
    if type(value) is dict:
        return list(cast("dict[Any, Any]", value).values())
    if type(value) in (list, tuple):
        return list(value)
    if type(value) in (set, frozenset):
        return sorted(value, key=write_literal)
    return []


# --- edges ------------------------------------------------------------------------------


def edges_of(value: Any) -> list[Any]:
    """Return the edges of a value's type, the emptiest first; as many for each value of a type."""
    edges = _EDGES.get(kind_of(value))
    return edges(value) if edges else []


def _edges_of_sequence(value: Any) -> list[Any]:
    kind = kind_of(value)
    return [kind(), kind(value[:1]), kind([*value[:1], *value]), kind(value[::-1])]


def _edges_of_mapping(value: dict[Any, Any]) -> list[Any]:
    pairs = list(value.items())
    return [{}, dict(pairs[:1]), dict(reversed(pairs))]


def _edges_of_group(value: Any) -> list[Any]:
    kind = kind_of(value)
    return [kind(), kind(items_of(value)[:1])]


_EDGES: Mapping[type, Callable[[Any], list[Any]]] = {
    bool: lambda value: [not value],
    int: lambda value: [0, 1, -1, -value, value + 1],
    float: lambda value: [0.0, -value, value / 3, float(round(value))],
    str: lambda value: ["", value[:1], value * 2, f"{value}é日", f" {value}\n", value.upper()],
    bytes: lambda value: [b"", value[:1], value * 2, value + b"\xff\x00"],
    list: _edges_of_sequence,
    tuple: _edges_of_sequence,
    dict: _edges_of_mapping,
    set: _edges_of_group,
    frozenset: _edges_of_group,
}


# --- variations of each type ------------------------------------------------------------


def _integer(value: int, key: Key, depth: int, pool: Pool, stream: random.Random) -> int:
    seen: Sequence[int] = pool.at(key, depth, value)
    low, high = min(seen), max(seen)
    spread = max(12, high - low)
    return stream.choice((value + 1, value - 1, stream.randint(low - spread // 4, high + spread)))


def _real(value: float, key: Key, depth: int, pool: Pool, stream: random.Random) -> float:
    seen: Sequence[float] = pool.at(key, depth, value)
    spread = max(1.0, max(seen) - min(seen))
    return round(value + stream.uniform(-spread, spread), stream.choice((1, 3, 6)))


def _boolean(value: bool, *_: object) -> bool:
    return not value


def _string(value: str, key: Key, depth: int, pool: Pool, stream: random.Random) -> str:
    seen: Sequence[str] = pool.at(key, depth, value)
    match stream.randrange(6):
        case 0:
            words = [word for text in seen[:40] for word in text.split()] or [value]
            return " ".join(stream.choices(words, k=stream.randint(1, 2 * len(value.split()) + 2)))
        case 1:
            place = stream.randint(0, len(value))
            return value[:place] + stream.choice(_WORDS) + value[place:]
        case 2:
            place, end = sorted((stream.randint(0, len(value)), stream.randint(0, len(value))))
            return value[:place] + value[end:]
        case 3:
            other = stream.choice(seen)
            return value[: stream.randint(0, len(value))] + other[stream.randint(0, len(other)) :]
        case 4:
            letters = list(value)
            stream.shuffle(letters)
            return "".join(letters)
        case _:
            return value + stream.choice(seen)


def _octets(value: bytes, key: Key, depth: int, pool: Pool, stream: random.Random) -> bytes:
    other: bytes = stream.choice(pool.at(key, depth, value))
    cut = stream.randint(0, len(value))
    return value[:cut] + bytes([stream.randrange(256)]) + other[cut:]


def _sequence(value: Any, key: Key, depth: int, pool: Pool, stream: random.Random) -> Any:
    kind, items = kind_of(value), list(value)
    if items and stream.random() < _INSIDE:
        place = stream.randrange(len(items))
        items[place] = vary(items[place], key, depth + 1, pool, stream)
        return kind(items)
    known = [*pool.elements(key, depth + 1), *items]
    match stream.randrange(5) if known else 4:
        case 0:
            items.insert(stream.randint(0, len(items)), stream.choice(known))
        case 1:
            items = stream.choices(known, k=stream.randint(1, 2 * len(items) + 2))
        case 2:
            items += stream.choices(items or known, k=stream.randint(1, 3))
        case 3 if items:
            del items[stream.randrange(len(items))]
        case _:
            stream.shuffle(items)
    return kind(items)


def _mapping(value: Any, key: Key, depth: int, pool: Pool, stream: random.Random) -> Any:
    fields: dict[Any, Any] = dict(value)
    if fields and stream.random() < _INSIDE:
        name = stream.choice(list(fields))
        fields[name] = vary(fields[name], key, depth + 1, pool, stream)
        return fields
    other: dict[Any, Any] = stream.choice(pool.at(key, depth, fields))
    if stream.random() < _INSIDE and fields:
        del fields[stream.choice(list(fields))]
        return fields
    pairs = [*fields.items(), *other.items()]
    stream.shuffle(pairs)
    return dict(pairs)


def _group(value: Any, key: Key, depth: int, pool: Pool, stream: random.Random) -> Any:
    items = items_of(value)
    known = [*pool.elements(key, depth + 1), *items]
    return type(value)(stream.sample(known, stream.randint(0, len(known))) if known else ())


_Change = Callable[[Any, Key, int, Pool, random.Random], Any]
_CHANGES: Mapping[type, _Change] = {
    int: _integer,
    float: _real,
    bool: _boolean,
    str: _string,
    bytes: _octets,
    list: _sequence,
    tuple: _sequence,
    dict: _mapping,
    set: _group,
    frozenset: _group,
}
