"""Where does Python source define a function or class, and what is its interface?

Line numbers are 1-based lines as a diff counts them: they end at a line feed only. One
parse per distinct text; of the trees themselves only a few small ones are kept.

Not here: which definition a pin means (`sigil.search.pins`); other languages
(`sigil.search.braces`).
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from sigil.search.recent import Recent

_Defining = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_BYTE_ORDER_MARK = "\ufeff"
_BARE_CR = re.compile(r"\r(?!\n)")
_BINDING = frozenset(
    {
        "staticmethod",
        "classmethod",
        "property",
        "cached_property",
        "setter",
        "getter",
        "deleter",
        "overload",
        "abstractmethod",
        "contextmanager",
        "asynccontextmanager",
    }
)
"""Decorators that decide how a definition is called. Others, such as ``cache``, may change."""


class NotPython(Exception):
    """A text that is not Python source.

    Args:
        problem: as the parser says it.
        line: 1-based, or None where the parser names none.
    """

    def __init__(self, problem: str, line: int | None):
        super().__init__(problem)
        self.problem = problem
        self.line = line


@dataclass(frozen=True, slots=True)
class Definition:
    """One function, method or class.

    Args:
        name: dotted, such as ``Class.method`` or ``outer.inner``.
        first: line of its first decorator or of its ``def``.
        last: line of its end.
        header: source from ``def`` or ``class`` up to its body.
        binding: those of its decorators that decide how it is called.
    """

    name: str
    first: int
    last: int
    header: str
    binding: tuple[str, ...]


def parse_python(text: str) -> ast.Module:
    """Return the syntax tree of ``text``, which others may have too: it is not to be altered.

    Raises:
        NotPython: it does not parse, or holds bare carriage returns, which Python takes
            for line ends and a diff does not.
    """
    if len(text) > _LONG:
        return _parse(text)
    trees = _trees_of_short if len(text) <= _SHORT else _trees_of_long
    known = trees.get(text)
    return known if known is not None else trees.keep(text, _parse(text))


_SHORT, _LONG = 1 << 11, 1 << 14
_trees_of_short: Recent[str, ast.Module] = Recent(64)
_trees_of_long: Recent[str, ast.Module] = Recent(8)
"""By text. A definition is parsed where a proposal is made, for its outline, and for what it does;
a round of proposals lies between."""


def _parse(text: str) -> ast.Module:
    bare = _BARE_CR.search(text)
    if bare:
        line = text.count("\n", 0, bare.start()) + 1
        raise NotPython("a bare carriage return; end lines with LF or CRLF", line)
    try:
        with warnings.catch_warnings():
            # An invalid escape in somebody's string is not ours to report.
            warnings.simplefilter("ignore")
            return ast.parse(text.removeprefix(_BYTE_ORDER_MARK))
    except SyntaxError as error:
        raise NotPython(error.msg, error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise NotPython(str(error) or "nested too deeply", None) from error


def outline(text: str) -> tuple[Definition, ...]:
    """Return every definition in ``text``, in order, at any depth of nesting.

    Raises:
        NotPython: see `parse_python`.
    """
    known = _outlines.get(text)
    return known if known is not None else _outlines.keep(text, _outline(text))


def outline_of_change(before: str, after: str) -> tuple[Definition, ...]:
    """Return the outline of ``after``, quickly if it differs in one top-level definition only.

    Then nothing but that definition is parsed: it begins and ends at whole logical lines,
    so what surrounds it means what it meant in ``before``.

    Raises:
        NotPython: see `parse_python`.
    """
    known = _outlines.get(after)
    if known is not None:
        return known
    try:
        spliced = _splice(outline(before), before, after)
    except NotPython:
        spliced = None  # the whole text tells the right line
    return _outlines.keep(after, _outline(after) if spliced is None else spliced)


_outlines: Recent[str, tuple[Definition, ...]] = Recent(512)


def _outline(text: str) -> tuple[Definition, ...]:
    return _definitions(parse_python(text), text.removeprefix(_BYTE_ORDER_MARK).split("\n"))


def _definitions(tree: ast.Module, lines: list[str]) -> tuple[Definition, ...]:
    return tuple(
        Definition(name, _first(node), node.end_lineno or node.lineno, *_interface(node, lines))
        for name, node in _walk(tree.body, "")
    )


def _splice(
    known: tuple[Definition, ...], before: str, after: str
) -> tuple[Definition, ...] | None:
    """Return the outline of ``after`` from that of ``before``, or None if that will not do."""
    old, new = before.split("\n"), after.split("\n")
    shift = len(new) - len(old)
    changed = next((i for i, (a, b) in enumerate(zip(old, new, strict=False), 1) if a != b), None)
    around = [
        i
        for i, one in enumerate(known)
        if changed and one.first <= changed <= one.last and not old[one.first - 1][:1].isspace()
    ]
    if not around or new[: known[around[0]].first - 1] != old[: known[around[0]].first - 1]:
        return None
    place = known[around[0]]
    if new[place.last + shift :] != old[place.last :] or place.last + shift < place.first:
        return None
    inside = new[place.first - 1 : place.last + shift]
    tree = parse_python("\n".join(inside) + "\n")
    if len(tree.body) != 1 or not isinstance(tree.body[0], _Defining):
        return None
    parsed = _definitions(tree, inside)
    if parsed[0].first != 1 or parsed[0].last != len(inside):
        return None
    return (
        *(one for one in known if one.first < place.first),
        *(_moved(one, place.first - 1) for one in parsed),
        *(_moved(one, shift) for one in known if one.first > place.last),
    )


def _moved(one: Definition, by: int) -> Definition:
    return replace(one, first=one.first + by, last=one.last + by) if by else one


def interface(definition: Definition, among: tuple[Definition, ...]) -> str:
    """Return the normalised interface of ``definition``: what its callers rely on.

    Name, parameters with defaults and annotations, asynchrony, return annotation, and the
    decorators that decide how it is called. For a class also its bases and, one a line,
    the interfaces of its public and special methods.
    """
    own = " ".join((*definition.binding, _normalised(definition.header)))
    if not definition.header.startswith("class"):
        return own
    prefix = f"{definition.name}."
    methods = [
        " ".join((*inner.binding, _normalised(inner.header)))
        for inner in among
        if inner.name.startswith(prefix) and _is_public_member(inner.name[len(prefix) :])
    ]
    return "\n".join([own, *methods])


def keeps_interface(before: str, after: str) -> bool:
    """Return whether all of the interface ``before`` is still there ``after``.

    A class may gain methods; whatever it had stays as it was.
    """
    first, *rest = before.split("\n")
    present = after.split("\n")
    return first == present[0] and set(rest) <= set(present[1:])


def _is_public_member(name: str) -> bool:
    special = name.startswith("__") and name.endswith("__")
    return "." not in name and (special or not name.startswith("_"))


def _walk(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, _Defining]]:
    """Yield definitions under statements only: an expression defines nothing that has a name."""
    for node in body:
        if isinstance(node, _Defining):
            name = f"{prefix}{node.name}"
            yield name, node
            yield from _walk(node.body, f"{name}.")
        else:
            for inner in _blocks(node):
                yield from _walk(inner, prefix)


def _blocks(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    for name in ("body", "orelse", "finalbody"):
        block: list[ast.stmt] | None = getattr(node, name, None)
        if block:
            yield block
    for name in ("handlers", "cases"):
        branches: list[ast.ExceptHandler] = getattr(node, name, [])
        for branch in branches:
            yield branch.body


def _first(node: _Defining) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _interface(node: _Defining, lines: list[str]) -> tuple[str, tuple[str, ...]]:
    start = node.body[0]
    until = start.lineno
    if isinstance(start, _Defining):
        until = _first(start)
    header = lines[node.lineno - 1 : until - 1]
    # Where the body begins on the header's last line. Columns are counted in UTF-8.
    header.append(lines[until - 1].encode()[: start.col_offset].decode())
    binding = (_last_name(decorator) for decorator in node.decorator_list)
    return "\n".join(header).strip(), tuple(f"@{name}" for name in binding if name in _BINDING)


def _last_name(decorator: ast.expr) -> str:
    while isinstance(decorator, ast.Call):
        decorator = decorator.func
    if isinstance(decorator, ast.Attribute):
        return decorator.attr
    return decorator.id if isinstance(decorator, ast.Name) else ""


@lru_cache(maxsize=4096)
def _normalised(header: str) -> str:
    return (
        ast.unparse(parse_python(f"{header}\n    pass")).removesuffix("pass").rstrip().rstrip(":")
    )
