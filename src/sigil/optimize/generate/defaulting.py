"""Parameters with a default that no known call gives: what they are given, and which stay bare.

`def f(items, start=[])` of which no test passes `start` may forget it, and every input agrees.
Where no annotation says what such a parameter takes, its default does, and what the other
arguments hold: a list takes elements of another list, or letters of a text; a mapping takes them
as keys. A default of None, or one that is no plain data, says nothing, and no value is made.

Pure; everything depends on the function and the cases alone. Whether the function takes such
values, only calling it shows. Not here: values of annotated types, and of numbers, texts and
truths (`sigil.optimize.generate.signing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sigil.optimize.generate.advising import Advice
from sigil.optimize.generate.guessing import default_of
from sigil.optimize.generate.inputs import arguments, case_text, distinct, items_of, kind_of
from sigil.optimize.generate.locating import Function, Parameter
from sigil.sandbox.model import Case

EACH = 3
"""Cases of each parameter: of what is dealt out to be shown or held out, every third is held out,
so that both have it."""
MOST = 18
_FEW = 2
_GROUPS = (list, tuple, set, frozenset)


def defaulted(function: Function, cases: Sequence[Case]) -> list[Case]:
    """Return calls that give parameters what no known call gives them, those of one together.

    Args:
        function: whose signature.
        cases: known calls; of a method, the first argument is the object's attributes.
    """
    found: list[Case] = []
    for place, one in _optional(function):
        if not any(_gives(case, place, one) for case in cases):
            found.extend(list(_given(function, one, cases))[: 2 * EACH])
    return distinct(found)[:MOST]


def untouched(function: Function, cases: Sequence[Case]) -> tuple[str, ...]:
    """Return the names of the parameters that no case gives anything but their default."""
    return tuple(
        one.name
        for place, one in _optional(function)
        if all(_has_default(case, place, one) for case in cases)
    )


def note(names: Sequence[str], advice: Advice) -> str | None:
    """Return that no input gives parameters anything but their default, a clause; None if any does.

    Args:
        names: of the parameters.
        advice: how inputs are given.
    """
    if not names:
        return None
    listed = ", ".join(names[:-1]) + " or " * (len(names) > 1) + names[-1]
    return (
        f"no input gives {listed} anything but {'its' if len(names) == 1 else 'their'} default: "
        "what a change does with other values is held to nothing; have a test call it with one, "
        f"or give {advice.cases}"
    )


# --- parameters -------------------------------------------------------------------------


def _optional(function: Function) -> list[tuple[int, Parameter]]:
    places = enumerate(function.parameters, start=int(function.is_method))
    return [(place, one) for place, one in places if one.default is not None]


def _gives(case: Case, place: int, one: Parameter) -> bool:
    return one.name in case.kwargs or (place < len(case.args) and not one.keyword)


def _has_default(case: Case, place: int, one: Parameter) -> bool:
    """Return whether a call gives a parameter nothing, or its default."""
    if not _gives(case, place, one):
        return True
    value = case.kwargs[one.name] if one.name in case.kwargs else case.args[place]
    default = default_of(one)
    if default is None:
        return value is None and one.default == "None"
    return case_text(Case((value,))) == case_text(Case((default,)))


# --- values -----------------------------------------------------------------------------


def _given(function: Function, one: Parameter, cases: Sequence[Case]) -> Iterator[Case]:
    """Yield calls with a value, of those first that hold something to make it of."""
    default = default_of(one)
    if kind_of(default) not in (*_GROUPS, dict):
        return
    full = [(case, held) for case in cases if (held := _held(function, case))]
    for number in range(2 * EACH if full else 0):
        case, held = full[number * len(full) // (2 * EACH)]
        value = _made(default, held, number)
        if value is not None:
            yield Case(case.args, {**case.kwargs, one.name: value})


def _held(function: Function, case: Case) -> list[Any]:
    """Return what other arguments hold: elements, else keys of mappings, else words and letters."""
    values = [value for key, value in arguments(case) if not (function.is_method and key == 0)]
    for items in (_elements, _keys, _pieces):
        for value in values:
            if found := items(value):
                return found
    return []


def _elements(value: Any) -> list[Any]:
    return items_of(value) if kind_of(value) in _GROUPS else []


def _keys(value: Any) -> list[Any]:
    return [*value] if kind_of(value) is dict else []


def _pieces(value: Any) -> list[Any]:
    return [*dict.fromkeys([*value.split(), *value])] if kind_of(value) is str else []


def _made(default: Any, held: list[Any], number: int) -> Any:
    """Return the n-th value like a default; None if what is held cannot stand in it."""
    some = (held[:1], held[-_FEW:], held[:_FEW], held[-1:], [*held], held[:1] * _FEW)[number]
    kind = kind_of(default)
    if default and number == EACH:
        return kind()
    try:
        if kind is dict:
            return {**default, **dict.fromkeys(some, held[0])}
        return kind([*default, *some]) if number % EACH else kind(some)
    except TypeError:  # what cannot be hashed stands in no set, and is no key
        return None
