"""Inputs with the same edge in several arguments at once.

A change that is wrong where *both* lists are empty, or where both hold the empty word, is not
found by inputs that have an edge in one place. So arguments of one kind are brought to an edge
together: equal, empty, one the beginning of the other, with elements in common, and each
holding an element that is an edge of its own type.

Pure; everything depends on the cases alone. Not here: edges of one argument
(`sigil.optimize.generate.inputs`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from sigil.optimize.generate.inputs import (
    Key,
    arguments,
    distinct,
    edges_of,
    items_of,
    kind_of,
    replaced,
)
from sigil.sandbox.model import Case

VARIANTS = 3
"""Cases of each relation: of what is dealt out to be shown or held out, every third is held out,
so that both have it."""

Values = Mapping[Key, Any]
_ELEMENT_EDGES = 6
_CUT = (str, bytes, list, tuple)
_LISTS = (list, tuple)


def shared_edges(cases: Sequence[Case], fixed: frozenset[Key] = frozenset()) -> list[Case]:
    """Return cases whose arguments are at an edge together, those of one relation side by side.

    Args:
        cases: what is varied, the first ones first.
        fixed: parameters that stay as they are, such as the state of an object.
    """
    found: list[Case] = []
    for relation in _RELATIONS:
        made = (
            replaced(case, values)
            for case in cases
            for group in _groups(case, fixed)
            for values in relation(group)
        )
        found += distinct(made)[:VARIANTS]
    return distinct(found)


def _groups(case: Case, fixed: frozenset[Key]) -> list[Values]:
    """Return the arguments of a case by what they are, and by what their first element is."""
    groups: dict[tuple[Any, Any], dict[Key, Any]] = {}
    for key, value in arguments(case):
        if key not in fixed:
            first = [kind_of(item) for item in items_of(value)[:1]]
            groups.setdefault((kind_of(value), *first), {})[key] = value
    return list(groups.values())


# --- relations of two or more -----------------------------------------------------------


def _all_empty(group: Values) -> Iterator[Values]:
    """Have all at the first edge of their type: empty, zero."""
    if len(group) > 1 and all(map(edges_of, group.values())):
        yield {key: edges_of(value)[0] for key, value in group.items()}


def _all_at_another_edge(group: Values) -> Iterator[Values]:
    if len(group) > 1:
        rows = zip(*(edges_of(value)[1:] for value in group.values()), strict=True)
        yield from (dict(zip(group, row, strict=True)) for row in rows)


def _all_equal(group: Values) -> Iterator[Values]:
    if len(group) > 1:
        yield from (dict.fromkeys(group, value) for value in group.values())


def _one_begins_another(group: Values) -> Iterator[Values]:
    for key, value in group.items():
        if len(group) > 1 and kind_of(value) in _CUT:
            beginning = value[: (len(value) + 1) // 2]
            yield {other: value if other == key else beginning for other in group}


def _elements_in_common(group: Values) -> Iterator[Values]:
    for value in group.values():
        if len(group) > 1 and kind_of(value) in _LISTS:
            common = list(value[:2])
            yield {
                key: other if other is value else kind_of(other)([*other, *common])
                for key, other in group.items()
            }


# --- elements of each -------------------------------------------------------------------


def _each_holds(number: int, group: Values) -> Iterator[Values]:
    """Have each hold an edge of its elements' type: first, last, and at both ends."""
    held: dict[Key, tuple[Any, Any]] = {}
    for key, value in group.items():
        found = edges_of(value[0])[number : number + 1] if _has_elements(value) else []
        if found:
            held[key] = (value, found[0])
    for before, after in ((1, 0), (0, 1), (1, 1)):
        if held:
            yield {
                key: kind_of(value)([*[edge] * before, *value, *[edge] * after])
                for key, (value, edge) in held.items()
            }


def _has_elements(value: Any) -> bool:
    return kind_of(value) in _LISTS and len(value) > 0


_RELATIONS: tuple[Callable[[Values], Iterator[Values]], ...] = (
    _all_empty,
    _all_equal,
    _one_begins_another,
    _elements_in_common,
    _all_at_another_edge,
    *(partial(_each_holds, number) for number in range(_ELEMENT_EDGES)),
)
