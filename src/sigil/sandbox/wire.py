"""Frames between the parent and a sealed worker, as the parent writes and reads them.

Everything that a worker sends is hostile until it has passed here: length capped, kind and
id compared, JSON parsed strictly, every value rebuilt from exact types. What does not fit
raises `Violation`; nothing else may come out, whatever the bytes.

Pure: bytes in, values out. Not here: sockets, deadlines, processes (`sigil.sandbox.calls`).
The worker's side is `inside/worker.py` and `inside/codec.py`.
"""

from __future__ import annotations

import marshal
import math
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal, cast

import msgspec

from sigil.errors import InvalidValue
from sigil.printable import printable
from sigil.sandbox.model import Case, Raised, Returned, Source

PACKET: Final = 65536
HEADER: Final = struct.Struct("=c8sI")
NOBODY: Final = bytes(8)
"""The id of the one frame that answers no request: hello."""

HELLO: Final = b"H"
LOAD: Final = b"L"
LOADED: Final = b"l"
FAILED: Final = b"f"
CALL: Final = b"C"
WAIT: Final = b"W"
READY: Final = b"r"
GO: Final = b"G"
DONE: Final = b"d"
RESULTS: Final = b"R"

MAX_DEPTH: Final = 200
_MAX_NAME: Final = 200
_SAME_HASH: Final = 64
_MARSHAL: Final = 2
"""A version that every CPython reads, and in which no two values share an object: what one
call does to its arguments cannot be seen by the next."""


class Violation(Exception):
    """Bytes that the protocol does not allow."""


# --- to the worker ------------------------------------------------------------------------


def load_body(sources: Mapping[str, Source], entry: str) -> bytes:
    """Return the body of a load request."""
    return marshal.dumps((plain_sources(sources), entry), _MARSHAL)


def plain_sources(sources: Mapping[str, Source]) -> dict[str, tuple[str, str, bool]]:
    """Return ``{name: (text, path, package)}``, the form that the inside takes."""
    return {name: (s.text, s.path, s.package) for name, s in sources.items()}


def call_body(cases: Sequence[Case], cap: int) -> bytes:
    """Return the body of a call request.

    Raises:
        InvalidValue: a case holds something that is not one of the types of a value.
    """
    rows = [(case.args, dict(case.kwargs)) for case in cases]
    try:
        return marshal.dumps((cap, rows), _MARSHAL)
    except ValueError as error:
        raise InvalidValue(
            "a case holds a value that cannot be sent to a worker",
            remedy="use None, bool, int, float, str, bytes, complex, list, tuple, set and dict",
        ) from error


def frame(kind: bytes, request: bytes, body: bytes = b"") -> bytes:
    """Return one frame; the sender cuts it into packets of `PACKET` bytes."""
    return HEADER.pack(kind, request, len(body)) + body


# --- from the worker ----------------------------------------------------------------------


def body_length(packet: memoryview, kinds: bytes, request: bytes, cap: int) -> tuple[bytes, int]:
    """Check the first packet of a frame and return its kind and the length of its body.

    Args:
        packet: as received.
        kinds: the kinds that may come now, one byte each.
        request: the id that the frame must carry.
        cap: the longest body that is read. A longer one is the caller's to refuse as a flood,
            so its length is returned all the same.

    Raises:
        Violation: too short, another kind, another id, or a packet that does not fit its frame.
    """
    if len(packet) < HEADER.size:
        raise Violation("a packet without a header")
    kind, sender, length = HEADER.unpack_from(packet)
    if kind not in kinds:
        raise Violation(f"a frame of kind {kind!r} where one of {kinds!r} was due")
    if sender != request:
        raise Violation("a frame that answers another request")
    if length <= cap and len(packet) != min(HEADER.size + length, PACKET):
        raise Violation("a packet that does not fit its frame")
    return kind, length


_decode: Final = cast("Callable[[bytes | bytearray | memoryview], Any]", msgspec.json.decode)


def outcomes(body: bytes | bytearray | memoryview, count: int) -> tuple[Returned | Raised, ...]:
    """Return the results of a batch of ``count`` calls.

    Raises:
        Violation: not JSON, another number of entries, or an entry of any other form.
    """
    rows = _json(body)
    if type(rows) is not list or len(cast("list[Any]", rows)) != count:
        raise Violation("not one entry per case")
    try:
        return tuple([_outcome(row) for row in cast("list[Any]", rows)])
    except (RecursionError, TypeError, ValueError) as error:
        raise Violation("a value that cannot be rebuilt") from error


def message(body: bytes) -> dict[str, Any]:
    """Return a message of a zygote: a dict with text for keys.

    Raises:
        Violation: anything else.
    """
    try:
        found = _rebuild(_json(body), 1)
    except (RecursionError, TypeError, ValueError) as error:
        raise Violation("a message that cannot be rebuilt") from error
    if type(found) is not dict or not all(type(key) is str for key in cast("Any", found)):
        raise Violation("a message that is not a dict of names")
    return cast("dict[str, Any]", found)


def _json(body: bytes | bytearray | memoryview) -> Any:
    try:
        return _decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Violation("a body that is not JSON") from error


def _outcome(row: Any) -> Returned | Raised:
    match row:
        case [0, value] if type(row[0]) is int:
            return Returned(value if type(value) in _SCALARS else _rebuild(value, 1))
        case [0, value, changed] if type(row[0]) is int:
            return Returned(_rebuild(value, 1), _rebuild(changed, 1))
        case [0, value, changed, int(bits)] if (
            type(row[0]) is type(bits) is int and bits in _SHARED
        ):
            after = None if changed is None else _rebuild(changed, 1)
            shared, twice = _SHARED[bits]
            return Returned(_rebuild(value, 1), after, shared, twice)
        case [1, str(error), str(message)] if type(row[0]) is int:
            return Raised(printable(error, _MAX_NAME), printable(message))
        case _:
            raise Violation("an entry that is neither a value nor an error")


_SHARED: Final[Mapping[int, tuple[Literal["", "part", "whole"], bool]]] = {
    1: ("part", False),
    2: ("whole", False),
    4: ("", True),
    5: ("part", True),
    6: ("whole", True),
}
"""What a worker says of the lists, dicts and sets of a value: `Returned.shared` and `twice`."""
_SCALARS: Final = frozenset({int, float, str, bool, type(None)})


def _rebuild(value: Any, depth: int) -> Any:
    """Return the value that tagged JSON stands for, built from exact types."""
    if type(value) in _SCALARS:
        return value
    if depth > MAX_DEPTH:
        raise Violation(f"nested deeper than {MAX_DEPTH} levels")
    if type(value) is list:
        items = cast("list[Any]", value)
        if _SCALARS.issuperset(map(type, items)):
            return items
        return [_rebuild(item, depth + 1) for item in items]
    if len(value) != 1:
        raise Violation("an object that is not one tag")
    ((tag, inner),) = value.items()
    build = _BUILDERS.get(tag)
    if build is None:
        raise Violation("an unknown tag")
    return build(inner, depth + 1)


def _items(inner: Any, depth: int) -> list[Any]:
    if type(inner) is not list:
        raise Violation("a container whose items are not a list")
    return _rebuild(inner, depth - 1)


def _mapping(inner: Any, depth: int) -> dict[Any, Any]:
    pairs = _items(inner, depth)
    for pair in pairs:
        if type(pair) is not list or len(cast("list[Any]", pair)) != 2:  # noqa: PLR2004 (a pair)
            raise Violation("a dict entry that is not a pair")
    _hashable([key for key, _ in pairs])
    return dict(pairs)


def _members(inner: Any, depth: int) -> list[Any]:
    return _hashable(_items(inner, depth))


def _hashable(keys: list[Any]) -> list[Any]:
    """Return ``keys`` if a set or dict of them takes linear time to build.

    Unequal integers of one hash (all multiples of 2**61 - 1 have hash 0) would cost the
    square of their number. Honest keys share a hash by rare accident.
    """
    if len(keys) > _SAME_HASH and len(keys) - len(set(map(hash, keys))) > _SAME_HASH:
        raise Violation("too many keys with one hash")
    return keys


def _number_pair(inner: Any, depth: int) -> complex:
    del depth
    match inner:
        case [float(real), float(imaginary)] if math.isfinite(real) and math.isfinite(imaginary):
            return complex(real, imaginary)
        case _:
            raise Violation("a complex that is not two floats")


def _bytes(inner: Any, depth: int) -> bytes:
    del depth
    if type(inner) is not str:
        raise Violation("bytes that are not hex")
    return bytes.fromhex(inner)


_BUILDERS: Final[dict[str, Callable[[Any, int], Any]]] = {
    "t": lambda inner, depth: tuple(_items(inner, depth)),
    "s": lambda inner, depth: set(_members(inner, depth)),
    "f": lambda inner, depth: frozenset(_members(inner, depth)),
    "d": _mapping,
    "b": _bytes,
    "c": _number_pair,
    "u": lambda inner, depth: _bytes(inner, depth).decode("utf-8", "surrogatepass"),
}
