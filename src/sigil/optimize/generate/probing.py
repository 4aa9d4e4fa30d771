"""Small inputs that show what a function does to what stands inside its arguments.

Texts in records, lists and tuples are padded, written in other case, given the literals that the
function looks for; numbers are put at the constants that it compares with and below zero. And
items of a list get a twin that is equal to them *but for* such a difference, before or behind
all others, and fields get the value of another: only those tell a comparison that ignores case
from one that does not. Long lists are cut first, so that such inputs cost no time.

Pure; everything depends on the uses, the cases and the stream alone. Not here: what the function
does (`sigil.optimize.generate.using`), edges of whole arguments (`inputs`, `sharing`), how a
value inside another is exchanged (`sigil.optimize.generate.places`). Whether the function takes
such inputs, only calling it shows.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import permutations
from typing import Any

from sigil.optimize.generate.inputs import Key, arguments, distinct, kind_of, replaced
from sigil.optimize.generate.places import Field, added, fields_of, placed, value_at
from sigil.optimize.generate.sampling import spread
from sigil.optimize.generate.using import Uses
from sigil.sandbox.model import Case

VARIANTS = 3
"""Cases of each difference: of what is dealt out to be shown or held out, every third is held
out, so that both have it."""
DIFFERENCES_AT_MOST = 20
_FIELDS_AT_MOST, _PAIRS_AT_MOST = 4, 4
_ITEMS_AT_MOST, _KEYS_AT_MOST, _LETTERS_AT_MOST = 6, 24, 400
_DEEPEST = 6
_SEPARATORS = "\n;,=:|"

Vary = Callable[[Any], Any]
Difference = tuple[str, list[Case]]
"""What is different, and a case of each variant."""

_PADDED: Sequence[Vary] = (
    lambda text: f" {text}",
    lambda text: f"{text}\t",
    lambda text: f" {text} \n",
)
_CASED: Sequence[Vary] = (str.upper, str.swapcase, str.lower)


def probes(
    cases: Sequence[Case], uses: Uses, stream: random.Random, fixed: frozenset[Key] = frozenset()
) -> list[Case]:
    """Return cases that differ in what a function looks at, those of one difference together.

    Args:
        cases: what is varied; `small` ones are as good as any.
        uses: what the function looks at.
        stream: of all that is drawn.
        fixed: parameters that stay as they are.
    """
    made: dict[str, list[list[Case]]] = {}
    for case in cases:
        for name, variants in _differences(case, uses, stream, fixed):
            made.setdefault(name, []).append(variants)
    chosen = [
        some[number % len(some)][number]
        for some in spread([*made.values()], DIFFERENCES_AT_MOST)
        for number in range(VARIANTS)
    ]
    return distinct(chosen)


def small(case: Case) -> Case:
    """Return a case with the first few items of each list and the beginning of each text."""
    return replaced(case, {key: _cut(value, 0) for key, value in arguments(case)})


def _cut(value: Any, depth: int) -> Any:
    kind, build = kind_of(value), kind_of(value)
    if depth > _DEEPEST:
        return value
    if kind in (str, bytes):
        return value[:_LETTERS_AT_MOST]
    if kind in (list, tuple):
        most = _ITEMS_AT_MOST if kind is list else _KEYS_AT_MOST
        return build([_cut(item, depth + 1) for item in value[:most]])
    if kind is dict:
        return {k: _cut(v, depth + 1) for k, v in [*value.items()][:_KEYS_AT_MOST]}
    return value


# --- differences ------------------------------------------------------------------------


def _differences(
    case: Case, uses: Uses, stream: random.Random, fixed: frozenset[Key]
) -> Iterator[Difference]:
    fields = [one for one in fields_of(case) if one.paths[0][0] not in fixed]
    fields.sort(key=lambda one: not any(step in uses.fields for step in one.shape[1:]))
    texts = [one for one in fields if one.kind is str][:_FIELDS_AT_MOST]
    numbers = [one for one in fields if one.kind in (int, float)][:_FIELDS_AT_MOST]
    change = _Changes(case, stream)
    for name, variants in _of_texts(uses):
        for field in texts:
            yield from change.items(name, field, variants)
            yield from change.inside(name, field, variants)
        for one, other in [*permutations(texts, 2)][:_PAIRS_AT_MOST]:
            yield change.taken_over(name, one, other, variants)
    for text in uses.texts:
        yield from change.all_of(f"with {text!r}", texts, _with_text(text))
    for number in uses.numbers:
        yield from change.all_of(f"at {number!r}", numbers, _at_number(number))
    if uses.signs:
        yield from change.all_of("below zero", numbers, _BELOW_ZERO)
    if uses.empties:
        emptied = [one for one in fields if one.kind in _EMPTIED and len(one.shape) > 1]
        yield from change.all_of("empty", emptied[:_FIELDS_AT_MOST], _EMPTY)


def _of_texts(uses: Uses) -> Iterator[tuple[str, Sequence[Vary]]]:
    if uses.pads:
        yield "padded", _PADDED
    if uses.cases:
        yield "in other case", _CASED


def _with_text(text: str) -> Sequence[Vary]:
    return (lambda value: f"{value}{text}", lambda value: f"{text}{value}", lambda _: text)


def _at_number(number: float) -> Sequence[Vary]:
    return [partial(_number_like, other) for other in (number, number + 1, number - 1)]


def _number_like(number: float, value: Any) -> Any:
    return kind_of(value)(number)


_BELOW_ZERO: Sequence[Vary] = (lambda n: -abs(n) or -1, lambda n: -abs(n) - 1, lambda n: n - n - 2)
_EMPTIED = (str, bytes, list, tuple, dict)


def _empty_like(value: Any) -> Any:
    return kind_of(value)()


_EMPTY: Sequence[Vary] = (_empty_like,) * VARIANTS


class _Changes:
    """Makes variants of one case."""

    def __init__(self, case: Case, stream: random.Random):
        self._case = case
        self._stream = stream

    def all_of(
        self, name: str, fields: Sequence[Field], vary: Sequence[Vary]
    ) -> Iterator[Difference]:
        """Yield one place of each field varied."""
        for field in fields:
            yield f"{name} {field.shape}", [self._one(field, each) for each in vary]

    def items(self, name: str, field: Field, vary: Sequence[Vary]) -> Iterator[Difference]:
        """Yield one place varied, and items that have twins."""
        yield f"{name} {field.shape}", [self._one(field, each) for each in vary]
        if field.holder is None:
            return
        ways = ((False, True), (True, False), (True, True))
        for before, behind in ways[:2]:
            twins = [self._twins(field, [each], before=before, behind=behind) for each in vary]
            yield f"twin {name} {field.shape} {before}", twins
        many = [self._twins(field, vary, before=one, behind=two, all_=True) for one, two in ways]
        yield f"twins {name} {field.shape}", many

    def inside(self, name: str, field: Field, vary: Sequence[Vary]) -> Iterator[Difference]:
        """Yield pieces of a text varied, such as its lines."""
        text = value_at(self._case, field.paths[0])
        separator = next((one for one in _SEPARATORS if one in text), None)
        if separator is not None:
            inner = [partial(_pieces_varied, separator, each) for each in vary]
            yield f"pieces {name} {field.shape}", [self._one(field, each) for each in inner]

    def taken_over(self, name: str, one: Field, other: Field, vary: Sequence[Vary]) -> Difference:
        """Return a place that has, but for a difference, the value of another field."""
        places = list(zip(one.paths, other.paths, strict=False))
        made: list[Case] = []
        for each in vary:
            target, source = self._stream.choice(places)
            made.append(placed(self._case, target, each(value_at(self._case, source))))
        return f"{name} {one.shape} as {other.shape}", made

    def _one(self, field: Field, vary: Vary) -> Case:
        path = self._stream.choice(field.paths)
        return placed(self._case, path, vary(value_at(self._case, path)))

    def _twins(
        self,
        field: Field,
        vary: Sequence[Vary],
        *,
        before: bool,
        behind: bool,
        all_: bool = False,
    ) -> Case:
        """Return a case whose list holds twins of one item, or of all, before or behind all."""
        paths = field.paths if all_ else [self._stream.choice(field.paths)]
        twins: dict[Any, list[Any]] = {}
        for number, path in enumerate(paths):
            each = vary[number % len(vary)]
            holder, step = path[: field.holder], path[: (field.holder or 0) + 1]
            twin = value_at(placed(self._case, path, each(value_at(self._case, path))), step)
            twins.setdefault(holder, []).append(twin)
        case = self._case
        for holder, some in twins.items():
            case = added(case, holder, some if before else [], some if behind else [])
        return case


def _pieces_varied(separator: str, vary: Vary, text: str) -> str:
    return separator.join(vary(piece) for piece in text.split(separator))
