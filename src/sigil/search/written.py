"""How a changed literal is written: in the style of the old one, and without noise.

Pure. Not here: which literals change, and into what.
"""

from __future__ import annotations

from typing import TypeVar, cast

Value = int | float | bool | str
"""What a literal that may be tuned can hold."""

_V = TypeVar("_V", bound=Value)
_DIGITS = 5
_PLAIN = (1e-4, 1e16)  # outside, `repr` of a float takes an exponent anyway


def rounded(value: _V) -> _V:
    """Return a float with five significant digits; anything else as it is."""
    if isinstance(value, float):
        return cast("_V", float(f"{value:.{_DIGITS}g}"))
    return value


def written(value: Value, like: str) -> str:
    """Return ``value`` as source, in the style of the literal ``like``."""
    if isinstance(value, str):
        quote = '"' if like.startswith('"') else "'"
        return repr(value) if quote == "'" or '"' in value else f'"{repr(value)[1:-1]}"'
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return f"{value:_}" if "_" in like else str(value)
    exponent = "e" in like.lower() and not like.lower().startswith("0x")
    if not value or not (exponent or not _PLAIN[0] <= abs(value) < _PLAIN[1]):
        return repr(value)
    mantissa, _, power = f"{value:.{_DIGITS - 1}e}".partition("e")
    return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
