"""Many more records of the kind that is known, in which what belongs together stays together.

A thousand records drawn from three hold three keys, and what is slow in a function, a search
among all that it has seen, never comes about. So all records are copied, again and again, and
each copy gets other texts and numbers of its own: the same value becomes the same other value
everywhere in one copy, in all arguments. Twins stay twins, also those that are equal but for
padding or case, an order still names its customer, and the share of repeats stays what it was.
Numbers that ascend go on ascending, others rise and fall from copy to copy.

What stays: names of fields, values that are arguments of their own or that the function itself
names, truths, dates, and numbers of a field that neither tell records apart nor link them.

Pure. Not here: how large, and whether that is worth timing (`sigil.optimize.generate.scaling`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import chain
from string import ascii_lowercase
from typing import Any

from sigil.optimize.generate.inputs import arguments, items_of, kind_of, replaced
from sigil.sandbox.model import Case

_LETTERS = re.compile(r"[^\W\d_]+")
_DIGITS = re.compile(r"0*[0-9]{1,18}")
_CODE = 4
"""Letters that tell the texts of one copy from those of another."""
_DEEPEST = 6
_ROW = 2
"""So many fields make a row of a tuple."""
_PARTS = (list, tuple, set, frozenset, dict)


def has_records(case: Case) -> bool:
    """Return whether an argument holds a list, or a mapping, of records."""
    return any(_holds_records(value, 0) for _, value in arguments(case))


def multiplied(
    case: Case,
    factor: int,
    stream: random.Random,
    kept: Collection[str] = (),
) -> Case | None:
    """Return a case with ``factor`` times as many records; None if it has none.

    Args:
        case: what is enlarged.
        factor: at least 1; the first copy is what is there.
        stream: of all that is drawn.
        kept: texts that stay as they are, such as those that the function names.
    """
    if not has_records(case):
        return None
    lone = {value for _, value in arguments(case) if kind_of(value) in (str, int)}
    fields = _linking_fields(case)
    linking = frozenset(chain.from_iterable(fields))
    span = 10 ** len(str(max([1, *(abs(number) for number in linking)])))
    copies = [
        _Copy(linking, {*lone, *kept}, number * span, _code(stream))
        for number in _numbers(factor, stream, in_order=_is_in_order(fields))
    ]
    known = {*chain.from_iterable(_scalars(value) for _, value in arguments(case))}
    grow = _Multiply(copies, known)
    return replaced(case, {key: grow(value) for key, value in arguments(case)})


def _numbers(factor: int, stream: random.Random, *, in_order: bool) -> list[int]:
    """Return a number for each copy: in order, so that what is sorted stays sorted, or as drawn."""
    drawn = stream.sample(range(1, 2 * factor + 1), factor - 1) if factor > 1 else []
    return sorted(drawn) if in_order else drawn


def _is_in_order(fields: Sequence[Sequence[int]]) -> bool:
    """Return whether the numbers of some field ascend, or too few stand anywhere to tell."""
    several = [numbers for numbers in fields if len(numbers) > 1]
    return not several or any(sorted(numbers) == [*numbers] for numbers in several)


def _code(stream: random.Random) -> str:
    return "".join(stream.choices(ascii_lowercase, k=_CODE))


# --- what there is ----------------------------------------------------------------------


def _is_record(value: Any) -> bool:
    return (kind_of(value) is dict and len(value) > 0) or (
        kind_of(value) is tuple and len(value) >= _ROW
    )


def _holds_records(value: Any, depth: int) -> bool:
    items = items_of(value)
    if kind_of(value) in (list, tuple) and items and all(map(_is_record, items)):
        return kind_of(value) is list or len({kind_of(item) for item in items}) == 1
    if kind_of(value) is dict and depth <= 1:
        return _is_index(value, ()) or any(_holds_records(item, depth + 1) for item in items)
    return False


def _is_index(value: Mapping[Any, Any], known: Collection[Any]) -> bool:
    """Return whether a mapping has things by their names, and not fields by theirs."""
    kinds = {kind_of(item) for item in value.values()}
    shapes = {tuple(item) for item in value.values() if kind_of(item) is dict}
    if len(value) < _ROW or len(kinds) != 1 or any(kind_of(k) not in (str, int) for k in value):
        return False
    return (kinds == {dict} and len(shapes) == 1) or all(key in known for key in value)


def _scalars(value: Any, depth: int = 0) -> list[Any]:
    """Return the texts and integers in a value, without keys."""
    if kind_of(value) in (str, int):
        return [value]
    if depth > _DEEPEST or kind_of(value) not in _PARTS:
        return []
    return [one for item in items_of(value) for one in _scalars(item, depth + 1)]


def _linking_fields(case: Case) -> list[list[int]]:
    """Return the integers that tell records apart or name others, those of a field together."""
    fields: dict[Any, list[int]] = {}
    for key, value in arguments(case):
        _collect(value, (key,), fields)
    found: list[list[int]] = []
    for shape, numbers in fields.items():
        named = isinstance(shape[-1], str) and shape[-1].lower().endswith("id")
        in_row = isinstance(shape[-1], int)
        apart = len(numbers) > 1 and len(set(numbers)) == len(numbers)
        if (named or in_row or apart) and not set(numbers) <= {0, 1}:
            found.append(numbers)
    return found


def _collect(value: Any, shape: tuple[Any, ...], fields: dict[Any, list[int]]) -> None:
    kind = kind_of(value)
    if kind is int:
        fields.setdefault(shape, []).append(value)
    elif kind is dict:
        for name, item in value.items():
            _collect(item, (*shape, name), fields)
    elif kind in (list, tuple, set, frozenset) and len(shape) <= _DEEPEST:
        for number, item in enumerate(items_of(value)):
            row = kind is tuple and len(shape) > 1
            _collect(item, (*shape, number if row else None), fields)


# --- making more ------------------------------------------------------------------------


class _Copy:
    """Gives values of one copy their other values, the same for the same.

    Args:
        linking: integers that get other values.
        kept: values that do not.
        offset: what is added to integers.
        code: what is put behind the first letters of a text.
    """

    def __init__(self, linking: Collection[int], kept: Collection[Any], offset: int, code: str):
        self._linking = linking
        self._kept = kept
        self._offset = offset
        self._code = code

    def __call__(self, value: Any) -> Any:
        """Return a value, or a record with all that is in it, as this copy has it."""
        kind, build = kind_of(value), kind_of(value)
        if kind is dict:
            return {name: self(item) for name, item in value.items()}
        if kind in _PARTS:
            return build([self(item) for item in items_of(value)])
        return self.scalar(value)

    def scalar(self, value: Any) -> Any:
        """Return another text or integer."""
        if kind_of(value) is int and value in self._linking and value not in self._kept:
            return value + self._offset
        return self._text(value) if kind_of(value) is str and value not in self._kept else value

    def _text(self, text: str) -> str:
        if _DIGITS.fullmatch(text):
            return str(int(text) + self._offset).zfill(len(text))
        return _LETTERS.sub(lambda found: found.group() + self._code, text, count=1)


class _Multiply:
    """Makes more of the lists among arguments, and of mappings whose keys are known elsewhere."""

    def __init__(self, copies: Sequence[Callable[[Any], Any]], known: Collection[Any]):
        self._copies = copies
        self._known = known

    def __call__(self, value: Any, depth: int = 0) -> Any:
        """Return a value with the items of all copies behind its own."""
        kind, build = kind_of(value), kind_of(value)
        if kind is dict and _is_index(value, self._known):
            made = dict(value)
            for copy in self._copies:
                made.update({copy(name): copy(item) for name, item in value.items()})
            return made
        if kind is dict and depth <= 1:
            return {name: self(item, depth + 1) for name, item in value.items()}
        if kind is list or (kind is tuple and _holds_records(value, depth)):
            return build([*value, *(copy(item) for copy in self._copies for item in value)])
        if kind in (set, frozenset):
            return build(chain(value, (copy(item) for copy in self._copies for item in value)))
        return value
