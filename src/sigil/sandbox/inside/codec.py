"""Turn a candidate's value into tagged JSON, by exact types, inside the worker.

Runs in the target's interpreter with the standard library alone. What honest code returns
is spelled faithfully; nothing here is relied on for safety: a candidate can replace all of
it, and the parent reads every reply as hostile (`sigil/sandbox/wire.py`).

Lists are JSON arrays; every other container, and what JSON lacks, is an object with one key:

    {"t": [..]} tuple   {"s": [..]} set   {"f": [..]} frozenset   {"d": [[key, value], ..]} dict
    {"b": "hex"} bytes   {"c": [real, imaginary]} complex   {"u": "hex"} str with lone surrogates

Not here: frames and sockets (`worker.py`).
"""

from __future__ import annotations

import builtins
from _json import encode_basestring_ascii as _quote

# A copy, for the functions below: a candidate that patches builtins only confuses itself.
__builtins__ = dict(vars(builtins))

MAX_DEPTH = 200
MAX_BITS = 14_284
"""4,300 decimal digits, beyond which CPython refuses to turn an int into text."""

_int_text, _float_text, _bytes_hex, _items = int.__repr__, float.__repr__, bytes.hex, dict.items
_join = ",".join


class NotJson(Exception):
    """A value of a type, or a depth, that has no form on the wire."""


def spell(value: object) -> str:
    """Return ``value`` as tagged JSON, in ASCII.

    Raises:
        NotJson: a type that is not exactly one of ours, NaN, infinity, too deep, too long.
    """
    return _spell(value, 0)


def _spell(value, depth):
    scalar = _SCALARS.get(type(value))
    return scalar(value) if scalar is not None else _container(value, depth + 1)


def _container(value, depth):
    kind = type(value)
    if depth > MAX_DEPTH:
        raise NotJson("nested deeper than {} levels".format(MAX_DEPTH))
    if kind is list:
        return "[" + _items_of(value, depth) + "]"
    tag = _TAGS.get(kind)
    if tag is not None:
        return tag + _items_of(value, depth) + "]}"
    if kind is dict:
        pairs = [
            "[" + _spell(key, depth) + "," + _spell(item, depth) + "]"
            for key, item in _items(value)
        ]
        return '{"d":[' + _join(pairs) + "]}"
    raise NotJson("a value of type {} has no JSON form".format(_name(kind)))


def _items_of(value, depth):
    try:
        return _join([_SCALARS[type(item)](item) for item in value])
    except KeyError:  # not all of them are scalars
        return _join([_spell(item, depth) for item in value])


def _name(kind):
    try:
        return "{}".format(type.__dict__["__name__"].__get__(kind))[:200]
    except Exception:  # noqa: BLE001 (a metaclass of the candidate may raise anything)
        return "?"


def _integer(value):
    if value.bit_length() > MAX_BITS:
        raise NotJson("an integer of more than 4300 digits")
    return _int_text(value)


def _float(value):
    if value - value != 0.0:
        raise NotJson("{} has no JSON form".format(_float_text(value)))
    return _float_text(value)


def _string(value):
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            return '{"u":"' + value.encode("utf-8", "surrogatepass").hex() + '"}'
    return _quote(value)


_SCALARS = {
    int: _integer,
    float: _float,
    str: _string,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
    bytes: lambda value: '{"b":"' + _bytes_hex(value) + '"}',
    complex: lambda value: '{"c":[' + _float(value.real) + "," + _float(value.imag) + "]}",
}
_TAGS = {tuple: '{"t":[', set: '{"s":[', frozenset: '{"f":['}
