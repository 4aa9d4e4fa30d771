"""Plain data written in Python, for what JSON cannot say: tuples, sets, bytes, numbers as keys.

Pure: text in, values out. Only literals are read, and nothing is ever executed.

Not here: what a case is (`sigil.evaluate.cases`).
"""

from __future__ import annotations

import ast
import math
from typing import Any, cast

_MOST_BITS = 14_000
"""Of a whole number: below the 4,300 digits that an interpreter converts."""


class NotLiteral(ValueError):
    """A text that is not made of literals alone."""


def read_arguments(text: str) -> tuple[tuple[object, ...], dict[str, object]]:
    """Return the arguments in ``([1, 2], sep=b",")``, as they stand between a call's parentheses.

    Raises:
        NotLiteral: it does not parse, or is not made of literals alone.
    """
    call = _parse(f"_{text.strip()}")
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise NotLiteral("not arguments in parentheses")
    kwargs: dict[str, object] = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise NotLiteral("** is no literal")
        kwargs[keyword.arg] = _checked(keyword.value)
    return tuple(map(_checked, call.args)), kwargs


def read_literal(text: str) -> object:
    """Return the value that a text of literals stands for.

    Raises:
        NotLiteral: it does not parse, or is not made of literals alone.
    """
    return _checked(_parse(text.strip()))


def write_literal(value: object) -> str:
    """Return the text that `read_literal` reads back, the same for equal values.

    Raises:
        NotLiteral: a value of another type than plain data, NaN or infinity.
    """
    kind = type(value)
    if kind in (list, tuple):
        items = [write_literal(item) for item in cast("list[object]", value)]
        if kind is list:
            return f"[{', '.join(items)}]"
        return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"
    if kind is dict:
        pairs = cast("dict[object, object]", value).items()
        inside = ", ".join(f"{write_literal(key)}: {write_literal(item)}" for key, item in pairs)
        return f"{{{inside}}}"
    if kind in (set, frozenset):
        inside = ", ".join(sorted(map(write_literal, cast("set[object]", value))))
        shown = f"{{{inside}}}" if inside else ""
        return shown if kind is set and shown else f"{kind.__name__}({shown})"
    if isinstance(value, float | complex) and not _is_finite(value):
        raise NotLiteral(f"{value} is no literal")
    if type(value) is int and value.bit_length() > _MOST_BITS:
        raise NotLiteral("a whole number of more digits than Python writes")
    if kind in (bool, int, float, complex, str, bytes, type(None)):
        return repr(value)
    raise NotLiteral(f"a {kind.__name__} is no plain data")


def is_json(value: object) -> bool:
    """Return whether JSON can say a value and all in it exactly."""
    if type(value) is list:
        return all(map(is_json, cast("list[object]", value)))
    if type(value) is dict:
        fields = cast("dict[object, object]", value)
        return all(type(key) is str for key in fields) and all(map(is_json, fields.values()))
    if type(value) is float:
        return math.isfinite(value)
    if type(value) is str:
        return value.isascii() or value.isprintable() or _is_encodable(value)
    return value is None or type(value) in (bool, int)


def _is_encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_finite(value: complex) -> bool:
    return math.isfinite(value.real) and math.isfinite(value.imag)


def _parse(text: str) -> ast.expr:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise NotLiteral(f"not Python: {error}") from error


def _checked(node: ast.expr) -> object:
    try:
        return _value(node)
    except (TypeError, RecursionError) as error:  # a list in a set, or as a key; too deep
        raise NotLiteral(str(error)) from error


def _value(node: ast.expr) -> Any:
    """Return the value of one expression; literals of containers are taken apart first."""
    match node:
        case ast.List(items):
            return [_value(item) for item in items]
        case ast.Tuple(items):
            return tuple([_value(item) for item in items])
        case ast.Set(items):
            return set(map(_value, items))
        case ast.Dict(keys, values):
            return {_key(key): _value(value) for key, value in zip(keys, values, strict=True)}
        case ast.Call(ast.Name("set" | "frozenset" as name), items, []) if len(items) <= 1:
            inside: Any = _value(items[0]) if items else ()
            return cast("object", set(inside) if name == "set" else frozenset(inside))
        case _:
            return _scalar(node)


def _key(key: ast.expr | None) -> Any:
    if key is None:
        raise NotLiteral("** is no literal")
    return _value(key)


def _scalar(node: ast.expr) -> object:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotLiteral(f"no literal in column {node.col_offset + 1}") from error
    if isinstance(value, float | complex) and not _is_finite(value):
        raise NotLiteral(f"{value} is not a finite number")
    if isinstance(value, int) and value.bit_length() > _MOST_BITS:
        raise NotLiteral("a whole number of more digits than Python writes")
    return cast("object", value)
