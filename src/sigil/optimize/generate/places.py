"""Where values stand inside the arguments of a call, and how one is exchanged.

A path leads from a call to a value: a parameter, then indices and keys. Places of the same kind
in all elements of a list are one field: the addresses of all records. Nothing given is changed;
what is exchanged is made anew along its path.

Pure. Not here: by what a value is exchanged (`sigil.optimize.generate.probing`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sigil.optimize.generate.inputs import arguments, items_of, kind_of, replaced
from sigil.sandbox.model import Case

Path = tuple[Any, ...]
EVERY = "*"
"""In the shape of a path, a step to any element."""
_DEEPEST = 6
_MOST = 5_000
_GROUPS = (set, frozenset)
_LISTS = (list, tuple)


@dataclass(frozen=True, slots=True)
class NameOf:
    """As the last step of a path: the key itself, not its value."""

    key: Any


@dataclass(frozen=True, slots=True)
class Field:
    """Values of one type at the same place of all elements.

    Args:
        shape: a path on which indices are `EVERY`.
        kind: of the values.
        paths: of the values, in order; at least one.
        holder: how many steps lead to the innermost list that may have more items; None if no
            list does.
    """

    shape: Path
    kind: type[Any]
    paths: Sequence[Path]
    holder: int | None


def fields_of(case: Case) -> list[Field]:
    """Return the fields of a call in the order in which they are met."""
    found: dict[tuple[Any, ...], tuple[Path, type[Any], list[Path], int | None]] = {}
    for number, (path, shape, value, holder) in enumerate(_walk(case)):
        if number >= _MOST:
            break
        row = found.setdefault((*shape, kind_of(value)), (shape, kind_of(value), [], holder))
        row[2].append(path)
    return [Field(*row) for row in found.values()]


def value_at(case: Case, path: Path) -> Any:
    """Return what stands at a path."""
    value = dict(arguments(case))[path[0]]
    for step in path[1:]:
        if isinstance(step, NameOf):
            return step.key
        value = items_of(value)[step] if kind_of(value) in _GROUPS else value[step]
    return value


def placed(case: Case, path: Path, new: Any) -> Case:
    """Return a call with another value at a path.

    Raises:
        TypeError: the value cannot be hashed, and stands where it must be.
    """
    value = dict(arguments(case))[path[0]]
    return replaced(case, {path[0]: _put(value, path[1:], new)})


def added(case: Case, holder: Path, before: Sequence[Any], behind: Sequence[Any]) -> Case:
    """Return a call whose list at a path has further items before and behind its own."""
    items = value_at(case, holder)
    return placed(case, holder, kind_of(items)([*before, *items, *behind]))


def _put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    step, build = path[0], kind_of(value)
    if isinstance(step, NameOf):
        return {new if key == step.key else key: item for key, item in value.items()}
    if kind_of(value) is dict:
        return {**value, step: _put(value[step], path[1:], new)}
    items = items_of(value)
    items[step] = _put(items[step], path[1:], new)
    return build(items)


def _walk(case: Case) -> Iterator[tuple[Path, Path, Any, int | None]]:
    for key, value in arguments(case):
        yield from _inside((key,), (key,), value, None)
        if kind_of(value) is dict:
            for name in cast("dict[Any, Any]", value):
                yield (key, NameOf(name)), (key, NameOf(EVERY)), name, None


def _inside(
    path: Path, shape: Path, value: Any, holder: int | None
) -> Iterator[tuple[Path, Path, Any, int | None]]:
    yield path, shape, value, holder
    if len(path) > _DEEPEST:
        return
    if kind_of(value) is dict:
        for key, item in cast("dict[Any, Any]", value).items():
            yield from _inside((*path, key), (*shape, key), item, holder)
        return
    # A tuple inside something is a row; as an argument it may be of any length.
    grows = kind_of(value) is list or (kind_of(value) is tuple and len(path) == 1)
    inner = len(path) if grows else holder
    for index, item in enumerate(items_of(value)):
        step = index if kind_of(value) is tuple and len(path) > 1 else EVERY
        yield from _inside((*path, index), (*shape, step), item, inner)
