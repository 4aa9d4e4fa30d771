"""What holds among the attributes of an object in all states that are known of it.

An index stands beside a list, a count beside what is counted: varied alone, they would be a state
that no object ever has, and a change that is right for all objects would fail on it. So what
follows from another attribute (how many there are, a sum, an index by a field, what is distinct)
is made anew with that one, and a list of items that rise, or that holds nothing twice, is put
into that state again. Where attributes hold the same texts, or are of one length, and nothing
explains it, these texts and lengths stay as they are. This is what Daikon does for programs
(Ernst et al. 2007), for the few laws that such attributes mostly have.

Pure. Not here: laws that only the class knows (`sigil.optimize.generate.refusing`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import permutations
from operator import add
from typing import Any

from sigil.optimize.generate.inputs import items_of, kind_of
from sigil.optimize.generate.sampling import spread

State = Mapping[str, Any]
"""Attributes by name."""
_Follow = Callable[[Any], Any]
"""Makes one attribute of another; raises where there is none."""

_CONTAINERS = (list, tuple, dict, set, frozenset)
_TELLING = 2
"""So many items, or texts in common, are no accident."""
_TELLING_ORDER, _HEAP = 3, 6
"""So many items that rise, or are a heap, are no accident."""
_DEEPEST = 6
_LOOKED_AT = 40
"""So many states are enough to see what always holds."""


@dataclass(frozen=True, slots=True)
class Laws:
    """What holds in all known states.

    Args:
        follow: attributes that follow from another one, by name: that one, and how.
        texts: of other attributes, the texts and integers that stay as they are.
        bound: names of those whose lengths stay as they are, too.
        tidied: of names of lists that rise, or hold nothing twice: what makes any list so.
        facts: of names of attributes that belong together, whatever is made of them.
    """

    follow: Mapping[str, tuple[str, _Follow]] = field(
        default_factory=dict[str, tuple[str, _Follow]]
    )
    texts: Mapping[str, frozenset[Any]] = field(default_factory=dict[str, frozenset[Any]])
    bound: frozenset[str] = frozenset()
    facts: tuple[Callable[[State], bool], ...] = ()
    tidied: Mapping[str, _Follow] = field(default_factory=dict[str, _Follow])

    def may_become(self, base: State, name: str, value: object) -> bool:
        """Return whether one attribute of a state may have another value."""
        if name in self.follow:
            return False
        if name not in self.bound:
            return True
        if kind_of(base[name]) not in (*_CONTAINERS, str):
            return False
        kept = self.texts.get(name, frozenset())
        return _skeleton(base[name], kept) == _skeleton(value, kept)

    def mended(self, state: State, changed: str | None) -> State | None:
        """Return a state in which follows what has to; None where it cannot.

        Args:
            state: in which an attribute was varied.
            changed: its name; None if it may be any.
        """
        made = dict(state)
        for name, tidy in self.tidied.items():
            if name in made and changed in (None, name):
                value = made[name]
                try:
                    made[name] = tidy(value)
                except TypeError:
                    return None
                if name in self.bound and _len(made[name]) != _len(value):
                    return None
        for name, (source, follow) in self.follow.items():
            if name in made and source in made and changed in (None, source):
                try:
                    made[name] = follow(made[source])
                except (TypeError, ValueError, KeyError, IndexError, OverflowError):
                    return None
        return made

    def hold(self, state: State) -> bool:
        """Return whether what belongs together in all known states does so here."""
        return all(fact(state) for fact in self.facts)


NO_LAWS = Laws()


def laws_of(known: Sequence[State]) -> Laws:
    """Return the laws that hold in all known states, of which the largest and some others count."""
    states = [*sorted(known, key=lambda one: -_size(one))[:1], *spread(known, _LOOKED_AT)]
    names = [name for name in states[0] if all(name in one for one in states)] if states else []
    follow: dict[str, tuple[str, _Follow]] = {}
    sources: set[str] = set()
    # Of a list and its index by a key, the index follows.
    for name in sorted(
        names, key=lambda one: (_size(states[0][one]), _len_of_list(states[0][one]))
    ):
        others = [one for one in names if one != name and one not in follow]
        found = None if name in sources else _source(states, name, others)
        if found is not None:
            follow[name] = found
            sources.add(found[0])
    free = [name for name in names if name not in follow]
    texts: dict[str, frozenset[Any]] = {}
    bound: set[str] = set()
    facts: list[Callable[[State], bool]] = []
    for one, other in permutations(free, 2):
        common = frozenset[Any]().union(*(_in_common(state, one, other) for state in states))
        held = [
            (some, fact)
            for some, fact in _facts(one, other, free)
            if all(fact(state) for state in states)
        ]
        if common or held:
            bound.update((one, other), *(some for some, _ in held))
            facts.extend(fact for _, fact in held)
            for name in (one, other):
                texts[name] = texts.get(name, frozenset()) | common
    tidied = {name: tidy for name in free if (tidy := _tidy([one[name] for one in states]))}
    return Laws(follow, texts, frozenset(bound), tuple(facts), tidied)


# --- lists that are kept in a state -----------------------------------------------------


def _tidy(values: Sequence[Any]) -> _Follow | None:
    """Return what brings a list into the state that all known ones are in; None if in no other.

    Such a state is to rise or to fall, as where `bisect` looks things up, to be a heap, and to
    hold nothing twice. What is sorted is a heap, too.
    """
    if any(kind_of(value) not in (list, tuple) for value in values):
        return None
    most = max(map(len, values), default=0)
    rise, fall = (_all_are(values, order) for order in (_rising, _falling))
    is_heap = most >= _HEAP and _all_are(values, _heaped)
    if most < _TELLING_ORDER or not any(len({*map(repr, value)}) > 1 for value in values):
        return None
    is_distinct = _all_are(values, _distinct)
    if not (rise or fall or is_heap or is_distinct):
        return None

    def tidy(value: Any) -> Any:
        if kind_of(value) not in (list, tuple):
            raise TypeError(value)
        made = _distinct(value) if is_distinct else [*value]
        made = _rising(made) if rise or is_heap else _falling(made) if fall else made
        return tuple(made) if kind_of(value) is tuple else made

    return tidy


def _all_are(values: Sequence[Any], order: Callable[[list[Any]], list[Any]]) -> bool:
    """Return whether all lists are as a way of ordering them leaves them."""
    try:
        return all(order([*value]) == [*value] for value in values)
    except TypeError:
        return False


def _rising(items: list[Any]) -> list[Any]:
    return sorted(items)


def _falling(items: list[Any]) -> list[Any]:
    return sorted(items, reverse=True)


def _heaped(items: list[Any]) -> list[Any]:
    is_heap = all(items[(at - 1) // 2] <= items[at] for at in range(1, len(items)))
    return items if is_heap else []


# --- what follows -----------------------------------------------------------------------


def _source(
    states: Sequence[State], name: str, others: Sequence[str]
) -> tuple[str, _Follow] | None:
    """Return from which attribute another one follows in all states, and how."""
    if not any(one[name] for one in states):
        return None
    for other in others:
        if kind_of(states[0][other]) not in (*_CONTAINERS, str):
            continue
        first = max((one[other] for one in states), key=_size)
        for follow in _ways(first):
            if all(_follows(follow, one[other], one[name]) for one in states):
                return other, follow
    return None


def _follows(follow: _Follow, source: Any, value: Any) -> bool:
    try:
        made = follow(source)
    except (TypeError, ValueError, KeyError, IndexError, OverflowError):
        return False
    if kind_of(made) is not kind_of(value):
        return False
    return math.isclose(made, value) if kind_of(value) is float else bool(made == value)


def _ways(example: Any) -> Iterator[_Follow]:
    """Yield what may be made of a text or a container: its length, its items, their fields."""
    yield len
    if kind_of(example) is str:
        yield from _OF_TEXT
    for get in _getters(example):
        yield from (_of_values(make, get) for make in _OF_VALUES)
        yield from (_of_items(make, get) for make in _OF_ITEMS)
    if kind_of(example) is dict:
        yield from (_of_keys(make) for make in (list, tuple, sorted, set, frozenset))


def _getters(example: Any) -> Iterator[Callable[[Any], Any]]:
    yield lambda item: item
    for item in items_of(example)[:1]:
        steps = item if kind_of(item) is dict else ()
        steps = range(len(item)) if kind_of(item) in (list, tuple) else steps
        yield from (_getter(step) for step in steps)


def _getter(step: Any) -> Callable[[Any], Any]:
    return lambda item: item[step]


def _of_values(make: Callable[[list[Any]], Any], get: Callable[[Any], Any]) -> _Follow:
    return lambda source: make([get(item) for item in items_of(source)])


def _of_items(make: Callable[[list[Any], list[Any]], Any], get: Callable[[Any], Any]) -> _Follow:
    return lambda source: make([get(item) for item in items_of(source)], items_of(source))


def _of_keys(make: Callable[[list[Any]], Any]) -> _Follow:
    return lambda source: make(list(source))


def _sum(values: list[Any]) -> Any:
    kinds = {kind_of(value) for value in values}
    if not kinds <= {int, float}:
        raise TypeError(kinds)
    return reduce(add, values, 0.0 if float in kinds else 0)


def _first(values: list[Any]) -> Any:
    return values[0]


def _last(values: list[Any]) -> Any:
    return values[-1]


def _distinct(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values))


def _grouped(values: list[Any], items: Sequence[Any]) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for value, item in zip(values, items, strict=True):
        groups.setdefault(value, []).append(item)
    return groups


def _firsts(values: list[Any], items: Sequence[Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for value, item in zip(values, items, strict=True):
        found.setdefault(value, item)
    return found


_OF_TEXT: Sequence[_Follow] = (
    str.split, str.splitlines, lambda text: text.split("\n"), str.lower, str.upper, str.strip
)  # fmt: skip
_OF_VALUES: Sequence[Callable[[list[Any]], Any]] = (
    _sum, max, min, _first, _last, list, tuple, sorted, set, frozenset, _distinct,
    lambda values: len(set(values)),
    lambda values: sorted(set(values)),
    lambda values: dict(Counter(values)),
    lambda values: {value: place for place, value in enumerate(values)},
    lambda values: _firsts(values, range(len(values))),
    lambda values: _grouped(values, range(len(values))),
)  # fmt: skip
_OF_ITEMS: Sequence[Callable[[list[Any], list[Any]], Any]] = (
    lambda values, items: dict(zip(values, items, strict=True)),
    _firsts,
    _grouped,
)


# --- what belongs together --------------------------------------------------------------


def _in_common(state: State, one: str, other: str) -> frozenset[Any]:
    """Return the texts, and integers that are keys, that tie two attributes together."""
    first, second = _scalars(state[one]), _scalars(state[other])
    keys = frozenset(_keys(state[one])) | frozenset(_keys(state[other]))
    both = frozenset(first) & frozenset(second)
    texts = frozenset(value for value in both if kind_of(value) is str)
    return (both & keys) | (texts if len(texts) >= _TELLING else frozenset())


def _facts(
    one: str, other: str, names: Sequence[str]
) -> Iterator[tuple[Sequence[str], Callable[[State], bool]]]:
    """Yield what may belong together: with which further attributes, and whether it does."""
    yield (), lambda state: _are_as_long(state[one], state[other])
    yield (), lambda state: _has_keys(state[other], state[one])
    yield (), lambda state: _is_width(state[one], state[other])
    for third in names:
        if third not in (one, other):
            yield (third,), lambda state, at=third: _is_area(state[one], state[other], state[at])


def _are_as_long(one: Any, other: Any) -> bool:
    return _len(one) == _len(other) >= _TELLING


def _len(value: Any) -> int:
    return len(value) if kind_of(value) in _CONTAINERS else 0


def _len_of_list(value: Any) -> int:
    return len(value) if kind_of(value) in (list, tuple) else 0


def _has_keys(index: Any, value: Any) -> bool:
    """Return whether all keys of a mapping stand in another attribute."""
    return kind_of(index) is dict and len(index) > 0 and set(index) <= set(_scalars(value))


def _is_width(width: Any, rows: Any) -> bool:
    """Return whether a number says how long each item of another attribute is."""
    if kind_of(width) is not int or kind_of(rows) not in (list, tuple) or width < _TELLING:
        return False
    return len(rows) > 0 and all(kind_of(row) is not dict and _len(row) == width for row in rows)


def _is_area(width: Any, height: Any, cells: Any) -> bool:
    """Return whether two numbers say together how long another attribute is."""
    numbers = kind_of(width) is int and kind_of(height) is int
    return numbers and width * height == _len(cells) >= _TELLING


def _keys(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the keys of an index, which are no names of fields."""
    if kind_of(value) is dict and depth == 0:
        yield from value


def _scalars(value: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the texts and integers in a value, keys of a mapping that is an attribute too."""
    if kind_of(value) in (str, int):
        yield value
    elif depth <= _DEEPEST:
        yield from _keys(value, depth)
        for item in items_of(value):
            yield from _scalars(item, depth + 1)


def _skeleton(value: Any, kept: frozenset[Any]) -> Any:
    """Return a value of which nothing is left but its lengths, its keys and some texts."""
    if kind_of(value) is dict:
        return [(name, _skeleton(item, kept)) for name, item in value.items()]
    if kind_of(value) in _CONTAINERS:
        return [_skeleton(item, kept) for item in items_of(value)]
    return value if kind_of(value) in (str, int) and value in kept else kind_of(value)


def _size(value: Any) -> int:
    if kind_of(value) is str:
        return 1 + len(value)
    return 1 + sum(map(_size, items_of(value)))
