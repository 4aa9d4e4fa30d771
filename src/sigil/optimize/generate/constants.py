"""The constants that a function asks its inputs about, read from its source.

What it compares with, looks for, splits at, looks up or counts up to: an input that holds such a
constant takes the function where others do not. Constants of its module and of its class count
where the function names them. What it only says, such as the text of an error, does not.

Pure. Not here: inputs that hold them (`sigil.optimize.generate.from_constants`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sigil.optimize.generate.locating import functions_of
from sigil.search.definitions import parse_python

MOST_TEXTS, MOST_NUMBERS, MOST_KEYS = 64, 48, 16
LONGEST = 64
"""Longer texts are prose."""
LARGEST = 2**63
_MOST_JOINED = 24
_PATTERNS = frozenset("compile match fullmatch search findall finditer split sub subn".split())
_ANCHORS = re.compile(r"^(?:\^|\\A|\\b)*|(?:\$|\\Z|\\b)*$")
_LOOKING_UP = frozenset({"get", "pop", "setdefault"})
_Defining = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Constants:
    """What a function asks about, each once, in the order of its source.

    Args:
        texts: with those that it joins of them, such as ``"@" + word`` for each word of a list.
        octets: of type ``bytes``.
        numbers: whole ones and others, each with its neighbours.
        keys: under which it looks something up.
    """

    texts: tuple[str, ...] = ()
    octets: tuple[bytes, ...] = ()
    numbers: tuple[int | float, ...] = ()
    keys: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there are any."""
        return bool(self.texts or self.octets or self.numbers or self.keys)


def constants_of(text: str, qualname: str) -> Constants:
    """Return the constants that a function asks about.

    Args:
        text: of the function's file.
        qualname: of the function.
    """
    node = dict(functions_of(text)).get(qualname)
    if node is None:
        return Constants()
    nodes = [*_asking(node), *_named_elsewhere(parse_python(text), qualname, node)]
    values = [one.value for one in nodes if isinstance(one, ast.Constant)]
    texts = [one for one in values if isinstance(one, str)]
    joined = [part for one in nodes for part in _joined(one, texts)]
    patterns = [plain for one in nodes for plain in _plain_pattern(one)]
    short = [one for one in [*texts, *joined, *patterns] if 0 < len(one) <= LONGEST]
    return Constants(
        tuple(islice(dict.fromkeys(short), MOST_TEXTS)),
        tuple(islice(dict.fromkeys(one for one in values if isinstance(one, bytes) and one), 16)),
        tuple(islice(_with_neighbours(values), MOST_NUMBERS)),
        tuple(islice(dict.fromkeys(key for one in nodes for key in _keys(one)), MOST_KEYS)),
    )


# --- where they stand -------------------------------------------------------------------


def _asking(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is inside a node, in the order of the source, without what it only says."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise):
            continue
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue  # a docstring
        if isinstance(child, ast.Assert):
            child = child.test  # noqa: PLW2901 - the message is only said
        yield child
        if not isinstance(child, ast.JoinedStr):
            yield from _asking(child)


def _named_elsewhere(tree: ast.Module, qualname: str, node: _Defining) -> Iterator[ast.AST]:
    """Yield what the module or the class gives to names that the function reads."""
    read = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    read |= {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}
    owner = qualname.rpartition(".")[0]
    bodies = [tree.body]
    bodies += [one.body for one in tree.body if isinstance(one, ast.ClassDef) and one.name == owner]
    for statement in (one for body in bodies for one in body):
        match statement:
            case ast.Assign(targets=[ast.Name(name)], value=value) if name in read:
                yield from (value, *_asking(value))
            case ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value) if name in read:
                yield from (value, *_asking(value))
            case _:
                continue


# --- what is made of them ---------------------------------------------------------------


def _with_neighbours(values: Sequence[object]) -> Iterator[int | float]:
    """Yield numbers, each with the next lower and the next higher whole one beside it."""
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    seen: dict[tuple[type[Any], Any], int | float] = {}
    for one in numbers:
        for near in (one, one - 1, one + 1):
            if abs(near) <= LARGEST:
                seen.setdefault((type(near), near), near)
    yield from seen.values()


def _joined(node: ast.AST, texts: Sequence[str]) -> Iterator[str]:
    """Yield what a text joined with something becomes, if that is one of the other texts."""
    match node:
        case ast.BinOp(ast.Constant(str(first)), ast.Add(), other) if not _is_text(other):
            parts = (first, None)
        case ast.BinOp(other, ast.Add(), ast.Constant(str(last))) if not _is_text(other):
            parts = (None, last)
        case ast.JoinedStr(values):
            parts = tuple(one.value if isinstance(one, ast.Constant) else None for one in values)
        case _:
            return
    fixed = {part for part in parts if part}
    for text in islice((one for one in texts if one not in fixed), _MOST_JOINED):
        yield "".join(text if part is None else str(part) for part in parts)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _plain_pattern(node: ast.AST) -> Iterator[str]:
    """Yield the pattern of a regular expression if, but for its ends, it is plain text."""
    match node:
        case ast.Call(ast.Attribute(_, name), [ast.Constant(str(pattern)), *_]):
            inside = _ANCHORS.sub("", pattern)
            if name in _PATTERNS and inside != pattern and re.escape(inside) == inside:
                yield inside
        case _:
            return


def _keys(node: ast.AST) -> Iterator[str]:
    """Yield a text under which something is looked up."""
    match node:
        case ast.Subscript(_, ast.Constant(str(key))):
            yield key
        case ast.Call(ast.Attribute(_, name), [ast.Constant(str(key)), *_]) if name in _LOOKING_UP:
            yield key
        case ast.Compare(ast.Constant(str(key)), [ast.In() | ast.NotIn()], [_]):
            yield key
        case _:
            return
