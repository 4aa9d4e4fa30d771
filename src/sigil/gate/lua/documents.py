"""JSON and YAML that a service sent, read strictly.

Refused: NaN and infinity, a name that stands twice, whole numbers outside of 64 bits, a float that
overflows, deep nesting, half of a surrogate pair. Each is a clear error of the check.

Pure. Not here: what becomes of them in Lua (`values`).
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from sigil.errors import SigilError
from sigil.gate.lua.values import Refused

_MOST_DIGITS = 20
_SHOWN_NAME = 60


def read_json(text: str) -> Any:
    """Return a JSON document as Python's values.

    Raises:
        Refused: see the module.
    """
    try:
        return json.loads(
            text,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_float,
            object_pairs_hook=_object,
        )
    except RecursionError:
        raise Refused("JSON that is nested too deeply", "service") from None
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Refused(f"no JSON: {error.msg.lower()} at {place}", "service") from None


def write_json(value: Any) -> str:
    """Return a value as compact JSON with its names in order."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )


def read_yaml(text: str) -> Any:
    """Return a YAML document as Python's values; None for an empty one.

    Raises:
        Refused: it does not parse, or is too large.
    """
    from sigil.store.plain_yaml import parse_yaml  # noqa: PLC0415 (slow, and rarely used)

    try:
        plain = parse_yaml(text, "the text")
    except SigilError as error:
        raise Refused(f"no YAML: {error}", "service") from None
    return None if plain is None else plain.value


def _constant(name: str) -> NoReturn:
    raise Refused(f"{name} is no JSON", "service")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise Refused(f"a whole number of {len(digits)} digits", "service")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Refused("a number that is too large for a float", "service")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen = set[str]()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        raise Refused(f"the name {twice[:_SHOWN_NAME]!r} stands twice in one object", "service")
    return value
