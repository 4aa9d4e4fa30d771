"""Floats far from those that are known, and sums of them that are rounded.

Tests give 27.0 and 2.0, and a loop that needs 400 rounds for 1e100 gets by with 200 there. And
`b == total - a` says the same as `a + b == total` until a decimal fraction is rounded. So floats
are taken thirty and a hundred powers of ten up and down, all of them together, that their
order and their proportions stay; and lists of floats get two that are rounded where they are
added, with their sum as the number that is asked for, or beside them.

Pure; everything depends on the cases alone. Whether the function takes such floats, only calling
it shows. Not here: floats near those that are known (`sigil.optimize.generate.inputs`); NaN and
infinity, which no file of cases can hold (`sigil.evaluate.literals`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigil.optimize.generate.inputs import Key, arguments, distinct, kind_of, replaced
from sigil.optimize.generate.places import NameOf, Path, fields_of, placed, value_at
from sigil.sandbox.model import Case

VARIANTS = 3
"""Cases of each difference: of what is dealt out to be shown or held out, every third is held
out, so that both have it."""
FARTHEST: Sequence[Sequence[float]] = ((1e100, 1e30, 1e99), (1e-100, 1e-30, 1e-29))
"""By what floats are multiplied, upward and downward, where the function does not raise."""
ROUNDED: Sequence[tuple[float, float]] = ((0.1, 0.2), (0.7, 1.9), (1.1, 3.2))
"""Pairs whose sum, less one of them, is not the other."""
_FIELDS_AT_MOST, _PLACES_AT_MOST = 2, 24
_NUMBERS = (int, float)
_LISTS = (list, tuple)


def far_floats(cases: Sequence[Case], fixed: frozenset[Key] = frozenset()) -> list[Case]:
    """Return cases with other magnitudes, then with rounded sums, those of one difference together.

    Args:
        cases: what is varied.
        fixed: parameters that stay as they are, such as the state of an object.
    """
    made: dict[Any, list[list[Case]]] = {}
    for case in cases:
        for name, variants in (*_far(case, fixed), *_rounded(case, fixed)):
            made.setdefault(name, []).append(variants)
    return distinct(
        some[number % len(some)][number] for some in made.values() for number in range(VARIANTS)
    )


def note(cases: Sequence[Case]) -> str | None:
    """Return what no input can hold where a function takes floats, a clause; None if it takes none.

    Args:
        cases: known calls.
    """
    if not any(one.kind is float for case in cases for one in fields_of(case)):
        return None
    return (
        "it takes floats, and no input holds a NaN or an infinity, which files of cases cannot "
        "write: what a change does with those is held to nothing"
    )


# --- magnitudes -------------------------------------------------------------------------


def _far(case: Case, fixed: frozenset[Key]) -> Iterator[tuple[Any, list[Case]]]:
    """Yield a case with all floats far away, then with those of one field."""
    fields = [one for one in fields_of(case) if one.kind is float and one.shape[0] not in fixed]
    fields = [one for one in fields if _is_value(case, one.paths[0])]
    together = [path for one in fields for path in one.paths]
    groups: Mapping[Any, Sequence[Path]] = {
        "all": together,
        **({one.shape: one.paths for one in fields[:_FIELDS_AT_MOST]} if len(fields) > 1 else {}),
    }
    for name, paths in groups.items() if together else ():
        for factors in FARTHEST:
            yield (name, factors), [_multiplied(case, paths, one) for one in factors]


def _is_value(case: Case, path: Path) -> bool:
    """Return whether a place is no key, and in no set, whose elements would change places."""
    around = (path[:count] for count in range(1, len(path)))
    return not isinstance(path[-1], NameOf) and all(
        kind_of(value_at(case, one)) not in (set, frozenset) for one in around
    )


def _multiplied(case: Case, paths: Sequence[Path], factor: float) -> Case:
    """Return a case whose floats are so many times as large; a lone zero becomes the factor."""
    for path in paths[:_PLACES_AT_MOST]:
        value = value_at(case, path)
        case = placed(case, path, value * factor if value or len(paths) > 1 else factor)
    return case


# --- sums -------------------------------------------------------------------------------


def _rounded(case: Case, fixed: frozenset[Key]) -> Iterator[tuple[Any, list[Case]]]:
    """Yield a list of floats with two that are rounded where they are added, and their sum."""
    given = [(key, value) for key, value in arguments(case) if key not in fixed]
    asked = [key for key, value in given if kind_of(value) in _NUMBERS]
    for key, value in given:
        if not _is_list_of_floats(value):
            continue
        for other in asked[:_FIELDS_AT_MOST]:
            yield (
                (key, "sum", other),
                [
                    replaced(case, {key: kind_of(value)(items), other: first + second})
                    for items, (first, second) in _with_pairs(value)
                ],
            )
        beside = [
            replaced(case, {key: kind_of(value)([*items, first + second])})
            for items, (first, second) in _with_pairs(value)
        ]
        yield (key, "sum beside"), beside


def _with_pairs(value: Sequence[float]) -> list[tuple[list[float], tuple[float, float]]]:
    """Return a list of a pair alone, of one behind other floats, and of one around them."""
    (a, b), (c, d), (e, f) = ROUNDED
    return [([a, b], (a, b)), ([*value, c, d], (c, d)), ([e, *value, f], (e, f))]


def _is_list_of_floats(value: Any) -> bool:
    return (
        kind_of(value) in _LISTS
        and any(kind_of(item) is float for item in value)
        and all(kind_of(item) in _NUMBERS for item in value)
    )
