"""Items that a parameter admits and that cannot be hashed.

A list of anything may hold lists. Where code compares items, a change to a set is quicker and
raises at the first of those, and calls of tests hardly ever hold one. What an annotation says
decides: `Iterable[T]` and `list[Any]` promise that any item will do, `list[str]` that none is of
this kind. Where it says nothing, known calls tell what items there are; guesses tell nothing.

Pure; everything depends on the function and the cases alone. Whether the function takes such
items, only calling it shows. Not here: whole types that no call has
(`sigil.optimize.generate.signing`), what is done with the cases (`generating`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from sigil.optimize.generate.advising import Advice
from sigil.optimize.generate.guessing import annotation_of
from sigil.optimize.generate.inputs import Key, arguments, distinct, kind_of, replaced
from sigil.optimize.generate.locating import Function, Parameter, functions_of
from sigil.sandbox.model import Case
from sigil.search.definitions import parse_python

Items = Literal["anything", "untold", "known"]
"""What an annotation says of the items of a parameter: that any will do, nothing, or which."""

MOST = 12
EACH = 3
"""Cases of each way: of what is dealt out to be shown or held out, every third is held out, so
that both have it."""
_ANNOTATIONS = {
    "items": ("list[Any]", "list[str]"),
    "fields": ("list[dict[str, Any]]", "list[dict[str, int]]"),
}
"""How it is said that anything will do, and what there is instead."""
_HOLDERS = frozenset(
    "list List tuple Tuple Sequence MutableSequence Iterable Iterator Collection Reversible".split()
)
_ANYTHING = frozenset({"Any", "object"})
_IMPORTED = re.compile(r"_?[A-Z][0-9]?|_?T_co")
"""How variables of types are called that another module defines."""
_COMPARING = frozenset({"index", "count", "remove"})
_LISTS = (list, tuple)
_ITEMS: Sequence[Callable[[Any], Any]] = (
    lambda of: [of],
    lambda of: {"a": of},
    lambda of: [of, of],
)


@dataclass(frozen=True, slots=True)
class Admitted:
    """Calls with items that cannot be hashed.

    Args:
        cases: of them; whether the function takes them is not known.
        names: of the parameters that are given such items.
        are_inputs: whether a change is held to them if the function takes them; else its known
            calls do without, and they tell only what a change is not held to.
        promised: whether an annotation says that any item will do.
        what: which of its parts are of this kind: items, or fields of items that are records.
    """

    cases: tuple[Case, ...] = ()
    names: tuple[str, ...] = ()
    are_inputs: bool = False
    promised: bool = False
    what: Literal["items", "fields"] = "items"

    def note(self, taken: int, advice: Advice) -> str | None:
        """Return what a person should know, a clause.

        Args:
            taken: how many of the cases the function takes.
            advice: how inputs are given.
        """
        if not taken:
            return None
        names = " and ".join(self.names)
        anything, known = _ANNOTATIONS[self.what]
        if not self.are_inputs:
            return (
                f"no known call gives {names} {self.what} that cannot be hashed, such as lists, "
                f"though it takes them: a change that looks {self.what} up in a set fails on "
                f"those; if there are any, have a test call it with one, or annotate `{anything}`"
            )
        why = (
            f"as the annotation of {names} allows" if self.promised else f"for {names} are guesses"
        )
        return (
            f"{taken} of its inputs hold{'s' * (taken == 1)} {self.what} that cannot be hashed, "
            f"such as lists, {why}: a change that looks {self.what} up in a set fails on them; if "
            f"there are none, annotate what the {self.what} are, such as `{known}`, or give "
            f"{advice.cases}"
        )


def admitted(function: Function, cases: Sequence[Case], *, guessed: bool) -> Admitted:
    """Return calls with items that cannot be hashed where the function may be given some.

    Args:
        function: whose signature.
        cases: known calls.
        guessed: whether they are guesses, so that they do not tell what items there are.
    """
    said = items_admitted(function, cases)
    names = tuple(name for name, items in said.items() if items == "anything")
    untold = tuple(name for name, items in said.items() if items == "untold")
    promised = not (guessed and untold)
    names += () if promised else untold
    if names:
        made = with_unhashable(function, cases, frozenset(names))
        return Admitted(tuple(made), names, are_inputs=True, promised=promised)
    if untold and compares(function):
        return Admitted(tuple(with_unhashable(function, cases, frozenset(untold))), untold)
    return Admitted()


_Place = tuple[int, Parameter]
"""A parameter and its position among positional arguments."""


def items_admitted(function: Function, cases: Sequence[Case]) -> Mapping[str, Items]:
    """Return what is said of the items of each parameter that is given some.

    Args:
        function: whose signature.
        cases: known calls. A parameter to which one gives an item that cannot be hashed is left
            out: what becomes of those is known.
    """
    anything = _type_variables(function.text) | _ANYTHING
    found: dict[str, Items] = {}
    for place in _places(function):
        values = [_value(case, place) for case in cases]
        items = [item for value in values if kind_of(value) in _LISTS for item in value]
        if items and all(map(is_hashable, items)):
            found[place[1].name] = _said(annotation_of(place[1].annotation), anything)
    return found


def with_unhashable(function: Function, cases: Sequence[Case], names: frozenset[str]) -> list[Case]:
    """Return calls that give some parameters items that cannot be hashed.

    First all of these parameters hold the same ones, as all of their items and among others; then
    each alone does. Where all do, an argument that may itself be anything is such an item too.

    Args:
        function: whose parameters.
        cases: known calls, a few of which are made anew.
        names: of the parameters.
    """
    places = [place for place in _places(function) if place[1].name in names]
    usable = [case for case in cases if any(_is_full(_value(case, one)) for one in places)]
    few = [(usable[i * len(usable) // EACH], make) for i, make in enumerate(_ITEMS) if usable]
    anything = _type_variables(function.text) | _ANYTHING
    lone = [
        place
        for place in _places(function)
        if _is_anything(annotation_of(place[1].annotation), anything)
    ]
    made = [_with(case, places, lone, _all_of(make)) for case, make in few]
    made += [_with(case, places, lone, _some_of(make)) for case, make in few]
    made += [
        _with(case, [one], [], _some_of(make))
        for one in places
        for case, make in few
        if _is_full(_value(case, one))
    ]
    return distinct(made)[:MOST]


def compares(function: Function) -> bool:
    """Return whether the function compares items, as what looks for one does."""
    nodes = [node for name, node in functions_of(function.text) if name == function.qualname]
    return any(map(_is_comparison, chain.from_iterable(map(ast.walk, nodes))))


# --- what an annotation says ------------------------------------------------------------


def _said(annotation: ast.expr | None, anything: frozenset[str]) -> Items:
    match annotation:
        case None:
            return "untold"
        case ast.Subscript(base, inside) if _last_name(base) in _HOLDERS:
            item = inside.elts[0] if isinstance(inside, ast.Tuple) and inside.elts else inside
            return "anything" if _is_anything(item, anything) else "known"
        case ast.Name() | ast.Attribute():
            return "untold" if _last_name(annotation) in _HOLDERS | _ANYTHING else "known"
        case _:
            told = {_said(one, anything) for one in _members(annotation)}
            return "anything" if "anything" in told else "untold" if "untold" in told else "known"


def _is_anything(annotation: ast.expr | None, anything: frozenset[str]) -> bool:
    """Return whether an annotation is of a type that anything is of."""
    if isinstance(annotation, ast.Name | ast.Attribute):
        return _last_name(annotation) in anything
    return any(_is_anything(one, anything) for one in _members(annotation))


def _members(annotation: ast.expr | None) -> list[ast.expr]:
    """Return the types of a union."""
    match annotation:
        case ast.BinOp(left, ast.BitOr(), right):
            return [left, right]
        case ast.Subscript(base, ast.Tuple(parts)) if _last_name(base) == "Union":
            return parts
        case ast.Subscript(base, inside) if _last_name(base) == "Optional":
            return [inside]
        case _:
            return []


def _type_variables(text: str) -> frozenset[str]:
    """Return the names of a module's variables of types that no bound or constraint narrows."""
    found: set[str] = set()
    for node in ast.walk(parse_python(text)):
        match node:
            case ast.Assign([ast.Name(name)], ast.Call(maker, [_], keywords)) if _last_name(
                maker
            ) == "TypeVar" and all(_is_wide(one) for one in keywords):
                found.add(name)
            case ast.ImportFrom(names=names):
                bound = [one.asname or one.name for one in names]
                found.update(name for name in bound if _IMPORTED.fullmatch(name))
            case _:
                continue
    return frozenset(found)


def _is_wide(keyword: ast.keyword) -> bool:
    return keyword.arg != "bound" or _last_name(keyword.value) in _ANYTHING


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


# --- what calls give --------------------------------------------------------------------


def _places(function: Function) -> list[_Place]:
    return list(enumerate(function.parameters, start=int(function.is_method)))


def _key(case: Case, place: _Place) -> Key | None:
    number, one = place
    if number < len(case.args) and not one.keyword:
        return number
    return one.name if one.name in case.kwargs else None


def _value(case: Case, place: _Place) -> Any:
    """Return the argument that a call gives to a parameter; None if it leaves it out."""
    return dict(arguments(case)).get(_key(case, place))  # type: ignore[arg-type]  # no key is None


def _is_full(value: Any) -> bool:
    return kind_of(value) in _LISTS and len(value) > 0


def is_hashable(item: object) -> bool:
    """Return whether a value may stand in a set."""
    try:
        hash(item)
    except TypeError:
        return False
    return True


# --- items that cannot be hashed --------------------------------------------------------

_Change = Callable[[list[Any], Any], list[Any]]
"""Makes other items of those that are given, and of the first that any parameter is given."""


def _all_of(make: Callable[[Any], Any]) -> _Change:
    return lambda items, _: [*map(make, items), make(items[0])]


def _some_of(make: Callable[[Any], Any]) -> _Change:
    return lambda items, first: [make(first), *items, make(first)]


def _with(case: Case, places: Sequence[_Place], lone: Sequence[_Place], change: _Change) -> Case:
    """Return a call with other items for some parameters, and with arguments that are such."""
    given = {
        key: value
        for key, value in ((_key(case, one), _value(case, one)) for one in places)
        if key is not None and _is_full(value)
    }
    first = next(iter(given.values()))[0]
    values: dict[Key, Any] = {
        key: kind_of(value)(change(list(value), first)) for key, value in given.items()
    }
    for key, value in ((_key(case, one), _value(case, one)) for one in lone):
        if key is not None and kind_of(value) not in _LISTS:
            values[key] = change([first], first)[0]
    return replaced(case, values)


def _is_comparison(node: ast.AST) -> bool:
    match node:
        case ast.Compare(_, operators):
            return any(isinstance(one, ast.In | ast.NotIn | ast.Eq) for one in operators)
        case ast.Call(ast.Attribute(_, name)):
            return name in _COMPARING
        case _:
            return False
