"""Functions that a mutation may call, and names that it never introduces.

All are pure and cheap. Not here: functions of the user's own module (`scope`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sigil.search.mutate.fragments import Kind


@dataclass(frozen=True, slots=True)
class Function:
    """A function that an expression may call.

    Args:
        text: how it is written at the place of the call.
        takes: the kind of each positional argument.
        gives: the kind of its result.
    """

    text: str
    takes: tuple[Kind, ...]
    gives: Kind


def _unary(names: str, takes: Kind, gives: Kind) -> list[Function]:
    return [Function(name, (takes,), gives) for name in names.split()]


BUILTINS: tuple[Function, ...] = (
    *_unary("abs", "number", "number"),
    *_unary("len", "seq", "int"),
    *_unary("sum min max", "seq", "number"),
    *_unary("sorted list tuple set", "seq", "seq"),
    *_unary("any all", "seq", "bool"),
    *_unary("int round", "number", "int"),
    *_unary("float", "number", "number"),
    *_unary("str", "unknown", "str"),
    *_unary("range", "int", "seq"),
    *(Function(name, ("number", "number"), "number") for name in ("min", "max")),
)

MODULES: Mapping[str, tuple[Function, ...]] = {
    "math": (
        *_unary("sin cos exp log sqrt tan atan tanh", "number", "number"),
        *_unary("floor ceil", "number", "int"),
        *_unary("isqrt", "int", "int"),
        *_unary("fsum prod", "seq", "number"),
        *(Function(name, ("number", "number"), "number") for name in ("hypot", "atan2", "fmod")),
        Function("gcd", ("int", "int"), "int"),
    ),
    "statistics": (*_unary("mean median fmean pstdev", "seq", "number"),),
}
"""Well-known functions by module; used only where the file imports the module."""

CONSTANTS: Mapping[str, tuple[str, ...]] = {"math": ("pi", "e")}

FORBIDDEN_CALLS = frozenset(
    [
        "open",
        "eval",
        "exec",
        "input",
        "print",
        "compile",
        "globals",
        "locals",
        "vars",
        "getattr",
        "setattr",
        "delattr",
        "breakpoint",
        "exit",
        "quit",
        "help",
        "memoryview",
        "__import__",
        "system",
        "popen",
    ]
)
"""Never copied to a new place, even if the source calls them already."""

RESULT_KINDS: Mapping[str, Kind] = {
    "len": "int", "int": "int", "round": "int", "ord": "int", "hash": "int", "id": "int",
    "abs": "number", "float": "number", "sum": "number", "pow": "number",
    "str": "str", "repr": "str", "chr": "str", "format": "str", "bin": "str", "hex": "str",
    "bool": "bool", "any": "bool", "all": "bool", "isinstance": "bool", "callable": "bool",
    "list": "seq", "tuple": "seq", "set": "seq", "frozenset": "seq", "sorted": "seq",
    "range": "seq", "zip": "seq", "map": "seq", "filter": "seq", "enumerate": "seq",
    "reversed": "seq",
    "dict": "map", "Counter": "map", "defaultdict": "map",
    "deque": "seq", "isqrt": "int", "floor": "int", "ceil": "int", "gcd": "int",
}  # fmt: skip
"""What a built-in or well-known function returns, by its bare name."""

METHOD_KINDS: Mapping[str, Kind] = {
    "split": "seq", "splitlines": "seq", "rsplit": "seq", "partition": "seq", "keys": "seq",
    "values": "seq", "items": "seq", "copy": "unknown",
    "strip": "str", "lstrip": "str", "rstrip": "str", "join": "str", "lower": "str", "upper": "str",
    "replace": "str", "title": "str", "zfill": "str", "ljust": "str", "rjust": "str",
    "format": "str", "capitalize": "str", "swapcase": "str", "casefold": "str",
    "count": "int", "index": "int", "find": "int", "rfind": "int", "bit_length": "int",
    "startswith": "bool", "endswith": "bool", "isdigit": "bool", "isalpha": "bool",
    "isalnum": "bool", "isupper": "bool", "islower": "bool", "isspace": "bool",
}  # fmt: skip
"""What a method returns, by its name; a guess where several types share the name."""

STRING_METHODS = frozenset(
    [
        "split",
        "splitlines",
        "rsplit",
        "partition",
        "strip",
        "lstrip",
        "rstrip",
        "join",
        "lower",
        "upper",
        "replace",
        "title",
        "zfill",
        "startswith",
        "endswith",
        "isdigit",
        "isalpha",
        "isalnum",
        "isupper",
        "islower",
        "isspace",
        "casefold",
    ]
)
"""Methods whose receiver is a string."""

SEQUENCE_METHODS = frozenset(
    ["append", "extend", "sort", "insert", "reverse", "popleft", "appendleft"]
)
"""Methods whose receiver is a list or deque."""
