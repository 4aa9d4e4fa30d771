"""Numbers of several items in another order, tied, and as far as another argument asks for.

Work that is handed out in slices of one needs items that outlast several slices, the longest
first, before it shows who is served when. Tests give `[("a", 3), ("b", 1)]`, and numbers drawn
near those hardly ever come so. Here the numbers of items are set by the number of another
argument: several above it, falling; equal, in pairs, all; around it, up and down. And that other
number becomes the largest of theirs, the smallest, and one between.

Pure; everything depends on the cases alone. Whether the function takes such inputs, only calling
it shows. Not here: constants of the function (`sigil.optimize.generate.from_constants`), several
arguments at an edge (`sigil.optimize.generate.sharing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sigil.optimize.generate.inputs import Key, distinct, items_of, kind_of
from sigil.optimize.generate.places import Field, fields_of, placed, value_at
from sigil.optimize.generate.sampling import spread
from sigil.sandbox.model import Case

VARIANTS = 3
"""Cases of each relation: of what is dealt out to be shown or held out, every third is held out,
so that both have it."""
RELATIONS_AT_MOST = 8
_FIELDS_AT_MOST, _OTHERS_AT_MOST = 3, 2
_DEEPEST = 4
_NUMBERS = (int, float)
_LARGEST = 10**6

_Numbers = Callable[[Any, Any], Sequence[Any]]
"""Makes the numbers of items, given another number and a distance."""

_FALLING: Sequence[_Numbers] = (
    lambda at, by: [at + 5 * by, at + 3 * by, at + by],
    lambda at, by: [at + 4 * by, at + 2 * by],
    lambda at, by: [at + 6 * by, at + 4 * by, at + 2 * by, at],
)
_TIED: Sequence[_Numbers] = (
    lambda at, by: [at + by, at + by, at + by],
    lambda at, by: [at + 2 * by, at, at + 2 * by, at],
    lambda at, by: [at, at, at + 3 * by, at + 3 * by],
)
_AROUND: Sequence[_Numbers] = (
    lambda at, by: [at + 3 * by, at, at + 6 * by, at + by, at + 2 * by],
    lambda at, by: [at + by, at + 4 * by, at - by, at + 2 * by],
    lambda at, by: [at + 2 * by, at + 7 * by, at, at + 4 * by],
)
_WAYS = {"falling": _FALLING, "tied": _TIED, "around": _AROUND}


def related(cases: Sequence[Case], fixed: frozenset[Key] = frozenset()) -> list[Case]:
    """Return cases whose items have other numbers, those of one relation together.

    Args:
        cases: what is varied; those without several items get some.
        fixed: parameters that stay as they are, such as the state of an object.
    """
    made: dict[Any, list[list[Case]]] = {}
    for case in cases:
        for name, variants in _of_case(case, fixed):
            made.setdefault(name, []).append(variants)
    chosen = spread([*made.values()], RELATIONS_AT_MOST)
    return distinct(
        some[number % len(some)][number] for some in chosen for number in range(VARIANTS)
    )


def _of_case(case: Case, fixed: frozenset[Key]) -> Iterator[tuple[Any, list[Case]]]:
    numbers = [one for one in fields_of(case) if one.kind in _NUMBERS]
    numbers = [one for one in numbers if one.shape[0] not in fixed]
    held = [one for one in numbers if one.holder is not None and _is_value(case, one)]
    # Rows first: of lists of numbers alone, variations are drawn in any order.
    held.sort(key=lambda one: len(one.shape) == (one.holder or 0) + 1)
    for field in held[:_FIELDS_AT_MOST]:
        others = [one for one in numbers if one.shape[0] != field.shape[0] and one.holder is None]
        at, by = _at(case, field, others)
        for name, ways in _WAYS.items():
            yield (name, field.shape), [_with(case, field, make(at, by)) for make in ways]
        for other in others[:_OTHERS_AT_MOST]:
            own = sorted(value_at(case, path) for path in field.paths)
            wanted = (own[-1], own[0], (own[0] + own[-1]) / 2)
            yield (
                ("asked", field.shape, other.shape),
                [placed(case, other.paths[0], other.kind(number)) for number in wanted],
            )


def _is_value(case: Case, field: Field) -> bool:
    """Return whether a field stands in lists, tuples and records alone."""
    path = field.paths[0]
    around = (path[:count] for count in range(1, len(path)))
    return len(path) <= _DEEPEST and all(
        kind_of(value_at(case, one)) in (list, tuple, dict) for one in around
    )


def _at(case: Case, field: Field, others: Sequence[Field]) -> tuple[Any, Any]:
    """Return the number that another argument gives, else the least of a field; and a distance."""
    near = [value_at(case, one.paths[0]) for one in others]
    at = near[0] if near else min(value_at(case, path) for path in field.paths)
    at = max(min(at, _LARGEST), -_LARGEST)
    return field.kind(at), field.kind(max(abs(at), 1))


def _with(case: Case, field: Field, numbers: Sequence[Any]) -> Case:
    """Return a case whose list has as many items as there are numbers, with these in a field."""
    deep = field.holder or 1
    holder = max((path[:deep] for path in field.paths), key=lambda one: len(value_at(case, one)))
    inside = [path[deep:] for path in field.paths if path[:deep] == holder]
    items = value_at(case, holder)
    rows = [items[step[0]] for step in inside]
    made = [_again(rows[i % len(rows)], i // len(rows)) for i in range(len(numbers))]
    case = placed(case, holder, kind_of(items)(made))
    for i, number in enumerate(numbers):
        case = placed(case, (*holder, i, *inside[i % len(inside)][1:]), number)
    return case


def _again(item: Any, number: int) -> Any:
    """Return an item as its n-th copy has it: with texts of its own, so that it can be told."""
    kind, build = kind_of(item), kind_of(item)
    if kind is str and number:
        return f"{item}{number + 1}"
    if kind is tuple:
        return build([_again(one, number) for one in items_of(item)])
    if kind is dict:
        return {name: _again(one, number) for name, one in item.items()}
    return item
