"""Find the first place where data does not fit a shape, and put it in words.

The library has said already that it does not fit, in its own words and without the keys of
mappings. Here its description of the shape is walked beside the data: unknown keys anywhere
come first, since they explain what is missing; then whatever stands first.

Pure. Not here: files and lines (`sigil.store.documents`).
"""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, cast, get_args, get_origin, get_type_hints

import msgspec
from msgspec import inspect

from sigil.store.shapes import LARGEST, MODEL_BY, Misfit, Shape, joined

_CUT = 60
_MANY_BITS = 10_000  # of a number that Python does not write in decimal
_LONG = 1e16  # from here on, floats are written with an exponent
_ANYTHING = inspect.AnyType()
_PLACE = re.compile(r" - at .*?`\$\.?(?P<name>.*)`$")


@dataclass(frozen=True, slots=True)
class Problem:
    """Where data does not fit, and why.

    Args:
        field: its dotted path, such as ``parts[1].kind``.
        said: what is wrong there, in words that repeat nothing of the data.
        found: what stands there, cut; empty where that says nothing more.
        remedy: what to do, where that is known.
        is_unknown_key: whether the key itself is the problem.
    """

    field: str
    said: str
    found: str = ""
    remedy: str | None = None
    is_unknown_key: bool = False

    @property
    def told(self) -> str:
        """What is wrong there, and what stands there instead."""
        return f"{self.said}, not {self.found}" if self.found else self.said


def first_problem(data: Any, model: type[Shape], failure: msgspec.ValidationError) -> Problem:
    """Return the first place where ``data`` does not fit ``model``.

    Args:
        data: dicts, lists and scalars.
        model: what they do not fit.
        failure: what the library says; told where nothing is found here.
    """
    kind = _described(model)
    return _unknown_key(kind, data, "") or _misfit(kind, data, "") or _as_told(failure)


def _as_told(failure: msgspec.ValidationError) -> Problem:
    """Return the library's own words, at the nearest place that they name."""
    text = str(failure)
    found = _PLACE.search(text)
    if found is None:
        return Problem("", text)
    return Problem(found["name"].split("[...]", 1)[0].strip("`"), text[: found.start()])


# --- the walk -------------------------------------------------------------------------------


def _unknown_key(kind: inspect.Type, value: Any, name: str) -> Problem | None:
    """Return the first key anywhere that its mapping does not know."""
    try:
        kind = _asked(kind, value)
    except Misfit:
        return None  # nobody can say which keys it has
    known = _fields(kind.cls) if isinstance(kind, inspect.StructType) else None
    for asked, item, place, key in _inside(kind, value, name):
        if known is not None and key not in known:
            return Problem(place, "unknown key", "", _did_you_mean(key, sorted(known)), True)
        if found := _unknown_key(asked, item, place):
            return found
    return None


def _misfit(kind: inspect.Type, value: Any, name: str) -> Problem | None:
    """Return the first place that does not fit: a mapping's keys before what they hold."""
    try:
        asked = _asked(kind, value)
    except Misfit as misfit:
        return _of_misfit(misfit, name)
    if not _is_of(asked, value):
        return _other_type(kind, value, name)
    own = _out_of_bounds(asked, value, name, _called(kind)) or _missing(asked, value, name)
    if own:
        return own
    inside = (_misfit(*one[:3]) for one in _inside(asked, value, name))
    found = next((found for found in inside if found), None)
    if found is None and isinstance(asked, inspect.StructType):
        return _as_a_whole(asked.cls, value, name)
    return found


def _inside(
    kind: inspect.Type, value: Any, name: str
) -> Iterator[tuple[inspect.Type, Any, str, str]]:
    """Yield what is asked of what stands in a mapping or list, that, its place, and its key."""
    match kind:
        case inspect.StructType() if isinstance(value, dict):
            kinds = _fields(kind.cls)
            for key, item in cast("dict[str, Any]", value).items():
                yield kinds.get(key, _ANYTHING), item, _below(name, key), key
        case inspect.DictType() if isinstance(value, dict):
            for key, item in cast("dict[str, Any]", value).items():
                yield kind.key_type, key, _below(name, key), key
                yield kind.value_type, item, _below(name, key), key
        case inspect.ListType() if isinstance(value, list):
            for number, item in enumerate(cast("list[Any]", value)):
                yield kind.item_type, item, f"{name}[{number}]", ""
        case _:
            pass


def _below(name: str, key: str) -> str:
    return f"{name}.{key}" if name else key


@cache
def _described(model: type[Any]) -> inspect.StructType:
    """Return the library's description of a shape."""
    kind = inspect.type_info(model)
    assert isinstance(kind, inspect.StructType)
    return kind


@cache
def _fields(model: type[Any]) -> dict[str, inspect.Type]:
    """Return what is asked of each key of a shape."""
    kind, hints = _described(model), get_type_hints(model)
    return {one.encode_name: _in_order(one.type, hints[one.name]) for one in kind.fields}


def _in_order(kind: inspect.Type, hint: Any) -> inspect.Type:
    """Return a choice with its values as they were written; the library sorts them."""
    if isinstance(kind, inspect.LiteralType) and get_origin(hint) is Literal:
        return inspect.LiteralType(values=get_args(hint))
    if isinstance(kind, inspect.UnionType):
        literals = [one for one in get_args(hint) if get_origin(one) is Literal]
        if len(literals) == 1:
            return inspect.UnionType(types=tuple(_in_order(one, literals[0]) for one in kind.types))
    return kind


def _asked(kind: inspect.Type, value: Any) -> inspect.Type:
    """Return what is asked of a value: of a union the branch that its own type fits.

    Raises:
        Misfit: a section that chooses its model chooses none.
    """
    if isinstance(kind, inspect.Metadata):
        model_of: Any = _notes(kind).get(MODEL_BY)
        if model_of is None or value is None:
            return _asked(kind.type, value)
        return _described(model_of(value))
    if isinstance(kind, inspect.UnionType):
        noted = next((one for one in kind.types if isinstance(one, inspect.Metadata)), None)
        fitting = (one for one in kind.types if _is_of(_bare(one), value))
        return _asked(next(fitting, noted or kind.types[0]), value)
    return kind


def _bare(kind: inspect.Type) -> inspect.Type:
    return _bare(kind.type) if isinstance(kind, inspect.Metadata) else kind


def _called(kind: inspect.Type) -> str:
    """Return what the shape itself calls such a value."""
    if isinstance(kind, inspect.UnionType):
        return next((name for one in kind.types if (name := _called(one))), "")
    return str(_notes(kind).get("description", "")) if isinstance(kind, inspect.Metadata) else ""


def _notes(kind: inspect.Metadata) -> dict[str, Any]:
    """Return what a `msgspec.Meta` says beside bounds."""
    untyped: Any = kind
    return {**(untyped.extra or {}), **(untyped.extra_json_schema or {})}


# --- types ----------------------------------------------------------------------------------


def _is_of(kind: inspect.Type, value: Any) -> bool:
    """Return whether a value is of a type, whatever its bounds."""
    python = _PYTHON.get(type(kind))
    if python is not None:
        return isinstance(value, python) and (python is bool or not isinstance(value, bool))
    choices = _choices(kind)
    return not choices or any(value == one and type(value) is type(one) for one in choices)


_PYTHON: dict[type[inspect.Type], Any] = {
    inspect.StrType: str,
    inspect.IntType: int,
    inspect.FloatType: int | float,
    inspect.BoolType: bool,
    inspect.ListType: list,
    inspect.DictType: dict,
    inspect.StructType: dict,
    inspect.NoneType: type(None),
}
"""What reads as each type; true is no number."""
_WORDS: dict[type[inspect.Type], str] = {
    inspect.StrType: "text",
    inspect.IntType: "a whole number",
    inspect.FloatType: "a number",
    inspect.BoolType: "true or false",
    inspect.ListType: "a list",
    inspect.DictType: "a mapping",
    inspect.StructType: "a mapping",
    inspect.NoneType: "nothing",
}
"""What each type asks for, in YAML's words."""


def _other_type(kind: inspect.Type, value: Any, name: str) -> Problem:
    """Say what is expected of a value of another type, over all branches of a union."""
    kind = _bare(kind)
    branches = [_bare(one) for one in kind.types] if isinstance(kind, inspect.UnionType) else [kind]
    asked = [one for one in branches if not isinstance(one, inspect.NoneType)] or branches
    wanted = " or ".join(dict.fromkeys(map(_in_words, asked)))
    return Problem(name, f"expected {wanted}", _shown(value), _remedy(asked, value))


def _in_words(kind: inspect.Type) -> str:
    choices = [repr(one) for one in _choices(kind)]
    if not choices:
        return _WORDS.get(type(kind), "something else")
    return " or ".join(filter(None, [", ".join(choices[:-1]), choices[-1]]))


def _choices(kind: inspect.Type) -> list[Any]:
    """Return the values of which one has to stand there."""
    if isinstance(kind, inspect.LiteralType):
        return list(kind.values)
    return [one.value for one in kind.cls] if isinstance(kind, inspect.EnumType) else []


def _remedy(asked: Sequence[inspect.Type], value: Any) -> str | None:
    choices = [one for kind in asked for one in _choices(kind) if isinstance(one, str)]
    if isinstance(value, str) and choices:
        near = difflib.get_close_matches(value, choices, n=1)
        return f"did you mean {near[0]}?" if near else None
    if isinstance(value, str) and {inspect.IntType, inspect.FloatType} & set(map(type, asked)):
        return _remedy_of_number(value)
    scalar = isinstance(value, bool | int | float)
    return "put it in quotes" if scalar and isinstance(asked[0], inspect.StrType) else None


def _remedy_of_number(text: str) -> str | None:
    try:
        number = float(text)
    except ValueError:
        return None
    if not math.isfinite(number):
        return None
    return f"write {_plain(number)}, without quotes"


# --- bounds ---------------------------------------------------------------------------------


def _out_of_bounds(kind: inspect.Type, value: Any, name: str, called: str) -> Problem | None:
    """Return which bound of its type a value does not keep."""
    match kind:
        case inspect.IntType() | inspect.FloatType():
            said = _of_number(kind, value)
        case inspect.StrType():
            said = _of_text(kind, value, called)
        case inspect.ListType() | inspect.DictType():
            return _of_length(kind, len(value), name)
        case _:
            return None
    return Problem(name, said, _shown(value)) if said else None


def _of_number(kind: inspect.IntType | inspect.FloatType, value: float) -> str | None:
    if isinstance(kind, inspect.FloatType) and abs(value) > LARGEST and isinstance(value, int):
        return "expected a number that is not so large"
    for bound, keeps, words in (
        (kind.gt, operator.gt, "greater than"),
        (kind.ge, operator.ge, "greater than or equal to"),
        (kind.lt, operator.lt, "less than"),
        (kind.le, operator.le, "less than or equal to"),
    ):
        if bound is not None and not keeps(value, bound):
            finite = not isinstance(value, float) or math.isfinite(value)
            return f"should be {words} {_plain(bound)}" if finite else "expected a finite number"
    return None


def _of_text(kind: inspect.StrType, value: str, called: str) -> str | None:
    wrong = kind.pattern is not None and not re.search(kind.pattern, value)
    if wrong and called:
        return f"expected {called}"
    if kind.min_length is not None and len(value) < kind.min_length:
        return f"expected text of at least {_counted(kind.min_length, 'character')}"
    if kind.max_length is not None and len(value) > kind.max_length:
        return f"expected text of at most {_counted(kind.max_length, 'character')}"
    return f"expected text that matches {kind.pattern}" if wrong else None


def _of_length(kind: inspect.ListType | inspect.DictType, length: int, name: str) -> Problem | None:
    what = "entry" if isinstance(kind, inspect.DictType) else "item"
    if kind.min_length is not None and length < kind.min_length:
        return Problem(name, f"expected at least {_counted(kind.min_length, what)}", str(length))
    if kind.max_length is not None and length > kind.max_length:
        return Problem(name, f"expected at most {_counted(kind.max_length, what)}", str(length))
    return None


def _missing(kind: inspect.Type, value: Any, name: str) -> Problem | None:
    if not isinstance(kind, inspect.StructType):
        return None
    absent = (
        one.encode_name for one in kind.fields if one.required and one.encode_name not in value
    )
    key = next(absent, None)
    if key is None:
        return None
    return Problem(_below(name, key), "this key is required", remedy="add it")


def _as_a_whole(model: type[Any], value: Any, name: str) -> Problem | None:
    """Return what ``model`` says of a mapping of which every key fits."""
    try:
        msgspec.convert(value, model)
    except msgspec.ValidationError as failure:
        cause = failure.__cause__
        if isinstance(cause, Misfit):
            return _of_misfit(cause, name)
        told = _as_told(failure)
        return Problem(joined(name, told.field), told.said)
    return None


def _of_misfit(misfit: Misfit, name: str) -> Problem:
    found = "" if misfit.value is None else _shown(misfit.value)
    return Problem(joined(name, misfit.field), misfit.problem, found)


# --- words ----------------------------------------------------------------------------------


def _shown(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > _MANY_BITS:
        return f"{hex(value)[:_CUT]}…"
    text = repr(value)
    return text if len(text) <= _CUT else f"{text[:_CUT]}…"


def _plain(number: float) -> float:
    whole = float(number).is_integer() and abs(number) < _LONG
    return int(number) if whole else number


def _counted(number: int, what: str) -> str:
    many = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
    return f"{number} {what if number == 1 else many}"


def _did_you_mean(key: str, known: list[str]) -> str:
    close = difflib.get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(known)}"
