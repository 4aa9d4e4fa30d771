"""Values of Lua as text for a person: short, on one line, and without what must not be shown.

Not here: what a terminal does with it (`sigil.gate.view.frames`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sigil.gate.lua.values import as_text, is_table
from sigil.gate.secrets import Redactor
from sigil.printable import printable, shorten

MOST_SHOWN = 120
MOST_ITEMS = 8
MOST_BODY = 60
MOST_DEPTH = 3
_ORDER = {int: 0, float: 0, str: 1, bool: 2}


class Shown:
    """Shows values.

    Args:
        kind_of: says ``null``, ``array``, ``response`` or ``table`` of a table.
        redactor: puts names in the place of secrets, before anything is cut.
    """

    def __init__(self, kind_of: Callable[[Any], str], redactor: Redactor):
        self._kind_of = kind_of
        self._without_secrets = redactor.text

    def value(self, value: Any) -> str:
        """Return a value as Lua text, cut to a readable length."""
        return shorten(self._value(value, MOST_DEPTH), MOST_SHOWN)

    def message(self, text: str) -> str:
        """Return a message, which may hold values."""
        return printable(self._without_secrets(text), 4 * MOST_SHOWN)

    def literal(self, text: str) -> str:
        """Return a piece of the source as it stands."""
        return printable(self._without_secrets(text), MOST_SHOWN)

    def _value(self, value: Any, depth: int) -> str:
        match value:
            case None:
                return "nil"
            case bool():
                return "true" if value else "false"
            case int():
                return self._without_secrets(str(value))
            case float():
                return _float(value)
            case str():
                text = printable(self._without_secrets(as_text(value)), MOST_SHOWN)
                return '"' + text.replace('"', '\\"') + '"'
            case _:
                return self._table(value, depth) if is_table(value) else "function"

    def _table(self, table: Any, depth: int) -> str:
        kind = self._kind_of(table)
        if kind == "null":
            return "null"
        if kind == "response":
            return self._response(dict(table.items()))
        items = sorted(table.items(), key=_place)
        if depth == 0 and items:
            return "{…}"
        length = _sequence(items)
        shown = [
            self._value(value, depth - 1)
            if at < length
            else f"{self._key(key)} = {self._value(value, depth - 1)}"
            for at, (key, value) in enumerate(items[:MOST_ITEMS])
        ]
        if len(items) > MOST_ITEMS:
            shown.append("…")
        return "{" + ", ".join(shown) + "}"

    def _response(self, response: dict[str, Any]) -> str:
        """Return a response without the time that it took, which is another one every time."""
        body, status = response.get("body"), self._value(response.get("status"), 0)
        if not isinstance(body, str) or not body:
            return f"<response {status}>"
        shown = printable(self._without_secrets(as_text(body)), MOST_BODY)
        return f"<response {status}: {shown}>"

    def _key(self, key: Any) -> str:
        if isinstance(key, str) and key.isascii() and key.isidentifier():
            return self._without_secrets(key)
        return f"[{self._value(key, 0)}]"


def _sequence(items: list[tuple[Any, Any]]) -> int:
    """Return how many of the sorted items have the keys 1, 2, 3 and so on."""
    length = 0
    while length < len(items) and type(items[length][0]) is int and items[length][0] == length + 1:
        length += 1
    return length


def _place(item: tuple[Any, Any]) -> tuple[int, Any]:
    key: Any = item[0]
    kind = _ORDER.get(key.__class__, 3)
    return (kind, key if kind < len(_ORDER) - 1 else 0)


def _float(value: float) -> str:
    text = f"{value:.14g}"
    return text if any(mark in text for mark in ".ein") else f"{text}.0"
