"""Fields of records that a parameter admits and that cannot be hashed.

What is true of items (`sigil.optimize.generate.admitting`) is true of their fields: where
`row["id"]` is compared, a set of ids is quicker, and raises at the first id that is a list.
`list[dict[str, Any]]` promises that any field will do, `list[dict[str, int]]` that none is of
this kind; `list[dict]`, or no annotation, says nothing, and known calls tell.

Pure; everything depends on the function and the cases alone. Whether the function takes such
fields, only calling it shows. Not here: records of other shapes than `dict`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sigil.optimize.generate.admitting import EACH, MOST, Admitted, Items, compares, is_hashable
from sigil.optimize.generate.guessing import annotation_of
from sigil.optimize.generate.inputs import Key, arguments, distinct, kind_of, replaced
from sigil.optimize.generate.locating import Function, Parameter
from sigil.optimize.generate.using import uses_of
from sigil.sandbox.model import Case

_LISTS = frozenset("list List Sequence MutableSequence Iterable Collection".split())
_RECORDS = frozenset("dict Dict Mapping MutableMapping".split())
_ANYTHING = frozenset({"Any", "object"})
_NAMED, _OF_ANY = 3, 2
_WAYS: Sequence[Callable[[Any], Any]] = (
    lambda of: [of],
    lambda of: {"a": of},
    lambda of: [of, of],
)


def fields_admitted(function: Function, cases: Sequence[Case], *, guessed: bool) -> Admitted:
    """Return calls with fields of records that cannot be hashed where there may be some.

    Args:
        function: whose signature, and which fields it names.
        cases: known calls. A field that is such a value in one of them is left out.
        guessed: whether they are guesses, so that they do not tell what fields there are.
    """
    said: dict[Items, list[tuple[str, list[Case]]]] = {}
    for place, one in enumerate(function.parameters, start=int(function.is_method)):
        made = _of_parameter(function, place, one, cases)
        if made:
            items = fields_said(annotation_of(one.annotation))
            said.setdefault(items, []).append((one.name, made))
    promised, untold = said.get("anything", []), said.get("untold", [])
    inputs = [*promised, *(untold if guessed else [])]
    if not inputs and not compares(function):
        return Admitted()
    chosen = inputs or untold
    return Admitted(
        tuple(case for _, some in chosen for case in some)[:MOST],
        tuple(name for name, _ in chosen),
        are_inputs=bool(inputs),
        promised=not (guessed and untold),
        what="fields",
    )


def fields_said(annotation: ast.expr | None) -> Items:
    """Return what an annotation of a list says of the fields of the records in it."""
    match annotation:
        case None:
            return "untold"
        case ast.Subscript(base, ast.Subscript(record, ast.Tuple([_, value]))):
            if _last_name(base) in _LISTS and _last_name(record) in _RECORDS:
                return "anything" if _last_name(value) in _ANYTHING else "known"
            return "known"
        case ast.Subscript(base, inside):
            is_bare = _last_name(inside) in _RECORDS | _ANYTHING
            return "untold" if _last_name(base) in _LISTS and is_bare else "known"
        case _:
            return "untold" if _last_name(annotation) in _LISTS | _ANYTHING else "known"


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


# --- calls ------------------------------------------------------------------------------


def _of_parameter(
    function: Function, place: int, one: Parameter, cases: Sequence[Case]
) -> list[Case]:
    """Return calls with one field of a parameter's records that cannot be hashed, in each way."""
    given = [(case, key) for case in cases if (key := _key(case, place, one)) is not None]
    rows = [row for case, key in given for row in dict(arguments(case))[key]]
    names = dict.fromkeys(name for row in rows for name in row)
    calm = [name for name in names if all(is_hashable(row.get(name)) for row in rows)]
    named = [name for name in calm if name in uses_of(function).fields][:_NAMED]
    return distinct(case for name in named or calm[:_OF_ANY] for case in _with_field(name, given))


def _key(case: Case, place: int, one: Parameter) -> Key | None:
    """Return under which key a call gives a parameter records; None if it gives none."""
    key: Key = place if place < len(case.args) and not one.keyword else one.name
    value: Any = dict(arguments(case)).get(key)
    is_full = kind_of(value) in (list, tuple) and len(value) > 0
    return key if is_full and all(kind_of(row) is dict for row in value) else None


def _with_field(name: Any, given: Sequence[tuple[Case, Key]]) -> Iterator[Case]:
    """Yield calls whose records hold, in one field, two equal values that cannot be hashed."""
    usable = [(case, key, rows) for case, key in given if (rows := _having(name, case, key))]
    for number, make in enumerate(_WAYS[:EACH] if usable else ()):
        case, key, rows = usable[number * len(usable) // EACH]
        odd = [{**row, name: make(row[name])} for row in rows]
        value = dict(arguments(case))[key]
        others = odd[1:] if number == EACH - 1 else value
        yield replaced(case, {key: kind_of(value)([odd[0], *others, dict(odd[0])])})


def _having(name: Any, case: Case, key: Key) -> list[dict[Any, Any]]:
    rows: list[dict[Any, Any]] = [*dict(arguments(case))[key]]
    return [row for row in rows if name in row]
