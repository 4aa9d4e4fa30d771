"""Values of Lua as values of Python and back, without running a metamethod.

Text is bytes in Lua, read as UTF-8 where it is; other bytes are one character each. JSON's null is
`sigil.json.null`; an empty table is an object unless it was marked as an array.

Pure but for the runtime that it fills.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, cast

from sigil.gate.lua.limits import Limits

LuaTable = Any
Items = list[Any]
Fields = dict[str, Any]
MOST_INTEGER = 2**63


class Refused(Exception):
    """A value that has no form on the other side, or a call that is not as it should be.

    Args:
        problem: a clause for whoever wrote the scenario.
        kind: ``scenario``, ``service`` or ``effect``: whose fault it is.
    """

    def __init__(self, problem: str, kind: str = "scenario"):
        super().__init__(problem)
        self.problem = problem
        self.kind = kind


def as_text(raw: str) -> str:
    """Return a string of Lua, which came as latin-1, as text."""
    try:
        return raw.encode("latin-1").decode()
    except UnicodeDecodeError:
        return raw


def as_bytes(text: str) -> str:
    """Return text as a string for Lua: its UTF-8, one character each.

    Raises:
        Refused: it has no UTF-8 form.
    """
    try:
        return text.encode().decode("latin-1")
    except UnicodeEncodeError:
        raise Refused("a text with half of a surrogate pair", "service") from None


class Translator:
    """Carries values over, within the limits of one document.

    Args:
        runtime: the Lua runtime.
        null: its value for null.
        array: marks a table as an array.
        kind_of: says ``null``, ``array``, ``response`` or ``table`` of a table.
        limits: of depth and size.
    """

    def __init__(
        self,
        runtime: Any,
        null: LuaTable,
        array: Callable[[LuaTable], LuaTable],
        kind_of: Callable[[LuaTable], str],
        limits: Limits,
    ):
        self._runtime, self._null, self._array = runtime, null, array
        self._kind_of, self._limits = kind_of, limits

    def to_lua(self, value: object) -> Any:
        """Return a JSON value as Lua's.

        Raises:
            Refused: it is too deep or too large, or has a number without a form in Lua.
        """
        return self._to_lua(value, self._limits.json_depth, [self._limits.json_values])

    def _to_lua(self, value: object, depth: int, left: list[int]) -> Any:
        left[0] -= 1
        if depth <= 0 or left[0] < 0:
            raise Refused(
                f"nested deeper than {self._limits.json_depth}, "
                f"or more than {self._limits.json_values} values",
                "service",
            )
        if value is None:
            return self._null
        if isinstance(value, str):
            return as_bytes(value)
        if isinstance(value, list):
            items: list[Any] = [self._to_lua(one, depth - 1, left) for one in cast(Items, value)]
            return self._array(self._runtime.table_from(items))
        if isinstance(value, dict):
            named = cast(Fields, value).items()
            pairs = {as_bytes(key): self._to_lua(one, depth - 1, left) for key, one in named}
            return self._runtime.table_from(pairs)
        return _scalar(value)

    def to_json(self, value: Any) -> Any:
        """Return a value of Lua as a JSON value.

        Raises:
            Refused: a function, a number that JSON lacks, a table that is neither array nor
                object, or one that holds itself.
        """
        return self._to_json(value, self._limits.json_depth, [self._limits.json_values])

    def _to_json(self, value: Any, depth: int, left: list[int]) -> Any:
        left[0] -= 1
        if depth <= 0 or left[0] < 0:
            raise Refused("a value is nested too deeply, holds itself, or is too large")
        if value is None or isinstance(value, bool | int):
            return value
        if isinstance(value, str):
            return as_text(value)
        if isinstance(value, float):
            if not math.isfinite(value):
                raise Refused("JSON has neither NaN nor infinity")
            return value
        if not is_table(value):
            raise Refused("a function has no form in JSON")
        kind = self._kind_of(value)
        if kind == "null":
            return None
        return self._table(list(value.items()), kind == "array", depth - 1, left)

    def _table(self, items: list[tuple[Any, Any]], array: bool, depth: int, left: list[int]) -> Any:
        if not items:
            return list[Any]() if array else dict[str, Any]()
        if all(isinstance(key, str) for key, _ in items):
            items.sort(key=lambda item: item[0])
            return {as_text(key): self._to_json(one, depth, left) for key, one in items}
        numbered = {key: one for key, one in items if type(key) is int}
        if set(numbered) != set(range(1, len(items) + 1)):
            raise Refused("a table with holes, or with both numbers and names, has no form in JSON")
        return [self._to_json(numbered[at], depth, left) for at in range(1, len(items) + 1)]


def _scalar(value: object) -> bool | int | float:
    if isinstance(value, bool | float):
        return value
    if isinstance(value, int):
        if not -MOST_INTEGER <= value < MOST_INTEGER:
            raise Refused("a whole number outside of 64 bits", "service")
        return value
    raise Refused(f"a {type(value).__name__} has no form in Lua", "service")


def is_table(value: Any) -> bool:
    """Say whether a value that came from Lua is a table."""
    from lupa.lua54 import lua_type  # noqa: PLC0415 (an extra)

    return lua_type(value) == "table"
