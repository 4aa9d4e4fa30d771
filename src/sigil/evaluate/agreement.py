"""Do two plain values agree, and how far are they apart?

Pure. What a candidate returned is plain data of exact types, as the sandbox delivers it,
so that comparing it runs no code of the candidate: a value of any other type, a subclass
above all, agrees with nothing. Both laws hold on plain data without NaN: a value agrees
with itself, and agreement does not depend on which side is which.

Not here: where expected values come from (`sigil.evaluate.cases`).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, cast

_NUMBERS = (int, float, complex)
_SCALARS = (*_NUMBERS, bool, str, bytes, type(None))
_SEQUENCES = (list, tuple)
_SETS = (set, frozenset)
_HOLDING = frozenset({dict, *_SEQUENCES})


class Incomparable(Exception):
    """Two values between which there is no distance. A finding about a candidate."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How far apart two numbers may be: the larger of both allowances counts.

    Args:
        relative: to the larger magnitude of the two, without a unit.
        absolute: in the unit of the value.
    """

    relative: float = 0.0
    absolute: float = 0.0

    def allows(self, left: complex, right: complex) -> bool:
        """Return whether two numbers are close; NaN never is, infinity only to itself.

        Integers beyond the range of a float must be equal.
        """
        if left == right:
            return True
        try:
            gap, scale = abs(left - right), max(abs(left), abs(right))
            return gap <= max(self.absolute, self.relative * scale) < math.inf
        except OverflowError:
            return False


EXACT = Tolerance()
"""No allowance; then an int and a float differ even if they are equal as numbers."""


def agrees(value: object, expected: object, tolerance: Tolerance = EXACT) -> bool:
    """Return whether two values are the same plain data.

    Types must match exactly: True is not 1, a tuple is not a list. Under a tolerance an
    int may stand for a float and the other way round, in lists, tuples and the values of
    mappings, and two ints differ by the absolute tolerance at most; elements of sets and keys
    of mappings are always compared exactly. NaN agrees with nothing. The order of a mapping does
    not matter; 0.0 and -0.0 are equal.

    Args:
        value: plain data: None, bool, int, float, complex, str, bytes, list, tuple, set,
            frozenset, dict. Anything else agrees with nothing.
        expected: the same.
        tolerance: for numbers.
    """
    pending: list[tuple[Any, Any]] = [(value, expected)]
    try:
        while pending:
            left, right = pending.pop()
            if not _step(left, right, tolerance, pending):
                return False
    except RecursionError:  # an element of a set that nests beyond all bounds
        return False
    return True


def ordered_alike(value: object, expected: object) -> bool:
    """Return whether the keys of mappings come in the same order, wherever both have mappings.

    Args:
        value: plain data that agrees with ``expected``.
        expected: the same shape.
    """
    pending: list[tuple[Any, Any]] = [(value, expected)]
    while pending:
        left, right = pending.pop()
        kinds = (_kind(left), _kind(right))
        if kinds == (dict, dict):
            if list(map(_typed, left)) != list(map(_typed, right)):
                return False
            pending.extend(zip(left.values(), right.values(), strict=True))
        elif all(kind in _SEQUENCES for kind in kinds) and not _HOLDING.isdisjoint(map(type, left)):
            pending.extend(zip(left, right, strict=False))
    return True


def difference(value: object, expected: object) -> float:
    """Return the mean absolute difference of the numbers in two values of equal shape.

    Args:
        value: an int or float, or lists, tuples and mappings of them, nested as one likes.
        expected: the same shape; a list may stand for a tuple. True is not a number.

    Returns:
        A finite number in the unit of the values, 0 if there are no numbers at all.

    Raises:
        Incomparable: the shapes differ, a leaf is not a finite number, or the sum overflows.
    """
    gaps: list[float] = []
    pending: list[tuple[Any, Any]] = [(value, expected)]
    try:
        while pending:
            left, right = pending.pop()
            if type(left) in (int, float) and type(right) in (int, float):
                gaps.append(float(abs(left - right)))
            else:
                pending.extend(_children(left, right))
        mean = math.fsum(gaps) / len(gaps) if gaps else 0.0
    except OverflowError as error:
        raise Incomparable("the difference is too large for a number") from error
    if not math.isfinite(mean):
        raise Incomparable("the difference is not a finite number")
    return mean


def as_json(value: object) -> object:
    """Return ``value`` with its tuples as lists, as a JSON file would hold them.

    Nesting beyond the interpreter's recursion limit is returned as it is.
    """
    try:
        return _listed(value)
    except RecursionError:
        return value


def _step(left: Any, right: Any, tolerance: Tolerance, pending: list[tuple[Any, Any]]) -> bool:
    """Compare one level; what has to be compared below it goes on ``pending``."""
    kind = _kind(left)
    if kind in _NUMBERS and type(right) in _NUMBERS:
        return _numbers_agree(left, right, tolerance)
    if kind is not type(right):
        return False
    if kind in _SEQUENCES:
        return _sequences_agree(left, right, tolerance, pending)
    if kind is dict:
        return _mappings_agree(left, right, pending)
    if kind in _SETS:
        return _typed_set(left) == _typed_set(right)
    return kind in _SCALARS and left == right


def _numbers_agree(left: complex, right: complex, tolerance: Tolerance) -> bool:
    if tolerance == EXACT:
        return type(left) is type(right) and left == right
    if type(left) is type(right) is int:
        # Whole numbers have no rounding: a relative tolerance is not meant for identifiers.
        return abs(left - right) <= tolerance.absolute
    return tolerance.allows(left, right)


def _sequences_agree(
    left: list[Any], right: list[Any], tolerance: Tolerance, pending: list[tuple[Any, Any]]
) -> bool:
    if len(left) != len(right):
        return False
    kinds = set(map(type, left))
    if len(kinds) == 1 and kinds == set(map(type, right)) and kinds <= {int, str, bool, bytes}:
        if left == right:  # one comparison in C; the only hurry is for long lists
            return True
        if tolerance == EXACT or kinds != {int}:
            return False
    pending.extend(zip(left, right, strict=True))
    return True


def _mappings_agree(
    left: Mapping[Hashable, Any], right: Mapping[Hashable, Any], pending: list[tuple[Any, Any]]
) -> bool:
    if len(left) != len(right):
        return False
    others = {_typed(key): item for key, item in right.items()}
    for key, item in left.items():
        typed = _typed(key)
        if typed not in others:
            return False
        pending.append((item, others[typed]))
    return True


def _typed_set(elements: set[Hashable] | frozenset[Hashable]) -> frozenset[Hashable]:
    return frozenset(map(_typed, elements))


def _typed(key: Any) -> Hashable:
    """Return a key that is equal only to keys of the same type and value.

    What is no plain data, and NaN, becomes an object that equals nothing else. Set elements
    and mapping keys nest only as deep as the sandbox lets a value nest.
    """
    kind = _kind(key)
    if kind is tuple:
        return (kind, tuple(map(_typed, key)))
    if kind is frozenset:
        return (kind, _typed_set(key))
    return (kind, key) if kind in _SCALARS and key == key else object()  # noqa: PLR0124 - NaN


def _children(left: Any, right: Any) -> list[tuple[Any, Any]]:
    kinds = (_kind(left), _kind(right))
    if all(kind in _SEQUENCES for kind in kinds):
        if len(left) != len(right):
            raise Incomparable(f"{len(left)} items where {len(right)} are expected")
        return list(zip(left, right, strict=True))
    if all(kind is dict for kind in kinds):
        mine = {_typed(key): item for key, item in left.items()}
        other = {_typed(key): item for key, item in right.items()}
        if mine.keys() != other.keys():
            raise Incomparable("the keys differ")
        return [(mine[key], other[key]) for key in mine]
    raise Incomparable(f"no distance between {kinds[0].__name__} and {kinds[1].__name__}")


def _listed(value: Any) -> Any:
    if type(value) in _SEQUENCES:
        return [_listed(item) for item in value]
    if type(value) is dict:
        fields = cast("dict[Any, Any]", value)
        return {key: _listed(item) for key, item in fields.items()}
    return value


def _kind(value: object) -> type[object]:
    return type(value)
