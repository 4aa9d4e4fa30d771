"""Inputs made from nothing but the source: annotations, defaults, uses and names of parameters.

The last resort, for functions that no test calls. A guess that the function does not take is
worth nothing and harms nothing: only those that it answers are kept.

Pure. Not here: asking the function (`sigil.optimize.generate.trying`).
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from sigil.evaluate.literals import NotLiteral, read_literal
from sigil.optimize.generate.locating import Function, Parameter
from sigil.sandbox.model import Case

MOST_CASES = 240
_KINDS_EACH = 6

_INTS = [3, 0, 7, 1, 12, 100, -4]
_FLOATS = [0.5, 2.0, -1.5, 10.25, 3.0]
_TEXTS = [
    "the quick brown fox jumps over the lazy dog",
    "hello, world",
    "a",
    "Ab1 c2-d_3",
    "key=value; other=2",
    "racecar",
    "12",
]
_NUMBERS = [5, 3, 8, 1, 9, 2, 7, 3, 5, 0, -2]
_WORDS = ["pear", "apple", "fig", "apple", "kiwi", "Plum", "fig"]
_BASIC: Mapping[str, list[Any]] = {
    "int": _INTS,
    "float": _FLOATS,
    "complex": [1 + 2j, 0j],
    "str": _TEXTS,
    "bytes": [b"hello world", b"a", b"\x00\x01\x02"],
    "bool": [True, False],
    "None": [None],
    "object": [3, "a"],
    "Any": [3, "a"],
}
_LISTS = frozenset({"list", "List", "Sequence", "Iterable", "Collection", "MutableSequence"})
_MAPPINGS = frozenset({"dict", "Dict", "Mapping", "MutableMapping"})
_SETS = frozenset({"set", "Set", "frozenset", "FrozenSet", "AbstractSet"})
_LIST_OF_INTS = [_NUMBERS, _NUMBERS[:4], _NUMBERS[:1], sorted(_NUMBERS)]
_LIST_OF_WORDS = [_WORDS, _WORDS[:3], _WORDS[:1]]
_TABLE = [[[1, 2, 3], [4, 5, 6], [7, 8, 9]], [[1, 2], [3, 4]]]
_PAIRS = [[("a", 3), ("b", 1), ("a", 2)], [(1, 5), (2, 3), (1, 4)], [(1, 2)]]
_RECORDS = [[{"name": "a", "value": 3}, {"name": "b", "value": 1}, {"name": "a", "value": 2}]]
_COUNTS = [{"a": 3, "b": 1, "c": 2}, {"x": 1}]
_LAST_RESORT: list[list[Any]] = [
    _LIST_OF_INTS, _TEXTS, _INTS, _LIST_OF_WORDS, _COUNTS, _PAIRS, _TABLE, _FLOATS, _RECORDS,
]  # fmt: skip
_BY_NAME: Sequence[tuple[str, list[list[Any]]]] = (
    (r"n|k|m|i|j|x|y|num|count|size|length|width|limit|depth|step|start|end", [_INTS, _FLOATS]),
    (r"index|year|base|(max|min|n|num)_.*|.*_(count|size|len|width|index)", [_INTS, _FLOATS]),
    (r"s|t|text|string|line|word|name|sentence|path|key|pattern|prefix|suffix", [_TEXTS]),
    (r"sep|delimiter|title|value|message|url|html|phrase|.*_(text|str|name)", [_TEXTS]),
    (r"(words|lines|names|strings|tokens|keys|texts)", [_LIST_OF_WORDS]),
    (r"(matrix|grid|table|rows|board|image)", [_TABLE]),
    (r"(pairs|edges|intervals|points|items)", [_PAIRS, _LIST_OF_INTS, _LIST_OF_WORDS]),
    (r"(records|people|users|orders|entries|events)", [_RECORDS, _PAIRS]),
    (r"(counts|mapping|d|dictionary|config|options|scores|weights)", [_COUNTS]),
    (r"(xs|ys|a|b|lst|arr|array|list|numbers|nums|values|data|seq|sequence|.*_list)",
     [_LIST_OF_INTS, _LIST_OF_WORDS]),
)  # fmt: skip
_OF_TEXTS = (
    "split strip lower upper replace startswith endswith splitlines isdigit isalpha isspace "
    "encode title join find lstrip rstrip"
).split()
_METHODS: Mapping[str, list[list[Any]]] = {
    **{name: [_TEXTS] for name in _OF_TEXTS},
    **{name: [_COUNTS] for name in ("items", "keys", "get", "setdefault")},
    "values": [_COUNTS],
    **{name: [_LIST_OF_INTS] for name in ("append", "sort", "extend", "pop", "reverse")},
    "decode": [_BASIC["bytes"]],
}


def guesses(function: Function) -> Iterator[list[Case]]:
    """Yield rounds of guesses, most likely first; whoever asks stops when some are answered."""
    kinds = [_kinds(one, function)[:_KINDS_EACH] for one in function.parameters]
    required = [one.default is None for one in function.parameters]
    for with_defaults in (True, False):
        chosen = [
            options if needed or with_defaults else [[_LEFT_OUT]]
            for options, needed in zip(kinds, required, strict=True)
        ]
        yield list(itertools.islice(_combined(function, chosen), MOST_CASES))


_LEFT_OUT: Any = object()


def _combined(function: Function, kinds: list[list[list[Any]]]) -> Iterator[Case]:
    """Yield cases of every combination of kinds, with several values of each."""
    for combination in itertools.islice(itertools.product(*kinds), MOST_CASES):
        for i in range(max([1, *(len(values) for values in combination)])):
            given = [values[i % len(values)] for values in combination]
            yield _as_case(function.parameters, given)
            if len(kinds) > 1 and i >= len(_INTS) // 2:
                break


def _as_case(parameters: Sequence[Parameter], values: Sequence[Any]) -> Case:
    args: list[object] = []
    kwargs: dict[str, object] = {}
    by_name = False
    for one, value in zip(parameters, values, strict=True):
        by_name = by_name or one.keyword or value is _LEFT_OUT
        if value is _LEFT_OUT:
            continue
        if by_name:
            kwargs[one.name] = value
        else:
            args.append(value)
    return Case(tuple(args), kwargs)


def _kinds(one: Parameter, function: Function) -> list[list[Any]]:
    """Return lists of values of one kind each, the most likely kind first."""
    said = values_of(one)
    if said:
        return [said]
    found = [*_of_uses(one.name, function.source), *_of_name(one.name), *_LAST_RESORT]
    unique: list[list[Any]] = []
    for kind in found:
        if kind not in unique:
            unique.append(kind)
    return unique


def values_of(one: Parameter) -> list[Any]:
    """Return values that a signature allows: of the annotation, else like the default, if any."""
    annotated = _of_annotation(annotation_of(one.annotation))
    default = None if annotated else default_of(one)
    return annotated if default is None else [default, *_like(default)]


def default_of(one: Parameter) -> Any:
    """Return the default of a parameter, or None where it has none or no plain data."""
    if one.default is None:
        return None
    try:
        return read_literal(one.default)
    except NotLiteral:
        return None


def _like(value: object) -> list[Any]:
    kind = type(value).__name__
    return [other for other in _BASIC.get(kind, []) if other != value][:4]


def annotation_of(text: str | None) -> ast.expr | None:
    """Return an annotation as it was meant, in quotes or not; None if there is none."""
    try:
        node = ast.parse(text or "", mode="eval").body
    except SyntaxError:
        return None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return annotation_of(node.value)
    return node


def _of_annotation(node: ast.expr | None) -> list[Any]:
    """Return values of an annotated type; none for a type that is not known here."""
    match node:
        case ast.Constant(None):
            return [None]
        case ast.BinOp(left, ast.BitOr(), right):
            return [*_of_annotation(left), *_of_annotation(right)]
        case ast.Subscript(base, inside):
            parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
            return _of_generic(_last_name(base), parts)
        case ast.Name() | ast.Attribute():
            name = _last_name(node)
            return _BASIC.get(name) or _of_generic(name, [])
        case _:
            return []


def _of_generic(name: str, parts: list[ast.expr]) -> list[Any]:
    inner = [_of_annotation(part) for part in parts]
    first = inner[0] if inner and inner[0] else _NUMBERS
    found: list[Any] = []
    if name in {"Optional", "Union"}:
        found = [value for values in inner for value in values] + [None] * (name == "Optional")
    elif name in _LISTS:
        found = [first * 2, first[:3], first[:1], sorted(first * 2, key=repr)]
    elif name in _SETS:
        found = [_gathered(name, first), _gathered(name, first[:2])]
    elif name in _MAPPINGS:
        values = inner[-1] if inner and inner[-1] else _NUMBERS
        keys = map(_hashable, first if inner else _WORDS)
        found = [dict(zip(keys, itertools.cycle(values), strict=False))]
    elif name in {"tuple", "Tuple"}:
        found = _tuples(parts, inner, first)
    return found


def _tuples(parts: list[ast.expr], inner: list[list[Any]], first: list[Any]) -> list[Any]:
    """Return tuples of fixed places, or of any length."""
    if len(parts) > 1 and not isinstance(parts[1], ast.Constant) and all(inner):
        return [tuple(values[i % len(values)] for values in inner) for i in range(3)]
    return [tuple(first * 2), tuple(first[:3]), tuple(first[:1])]


def _gathered(name: str, items: Sequence[Any]) -> Any:
    held = set(map(_hashable, items))
    return frozenset(held) if name in {"frozenset", "FrozenSet"} else held


def _hashable(value: Any) -> Any:
    return tuple(cast("list[Any]", value)) if isinstance(value, list) else value


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def _of_name(name: str) -> list[list[Any]]:
    for pattern, kinds in _BY_NAME:
        if re.fullmatch(pattern, name.lower()):
            return kinds
    return []


def _of_uses(name: str, source: str) -> list[list[Any]]:
    """Return kinds that fit how a parameter is used."""
    found: list[list[Any]] = []
    for used in re.findall(rf"\b{re.escape(name)}\.(\w+)\(", source):
        found.extend(_METHODS.get(used, []))
    if re.search(rf"\brange\((\w+, )?{re.escape(name)}\b", source):
        found.append(_INTS)
    if re.search(rf"\b{re.escape(name)}\[\w+\]\[", source):
        found.append(_TABLE)
    if re.search(rf"\bfor \w+, \w+ in {re.escape(name)}\b", source):
        found.append(_PAIRS)
    return found
