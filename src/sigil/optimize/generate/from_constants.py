"""Inputs that hold the constants which the function asks about, where they fit by their type.

No test says "root" of a function that refuses that name, and no drawn variation ever does. So a
text is put in the place of a text, at its ends, or in the place of one of its words; a number in
the place of a number; a key into a record, or out of it; an element beside others; and what is
counted gets as long as a number says.

Pure; everything depends on the cases and the constants alone. Not here: which constants
(`sigil.optimize.generate.constants`), which of these inputs are worth keeping
(`sigil.optimize.generate.reaching`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from sigil.optimize.generate.constants import Constants
from sigil.optimize.generate.inputs import Key, case_text, kind_of
from sigil.optimize.generate.places import Field, Path, fields_of, placed, value_at
from sigil.sandbox.model import Case

_OF_A_CASE = 3_000
_LONGEST_SIZE = 64
_VALUES_OF_A_KEY = 12
_WORD, _DIGITS = re.compile(r"\w+"), re.compile(r"\d+")
_LISTS = (list, tuple)


@dataclass(frozen=True, slots=True)
class Planted:
    """A variation of a case.

    Args:
        case: what it became.
        constant: which constant it holds or lost, as Python writes it.
    """

    case: Case
    constant: str


_Changed = Iterator[tuple[Any, object]]
"""What a value became, and which constant that is due to."""


def planted(
    cases: Sequence[Case], constants: Constants, most: int, fixed: frozenset[Key] = frozenset()
) -> list[Planted]:
    """Return at most ``most`` variations of cases that hold a constant more, or one less.

    Each case gets an equal share, and of what can be done each begins elsewhere.

    Args:
        cases: what is varied.
        constants: of the function.
        most: how many are wanted.
        fixed: parameters that stay as they are, such as the state of an object.
    """
    share = -(-most // max(len(cases), 1))
    found: dict[str, Planted] = {}
    for number, case in enumerate(cases if constants else ()):
        made = list(islice(_of_case(case, constants, fixed), _OF_A_CASE))
        begin = number * share % max(len(made), 1)
        for one in islice(cycle(made), begin, begin + min(share, len(made))):
            found.setdefault(case_text(one.case), one)
    return list(islice(found.values(), most))


def _of_case(case: Case, constants: Constants, fixed: frozenset[Key]) -> Iterator[Planted]:
    """Yield variations of a case, in turns from each field."""
    waiting = [
        _of_place(case, path, constants)
        for field in fields_of(case)
        if field.shape[0] not in fixed
        for path in _ends(field)
    ]
    while waiting:
        left: list[Iterator[Planted]] = []
        for source in waiting:
            for made in islice(source, 1):
                yield made
                left.append(source)
        waiting = left


def _ends(field: Field) -> Sequence[Path]:
    """Return the first and the last place of a field, of which the last often decides less."""
    return field.paths[:1] if len(field.paths) == 1 else (field.paths[0], field.paths[-1])


def _of_place(case: Case, path: Path, constants: Constants) -> Iterator[Planted]:
    value = value_at(case, path)
    changes = _CHANGES.get(kind_of(value))
    if changes is not None:
        for new, constant in changes(value, constants):
            yield Planted(placed(case, path, new), repr(constant))


# --- each type --------------------------------------------------------------------------


def _text(value: str, constants: Constants) -> _Changed:
    """Yield a text with each constant in each way, alone first."""
    yield from ((one, one) for one in constants.texts)
    for way in (_at_an_end, _as_a_word, _without, _inside):
        yield from ((new, one) for one in constants.texts for new in way(value, one))
    for number in constants.numbers:
        yield from ((new, number) for new in _instead_of(_DIGITS, value, str(number)))
    yield from ((str(number), number) for number in constants.numbers)
    yield from _sized(value, constants)


def _octets(value: bytes, constants: Constants) -> _Changed:
    for one in constants.octets:
        yield from ((new, one) for new in (one, value + one, one + value))
    yield from _sized(value, constants)


def _whole(_: int, constants: Constants) -> _Changed:
    yield from ((one, one) for one in constants.numbers if isinstance(one, int))


def _real(_: float, constants: Constants) -> _Changed:
    yield from ((float(one), one) for one in constants.numbers)


def _items(value: Any, constants: Constants) -> _Changed:
    """Yield a list with a constant beside elements of its type."""
    kinds = {kind_of(item) for item in value}
    of_kind: Mapping[type[Any], Sequence[Any]] = {
        str: constants.texts,
        bytes: constants.octets,
        int: [one for one in constants.numbers if isinstance(one, int)],
        float: [float(one) for one in constants.numbers],
    }
    kind = kind_of(value)
    for one in of_kind.get(kinds.pop(), ()) if len(kinds) == 1 else ():
        yield kind([*value, one]), one
        yield kind([one, *value]), one
    if kind in _LISTS:
        yield from _sized(value, constants)


def _record(value: Mapping[Any, Any], constants: Constants) -> _Changed:
    """Yield a mapping without a key that is looked up, or with it."""
    if not all(isinstance(key, str) for key in value):
        return
    here = [key for key in constants.keys if key in value]
    missing = [key for key in constants.keys if key not in value]
    yield from (({name: item for name, item in value.items() if name != k}, k) for k in here)
    fitting = [*value.values(), *constants.texts, *constants.numbers][:_VALUES_OF_A_KEY]
    yield from (({**value, key: item}, key) for item in fitting for key in missing)
    first = [*value.values()][:1]
    yield from (({**value, t: item}, t) for item in first for t in constants.texts)


_CHANGES: Mapping[type[Any], Callable[[Any, Constants], _Changed]] = {
    str: _text,
    bytes: _octets,
    int: _whole,
    float: _real,
    list: _items,
    tuple: _items,
    set: _items,
    frozenset: _items,
    dict: _record,
}


def _sized(value: Any, constants: Constants) -> _Changed:
    """Yield a list or text as long as a number says."""
    for size in constants.numbers:
        if isinstance(size, int) and value and 0 <= size <= _LONGEST_SIZE and size != len(value):
            yield (value * (size // len(value) + 1))[:size], size


# --- texts ------------------------------------------------------------------------------


def _at_an_end(value: str, text: str) -> Iterator[str]:
    yield value + text
    yield text + value


def _as_a_word(value: str, text: str) -> Iterator[str]:
    yield from _instead_of(_WORD, value, text)


def _inside(value: str, text: str) -> Iterator[str]:
    middle = len(value) // 2
    yield value[:middle] + text + value[middle:]


def _without(value: str, text: str) -> Iterator[str]:
    if text in value:
        yield value.replace(text, "")
        yield value.replace(text, text * 2)


def _instead_of(pattern: re.Pattern[str], value: str, text: str) -> Iterator[str]:
    """Yield a text with its first and its last match exchanged, and with all of them."""
    spans = [match.span() for match in pattern.finditer(value)]
    for start, end in dict.fromkeys([*spans[:1], *spans[-1:]]):
        yield value[:start] + text + value[end:]
    if len(spans) > 1:
        yield pattern.sub(lambda _: text, value)
