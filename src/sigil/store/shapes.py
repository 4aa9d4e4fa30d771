"""What a document may say: the base of every model, and its two ways to say what no type can.

    class Weights(Shape, frozen=True, kw_only=True):
        visible: Annotated[float, Meta(ge=0.0, le=1e6)] = 2.0
        holdout: Annotated[float, Meta(ge=0.0, le=1e6)] = 1.0

        def __post_init__(self) -> None:
            if self.visible + self.holdout <= 0:
                raise Misfit("at least one half has to count")

Types and bounds are held where a document is read (`sigil.store.documents.validate`);
``__post_init__`` holds wherever one is made.

Not here: YAML, lines, and how a misfit is told (`sigil.store.misfits`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import msgspec
from msgspec.structs import force_setattr

_T = TypeVar("_T")
LARGEST: Final = sys.float_info.max
"""A bound that every number keeps but infinity and NaN."""
MODEL_BY: Final = "model_by"
"""Under this key `chosen_by` keeps its function."""

if TYPE_CHECKING:
    OrNothing = Annotated[_T, "nothing in a document, and empty once it is read"]
else:
    OrNothing = _T | None
"""A list that a document may leave empty: see `nothing_is_empty`."""


class Shape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model: its fields are the keys, and no other key fits.

    A class below it says ``frozen=True, kw_only=True`` again: msgspec does not inherit the
    second, and type checkers want the first.
    """


class Misfit(ValueError):
    """What does not fit a shape, and where.

    Args:
        problem: in words that follow a place.
        field: relative to the shape, such as ``recipients[2]``; empty for all of it.
        value: what stands there, if whoever tells the problem should repeat it.
    """

    def __init__(self, problem: str, field: str = "", value: object = None):
        super().__init__(problem, field, value)
        self.problem = problem
        self.field = field
        self.value = value

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


def joined(name: str, field: str) -> str:
    """Return the dotted path of ``field`` inside of ``name``; either may be empty.

    Args:
        name: a path.
        field: one below it, which may begin with its separator.
    """
    return f"{name}.{field}" if name and field and field[0] not in "[." else name + field


def held(shape: Shape, /, **checks: Callable[[Any], Any]) -> None:
    """Hold each field to a function, and keep what that returns.

    Raises:
        Misfit: a function raised ValueError; it names the field.
    """
    for field, check in checks.items():
        force_setattr(shape, field, _one(check, getattr(shape, field), field))


def each(check: Callable[[Any], Any]) -> Callable[[list[Any]], list[Any]]:
    """Return a check of a list, of which each item is held to ``check``."""

    def items(values: list[Any]) -> list[Any]:
        return [_one(check, value, f"[{number}]") for number, value in enumerate(values)]

    return items


def each_entry(
    of_keys: Callable[[Any], Any], of_values: Callable[[Any], Any]
) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a check of a mapping, of which each key and each value is held to its own."""

    def entries(values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            _one(of_keys, key, f".{key}"): _one(of_values, value, f".{key}")
            for key, value in values.items()
        }

    return entries


def nothing_is_empty(shape: Shape, *fields: str) -> None:
    """Put an empty list where a document has a key and nothing after it."""
    for field in fields:
        if getattr(shape, field) is None:
            force_setattr(shape, field, [])


def chosen_by(model_of: Callable[[Any], type[Shape]]) -> msgspec.Meta:
    """Return the note of a section whose model depends on what stands in it.

    Args:
        model_of: says which; it raises `Misfit` where none does. Whoever has such a field reads
            it in ``__post_init__``, by `read_section`.
    """
    return msgspec.Meta(extra={MODEL_BY: model_of})


def read_section(shape: Shape, field: str, model_of: Callable[[Any], type[Shape]]) -> None:
    """Make a section the model that it chooses, unless it is one, or nothing.

    Raises:
        Misfit: there is no such model; it names the field.
        msgspec.ValidationError: it does not fit.
    """
    section = getattr(shape, field)
    if section is None or isinstance(section, Shape):
        return
    model = _one(model_of, section, field)
    force_setattr(shape, field, msgspec.convert(section, model))


def _one(check: Callable[[Any], Any], value: Any, place: str) -> Any:
    try:
        return check(value)
    except Misfit as misfit:
        raise Misfit(misfit.problem, joined(place, misfit.field), misfit.value) from None
    except ValueError as error:
        raise Misfit(str(error), place, value) from None
