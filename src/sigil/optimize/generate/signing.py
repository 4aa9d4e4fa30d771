"""Inputs that the signature of a function allows and none of its known calls has.

Tests that give bytes alone say nothing of a change that is wrong for text, though the annotation
says `str | bytes`, and a flag that no call sets hides whatever is done under it. So a few known
calls are made anew, with one argument of an annotated type that is missing, or with a default
changed.

Pure; everything depends on the function and the cases alone. Not here: values of a type
(`sigil.optimize.generate.guessing`), variations of what calls do have
(`sigil.optimize.generate.inputs`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sigil.optimize.generate.guessing import default_of, values_of
from sigil.optimize.generate.inputs import Key, distinct, kind_of, replaced
from sigil.optimize.generate.locating import Function, Parameter
from sigil.sandbox.model import Case

MOST = 30
EACH = 3
"""Cases of each missing type: of what is dealt out to be shown or held out, every third is held
out, so that both have it."""
_ANYTHING = frozenset({"Any", "object"})
_NONE = object()
"""The default of a parameter that has none."""


def _decoded(value: bytes) -> str:
    return value.decode("ascii")


def _encoded(value: str) -> bytes:
    return value.encode("ascii")


_SAME_CONTENT: Mapping[tuple[Any, Any], Any] = {
    (bytes, str): _decoded,
    (str, bytes): _encoded,
    **{(one, other): other for one in (list, tuple) for other in (list, tuple, set, frozenset)},
    (set, frozenset): frozenset,
    (int, float): float,
    (float, int): int,
}


def signed(function: Function, cases: Sequence[Case]) -> list[Case]:
    """Return calls with one argument as the signature allows it and no known call has it.

    Args:
        function: whose signature.
        cases: known calls; of a method, the first argument is the object's attributes.
    """
    found: list[Case] = []
    for place, one in enumerate(function.parameters, start=int(function.is_method)):
        if (one.annotation or "").rpartition(".")[2] not in _ANYTHING:
            found.extend(_of_parameter(place, one, cases))
    return distinct(found)[:MOST]


def _of_parameter(place: int, one: Parameter, cases: Sequence[Case]) -> Iterator[Case]:
    given = [value for case in cases for value in _given(case, place, one)]
    default = _NONE if one.default is None else default_of(one)
    met = {kind_of(value) for value in given}
    values: dict[Any, list[Any]] = {}
    for value in values_of(one):
        if kind_of(value) not in met and not _same(value, default):
            values.setdefault(kind_of(value), []).append(value)
    few = [cases[i * len(cases) // EACH] for i in range(min(EACH, len(cases)))]
    for kind, some in values.items():
        for i, case in enumerate(few):
            yield _with(case, place, one, _converted(case, place, one, kind, some[i % len(some)]))


def _same(one: Any, other: Any) -> bool:
    return kind_of(one) is kind_of(other) and bool(one == other)


def _given(case: Case, place: int, one: Parameter) -> list[Any]:
    """Return the argument that a call gives to a parameter; nothing if it leaves it out."""
    if place < len(case.args) and not one.keyword:
        return [case.args[place]]
    return [case.kwargs[one.name]] if one.name in case.kwargs else []


def _converted(case: Case, place: int, one: Parameter, kind: Any, otherwise: Any) -> Any:
    """Return what a call gives to a parameter as a value of another type, if it can be that."""
    for value in _given(case, place, one):
        convert = _SAME_CONTENT.get((kind_of(value), kind))
        try:
            return otherwise if convert is None else convert(value)
        except (ValueError, TypeError, OverflowError):
            return otherwise
    return otherwise


def _with(case: Case, place: int, one: Parameter, value: Any) -> Case:
    key: Key = place if place < len(case.args) and not one.keyword else one.name
    if isinstance(key, int) or key in case.kwargs:
        return replaced(case, {key: value})
    return Case(case.args, {**case.kwargs, key: value})
